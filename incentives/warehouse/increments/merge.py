"""Writes what an increment changed into the warehouse: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from incentives.feeds.columns import Feed
from incentives.policies.compile import POLICY_TABLE_COLUMNS
from incentives.warehouse.increments.compiled import BuildState, CompiledModel, keep_state
from incentives.warehouse.increments.scratch import BEFORE, PLACE, SCRATCH
from incentives.warehouse.increments.staging import WHOLE_FEEDS

# Models whose changed rows were found by comparison: they go and come one by one, each named by these columns.
COMPARED = {
    "int_identity_sightings": ("customer_record_key", "source", "identifier"),
    "int_identity_hubs": ("identifier", "source"),
    "int_identity_edges": ("customer_record_key", "identifier"),
    "int_customer_map": ("customer_record_key",),
    "int_contact_permissions": ("customer_key", "method", "from_s"),
    "int_touches": ("source", "interaction_id"),
    "int_client_owners": ("customer_key", "associate_id", "valid_from"),
    "int_order_lines": ("order_line_key",),
    "int_customer_orders": ("order_key", "ordered_s", "customer_key"),
    "int_credits": ("order_line_key", "role_order", "recipient"),
    "int_remaining_orders": ("order_key",),
    "int_counted_orders": ("order_key",),
    "int_client_books": ("associate_id", "month_end"),
    "fct_credits": ("order_line_key", "role_order", "recipient"),
    "fct_pay_credits": ("order_line_key", "role", "recipient", "pay_currency"),
    "fct_measures": (
        "subject_type",
        "subject_id",
        "measure",
        "unit_key",
        "business_date",
        "earned_date",
        "currency",
        "denominator",
    ),
    "fct_pay_measures": ("subject_type", "subject_id", "measure", "business_date", "earned_date", "currency"),
}
# Models of which every row of the lines (or orders) in scope is put in the place of those of before: by which column.
REPLACED = {
    "int_locked_divisions": "order_line_key",
    "int_sale_lines": "order_line_key",
    "int_credit_lines": "order_line_key",
    "int_credit_allocations": "order_line_key",
    "int_pay_lines": "order_line_key",
    "int_pay_credits": "order_line_key",
    "fct_order_lines": "order_line_key",
    "locked_lines": "order_line_key",
    "int_order_moments": "moment_key",
    "int_house_accounts": "moment_key",
    "int_touch_candidates": "moment_key",
    "int_relationship_owners": "moment_key",
    "int_credit_splits": "split_key",
    "int_self_purchases": "root_line_key",
    "fct_credit_touches": "root_line_key",
    "int_order_sellers": "order_key",
}
# Rows of a calendar: what was needed before stays, as it says the same.
LOOKED_UP = ("int_local_dates",)


def drop_others(connection: duckdb.DuckDBPyConnection, models: Mapping[str, CompiledModel], delivered: Iterable[Feed]) -> None:
    """Drop the tables in memory that `merge` does not read: they only led to those that it does, and hold the most rows."""
    read = {f"{models[name].schema}.{name}" for name in REPLACED}
    read |= {f"staging.{kind}_{feed.name}" for feed in delivered for kind in ("parsed", "row_outcomes", "stg", "quarantine")}
    read |= {"scope.lines", "scope.orders", "scope.line_names", "intermediate.int_credit_exceptions"}
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? and schema_name in "
        "('staging', 'intermediate', 'marts', 'scope')",
        [SCRATCH],
    ).fetchall()
    for schema, name in rows:
        if f"{schema}.{name}" not in read:
            connection.execute(f"drop table {SCRATCH}.{schema}.{name}")


def merge(
    connection: duckdb.DuckDBPyConnection,
    models: Mapping[str, CompiledModel],
    delivered: Iterable[Feed],
    made_anew: Iterable[CompiledModel],
    state: BuildState,
) -> None:
    """Write the changes that stand in memory into the warehouse, in a transaction left open.

    Args:
        connection: To the increment's database, the warehouse attached to it to be written.
        models: The models of the warehouse.
        delivered: Feeds of which rows came.
        made_anew: Models that are made from the merged tables, in order.
        state: What the warehouse holds then.
    """
    connection.execute(f"use {BEFORE}")
    connection.execute("begin transaction")
    for table in ("files", "loads", "rejects"):
        _deliver(connection, table)
    for table in ("settings", "locked_divisions", *POLICY_TABLE_COLUMNS):
        connection.execute(f"delete from config.{table}")
        connection.execute(f"insert into config.{table} select * from {SCRATCH}.config.{table}")
    for feed in delivered:
        _merge_feed(connection, feed)
    for name, columns in COMPARED.items():
        _apply(connection, f"{models[name].schema}.{name}", name, columns)
    for name, key in REPLACED.items():
        _replace(connection, f"{models[name].schema}.{name}", key)
    for name in LOOKED_UP:
        place = f"{models[name].schema}.{name}"
        connection.execute(f"insert into {place} select * from {SCRATCH}.added.{name} except select * from {place}")
    _merge_exceptions(connection)
    for model in made_anew:
        place = f"{model.schema}.{model.name}"
        connection.execute(f"delete from {place}")
        connection.execute(f"insert into {place} by name {model.sql}")
    keep_state(connection, state)


def _deliver(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Add what landing recorded of the new loads."""
    connection.execute(
        f"insert into bronze.{table} select * from {SCRATCH}.bronze.{table} where load_id > (select last_load from build.state)"
    )


def _merge_feed(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    parsed, outcomes, staged, refused = (f"{kind}_{feed.name}" for kind in ("parsed", "row_outcomes", "stg", "quarantine"))
    place = ", ".join(PLACE)
    if feed.name in WHOLE_FEEDS:
        for name in (parsed, outcomes, staged, refused):
            connection.execute(f"delete from staging.{name}")
            connection.execute(f"insert into staging.{name} by name select * from {SCRATCH}.staging.{name}")
        return
    connection.execute(
        f"insert into staging.{parsed} by name select * from {SCRATCH}.staging.{parsed} where load_id > (select last_load from build.state)"
    )
    _swap(connection, f"staging.{outcomes}", f"{SCRATCH}.staging.{outcomes}", place)
    # A row that was mended stays so, by the first load that did it.
    connection.execute(
        f"create or replace temp table refused_now as select now.* replace (coalesce(before.closed_by_load, now.closed_by_load) as closed_by_load) "
        f"from {SCRATCH}.staging.{refused} as now left join staging.{refused} as before using ({place})"
    )
    _swap(connection, f"staging.{refused}", "refused_now", place)
    _drop_rows(connection, f"staging.{staged}", f"{SCRATCH}.removed.{staged}", place)
    connection.execute(f"insert into staging.{staged} by name select * from {SCRATCH}.added.{staged}")


def _apply(connection: duckdb.DuckDBPyConnection, place: str, name: str, key: Sequence[str]) -> None:
    """Take away the removed rows and put in the added ones."""
    same = " and ".join(f"kept.{column} is not distinct from gone.{column}" for column in key)
    connection.execute(
        f"delete from {place} where rowid in (select kept.rowid from {place} as kept semi join {SCRATCH}.removed.{name} as gone on {same})"
    )
    connection.execute(f"insert into {place} by name select * from {SCRATCH}.added.{name}")


def replaced_keys(key: str) -> str:
    """Return a select of the values of a column of `REPLACED` whose rows are put in the place of those of before."""
    scope = f"{SCRATCH}.scope.orders" if key == "order_key" else f"(select order_line_key as {key} from {SCRATCH}.scope.lines)"
    return f"select distinct {key} from {scope}"


def _replace(connection: duckdb.DuckDBPyConnection, place: str, key: str) -> None:
    connection.execute(f"delete from {place} where {key} in ({replaced_keys(key)})")
    connection.execute(f"insert into {place} by name select * from {SCRATCH}.{place}")


def _swap(connection: duckdb.DuckDBPyConnection, place: str, source: str, key: str) -> None:
    _drop_rows(connection, place, source, key)
    connection.execute(f"insert into {place} by name select * from {source}")


def _drop_rows(connection: duckdb.DuckDBPyConnection, place: str, source: str, key: str) -> None:
    connection.execute(
        f"delete from {place} where rowid in (select kept.rowid from {place} as kept semi join {source} using ({key}))"
    )


def _merge_exceptions(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the exceptions of lines in scope, and all that are of no line."""
    connection.execute(
        "delete from intermediate.int_credit_exceptions where order_id is null or (source, order_id, line_id) in "
        f"(select (source, order_id, line_id) from {SCRATCH}.scope.line_names)"
    )
    connection.execute(
        f"insert into intermediate.int_credit_exceptions by name select * from {SCRATCH}.intermediate.int_credit_exceptions"
    )
