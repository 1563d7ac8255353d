"""What readers read: whole, unchanging, switched at one instant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.serving import snapshots
from incentives.workspace import Workspace

CONFIG = """
[workspace]
id = "00000000000000000000000000000001"
name = "Test retailer"

[sources.till]
feeds = ["*"]

[pay_groups.fr]
legal_entity = "Test SAS"
country = "FR"
currency = "EUR"
"""
MORNING = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 3, 13, 6, 0, tzinfo=UTC)


@dataclass(frozen=True)
class FixtureBuild:
    build_id: str
    last_load: int = 1
    as_of: datetime = MORNING
    fingerprint: str = "code-1"


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    root = tmp_path / "shop's workspace"
    root.mkdir()
    (root / "incentives.toml").write_text(CONFIG)
    return Workspace.open(root)


def fill(ws: Workspace, net_minor: int) -> None:
    ws.warehouse_dir.mkdir(exist_ok=True)
    ws.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(ws.warehouse)) as connection:
        connection.execute("create schema marts; create schema staging")
        connection.execute(
            "create table marts.fct_credits as select 1::bigint as order_line_key, 'lina' as recipient, "
            "date '2026-03-01' as earned_date, ?::bigint as credit_minor",
            [net_minor],
        )
        connection.execute("create view marts.measure_registry as select 'credited_revenue' as measure")
        connection.execute("create table staging.stg_order_lines as select 1 as secret")


def deliver_names(ws: Workspace, load_id: int, people: list[tuple[str, str | None]]) -> None:
    folder = ws.bronze / "associates"
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(range(1, len(people) + 1))
    facts, personal = folder / f"facts-{load_id}.parquet", folder / f"personal-{load_id}.parquet"
    pq.write_table(pa.table({"associate_id": [p for p, _ in people], "delivered_row": rows}), facts)
    pq.write_table(pa.table({"delivered_row": rows, "name": [name for _, name in people]}), personal)
    file = IndexedFile(
        load_id, 1, "till", "associates", "associates.csv", "0" * 64, 1, "loaded",
        rows_delivered=len(people), facts_path=str(facts.relative_to(ws.root)), facts_sha256="0" * 64,
        personal_path=str(personal.relative_to(ws.root)),
    )  # fmt: skip
    BronzeIndex(ws.bronze_index).add_load(load_id, MORNING, [file])


def credited(ws: Workspace) -> int:
    snapshot = snapshots.current(ws)
    assert snapshot is not None
    with snapshot.connect() as connection:
        row = connection.execute("select sum(credit_minor) from marts.fct_credits").fetchone()
    assert row is not None
    return int(row[0])


def test_before_the_first_publish_there_is_nothing_to_read(ws: Workspace) -> None:
    assert snapshots.current(ws) is None


def test_a_snapshot_holds_every_mart_and_nothing_else(ws: Workspace) -> None:
    fill(ws, 10_000)

    snapshot = snapshots.publish(ws, FixtureBuild("build-1", last_load=7), MORNING)

    with snapshot.connect() as connection:
        tables = connection.execute("select table_schema, table_name from information_schema.tables order by 2").fetchall()
        info = connection.execute("select * from marts.snapshot_info").fetchall()
    assert tables == [("marts", "fct_credits"), ("marts", "measure_registry"), ("marts", "snapshot_info")]
    moment = datetime(2026, 3, 12, 6, 0)  # noqa: DTZ001 - the marts hold UTC without a zone
    assert info == [("build-1", "build-1", 7, moment, moment, "code-1")]


def test_publishing_the_same_build_twice_changes_nothing(ws: Workspace) -> None:
    fill(ws, 10_000)
    first = snapshots.publish(ws, FixtureBuild("build-1"), MORNING)
    pointer = (ws.snapshots / "current.json").stat().st_mtime_ns

    again = snapshots.publish(ws, FixtureBuild("build-1"), NEXT_MORNING)

    assert again == first
    assert (ws.snapshots / "current.json").stat().st_mtime_ns == pointer


def test_a_reader_keeps_its_view_while_the_next_snapshot_is_published(ws: Workspace) -> None:
    fill(ws, 10_000)
    with snapshots.publish(ws, FixtureBuild("build-1"), MORNING).connect() as reader:
        fill(ws, 20_000)
        snapshots.publish(ws, FixtureBuild("build-2"), NEXT_MORNING)

        assert reader.execute("select credit_minor from marts.fct_credits").fetchall() == [(10_000,)]
    assert credited(ws) == 20_000


@pytest.mark.parametrize(
    "statement",
    ["set threads = 1", "select * from read_csv('/etc/passwd')", "attach '/tmp/x.duckdb'", "create table marts.t (a int)"],
)
def test_sql_on_a_snapshot_reaches_no_file_and_changes_nothing(ws: Workspace, statement: str) -> None:
    fill(ws, 10_000)

    with snapshots.publish(ws, FixtureBuild("build-1"), MORNING).connect() as connection, pytest.raises(duckdb.Error):
        connection.execute(statement)


def test_only_the_owner_of_the_workspace_can_read_the_files(ws: Workspace) -> None:
    fill(ws, 10_000)

    snapshot = snapshots.publish(ws, FixtureBuild("build-1"), MORNING)

    assert [oct(path.stat().st_mode & 0o777) for path in (ws.snapshots, snapshot.results.parent, snapshot.results)] == [
        "0o700",
        "0o700",
        "0o600",
    ]


def test_the_current_the_two_before_and_the_named_ones_stay(ws: Workspace) -> None:
    for number in range(1, 7):
        fill(ws, number)
        snapshots.publish(ws, FixtureBuild(f"build-{number}"), MORNING.replace(hour=number), keep={"build-2"})

    assert sorted(path.parent.name for path in ws.snapshots.glob("*/publication.json")) == [
        "build-2",
        "build-4",
        "build-5",
        "build-6",
    ]


def test_a_name_is_the_one_delivered_last_and_an_empty_one_takes_nothing_away(ws: Workspace) -> None:
    fill(ws, 10_000)
    deliver_names(ws, 1, [("a1", "Lina Old"), ("a2", "Amir Haddad"), ("a1", "Lina Moreau")])
    deliver_names(ws, 2, [("a2", None), ("a3", "  Zoé Martin ")])
    deliver_names(ws, 3, [("a1", "Delivered after the build")])

    snapshot = snapshots.publish(ws, FixtureBuild("build-1", last_load=2), MORNING)

    with snapshot.connect_contacts() as connection:
        names = connection.execute("select associate_id, name from associate_names order by 1").fetchall()
    assert names == [("a1", "Lina Moreau"), ("a2", "Amir Haddad"), ("a3", "Zoé Martin")]


def test_names_are_not_in_the_results(ws: Workspace) -> None:
    fill(ws, 10_000)
    deliver_names(ws, 1, [("a1", "Planted Name Nobody Has")])

    snapshot = snapshots.publish(ws, FixtureBuild("build-1"), MORNING)

    assert b"Planted Name" not in snapshot.results.read_bytes()


def test_a_changed_or_missing_file_is_named(ws: Workspace) -> None:
    fill(ws, 10_000)
    snapshot = snapshots.publish(ws, FixtureBuild("build-1"), MORNING)
    assert snapshots.damages(snapshot) == ()

    with snapshot.results.open("r+b") as handle:
        handle.seek(5000)
        handle.write(b"\x00\x01\x02")
    snapshot.contacts.unlink()

    assert [sentence.split(":")[0].rsplit("/", 1)[-1] for sentence in snapshots.damages(snapshot)] == [
        "results.duckdb",
        "contacts.duckdb",
    ]


@pytest.mark.parametrize("build_id", ["../out", "", ".hidden", "a/b"])
def test_a_build_id_that_could_leave_the_folder_is_refused(ws: Workspace, build_id: str) -> None:
    fill(ws, 10_000)

    with pytest.raises(InputError, match="cannot name a publication"):
        snapshots.publish(ws, FixtureBuild(build_id), MORNING)


def test_publishing_without_a_warehouse_says_what_to_do(ws: Workspace) -> None:
    with pytest.raises(InputError, match="incentives build"):
        snapshots.publish(ws, FixtureBuild("build-1"), MORNING)


# Every system call with which publishing touches the disk, so that a kill can fall before each of them.
STEPS: dict[str, Callable[[], tuple[object, str]]] = {
    "copying the marts": lambda: (snapshots, "write_results"),
    "writing the names": lambda: (snapshots, "write_contacts"),
    "bringing a file to the disk": lambda: (snapshots, "sync_file"),
    "naming the folder": lambda: (Path, "rename"),
    "switching the pointer": lambda: (snapshots, "replace_text"),
    "removing old ones": lambda: (snapshots, "_remove_old"),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_before_any_step_yesterdays_snapshot_stays_and_the_next_run_ends_well(
    ws: Workspace, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ws, 10_000)
    snapshots.publish(ws, FixtureBuild("build-1"), MORNING)
    fill(ws, 20_000)
    owner, name = STEPS[step]()

    child = os.fork()
    if child == 0:
        setattr(owner, name, lambda *_args, **_kwargs: os._exit(9))
        snapshots.publish(ws, FixtureBuild("build-2"), NEXT_MORNING)
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 9
    assert credited(ws) == (20_000 if step == "removing old ones" else 10_000)
    snapshots.publish(ws, FixtureBuild("build-2"), NEXT_MORNING)
    assert credited(ws) == 20_000
    assert [path.name for path in ws.snapshots.glob(".making-*")] == []


@pytest.mark.slow
def test_killed_by_the_clock_a_reader_always_finds_a_whole_snapshot(ws: Workspace) -> None:
    fill(ws, 1)
    snapshots.publish(ws, FixtureBuild("build-0"), MORNING)
    program = (
        "import sys, pathlib, itertools\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from test_snapshots import FixtureBuild, MORNING\n"
        "from incentives.serving import snapshots\n"
        "from incentives.workspace import Workspace\n"
        "ws = Workspace.open(pathlib.Path(sys.argv[1]))\n"
        "print('ready', flush=True)\n"
        "for n in itertools.count(1): snapshots.publish(ws, FixtureBuild(f'build-{sys.argv[3]}-{n}'), MORNING)\n"
    )
    for attempt in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(ws.root), str(Path(__file__).parent), str(attempt)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05 + 0.037 * attempt)
        process.kill()
        process.wait()

        found = snapshots.current(ws)
        assert found is not None
        assert snapshots.damages(found) == ()
        assert credited(ws) == 1
        assert json.loads((ws.snapshots / "current.json").read_text())["publication"] == found.publication
