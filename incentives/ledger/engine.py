"""Opening the operational store: SQLite in a workspace, PostgreSQL where several people work.

Invariant: an act is one transaction that holds the writer's place from its first statement, so that what it read is
still true when it writes. On SQLite that is `BEGIN IMMEDIATE`; on PostgreSQL an advisory lock, which a role that owns
nothing may take. Readers wait for nobody.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Self

from sqlalchemy import Connection, Engine, Select, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from incentives.errors import InputError, OutsideError

HEAD_REVISION = "0006"
BUSY_TIMEOUT_MS = 10_000
_ACT = "incentives_act"
# Any two numbers that nothing else in the database uses.
_MIGRATION_LOCK, _ACT_LOCK = 4711001, 4711002
_ENGINES_KEPT = 8
# How often each engine is open now. Whoever keeps a store open, as the portal does, keeps its connections for everybody else in the process.
_open_count: Counter[Engine] = Counter()
_counting = threading.Lock()


class Ledger:
    """An opened store, migrated to this product's version."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with _counting:
            _open_count[engine] += 1

    @classmethod
    def open(cls, place: Path | str) -> Ledger:
        """Open a SQLite file, made where it does not exist, or the store that a database address names.

        Raises:
            InputError: The ledger is of a newer product version, or the database's driver is not installed.
            OutsideError: It cannot be opened.
        """
        if isinstance(place, str):
            return cls.connect(place)
        path = place
        path.parent.mkdir(parents=True, exist_ok=True)
        # Pay and password hashes: for the owner only. The files that SQLite puts beside it take the same mode.
        path.touch(mode=0o600)
        return cls.connect(f"sqlite:///{path}")

    @classmethod
    def connect(cls, url: str) -> Ledger:
        """Open the store that a database address names. Raises as `open` does."""
        try:
            engine = _engine_of(url, os.getpid())
        except ModuleNotFoundError as error:
            raise InputError(
                f"the driver of {url.partition('://')[0]} is not installed.",
                where="[ledger] url",
                remedy="Install it with `pip install incentive-warehouse[postgres]`.",
            ) from error
        ledger = cls(engine)
        try:
            ledger._migrate()
        except DBAPIError as error:
            ledger.close()
            raise OutsideError(f"the ledger cannot be opened: {error.orig}.", where=engine.url.database or "") from error
        return ledger

    @property
    def engine(self) -> Engine:
        """The engine, for checks that look at the database itself."""
        return self._engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection, unless the store is open elsewhere in this process."""
        with _counting:
            _open_count[self._engine] -= 1
            is_last = _open_count[self._engine] <= 0
            if is_last:
                del _open_count[self._engine]
        if is_last:
            self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read one consistent state; nothing that is done here is kept."""
        one_state = {"isolation_level": "REPEATABLE READ"} if self._engine.dialect.name == "postgresql" else {}
        with Session(self._engine.execution_options(**one_state)) as session:
            yield session
            session.rollback()

    @contextmanager
    def act(self) -> Iterator[Session]:
        """Do one act: all of it is kept when the block ends, nothing when it fails.

        Raises:
            OutsideError: Another act holds the ledger for longer than a writer waits.
        """
        with self._engine.connect().execution_options(**{_ACT: True}) as connection:
            try:
                connection.begin()
            except OperationalError as error:
                raise OutsideError(
                    "another act is writing to the ledger.", remedy="Look at the cycle's status, then try again."
                ) from error
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ACT_LOCK})"))
            with Session(bind=connection) as session:
                yield session
                session.flush()
                connection.commit()

    def _migrate(self) -> None:
        """Bring the schema to this version; alembic is imported only where there is something to do."""
        with self._engine.connect() as connection:
            revision = _revision(connection)
        if revision == HEAD_REVISION:
            return
        if revision is not None and revision > HEAD_REVISION:
            raise InputError(
                f"the ledger is of revision {revision}, and this version of the product knows {HEAD_REVISION}.",
                where=self._engine.url.database or "",
                remedy="Use the product version that wrote it, or a newer one.",
            )
        from incentives.ledger.migrations.run import upgrade

        with self._engine.connect().execution_options(**{_ACT: True}) as connection:
            connection.begin()
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            upgrade(connection)
            connection.commit()


_READ_REVISION = text("SELECT version_num FROM alembic_version")


@lru_cache(maxsize=_ENGINES_KEPT)
def _engine_of(url: str, _process: int) -> Engine:
    """Return the engine of an address; one that is opened again still knows the statements that it compiled, and has no connection."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _revision(connection: Connection) -> str | None:
    try:
        # One statement: a ledger is opened many times, and asking for the table first costs as much as all the rest.
        revision = connection.execute(_READ_REVISION).scalar()
    except DBAPIError:
        connection.rollback()
        if connection.dialect.has_table(connection, "alembic_version"):
            raise
        return None
    return str(revision) if revision is not None else None


def _prepare_sqlite(connection: SqliteConnection, _record: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes late and is never immediate; transactions are begun by `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_ACT, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def plain_rows(
    session: Session, query: Select[*tuple[Any, ...]], parameters: Mapping[str, object] | None = None
) -> Sequence[Any]:
    """Return rows of columns past the object mapper, which costs more than reading them."""
    return session.connection().execute(query, parameters).all()
