"""What two attribution libraries take for their rule-based models on the sample's journeys, beside the product's crediting of the same.

They give less: totals by name in binary floating point, from journeys that somebody has already put together; no roles, no order lines,
no returns, no reasons. The last figure of each says by how much its sum of an even split misses what was sold.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.bench import Bench, connect_reference
from benchmarks.build import make_day
from benchmarks.crediting import credit_everything
from benchmarks.figures import Figure, Taken

_NEEDED = Path(__file__).with_name("peers.txt")
_SCRIPT = Path(__file__).with_name("in_peers.py")
# One row per order with counted touches: the people in the order of their touches, hours before the order, net in minor units.
_JOURNEYS = """
copy (
    with sales as (
        select order_key, root_line_key, net_minor, ordered_at from warehouse.marts.fct_order_lines
        where line_kind = 'sale' and business_date is not null and net_minor > 0
    ),
    touches as (
        select distinct sales.order_key, found.recipient, found.interaction_id, found.started_at, found.age_s
        from sales inner join warehouse.marts.fct_credit_touches as found using (root_line_key)
        where found.left_out_reason is null
    ),
    values_of_orders as (select order_key, sum(net_minor) as net from sales group by order_key)
    select
        cast(order_key as varchar) as journey_id,
        string_agg(recipient, ' > ' order by started_at, interaction_id) as path,
        string_agg(cast(age_s / 3600.0 as varchar), ' > ' order by started_at, interaction_id) as hours,
        1 as converted,
        cast(any_value(net) as double) as net
    from touches inner join values_of_orders using (order_key)
    group by order_key
) to '{target}' (format parquet)
"""


def make_journeys(bench: Bench) -> None:
    """Have the peers installed, and the sample's journeys as both take them."""
    make_day(bench)
    bench.keep("peers", _install, _NEEDED)
    bench.keep("journeys", lambda target: _write(bench, target), Path(__file__), bench.folder / "built.stamp")


def run_peer(peer: str, bench: Bench) -> Taken:
    """Run one peer in the environment of both."""
    journeys, answer = bench.folder / "journeys" / "journeys.parquet", bench.scratch / "answer.json"
    python = bench.folder / "peers" / "bin" / "python"
    with bench.timed() as span:
        subprocess.run([python, _SCRIPT, peer, journeys, answer], check=True, stdout=subprocess.DEVNULL)
    told = json.loads(answer.read_text())
    with closing(connect_reference()) as connection:
        row = connection.execute(f"select count(*), sum(cast(net as bigint)) from read_parquet('{journeys}')").fetchone()
    assert row is not None
    orders, sold = row
    return Taken(
        told["value"], span.taken.cpu_s, {"orders_": float(orders), "sum misses by_cents": told["credited_minor"] - int(sold)}
    )


def _install(target: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", target], check=True)
    subprocess.run(
        [target / "bin" / "python", "-m", "pip", "install", "--quiet", "--quiet", "--requirement", _NEEDED], check=True
    )


def _write(bench: Bench, target: Path) -> None:
    target.mkdir(parents=True)
    with closing(connect_reference()) as connection:
        connection.execute(f"attach '{bench.folder / 'built' / 'warehouse' / 'warehouse.duckdb'}' as warehouse (read_only)")
        connection.execute(_JOURNEYS.format(target=target / "journeys.parquet"))


FIGURES = tuple(
    Figure(
        name=f"peer-{peer}",
        title=f"{title}: an even split and all to the last, of journeys put together before",
        act=partial(run_peer, peer),
        reference_title="the product's crediting, from typed rows to credits with their reasons",
        reference=credit_everything,
        prepare=make_journeys,
        sizes=("XS", "S"),
        is_repeatable=False,
    )
    for peer, title in (("mam", "marketing-attribution-models"), ("channel-attribution", "ChannelAttribution"))
)
