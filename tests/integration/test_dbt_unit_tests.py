"""The unit tests beside the dbt models, run by dbt against a warehouse whose tables are there and empty."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incentives.policies import load_policies
from incentives.services.workspaces import create_workspace
from incentives.warehouse import database as databases

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"

pytestmark = pytest.mark.slow


def _dbt(work: Path, database: Path, *arguments: str) -> str:
    environment = {**os.environ, "INCENTIVES_DUCKDB_PATH": str(database), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(work), "--log-path", str(work)]
    ran = subprocess.run(
        [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments, *places, "--no-use-colors"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    return ran.stdout


def test_every_unit_test_beside_a_model_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", "0" * 32)
    ws = create_workspace(
        tmp_path / "ws", name="Empty", currency="EUR", country="FR", time_zone="Europe/Paris", calendar="month", demo=False
    )
    database = tmp_path / databases.NAME
    landed = databases.Landed(
        root=ws.root,
        files=[],
        loads=[],
        config=ws.config,
        policies=load_policies(ws.policies),
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
    )
    databases.create_database(database, landed)

    _dbt(
        tmp_path / "dbt", database, "build", "--quiet", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"
    )
    said = _dbt(tmp_path / "dbt", database, "test", "--select", "test_type:unit")

    assert " ERROR=0 " in said
    assert " TOTAL=0" not in said
