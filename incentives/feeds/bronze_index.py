"""The index of bronze: which loads exist, and which files each of them brought.

A load appears at one instant, after every file that it names is in its place; what no load names is not
part of bronze. Loads and files are added, never changed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Literal

Outcome = Literal["loaded", "known", "set_aside"]
_SCHEMA = """
create table loads (
  load_id integer primary key,
  landed_at text not null,
  state text not null check (state = 'landed')
) strict;
create table files (
  load_id integer not null references loads,
  file_ordinal integer not null check (file_ordinal >= 1),
  source text not null,
  feed text not null,
  file_name text not null,
  delivered_sha256 text not null,
  delivered_bytes integer not null,
  outcome text not null check (outcome in ('loaded', 'known', 'set_aside')),
  reason text,
  sentence text,
  rows_delivered integer not null,
  rows_rejected integer not null,
  facts_path text,
  facts_sha256 text,
  personal_path text,
  rejects_path text,
  primary key (load_id, file_ordinal),
  check ((outcome = 'loaded') = (facts_path is not null)),
  check ((outcome = 'set_aside') = (reason is not null))
) strict;
create table dropped_columns (
  load_id integer not null,
  file_ordinal integer not null,
  column_name text not null,
  values_count integer not null,
  foreign key (load_id, file_ordinal) references files
) strict;
-- What a delivered file looked like to the file system when it was fingerprinted; saves reading it again.
create table seen_files (
  path text primary key,
  stat text not null,
  delivered_sha256 text not null
) strict;
"""


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One delivered file of one load; paths are relative to the workspace.

    Attributes:
        load_id: The load.
        file_ordinal: Place within the load, from 1.
        source: Who delivered it.
        feed: Its feed, or the name that is no feed.
        file_name: As delivered, with its folders below the source's.
        delivered_sha256: Fingerprint of the delivered bytes.
        delivered_bytes: Their number.
        outcome: `loaded`; `known`: the same bytes came before; `set_aside`: refused whole.
        reason: Why it was set aside.
        sentence: The same for people.
        rows_delivered: Records in the file.
        rows_rejected: Those that no reader could place.
        facts_path: Facts, one row per other record.
        facts_sha256: Fingerprint of the facts file.
        personal_path: Clear values of personal columns.
        rejects_path: The rejected records.
    """

    load_id: int
    file_ordinal: int
    source: str
    feed: str
    file_name: str
    delivered_sha256: str
    delivered_bytes: int
    outcome: Outcome
    reason: str | None = None
    sentence: str | None = None
    rows_delivered: int = 0
    rows_rejected: int = 0
    facts_path: str | None = None
    facts_sha256: str | None = None
    personal_path: str | None = None
    rejects_path: str | None = None


@dataclass(frozen=True, slots=True)
class DroppedColumn:
    """A delivered column that was not written, and how many values it held."""

    load_id: int
    file_ordinal: int
    column_name: str
    values_count: int


_COLUMNS = ", ".join(column.name for column in fields(IndexedFile))
_MARKS = ", ".join("?" for _ in fields(IndexedFile))


class BronzeIndex:
    """The index of one workspace. Reading needs no lock; adding is the landing's alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def last_load(self) -> int:
        """Return the number of the last load; 0 where nothing has landed."""
        with self._reading() as connection:
            row = connection.execute("select coalesce(max(load_id), 0) from loads").fetchone()
            return int(row[0])

    def files(self, through: int | None = None, *, after: int = 0) -> tuple[IndexedFile, ...]:
        """Return every file of the loads after one and up to another, in order of delivery."""
        with self._reading() as connection:
            rows = connection.execute(
                f"select {_COLUMNS} from files where (?1 is null or load_id <= ?1) and load_id > ?2 order by load_id, file_ordinal",
                (through, after),
            )
            return tuple(IndexedFile(*row) for row in rows)

    def dropped_columns(self, through: int | None = None) -> tuple[DroppedColumn, ...]:
        """Return the columns that were not written, by load, file and name."""
        with self._reading() as connection:
            rows = connection.execute(
                "select load_id, file_ordinal, column_name, values_count from dropped_columns "
                "where ?1 is null or load_id <= ?1 order by load_id, file_ordinal, column_name",
                (through,),
            )
            return tuple(DroppedColumn(*row) for row in rows)

    def last_text(self, feed: str, file_name: str) -> IndexedFile | None:
        """Return the text of a policy or of the settings that landed last under a name."""
        with self._reading() as connection:
            row = connection.execute(
                f"select {_COLUMNS} from files where feed = ? and file_name = ? order by load_id desc, file_ordinal desc limit 1",
                (feed, file_name),
            ).fetchone()
            return None if row is None else IndexedFile(*row)

    def seen(self) -> dict[str, tuple[str, str]]:
        """Return, by path, the state in which each delivered file was fingerprinted, and its fingerprint."""
        with self._reading() as connection:
            return {path: (stat, digest) for path, stat, digest in connection.execute("select * from seen_files")}

    def remember(self, seen: Sequence[tuple[str, str, str]]) -> None:
        """Remember path, state and fingerprint of delivered files."""
        if seen:
            with self._writing() as connection:
                connection.executemany("insert or replace into seen_files values (?, ?, ?)", seen)

    def add_load(
        self,
        load_id: int,
        landed_at: datetime,
        files: Sequence[IndexedFile],
        dropped: Sequence[DroppedColumn] = (),
    ) -> None:
        """Add a whole load, at one instant."""
        with self._writing() as connection:
            connection.execute("insert into loads values (?, ?, 'landed')", (load_id, landed_at.isoformat()))
            connection.executemany(f"insert into files ({_COLUMNS}) values ({_MARKS})", [astuple(file) for file in files])
            connection.executemany("insert into dropped_columns values (?, ?, ?, ?)", [astuple(column) for column in dropped])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            # No load yet: an empty index in memory answers as an empty file would.
            with closing(sqlite3.connect(":memory:")) as connection:
                connection.executescript(_SCHEMA)
                yield connection
            return
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            self._create()
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            connection.execute("pragma synchronous = full")
            connection.execute("pragma foreign_keys = on")
            with connection:
                yield connection

    def _create(self) -> None:
        """Make the index under another name first: where it exists it has every table, whenever a landing was killed."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f"{self._path.name}.new")
        new.unlink(missing_ok=True)
        with closing(sqlite3.connect(new)) as connection:
            connection.execute("pragma synchronous = full")
            connection.executescript(_SCHEMA)
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
