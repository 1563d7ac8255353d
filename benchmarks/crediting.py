"""Crediting alone, from typed rows to credits, beside the join of the reference on the same typed rows; and two commands."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from benchmarks.bench import Bench, connect_reference
from benchmarks.build import make_day
from benchmarks.figures import Bar, Figure, Taken

if TYPE_CHECKING:
    import duckdb

_LOOKED_UP = ("int_local_dates", "int_policies", "int_policy_days", "int_line_overrides")
_IDENTITY = ("int_identity_sightings", "int_identity_hubs", "int_identity_edges", "int_customer_map")
_TOUCHES = (
    "int_contact_permissions",
    "int_identified_interactions",
    "int_touch_ties",
    "int_touches",
    "int_client_owners",
    "int_order_lines",
)
# An order, a touch of its customer in the thirty days before, and what it influenced by person and month.
_JOIN = """
create table answer as
with orders as (
    select order_key, min(customer_record_key) as customer_record_key, min(ordered_at) as ordered_at, sum(net_minor) as net_minor
    from staging.stg_order_lines group by order_key
)
select touches.associate_id, date_trunc('month', orders.ordered_at) as month, sum(orders.net_minor) as influenced_minor
from staging.stg_interactions as touches inner join orders
    on touches.customer_record_key = orders.customer_record_key
    and touches.started_at <= orders.ordered_at and touches.started_at >= orders.ordered_at - interval 30 day
group by all
"""


def credit_everything(bench: Bench) -> Taken:
    """Run every select between staging and the credits, one after the other, into a new file."""
    from incentives.warehouse.increments.compiled import read_models
    from incentives.warehouse.increments.families import CREDIT_MODELS, DIVISION_MODELS

    with closing(_connect(bench)) as connection:
        models = read_models(connection, "warehouse")
        names = [*_LOOKED_UP[:1], *_IDENTITY, *_LOOKED_UP[1:], *_TOUCHES, *CREDIT_MODELS]
        names += [
            name
            for name in DIVISION_MODELS
            if name.startswith("int_") and "pay" not in name and models[name].schema == "intermediate"
        ]
        credited = names[: names.index("int_credits") + 1]
        with bench.timed() as span:
            for name in [*credited, "fct_credits"]:
                model = models[name]
                kind = "view" if model.is_view else "table"
                connection.execute(f"create {kind} {model.schema}.{model.name} as {model.sql}")
        return span.taken


def join_typed_rows(bench: Bench) -> Taken:
    """Run the join of the reference."""
    with closing(_connect(bench)) as connection, bench.timed() as span:
        connection.execute(_JOIN)
    return span.taken


def ask_for_help(bench: Bench) -> Taken:
    """Run `incentives --help`."""
    return _command(bench, "--help")


def build_nothing(bench: Bench) -> Taken:
    """Run `incentives build` where nothing is new."""
    bench.link(bench.folder / "built", bench.scratch / "workspace")
    return _command(bench, "build", "--workspace", str(bench.scratch / "workspace"))


def _connect(bench: Bench) -> duckdb.DuckDBPyConnection:
    """Open a new file whose staging is that of the built workspace, in tables of its own: what is typed, lies there."""
    connection = connect_reference()
    connection.execute(f"attach '{bench.scratch / 'crediting.duckdb'}' as crediting")
    connection.execute(f"attach '{bench.folder / 'built' / 'warehouse' / 'warehouse.duckdb'}' as warehouse (read_only)")
    connection.execute("use crediting")
    connection.execute("set timezone = 'UTC'")
    for schema in ("staging", "intermediate", "marts"):
        connection.execute(f"create schema {schema}")
    rows = connection.execute(
        "select table_name from information_schema.tables where table_catalog = 'warehouse' and table_schema = 'staging' and table_name like 'stg_%'"
    ).fetchall()
    for (name,) in rows:
        kept = "table" if name.startswith(("stg_settings", "stg_policy", "stg_pay", "stg_currencies", "stg_locked")) else "view"
        connection.execute(f"create {kept} staging.{name} as select * from warehouse.staging.{name}")
    return connection


def _command(bench: Bench, *arguments: str) -> Taken:
    code = "from incentives.cli import main; main()"
    with bench.timed() as span:
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return span.taken


FIGURES = (
    Figure(
        name="crediting",
        title="crediting alone, typed rows to credits",
        act=credit_everything,
        reference_title="the join of the reference on the same typed rows",
        reference=join_typed_rows,
        prepare=make_day,
        bars={size: Bar(ratio_max=8) for size in ("S", "L")},
        sizes=("XS", "S"),
    ),
    Figure(name="help", title="incentives --help", act=ask_for_help, bars=dict.fromkeys(("XS", "S", "L"), Bar(value_max=0.5))),
    Figure(
        name="nothing-new",
        title="incentives build where nothing is new",
        act=build_nothing,
        prepare=make_day,
        bars=dict.fromkeys(("XS", "S", "L"), Bar(value_max=1)),
        sizes=("XS", "S"),
    ),
)
