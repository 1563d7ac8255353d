"""Typed staging tables made by hand, from the feeds' contracts: what crediting reads, without landing anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from incentives.feeds.contracts import FEEDS
from incentives.feeds.locked_divisions import COLUMNS as LOCKED_COLUMNS
from incentives.feeds.staging_columns import typed_columns
from incentives.money import CURRENCIES, currency_digits
from incentives.policies import POLICY_TABLE_COLUMNS, load_policy_texts, policy_tables, policy_tables_ddl

Value = str | int | bool | date | datetime | None
Row = Mapping[str, Value]
SETTINGS = {"key_salt": "", "house_account_over": "500", "time_zone": "UTC", "max_customers_per_identifier": "5"}
CREDITING_FEEDS = (
    "order_lines",
    "interactions",
    "associates",
    "assignments",
    "locations",
    "permissions",
    "customer_identifiers",
    "client_ownership",
    "credit_overrides",
    "fx_rates",
    "customers",
    "hours",
    "scores",
    "feedback",
)
_ARROW = {
    "varchar": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


def key_of(*parts: str) -> int:
    """Return the integer key of a natural key, as staging makes it with an empty salt."""
    return int(hashlib.md5("\x1f".join((*parts, "")).encode(), usedforsecurity=False).hexdigest()[:15], 16)


def moment(text: str) -> datetime:
    """Return an ISO moment as UTC without a zone, as staging holds it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).replace(tzinfo=None)


def database(
    feeds: Mapping[str, Iterable[Row]],
    policies: Sequence[str],
    settings: Mapping[str, str] | None = None,
    pay_currencies: Sequence[str] = (),
    path: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a database with staging tables of the given rows and the configuration of the given policy texts."""
    connection = duckdb.connect(str(path) if path else ":memory:")
    connection.execute("set TimeZone = 'UTC'")
    fill(connection, feeds, policies, settings, pay_currencies)
    return connection


def fill(
    connection: duckdb.DuckDBPyConnection,
    feeds: Mapping[str, Iterable[Row]],
    policies: Sequence[str],
    settings: Mapping[str, str] | None = None,
    pay_currencies: Sequence[str] = (),
) -> None:
    """Make the staging and configuration tables anew."""
    for schema in ("staging", "config"):
        connection.execute(f"create schema if not exists {schema}")
    for feed in CREDITING_FEEDS:
        _table(connection, f"staging.stg_{feed}", _columns(feed), [_with_keys(feed, row) for row in feeds.get(feed, ())])
    for statement in policy_tables_ddl("staging"):
        connection.execute(statement.replace("staging.policy", "staging.stg_policy"))
    tables = policy_tables(load_policy_texts((f"policy-{number}.yaml", text) for number, text in enumerate(policies)))
    for table, columns in POLICY_TABLE_COLUMNS.items():
        names = [name for name, _ in columns]
        _table(connection, f"staging.stg_{table}", dict(columns), [dict(zip(names, row, strict=True)) for row in tables[table]])
    rows: list[Row] = [{"name": name, "value": value} for name, value in {**SETTINGS, **(settings or {})}.items()]
    _table(connection, "staging.stg_settings", {"name": "varchar", "value": "varchar"}, rows)
    digits: list[Row] = [{"currency": code, "digits": currency_digits(code)} for code in CURRENCIES]
    _table(connection, "staging.stg_currencies", {"currency": "varchar", "digits": "integer"}, digits)
    _table(connection, "staging.stg_locked_divisions", LOCKED_COLUMNS, [])
    _table(connection, "staging.stg_pay_currencies", {"currency": "varchar"}, [{"currency": code} for code in pay_currencies])


@cache
def _columns(feed: str) -> dict[str, str]:
    columns = {typed.name: typed.data_type for typed in typed_columns(FEEDS[feed])}
    names = [column.name for column in FEEDS[feed].columns]
    keys = {}
    if feed == "order_lines":
        keys = {"order_line_key": "bigint", "order_key": "bigint"}
    if "customer_id" in names:
        keys["customer_record_key"] = "bigint"
    return {**keys, "load_id": "integer", **columns}


def _with_keys(feed: str, row: Row) -> Row:
    keys: dict[str, Value] = {}
    if feed == "order_lines":
        source, order_id, line_id = (str(row[name]) for name in ("source", "order_id", "line_id"))
        keys = {"order_line_key": key_of(source, order_id, line_id), "order_key": key_of(source, order_id)}
    source_value = row.get("customer_source" if feed in ("client_ownership", "associates") else "source")
    if row.get("customer_id") is not None and source_value is not None:
        keys["customer_record_key"] = key_of(str(source_value), str(row["customer_id"]))
    return {"is_withdrawn": False, **keys, **row}


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
    unknown = {key for row in rows for key in row} - set(columns)
    assert not unknown, f"{name} has no column {sorted(unknown)}"
    schema = pa.schema([(column, _ARROW[type_]) for column, type_ in columns.items()])
    data = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    connection.register("filled_rows", data)
    connection.execute(f"create or replace table {name} as select * from filled_rows")
    connection.unregister("filled_rows")
