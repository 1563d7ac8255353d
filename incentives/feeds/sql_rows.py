"""Puts rows of Python values into a DuckDB table, many at a time.

As literals: row by row costs a millisecond each, and a bound parameter or a registered table makes DuckDB
import pandas, which takes longer than everything else that is done with these tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

Value = str | int | bool | date | None
_ROWS_AT_ONCE = 1000


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Value, ...]]) -> None:
    """Insert rows, each with every column of the table, in order."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        lines = (f"({', '.join(map(literal, row))})" for row in rows[start : start + _ROWS_AT_ONCE])
        connection.execute(f"insert into {table} values {', '.join(lines)}")


def literal(value: Value) -> str:
    """Return a value as a SQL literal.

    >>> literal("it's"), literal(True), literal(None), literal(date(2026, 3, 31))
    ("'it''s'", 'true', 'null', "date '2026-03-31'")
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return "'" + value.replace("'", "''") + "'"
