"""Workspaces with connectors, runs of them that are killed, and what of a source is in bronze."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
from support_landing import NOW, indexed

from incentives.services.landing import LandingReport, land
from incentives.services.workspaces import create_workspace
from incentives.workspace import Workspace

# Runs a connector and kills its own process before the given one of the steps that change what is on the disk.
KILLED = """
import os, signal, sys
from pathlib import Path
from incentives import clock
from incentives.services import connecting
from incentives.workspace import Workspace

left = int(sys.argv[3])

def counted(step):
    def stepping(*arguments, **options):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return step(*arguments, **options)
    return stepping

Path.replace = counted(Path.replace)
os.fsync = counted(os.fsync)
connecting.run(Workspace.open(Path(sys.argv[1])), sys.argv[2], now=clock.now())
print("steps left", left)
"""


def connected(root: Path, example: str, source: str, feeds: str, changes: Mapping[str, str] | None = None) -> Workspace:
    """A workspace with one of the shipped examples in force, its text changed as little as a user would."""
    ws = create_workspace(root, name="Maison Test", time_zone="Europe/Paris")
    config = ws.root / "incentives.toml"
    config.write_text(config.read_text() + f"\n[sources.{source}]\nfeeds = [{feeds}]\n")
    text = (ws.root / "connectors" / f"{example}.yaml.example").read_text()
    for old, new in (changes or {}).items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (ws.root / "connectors" / f"{example}.yaml").write_text(text)
    return Workspace.open(ws.root)


def run_killed(ws: Workspace, name: str, step: int, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a connector in a process of its own that dies at a step."""
    command = [sys.executable, "-c", KILLED, str(ws.root), name, str(step)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment})


def copied(ws: Workspace, root: Path) -> Workspace:
    """A copy of a workspace that has not landed anything."""
    shutil.copytree(ws.root, root)
    return Workspace.open(root)


def land_all(ws: Workspace) -> LandingReport:
    """Land the inbox; every file must be loaded or known."""
    report = land(ws, now=NOW)
    assert {file.outcome for file in report.files} <= {"loaded", "known"}, report
    return report


def bronze_rows(ws: Workspace, feed: str, columns: tuple[str, ...]) -> set[tuple[str | None, ...]]:
    """The distinct rows of a feed in bronze, identifiers as delivered."""
    rows: set[tuple[str | None, ...]] = set()
    for file in indexed(ws):
        if file.feed != feed or file.facts_path is None:
            continue
        facts = {row["delivered_row"]: row for row in pq.read_table(ws.root / file.facts_path).to_pylist()}
        clear = {row["delivered_row"]: row for row in pq.read_table(ws.root / file.personal_path).to_pylist()}
        for number, row in facts.items():
            both = {**row, **clear.get(number, {})}
            rows.add(tuple(both[column] for column in columns))
    return rows


def outcomes(report: LandingReport) -> Counter[str]:
    """The four counts of a landing, added up."""
    total: Counter[str] = Counter()
    for file in report.files:
        for name in ("accepted", "duplicate", "superseded", "quarantined"):
            total[name] += getattr(file, name)
    return +total


def written_text(ws: Workspace) -> bytes:
    """Every byte of every file of the workspace, to search for what must not be there."""
    return b"\n".join(path.read_bytes() for path in sorted(ws.root.rglob("*")) if path.is_file())
