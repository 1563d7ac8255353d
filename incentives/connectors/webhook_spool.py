"""The spool of one webhook: rows that are durable and not yet in the inbox, and what messages were received.

Many messages are written in one transaction, durable when it returns: rows and the messages' identities both or
neither. The spool is emptied into delivery files in two steps that a kill may part: how far is decided and
written down first, so that what is done again makes the same files.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from incentives.connectors.inbox import Inbox, csv_bytes
from incentives.connectors.mapping import MappedRow
from incentives.connectors.state import sync_folder
from incentives.connectors.webhook_signatures import Identities

KNOWN_FOR = timedelta(days=30)
_TABLES = """
create table if not exists outputs (output_id integer primary key, feed text not null, header text not null,
  unique (feed, header)) strict;
create table if not exists rows (row_id integer primary key autoincrement, output_id integer not null, content text not null) strict;
create table if not exists received (identity blob primary key, received_at integer not null) strict, without rowid;
create index if not exists received_by_time on received (received_at);
create table if not exists emptying (one integer primary key check (one = 1), sequence integer not null, up_to integer) strict;
insert or ignore into emptying values (1, 0, null);
"""


@dataclass(frozen=True, slots=True)
class Message:
    """A verified message: what it is known by, and its rows."""

    identities: Identities
    rows: tuple[MappedRow, ...]


class Spool:
    """Used by one thread of one process."""

    def __init__(self, path: Path, inbox: Inbox) -> None:
        self._inbox = inbox
        is_new = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        # FULL: a commit returns when it is on the disk. What was deleted is overwritten: rows hold identifiers.
        for pragma in ("journal_mode = wal", "synchronous = full", "secure_delete = on", "busy_timeout = 10000"):
            self._database.execute(f"pragma {pragma}")
        self._database.executescript(_TABLES)
        if is_new:
            sync_folder(path.parent)
        self._outputs: dict[tuple[str, tuple[str, ...]], int] = {}
        self.rows = self._number("select count(*) from rows")

    def add(self, messages: Sequence[Message], now: datetime) -> int:
        """Make messages durable and return how many of them were received before, and are left out."""
        repeated = rows = 0
        try:
            with _Transaction(self._database):
                for message in messages:
                    if not self._is_first(message.identities, now):
                        repeated += 1
                        continue
                    for row in message.rows:
                        content = json.dumps(row.values, ensure_ascii=True, separators=(",", ":"))
                        self._database.execute(
                            "insert into rows (output_id, content) values (?, ?)", (self._output(row), content)
                        )
                    rows += len(message.rows)
        except BaseException:
            # Rolled back with the rest: what was noted of the table of outputs may not be in it.
            self._outputs.clear()
            raise
        self.rows += rows
        return repeated

    def empty(self, now: datetime) -> int:
        """Write what the spool holds into the inbox and return how many rows that is.

        Raises:
            OSError: The inbox takes nothing; the rows stay.
        """
        oldest = int((now - KNOWN_FOR).timestamp())
        self._database.execute("delete from received where received_at < ?", (oldest,))
        sequence, up_to = self._database.execute("select sequence, up_to from emptying").fetchone()
        if up_to is None:
            up_to = self._number("select coalesce(max(row_id), 0) from rows")
            if not up_to:
                return 0
            sequence += 1
            self._database.execute("update emptying set sequence = ?, up_to = ?", (sequence, up_to))
        outputs = self._database.execute("select output_id, feed, header from outputs order by output_id").fetchall()
        for output_id, feed, header in outputs:
            found = self._database.execute(
                "select content from rows where output_id = ? and row_id <= ? order by row_id", (output_id, up_to)
            ).fetchall()
            if found:
                self._inbox.write(feed, sequence, csv_bytes(json.loads(header), (json.loads(content) for (content,) in found)))
        with _Transaction(self._database):
            emptied = self._database.execute("delete from rows where row_id <= ?", (up_to,)).rowcount
            self._database.execute("update emptying set up_to = null")
        self._database.execute("pragma wal_checkpoint(truncate)")
        self.rows -= emptied
        return emptied

    def close(self) -> None:
        """Give the file back; what it holds stays."""
        self._database.close()

    def _is_first(self, identities: Identities, now: datetime) -> bool:
        marks = ", ".join("?" * len(identities))
        known = self._database.execute(f"select 1 from received where identity in ({marks})", identities).fetchone()
        received_at = int(now.timestamp())
        self._database.executemany("insert or ignore into received values (?, ?)", [(each, received_at) for each in identities])
        return known is None

    def _output(self, row: MappedRow) -> int:
        key = (row.output.feed, row.output.header)
        if key not in self._outputs:
            stored = (row.output.feed, json.dumps(row.output.header))
            self._database.execute("insert or ignore into outputs (feed, header) values (?, ?)", stored)
            self._outputs[key] = self._number("select output_id from outputs where feed = ? and header = ?", stored)
        return self._outputs[key]

    def _number(self, statement: str, parameters: tuple[str, ...] = ()) -> int:
        return int(self._database.execute(statement, parameters).fetchone()[0])


class _Transaction:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("begin immediate")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.execute("commit")
        finally:
            # A commit that failed, on a full disk, leaves its transaction open.
            if self._database.in_transaction:
                self._database.execute("rollback")
