"""The full build beside one DuckDB statement that says the same in the simplest way, and a day's increment beside the full build."""

from __future__ import annotations

import csv
import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import NOW, Bench, connect_reference
from benchmarks.figures import GIB, Bar, Figure, Taken

if TYPE_CHECKING:
    import duckdb

    from incentives.workspace import Workspace

_SLOWEST = 8
_DAY = "2026-10-30"
_LATE = "order_lines-2026-11-late.csv"
_MOMENTS = {"order_lines": "ordered_at", "interactions": "started_at"}
_ROOT = Path(__file__).resolve().parents[1]
_PRODUCT, _MODELS = _ROOT / "incentives", _ROOT / "dbt_project"
# Typed casts, a join of touches to orders by customer within thirty days, a sum by associate and month: what an
# analyst would write. Neither duplicates nor bad rows nor identities nor shares are looked at. `min` and not
# `any_value`, so that its answer is one.
_REFERENCE = """
create table answer as
with orders as (
    select source, order_id, min(customer_id) as customer_id, min(try_cast(ordered_at as timestamptz)) as ordered_at,
        sum(try_cast(net_amount as decimal(18, 2))) as net_amount
    from {lines} group by source, order_id
), touches as (
    select customer_id, associate_id, try_cast(started_at as timestamptz) as started_at from {interactions}
)
select touches.associate_id, date_trunc('month', orders.ordered_at) as month, sum(orders.net_amount) as influenced
from touches inner join orders
    on touches.customer_id = orders.customer_id
    and touches.started_at <= orders.ordered_at and touches.started_at >= orders.ordered_at - interval 30 day
group by all
"""


def build_everything(bench: Bench) -> Taken:
    """Build the warehouse in full and publish its snapshot, as `incentives build` does."""
    ws = bench.landed_workspace()
    from incentives.services.pipeline import run_pipeline

    with bench.timed() as span:
        run_pipeline(ws, now=NOW, land=False)
    return Taken(span.taken.value, span.taken.cpu_s, slowest(ws))


def reference_query(bench: Bench) -> Taken:
    """Run the reference on the same bronze."""
    ws = bench.landed_workspace()
    return ask_reference(bench, ws)


def ask_reference(bench: Bench, ws: Workspace) -> Taken:
    """Run the reference on a workspace's bronze."""
    with closing(connect_reference()) as connection:
        connection.execute("set timezone = 'UTC'")
        statement = _REFERENCE.format(lines=_bronze(ws, "order_lines"), interactions=_bronze(ws, "interactions"))
        with bench.timed() as span:
            connection.execute(statement)
        return Taken(span.taken.value, span.taken.cpu_s, {"rows": float(_count(connection))})


def make_day(bench: Bench) -> None:
    """Hold back what one day brought, and build what was there before it."""
    bench.generate()
    hold_back_a_day(bench)

    def build(target: Path) -> None:
        from incentives.services.landing import land
        from incentives.services.warehouse import build_warehouse
        from incentives.serving import snapshots

        ws = bench.workspace(target, bench.folder / "without-a-day" / "before")
        land(ws, now=NOW)
        # Unchecked: the sources' control totals hold what was held back.
        snapshots.publish(ws, build_warehouse(ws, now=NOW), NOW)

    bench.keep("built", build, _PRODUCT, _MODELS, bench.folder / "without-a-day.stamp")


def hold_back_a_day(bench: Bench) -> None:
    """Divide the feeds into `without-a-day/before` and `without-a-day/day`."""
    bench.keep("without-a-day", lambda target: _hold_back(bench, target), Path(__file__), bench.feeds.with_suffix(".stamp"))


def build_the_day(bench: Bench) -> Taken:
    """Land the day, and build it; what `incentives build` does before it publishes is measured."""
    ws = _with_the_day(bench)
    from incentives.services.warehouse import build_warehouse

    with bench.timed() as span:
        build = build_warehouse(ws, now=NOW)
    assert build.increment is not None, f"it was built in full: {build.full_because}"
    return Taken(span.taken.value, span.taken.cpu_s, {"lines worked out_": float(build.increment)})


def build_the_day_in_full(bench: Bench) -> Taken:
    """Land the day, and build everything anew."""
    ws = _with_the_day(bench)
    from incentives.services.warehouse import build_warehouse

    with bench.timed() as span:
        build_warehouse(ws, now=NOW, full_refresh=True)
    return span.taken


def publish_the_day(bench: Bench) -> Taken:
    """Publish the warehouse after a day's increment, without the checks that come before."""
    ws = _with_the_day(bench)
    from incentives.services.warehouse import build_warehouse
    from incentives.serving import snapshots

    build = build_warehouse(ws, now=NOW)
    with bench.timed() as span:
        snapshots.publish(ws, build, NOW)
    return span.taken


def copy_the_snapshot(bench: Bench) -> Taken:
    """Copy the snapshot that publishing starts from, and wait for the disk: what no publishing by a new file goes below."""
    ws = _with_the_day(bench)
    from incentives.serving import snapshots
    from incentives.serving.durable import sync_file

    before = snapshots.current(ws)
    assert before is not None
    copied = bench.scratch / "copied.duckdb"
    with bench.timed() as span:
        shutil.copyfile(before.results, copied)
        sync_file(copied)
    return span.taken


def _with_the_day(bench: Bench) -> Workspace:
    """Return the built workspace with the day landed on top."""
    from incentives.services.landing import land
    from incentives.workspace import Workspace

    root = bench.scratch / "workspace"
    bench.link(bench.folder / "built", root)
    ws = Workspace.open(root)
    bench.link(bench.folder / "without-a-day" / "day", ws.inbox)
    land(ws, now=NOW)
    # What was copied to get here is on the disk before anything is measured.
    os.sync()
    return ws


def _hold_back(bench: Bench, target: Path) -> None:
    """Divide the feeds: what was done on the day, and a thirtieth of the month's late lines, come after the rest."""
    late = 0
    for path in sorted(bench.feeds.rglob("*.csv")):
        place = path.relative_to(bench.feeds)
        kept, held = target / "before" / place, target / "day" / place.with_stem(f"{place.stem}-{_DAY}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        column = next((moment for feed, moment in _MOMENTS.items() if path.name.startswith(f"{feed}-{_DAY[:7]}")), None)
        is_late = path.name == _LATE
        if column is None and not is_late:
            os.link(path, kept)
            continue
        held.parent.mkdir(parents=True, exist_ok=True)
        with path.open(newline="") as source, kept.open("w", newline="") as before, held.open("w", newline="") as day:
            rows = csv.reader(source)
            header = next(rows)
            writers = [csv.writer(handle, lineterminator="\n") for handle in (before, day)]
            for writer in writers:
                writer.writerow(header)
            at = None if column is None else header.index(column)
            for row in rows:
                late += is_late
                writers[(late % 30 == 1) if at is None else row[at : at + 1] != [] and row[at].startswith(_DAY)].writerow(row)


def _bronze(ws: Workspace, feed: str) -> str:
    from incentives.feeds.bronze_index import BronzeIndex
    from incentives.feeds.bronze_views import path_list

    files = BronzeIndex(ws.bronze_index).files()
    paths = [file.facts_path for file in files if file.feed == feed and file.facts_path]
    return f"read_parquet({path_list(ws.root, paths)}, union_by_name = true)"


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("select count(*) from answer").fetchone()
    assert row is not None
    return int(row[0])


def slowest(ws: Workspace) -> dict[str, float]:
    """Return the seconds of the models that took longest."""
    from incentives.warehouse.outcomes import read_outcomes

    nodes = sorted(read_outcomes(ws.warehouse_dir / "dbt", whole=True), key=lambda node: -node.seconds)[:_SLOWEST]
    return {f"{node.node.split('.')[2]}_s": node.seconds for node in nodes}


FIGURES = (
    Figure(
        name="build",
        title="full build, bronze to published marts",
        act=build_everything,
        reference_title="one DuckDB statement over the same bronze: typed casts, touches joined to orders, a sum by associate and month",
        reference=reference_query,
        prepare=Bench.land,
        bars={size: Bar(ratio_max=12, memory_max=8 * GIB) for size in ("S", "L")},
        sizes=("XS", "S"),
    ),
    Figure(
        name="increment",
        title="increment of a day, with late lines",
        act=build_the_day,
        reference_title="a full build of the same",
        reference=build_the_day_in_full,
        prepare=make_day,
        bars={"S": Bar(ratio_max=1 / 15, value_max=12), "L": Bar(ratio_max=1 / 15)},
        sizes=("XS", "S"),
    ),
    Figure(
        name="publish",
        title="publishing a day's increment, without its checks",
        act=publish_the_day,
        reference_title="a copy of the last snapshot, brought to the disk",
        reference=copy_the_snapshot,
        prepare=make_day,
        bars={"S": Bar(value_max=2), "L": Bar(value_max=10)},
        sizes=("XS", "S"),
    ),
)
