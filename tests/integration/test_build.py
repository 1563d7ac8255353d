"""Building the warehouse: what it holds, when nothing is done, and what stays when a build does not hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import support_compiled
from support_build import (
    FIRST,
    KEY,
    SECOND,
    deliver,
    deliver_first,
    deliver_second,
    line,
    make_workspace,
    marts,
    rows,
    write_policy,
)
from support_cli import run
from support_compiled import build_compiled, by_dbt, table_statements
from support_increments import different_rows

from incentives.errors import BusyError, CheckFailedError, DocumentError, InputError
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.dbt_files import project_dir
from incentives.feeds.delivery_counts import count_deliveries
from incentives.services.landing import land
from incentives.services.warehouse import build_warehouse
from incentives.warehouse import dbt_run, parsed_project
from incentives.warehouse.record import Build, read_build
from incentives.workspace import Workspace

pytestmark = pytest.mark.slow

COUNTS = "file_name, delivered, accepted, duplicate, superseded, quarantined"
Marts = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Story:
    """Two landings, each built, in one workspace; the marts of the first build as they were then."""

    ws: Workspace
    first: Build
    second: Build
    marts_of_first: Marts


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", KEY)
        ws = make_workspace(tmp_path_factory.mktemp("build") / "ws")
        deliver_first(ws)
        land(ws, now=FIRST)
        with by_dbt():
            first = build_warehouse(ws, now=FIRST)
        before = marts(first.database)
        deliver_second(ws)
        land(ws, now=SECOND)
        yield Story(ws, first, build_warehouse(ws, now=SECOND), before)


def test_every_delivered_row_ends_once_and_later_loads_supersede(story: Story) -> None:
    found = rows(story.second.database, f"select load_id, {COUNTS} from marts.delivery_counts order by load_id, file_name")

    # The first file: o1/1 twice, o2 too precise, o5 broken; o1/2 is changed by the second one, which repeats four rows.
    assert found == [
        (1, "assignments.csv", 2, 2, 0, 0, 0),
        (1, "associates.csv", 3, 3, 0, 0, 0),
        (1, "control_totals.csv", 2, 2, 0, 0, 0),
        (1, "locations.csv", 2, 2, 0, 0, 0),
        (1, "order_lines.csv", 7, 3, 1, 1, 2),
        (4, "order_lines.csv", 7, 3, 4, 0, 0),
    ]


def test_the_counts_taken_at_landing_are_those_of_the_build(story: Story) -> None:
    for build, database in ((story.first, None), (story.second, story.second.database)):
        loads = {file.load_id for file in BronzeIndex(story.ws.bronze_index).files(build.last_load) if file.source != "workspace"}
        load_id = max(loads)
        taken = {
            ordinal: (count.delivered, count.accepted, count.duplicate, count.superseded, count.quarantined)
            for (_, ordinal), count in count_deliveries(story.ws, load_id).items()
        }
        if database is None:
            built = {row[1]: row[7:12] for row in story.marts_of_first["delivery_counts"]}
        else:
            sql = (
                f"select file_ordinal, {COUNTS.removeprefix('file_name, ')} from marts.delivery_counts where load_id = {load_id}"
            )
            built = {row[0]: row[1:] for row in rows(database, sql)}
        assert taken == built


def test_the_landing_reports_the_same_counts(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    ws = make_workspace(tmp_path / "ws")
    deliver_first(ws)

    report = land(ws, now=FIRST)

    lines = next(file for file in report.files if file.file == "order_lines.csv")
    assert (lines.delivered, lines.accepted, lines.duplicate, lines.superseded, lines.quarantined) == (7, 4, 1, 0, 2)


def test_a_row_delivered_mended_is_no_longer_open(story: Story) -> None:
    found = rows(story.second.database, "select delivered_row, reason, closed_by_load from marts.quarantined_rows order by 1")

    assert [(row, closed) for row, _, closed in found] == [(4, 4), (7, 4)]
    assert found[0][1] == "amount_too_precise"


def test_an_open_assignment_ends_where_the_next_begins(story: Story) -> None:
    found = rows(
        story.second.database,
        "select team_id, cast(valid_from as varchar), cast(valid_to as varchar) from marts.dim_assignments order by valid_from",
    )

    assert found == [("paris", "2026-01-01", "2026-03-01"), ("lyon", "2026-03-01", None)]


def test_control_totals_are_compared_by_the_locations_own_day(story: Story) -> None:
    assert story.marts_of_first["control_total_differences"] == []
    # The second delivery raised one line by 5.00 and brought two lines (12.34 and 7.00) that the till had not counted.
    assert rows(
        story.second.database,
        "select cast(business_date as varchar), lines_difference, difference_minor from marts.control_total_differences",
    ) == [("2026-03-01", 2, 500 + 1234 + 700)]


def test_nothing_is_built_where_nothing_changed(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("dbt must not run")

    monkeypatch.setattr(dbt_run, "build", refuse)

    again = build_warehouse(story.ws, now=SECOND)

    assert not again.changed
    assert again.build_id == story.second.build_id


def test_what_is_not_new_needs_no_dbt_at_all(story: Story) -> None:
    code = (
        "import sys; from pathlib import Path; from incentives.workspace import Workspace; from incentives.clock import now; "
        "from incentives.services.warehouse import build_warehouse; "
        f"done = build_warehouse(Workspace.open(Path({str(story.ws.root)!r})), now=now()); "
        "print(done.changed, 'dbt' in sys.modules, 'pandas' in sys.modules)"
    )
    import subprocess
    import sys

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["False", "False", "False"]


def test_a_build_as_of_an_earlier_load_is_that_loads_build_row_for_row(story: Story) -> None:
    live = story.ws.warehouse.read_bytes()

    earlier = build_warehouse(story.ws, now=SECOND, as_of_load=story.first.last_load)

    assert earlier.database != story.ws.warehouse
    assert marts(earlier.database) == story.marts_of_first
    assert earlier.build_id == story.first.build_id
    assert story.ws.warehouse.read_bytes() == live


def test_a_load_that_is_not_there_is_refused(story: Story) -> None:
    with pytest.raises(InputError, match="there is no load 99"):
        build_warehouse(story.ws, now=SECOND, as_of_load=99)


def test_a_full_build_over_what_a_killed_run_left_gives_the_same_rows(story: Story) -> None:
    before = marts(story.ws.warehouse)
    building = story.ws.warehouse_dir / "building" / "warehouse.duckdb"
    building.write_bytes(b"half a build")

    again = build_warehouse(story.ws, now=SECOND, full_refresh=True)

    assert again.changed
    assert again.build_id == story.second.build_id
    assert marts(again.database) == before


def test_the_compiled_builds_of_other_tests_are_those_of_dbt(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A cache of its own, so that dbt builds first.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(dbt_run, "build", build_compiled)
    anew = tmp_path / "by_dbt.duckdb"

    build_warehouse(story.ws, now=SECOND, full_refresh=True)
    shutil.copy(story.ws.warehouse, anew)
    monkeypatch.setattr(support_compiled, "BY_DBT", None)
    build_warehouse(story.ws, now=SECOND, full_refresh=True)

    assert different_rows(story.ws.warehouse, anew) == {}
    assert table_statements(story.ws.warehouse) == table_statements(anew)


def test_a_kept_parse_that_cannot_be_read_is_made_again(story: Story, tmp_path: Path) -> None:
    before = marts(story.ws.warehouse)
    kept = tmp_path / "incentives" / f"{parsed_project.parsed_name(project_dir(), story.ws.warehouse)}.msgpack"
    kept.parent.mkdir()
    kept.write_bytes(b"nothing that dbt wrote")

    # Built, and held back from readers by a control total that does not agree.
    run("build", "--full-refresh", "--workspace", story.ws.root, env={"XDG_CACHE_HOME": str(tmp_path)}, code=1)

    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert kept.stat().st_mode & 0o077 == 0
    assert marts(story.ws.warehouse) == before


def test_a_second_run_is_refused_and_told_who_works(story: Story) -> None:
    with story.ws.writer_lock("land"), pytest.raises(BusyError, match="`land`, process"):
        build_warehouse(story.ws, now=SECOND)


def test_a_policy_with_a_mistake_is_refused_and_not_landed(story: Story) -> None:
    policy = story.ws.policies / "global.yaml"
    text = policy.read_text()
    policy.write_text(text + "channel: store\n")
    before = BronzeIndex(story.ws.bronze_index).last_load()

    with pytest.raises(DocumentError, match=r"global\.yaml:4: channel"):
        build_warehouse(story.ws, now=SECOND)

    policy.write_text(text)
    assert BronzeIndex(story.ws.bronze_index).last_load() == before


def test_quarantine_lists_what_is_open_and_with_all_what_was_delivered(story: Story) -> None:
    still_open = run("quarantine", "--workspace", story.ws.root, "--format", "json").json()
    everything = run("quarantine", "--all", "--workspace", story.ws.root, "--format", "json").json()
    summary = run("quarantine", "--summary", "--workspace", story.ws.root, "--format", "json").json()

    assert still_open == []
    assert [(row["file"], row["row"]) for row in everything] == [("order_lines.csv", 4), ("order_lines.csv", 7)]
    assert list(everything[0]) == ["file", "row", "reason", "sentence", "raw"]
    raw = json.loads(str(everything[0]["raw"]))
    assert (raw["order_id"], raw["net_amount"], "completed_at" in raw) == ("o2", "12.345", True)
    assert everything[1]["raw"] == "till,o5,1,sale"
    assert {row["mended_since"] for row in summary} == {1}


def test_reconcile_exits_with_1_where_an_amount_differs(story: Story) -> None:
    ran = run("reconcile", "--workspace", story.ws.root, "--format", "json", code=1)

    assert [(row["business_date"], row["difference_minor"]) for row in ran.json()] == [("2026-03-01", 2434)]
    assert "1 of 2 control totals differ" in ran.err


def test_exceptions_name_the_seller_nobody_knows(story: Story) -> None:
    found = run("exceptions", "--kind", "unknown_associate", "--workspace", story.ws.root, "--format", "json").json()

    assert [(row["subject"], row["order_id"], row["amount_minor"]) for row in found] == [("nobody", "o3", 3000)]


def test_days_without_a_policy_stop_the_build_and_leave_the_last_one(story: Story, dbt_itself: None) -> None:
    """Last, because it changes the workspace's policy; the text of before is put back and lands again."""
    live = story.ws.warehouse.read_bytes()
    write_policy(story.ws.root, "2026-03-02")

    with pytest.raises(CheckFailedError, match="no crediting policy is in force on 2026-03-01"):
        build_warehouse(story.ws, now=SECOND)

    assert story.ws.warehouse.read_bytes() == live
    kept = read_build(story.ws.build_record, story.ws.warehouse)
    assert kept is not None
    assert kept.build_id == story.second.build_id

    write_policy(story.ws.root, "2026-01-01")
    mended = build_warehouse(story.ws, now=SECOND)
    assert mended.changed
    assert marts(mended.database)["fct_credits"] == sorted(rows(mended.database, "select * from marts.fct_credits"), key=repr)
    assert rows(mended.database, "select sum(credit_minor) from marts.fct_credits") == [
        (10000 + 5500 + 1234 + 3000 + 2000 + 700,)
    ]


def test_a_removed_policy_is_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from incentives.services.warehouse import land_documents
    from incentives.warehouse.documents import landed_policies

    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    ws = make_workspace(tmp_path / "ws")
    land_documents(ws, FIRST)
    (ws.policies / "global.yaml").unlink()
    land_documents(ws, SECOND)

    index = BronzeIndex(ws.bronze_index)
    assert list(landed_policies(ws.root, index.files(2))) == ["global.yaml"]
    assert landed_policies(ws.root, index.files()) == {}


def test_a_test_that_fails_is_named_and_leaves_the_last_build(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from incentives.feeds.dbt_files import project_dir
    from incentives.services import warehouse

    project = tmp_path / "project"
    shutil.copytree(project_dir(), project, ignore=shutil.ignore_patterns("target", "logs"))
    (project / "tests" / "assert_nothing_is_sold.sql").write_text("select order_id from {{ ref('fct_order_lines') }}\n")
    monkeypatch.setattr(warehouse, "project_dir", lambda: project)
    live = story.ws.warehouse.read_bytes()

    with pytest.raises(CheckFailedError, match="assert_nothing_is_sold"):
        build_warehouse(story.ws, now=SECOND)

    assert story.ws.warehouse.read_bytes() == live


def test_lines_of_another_source_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    ws = make_workspace(tmp_path / "ws")
    deliver(ws, "till", "order_lines.csv", [line("o1", "1", "1.00"), {**line("o1", "2", "1.00"), "source": "shop"}])

    report = land(ws, now=FIRST)

    assert [(file.accepted, file.quarantined) for file in report.files] == [(1, 1)]
