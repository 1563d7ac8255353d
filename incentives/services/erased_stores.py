"""Forgetting people in what was made from bronze: warehouses, logs, and the reasons of acts.

None of these may hold a clear value but through the text of a broken record or something that a person typed; they
are searched all the same. Marts and snapshots hold tokens and keys alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import duckdb
from sqlalchemy import select, text

from incentives.errors import OutsideError
from incentives.feeds.erased_text import ERASED_TEXT, TextSearch
from incentives.feeds.erasure_log import sync_places
from incentives.ledger.engine import Ledger
from incentives.ledger.models import AuditText
from incentives.serving.durable import sync_dir, sync_file
from incentives.warehouse.database import NAME

# In a log most short words are no ids.
_SHORTEST_IN_LOGS = 6
_ANEW = ".anew"
_HAS_REJECTS = "select 1 from duckdb_tables() where schema_name = 'bronze' and table_name = 'rejects'"


def erase_databases(folder: Path, search: TextSearch) -> int:
    """Rewrite the warehouses whose broken records name somebody who was forgotten, and return how many.

    A changed row stays in the blocks of a DuckDB file until they are used again, so the file is written anew.
    """
    rewritten = 0
    for left_over in folder.glob(f"**/{_ANEW}"):
        shutil.rmtree(left_over)
    for path in sorted(folder.glob("**/*.duckdb")):
        try:
            rewritten += _erase_database(path, search)
        except duckdb.IOException as error:
            raise OutsideError(
                "a warehouse cannot be rewritten while another program reads it.",
                where=str(path),
                remedy="Close it, then run `incentives forget --replay`.",
            ) from error
    return rewritten


def erase_texts(folders: Iterable[Path], search: TextSearch) -> int:
    """Replace the lines of text files that name somebody who was forgotten, and return how many."""
    erased = 0
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.suffix not in (".log", ".txt", ".json", ".jsonl", ".html") and ".log." not in path.name:
                continue
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            kept = [f"{ERASED_TEXT}\n" if search.holds(line, shortest=_SHORTEST_IN_LOGS) else line for line in lines]
            changed = sum(old != new for old, new in zip(lines, kept, strict=True))
            if changed:
                temporary = path.with_name(f".{path.name}.{os.getpid()}")
                temporary.write_text("".join(kept), encoding="utf-8")
                temporary.replace(path)
                sync_places((path,))
            erased += changed
    return erased


def erase_reasons(path: Path, search: TextSearch) -> int:
    """Erase the reasons of acts that name somebody who was forgotten, and return how many; the chain still verifies."""
    with Ledger.open(path) as ledger:
        with ledger.act() as session:
            if session.get_bind().dialect.name == "sqlite":
                session.execute(text("PRAGMA secure_delete = ON"))
            named = [row for row in session.scalars(select(AuditText)) if row.body and search.holds(row.body)]
            for row in named:
                row.salt, row.body = None, None
        if named and ledger.engine.dialect.name == "sqlite":
            with ledger.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(named)


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


def _write_anew(path: Path) -> None:
    """Copy a DuckDB file into a new one of the name under which it was built, and put that in its place."""
    folder = path.parent / _ANEW
    folder.mkdir(mode=0o700)
    new = folder / NAME
    try:
        with closing(duckdb.connect(str(new))) as connection:
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
