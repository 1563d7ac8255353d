"""Dagster sees the whole way from delivered file to statement, and takes it through the same services as people do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import dagster as dg
import pytest
from support_compiled import by_dbt

from incentives.feeds.sample import demo_sources_toml, generate_sample
from incentives.periods import Period
from incentives.services.accounts import acting_person
from incentives.services.cycle_reads import cycle_status
from incentives.services.cycles import open_cycle
from incentives.services.demo_users import ensure_demo_users
from incentives.serving import snapshots
from incentives.workspace import Workspace
from orchestration.manifest import PATH_VARIABLE, make_manifest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("dbt_itself")]

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
MONTH = Period.parse("2026-03")
HEADER = """
[workspace]
id = "000000000000000000000000000000cd"
name = "Maison Aurelle"
demo = true
time_zone = "Europe/Paris"

"""
# A library of dagster-dbt's announces its own successor when it is imported; nothing of ours can answer that.
NOT_OURS = "ignore:sqlglotrs is deprecated:DeprecationWarning"


@pytest.fixture(scope="module", autouse=True)
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PATH_VARIABLE, str(tmp_path_factory.mktemp("manifest") / "manifest.json"))
        yield make_manifest()


@pytest.fixture(scope="module")
def definitions(manifest: Path) -> dg.Definitions:
    from orchestration.definitions import defs

    return defs


def test_definitions_load_without_a_warning_and_without_a_workspace(manifest: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "INCENTIVES_WORKSPACE"}
    code = "import dagster as dg; from orchestration.definitions import defs; dg.Definitions.validate_loadable(defs)"

    loaded = subprocess.run(
        [sys.executable, "-W", "error", "-W", NOT_OURS, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (0, "", "")


def test_a_missing_manifest_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import orchestration.definitions"],
        cwd=ROOT,
        env={**os.environ, PATH_VARIABLE: str(tmp_path / "manifest.json")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.returncode != 0
    assert loaded.stderr.strip().endswith("is missing; make it with `python -m orchestration.manifest`.")


def test_every_asset_has_a_description_an_owner_a_group_and_a_kind(definitions: dg.Definitions) -> None:
    wanting = [
        spec.key.to_user_string()
        for spec in definitions.resolve_all_asset_specs()
        if not (spec.description and spec.owners and spec.kinds and spec.group_name not in (None, "default"))
    ]

    assert wanting == []


def test_a_statement_descends_from_every_feed_that_bears_on_it(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    ancestors = {key.to_user_string() for key in graph.get_ancestor_asset_keys(dg.AssetKey(["bonus", "statements"]))}

    feeds = {"order_lines", "interactions", "associates", "assignments", "locations", "customers", "client_ownership", "targets"}
    assert ancestors >= {f"bronze/{feed}" for feed in feeds}
    assert ancestors >= {"config/policy_versions", "marts/fct_credits", "marts/fct_measures", "serving/snapshot"}


def test_only_staging_descends_directly_from_what_was_landed(definitions: dg.Definitions) -> None:
    direct = {
        f"{spec.key.to_user_string()} reads {dep.asset_key.to_user_string()}"
        for spec in definitions.resolve_all_asset_specs()
        if spec.key.path[0] in ("intermediate", "marts")
        for dep in spec.deps
        if dep.asset_key.path[0] in ("bronze", "config")
    }

    assert direct == set()


def test_whatever_opens_the_warehouse_waits_for_the_one_writer(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("nightly_job")

    # Pulling writes into the inbox alone and may take as long as a source likes.
    assert {node.name: node.definition.pool for node in job.nodes} == {
        "pulled": None,
        **dict.fromkeys(("deliveries", "warehouse", "delivered", "serving__snapshot"), "warehouse_writer"),
    }


@dataclass(frozen=True)
class Ran:
    ws: Workspace
    nightly: dg.ExecuteInProcessResult
    statements: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, definitions: dg.Definitions) -> Iterator[Ran]:
    """Everything materialised from an empty workspace with an inbox; one cycle opened by a person before its drafting."""
    root = tmp_path_factory.mktemp("workspace")
    (root / "incentives.toml").write_text(HEADER + demo_sources_toml(), encoding="utf-8")
    templates = resources.files("incentives").joinpath("templates", "demo")
    for folder in ("policies", "plans"):
        (root / folder).mkdir()
        for template in templates.joinpath(folder).iterdir():
            (root / folder / template.name).write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
    ws = Workspace.open(root)
    generate_sample(ws.inbox, order_lines=2_000, seed=5, months=4)
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance, by_dbt():
        patch.setenv("INCENTIVES_KEY", "orchestration-test-key")
        patch.setenv("INCENTIVES_WORKSPACE", str(root))
        nightly = definitions.resolve_job_def("nightly_job").execute_in_process(instance=instance)
        ensure_demo_users(ws, now=NOW)
        finance = acting_person(ws, token=None, actor="demo.finance", now=NOW)
        open_cycle(ws, MONTH, pay_group="europe", by=finance, now=NOW)
        drafting = definitions.resolve_job_def("statements_job")
        statements = drafting.execute_in_process(instance=instance, partition_key=MONTH.start.isoformat())
        yield Ran(ws, nightly, statements)


def test_everything_materialises_from_an_empty_workspace(ran: Ran, definitions: dg.Definitions) -> None:
    expected = {spec.key for spec in definitions.resolve_all_asset_specs() if spec.key.path[0] != "config"}
    assert made_by(ran.nightly) | made_by(ran.statements) == expected


def test_every_check_was_judged_and_holds(ran: Ran, definitions: dg.Definitions) -> None:
    judged = [evaluation for result in (ran.nightly, ran.statements) for evaluation in result.get_asset_check_evaluations()]

    assert {evaluation.asset_check_key for evaluation in judged} == set(definitions.resolve_asset_graph().asset_check_keys)
    assert [evaluation.check_name for evaluation in judged if evaluation.blocking and not evaluation.passed] == []


def test_readers_were_switched_to_the_build(ran: Ran) -> None:
    published = snapshots.current(ran.ws)

    assert published is not None
    with published.connect() as connection:
        assert connection.execute("select count(*) > 0 from marts.fct_credits").fetchone() == (True,)


def test_a_job_calculates_the_open_cycle_and_never_approves_it(ran: Ran) -> None:
    status = cycle_status(ran.ws, MONTH, "europe")

    assert status.summary.state == "calculated"
    assert [(act.act, act.actor_kind) for act in status.acts] == [("open", "person"), ("calculate", "job")]
    assert status.summary.people > 0


def test_metadata_names_nobody(ran: Ran) -> None:
    published = snapshots.current(ran.ws)
    assert published is not None
    with published.connect() as connection:
        people = {row[0] for row in connection.execute("select associate_id from marts.dim_associates").fetchall()}
    texts = [
        str(value.value)
        for result in (ran.nightly, ran.statements)
        for metadata in (
            *(event.materialization.metadata for event in result.get_asset_materialization_events()),
            *(evaluation.metadata for evaluation in result.get_asset_check_evaluations()),
        )
        for value in metadata.values()
    ]

    assert texts
    assert [text for text in texts if any(person in text for person in people)] == []


def test_a_failed_blocking_check_keeps_yesterdays_snapshot(ran: Ran, definitions: dg.Definitions) -> None:
    before = snapshots.current(ran.ws)
    config = ran.ws.root / "incentives.toml"

    with changed(config, config.read_text(encoding="utf-8") + "\n[quality]\nquarantine_share_max_percent = 0\n"):
        again = run_nightly(definitions)

    assert not again.success
    assert failed_checks(again) == ["quarantine_share_is_within_tolerance"]
    assert dg.AssetKey(["serving", "snapshot"]) not in made_by(again)
    assert snapshots.current(ran.ws) == before


def test_a_build_that_does_not_hold_reports_its_tests_and_no_table(ran: Ran, definitions: dg.Definitions) -> None:
    before = snapshots.current(ran.ws)
    policy = ran.ws.policies / "global.yaml"

    with changed(policy, re.sub(r"valid_from: \S+", "valid_from: 2026-03-01", policy.read_text(encoding="utf-8"))):
        again = run_nightly(definitions)

    assert not again.success
    assert "assert_every_order_day_has_a_policy" in failed_checks(again)
    assert {key.path[0] for key in made_by(again)} == {"inbox", "bronze"}
    assert snapshots.current(ran.ws) == before


@contextmanager
def changed(path: Path, text: str) -> Iterator[None]:
    """Give a file another text while the block runs."""
    original = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(original, encoding="utf-8")


def run_nightly(definitions: dg.Definitions) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def("nightly_job").execute_in_process(instance=instance, raise_on_error=False)


def failed_checks(result: dg.ExecuteInProcessResult) -> list[str]:
    return [found.check_name for found in result.get_asset_check_evaluations() if found.blocking and not found.passed]


def made_by(result: dg.ExecuteInProcessResult) -> set[dg.AssetKey]:
    return {event.asset_key for event in result.get_asset_materialization_events() if event.asset_key is not None}


def test_months_begin_before_the_first_cycle_and_reach_the_running_month() -> None:
    from orchestration.partitions import plan_months

    keys = plan_months.get_partition_keys(current_time=datetime(2026, 3, 15, tzinfo=UTC))

    assert keys[0] == "2020-01-01"
    assert keys[-1] == date(2026, 3, 1).isoformat()
