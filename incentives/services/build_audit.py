"""Use case: prove that the warehouse, as increments made it, is what one full build of the same loads makes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import duckdb

from incentives.feeds.sql_rows import literal
from incentives.services.built_apart import built_apart, last_build
from incentives.warehouse.increments.merge import LOOKED_UP
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """A table of the warehouse beside the same of a full build; `missing` and `surplus` are rows that the warehouse lacks or has alone."""

    table: str
    rows: int
    missing: int
    surplus: int

    @property
    def differs(self) -> bool:
        """Whether a row does."""
        return bool(self.missing or self.surplus)


def audit_build(ws: Workspace) -> tuple[ComparedTable, ...]:
    """Build every load of the last build anew, in a folder of its own, and compare every table, row by row.

    Calendars that rows are looked up in are left out: what was needed before stays in them.

    Raises:
        InputError: Nothing is built yet, or the last build does not hold what has landed since.
        BusyError: Another run works on the workspace.
    """
    build = last_build(ws)
    with built_apart(ws, build.last_load, with_locked=True) as anew, closing(duckdb.connect()) as connection:
        connection.execute(f"attach {literal(str(build.database))} as kept (read_only)")
        connection.execute(f"attach {literal(str(anew))} as anew (read_only)")
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'anew' "
            "and schema_name in ('staging', 'intermediate', 'marts') order by all"
        ).fetchall()
        return tuple(_compared(connection, f"{schema}.{name}") for schema, name in names if name not in LOOKED_UP)


def _compared(connection: duckdb.DuckDBPyConnection, table: str) -> ComparedTable:
    rows, missing, surplus = (
        connection.execute(f"select count(*) from ({query})").fetchone()
        for query in (
            f"select * from anew.{table}",
            f"select * from anew.{table} except all select * from kept.{table}",
            f"select * from kept.{table} except all select * from anew.{table}",
        )
    )
    assert rows is not None
    assert missing is not None
    assert surplus is not None
    return ComparedTable(table, int(rows[0]), int(missing[0]), int(surplus[0]))
