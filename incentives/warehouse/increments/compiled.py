"""The compiled models of a full build, kept inside the warehouse that they made, and run again over fewer rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter

import duckdb

from incentives.feeds.sql_rows import insert_rows

SCHEMA = "build"


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A model as dbt compiled it.

    Attributes:
        name: Of the model, which is its table's.
        schema: Where its table is.
        is_view: Whether it stands as a view.
        sql: Its select, of schemas and tables, in whichever database they are.
        reads: Names of the models that it reads, whether as tables or compiled into it.
    """

    name: str
    schema: str
    is_view: bool
    sql: str
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildState:
    """What a warehouse holds: the last load and the code that made it.

    Attributes:
        last_load: The last load.
        as_of: When that landed.
        fingerprint: Of the code.
        compact_bytes: Size of the file after its last full build; 0 while that is not known.
    """

    last_load: int
    as_of: datetime
    fingerprint: str
    compact_bytes: int = 0


def keep_models(
    connection: duckdb.DuckDBPyConnection, models: Iterable[CompiledModel], tests: Iterable[CompiledModel], state: BuildState
) -> None:
    """Keep the models of a full build, those that others read first, its tests, and what the build holds."""
    by_name = {model.name: model for model in models}
    order = TopologicalSorter({name: [read for read in model.reads if read in by_name] for name, model in by_name.items()})
    connection.execute(f"create schema if not exists {SCHEMA}")
    connection.execute(
        f"create or replace table {SCHEMA}.models (position integer, name varchar, schema_name varchar, is_view boolean, select_text varchar)"
    )
    rows = [(number, by_name[name]) for number, name in enumerate(order.static_order())]
    insert_rows(
        connection,
        f"{SCHEMA}.models",
        [(number, model.name, model.schema, model.is_view, model.sql) for number, model in rows],
    )
    connection.execute(f"create or replace table {SCHEMA}.tests (name varchar, reads varchar, select_text varchar)")
    insert_rows(connection, f"{SCHEMA}.tests", [(test.name, " ".join(test.reads), test.sql) for test in tests])
    connection.execute(
        f"create or replace table {SCHEMA}.state (last_load integer, as_of timestamp, fingerprint varchar, compact_bytes bigint)"
    )
    keep_state(connection, state)


def keep_state(connection: duckdb.DuckDBPyConnection, state: BuildState) -> None:
    """Say what the warehouse holds; the size of its last full build stays where the state names none."""
    row = connection.execute(f"select max(compact_bytes) from {SCHEMA}.state").fetchone()
    connection.execute(f"delete from {SCHEMA}.state")
    connection.execute(
        f"insert into {SCHEMA}.state values (?, ?, ?, ?)",
        [
            state.last_load,
            state.as_of.replace(tzinfo=None),
            state.fingerprint,
            state.compact_bytes or (int(row[0] or 0) if row else 0),
        ],
    )


def read_state(connection: duckdb.DuckDBPyConnection, catalog: str) -> BuildState | None:
    """Return what a warehouse holds, or None where it was made before increments were."""
    from datetime import UTC

    known = connection.execute(
        "select 1 from duckdb_tables() where database_name = ? and schema_name = ? and table_name = 'state'", [catalog, SCHEMA]
    ).fetchone()
    row = (
        connection.execute(f"select last_load, as_of, fingerprint, compact_bytes from {catalog}.{SCHEMA}.state").fetchone()
        if known
        else None
    )
    return BuildState(int(row[0]), row[1].replace(tzinfo=UTC), str(row[2]), int(row[3])) if row else None


def read_models(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, CompiledModel]:
    """Return the kept models by name, in an order in which each can be made."""
    rows = connection.execute(
        f"select name, schema_name, is_view, select_text from {catalog}.{SCHEMA}.models order by position"
    ).fetchall()
    return {str(name): CompiledModel(str(name), str(schema), bool(view), str(sql), ()) for name, schema, view, sql in rows}


def read_tests(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[CompiledModel]:
    """Return the kept tests."""
    rows = connection.execute(f"select name, reads, select_text from {catalog}.{SCHEMA}.tests order by name").fetchall()
    return [CompiledModel(str(name), "", False, str(sql), tuple(str(reads).split())) for name, reads, sql in rows]
