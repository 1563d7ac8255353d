"""The full build, bronze to published marts, beside one DuckDB statement that says the same in the simplest way."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from benchmarks.bench import NOW, Bench, connect_reference
from benchmarks.figures import GIB, Bar, Figure, Taken

if TYPE_CHECKING:
    import duckdb

    from incentives.workspace import Workspace

_SLOWEST = 8
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
    return Taken(span.taken.value, span.taken.cpu_s, _slowest(ws))


def reference_query(bench: Bench) -> Taken:
    """Run the reference on the same bronze."""
    ws = bench.landed_workspace()
    with closing(connect_reference()) as connection:
        connection.execute("set timezone = 'UTC'")
        statement = _REFERENCE.format(lines=_bronze(ws, "order_lines"), interactions=_bronze(ws, "interactions"))
        with bench.timed() as span:
            connection.execute(statement)
        return Taken(span.taken.value, span.taken.cpu_s, {"rows": float(_count(connection))})


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


def _slowest(ws: Workspace) -> dict[str, float]:
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
    ),
)
