"""Forgetting people in what was made from bronze: warehouses, logs, and the reasons of acts.

None of these may hold a clear value but through the text of a broken record or something that a person typed; they
are searched all the same. Marts and snapshots hold tokens and keys alone.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import duckdb
from sqlalchemy import select, text

from incentives.duckdb_format import NEW_FILE
from incentives.errors import OutsideError
from incentives.feeds.erased_text import ERASED_TEXT, TextSearch
from incentives.feeds.erasure_log import sync_places
from incentives.feeds.swept import Swept
from incentives.ledger.engine import Ledger
from incentives.ledger.models import AuditText
from incentives.serving.durable import sync_dir, sync_file
from incentives.warehouse.database import NAME

# In a log most short words are no ids.
_SHORTEST_IN_LOGS = 6
_ANEW = ".anew"
_BUILDING = "building"
_TEXTS = (".log", ".txt", ".json", ".jsonl", ".html", ".err", ".out", ".complete", ".csv", ".yml", ".yaml")
_SQLITE = b"SQLite format 3\0"
_HAS_REJECTS = "select 1 from duckdb_tables() where schema_name = 'bronze' and table_name = 'rejects'"


def erase_databases(folder: Path, search: TextSearch, swept: Swept) -> int:
    """Rewrite the warehouses whose broken records name somebody who was forgotten, and return how many.

    A changed row stays in the blocks of a DuckDB file until they are used again, so the file is written anew.
    """
    rewritten = 0
    # What a killed run left; no build runs while the writer's lock is held.
    for left_over in [*folder.glob(f"**/{_ANEW}"), *folder.glob(_BUILDING)]:
        shutil.rmtree(left_over)
    for path in sorted(folder.glob("**/*.duckdb")):
        if swept.holds(path):
            continue
        try:
            rewritten += _erase_database(path, search)
            swept.add(path)
        except duckdb.IOException as error:
            raise OutsideError(
                "a warehouse cannot be rewritten while another program reads it.",
                where=str(path),
                remedy="Close it, then run `incentives forget --replay`.",
            ) from error
    return rewritten


def erase_texts(folders: Iterable[Path], search: TextSearch, swept: Swept) -> int:
    """Replace the lines of text files, and delete the rows of SQLite files, that name somebody who was forgotten.

    Returns:
        How many lines and rows that were.
    """
    erased = 0
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if not path.is_file() or path.is_symlink() or swept.holds(path):
                continue
            if _is_sqlite(path):
                erased += _erase_sqlite(path, search)
                swept.add(path)
                continue
            if path.suffix not in _TEXTS and ".log." not in path.name:
                continue
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            kept = [f"{ERASED_TEXT}\n" if search.holds(line, shortest=_SHORTEST_IN_LOGS) else line for line in lines]
            changed = sum(old != new for old, new in zip(lines, kept, strict=True))
            if changed:
                temporary = path.with_name(f".{path.name}.{os.getpid()}")
                temporary.write_text("".join(kept), encoding="utf-8")
                temporary.replace(path)
                sync_places((path,))
            swept.add(path)
            erased += changed
    return erased


def erase_reasons(place: Path | str, search: TextSearch, swept: Swept) -> int:
    """Erase the reasons of acts that name somebody who was forgotten from a ledger, and return how many."""
    if isinstance(place, str):
        with Ledger.open(place) as ledger:
            return erase_reasons_in(ledger, search)
    path = place
    if swept.holds(path) and not _has_log(path):
        return 0
    with Ledger.open(path) as ledger:
        erased = erase_reasons_in(ledger, search)
    swept.add(path)
    return erased


def erase_reasons_in(ledger: Ledger, search: TextSearch) -> int:
    """Erase the reasons of acts that name somebody who was forgotten, and return how many; the chain still verifies.

    On PostgreSQL the table is written anew, since an old version of a row stays in its pages until they are used again.
    """
    kind = ledger.engine.dialect.name
    with ledger.act() as session:
        if kind == "sqlite":
            session.execute(text("PRAGMA secure_delete = ON"))
        named = [row for row in session.scalars(select(AuditText)) if row.body and search.holds(row.body)]
        for row in named:
            row.salt, row.body = None, None
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if kind == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        elif named:
            connection.exec_driver_sql("VACUUM FULL audit_texts")
    return len(named)


def _has_log(path: Path) -> bool:
    """Whether SQLite's log beside a file holds acts that are not in the file yet."""
    log = path.with_name(f"{path.name}-wal")
    return log.is_file() and log.stat().st_size > 0


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(len(_SQLITE)) == _SQLITE


def _erase_sqlite(path: Path, search: TextSearch) -> int:
    """Delete the rows of a SQLite file that is no record of the product's and name somebody; overwrite what they held."""
    deleted = 0
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("pragma secure_delete = on")
        tables = connection.execute(
            "select name from pragma_table_list where schema = 'main' and type = 'table' and wr = 0 and name not like 'sqlite~_%' escape '~'"
        ).fetchall()
        for (table,) in tables:
            quoted = '"' + str(table).replace('"', '""') + '"'
            named = [
                (row,)
                for row, *values in connection.execute(f"select rowid, * from {quoted}")
                if any(search.holds(value, shortest=_SHORTEST_IN_LOGS) for value in values if isinstance(value, str))
            ]
            connection.executemany(f"delete from {quoted} where rowid = ?", named)
            deleted += len(named)
        if deleted:
            connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
    return deleted


def _erase_database(path: Path, search: TextSearch) -> bool:
    """Rewrite one warehouse where it is needed, and say whether it was."""
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        if not connection.execute(_HAS_REJECTS).fetchall():
            return False
        raw = connection.execute("select distinct raw from bronze.rejects where raw is not null").fetchall()
    named = [(text,) for (text,) in raw if search.holds(text)]
    if not named:
        return False
    with closing(duckdb.connect(str(path))) as connection:
        connection.executemany(f"update bronze.rejects set raw = '{ERASED_TEXT}' where raw = ?", named)
        connection.execute("force checkpoint")
    _write_anew(path)
    return True


def expire_raw_texts(folder: Path, rows: Iterable[tuple[int, int, int]], text: str) -> int:
    """Put a text in the place of broken records' own in every warehouse, and return how many warehouses that changed.

    Args:
        folder: Of the warehouses.
        rows: Load, ordinal of the file, and row of each record.
        text: What stands there then.
    """
    places = list(rows)
    changed = 0
    for path in sorted(folder.glob("**/*.duckdb")) if places else []:
        with closing(duckdb.connect(str(path))) as connection:
            if not connection.execute(_HAS_REJECTS).fetchall():
                continue
            connection.execute("create temporary table expired (load_id integer, file_ordinal integer, delivered_row bigint)")
            connection.executemany("insert into expired values (?, ?, ?)", places)
            expired = connection.execute(
                "update bronze.rejects set raw = ? from expired where rejects.load_id = expired.load_id and "
                "rejects.file_ordinal = expired.file_ordinal and rejects.delivered_row = expired.delivered_row and raw <> ?",
                [text, text],
            ).fetchone()
            connection.execute("force checkpoint")
        if expired is not None and expired[0]:
            _write_anew(path)
            changed += 1
    return changed


def _write_anew(path: Path) -> None:
    """Copy a DuckDB file into a new one of the name under which it was built, and put that in its place."""
    folder = path.parent / _ANEW
    folder.mkdir(mode=0o700)
    new = folder / NAME
    try:
        with closing(duckdb.connect(str(new), config=NEW_FILE)) as connection:
            literal = str(path).replace("'", "''")
            connection.execute(f"attach '{literal}' as before_erasure (read_only)")
            connection.execute(f'copy from database before_erasure to "{new.stem}"')
            connection.execute("detach before_erasure")
            connection.execute("force checkpoint")
        new.chmod(0o600)
        sync_file(new)
        new.replace(path)
        sync_dir(path.parent)
    finally:
        shutil.rmtree(folder)
