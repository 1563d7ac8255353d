"""Reading a published snapshot, which never changes: what was asked before is answered from memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import duckdb

Rows = tuple[tuple[Any, ...], ...]
_Asked = tuple[str, tuple[object, ...]]
# A row of a credit takes about a kilobyte.
KEPT_ROWS = 50_000
KEPT_ROWS_OF_ONE = 5_000


class Marts:
    """The marts of one snapshot, for readers of several threads at once.

    Answers are kept for as long as the snapshot is read, by statement and parameters, the ones asked for longest ago
    leaving first. Who may see them is decided before anything is asked.

    Args:
        connection: To the snapshot's results, read-only.
        kept_rows: How many rows of answers stay in memory at most; 0 keeps none.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, kept_rows: int = KEPT_ROWS) -> None:
        self._connection = connection
        self._kept_rows = kept_rows
        self._kept: OrderedDict[_Asked, Rows] = OrderedDict()
        self._rows = 0
        self._lock = threading.Lock()

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> Rows:
        """Return the rows of a select; parameters are bound, lists among them as lists."""
        asked = (statement, tuple(tuple(one) if isinstance(one, list) else one for one in parameters))
        with self._lock:
            known = self._kept.get(asked)
            if known is not None:
                self._kept.move_to_end(asked)
                return known
        with closing(self._connection.cursor()) as cursor:
            found = tuple(cursor.execute(statement, list(parameters)).fetchall())
        self._keep(asked, found)
        return found

    def row(self, statement: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a select, or None."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def _keep(self, asked: _Asked, rows: Rows) -> None:
        if len(rows) > min(KEPT_ROWS_OF_ONE, self._kept_rows):
            return
        with self._lock:
            self._forget(asked)
            self._kept[asked] = rows
            # An answer of no rows is an answer that takes room too.
            self._rows += max(len(rows), 1)
            while self._rows > self._kept_rows:
                self._forget(next(iter(self._kept)))

    def _forget(self, asked: _Asked) -> None:
        rows = self._kept.pop(asked, None)
        if rows is not None:
            self._rows -= max(len(rows), 1)
