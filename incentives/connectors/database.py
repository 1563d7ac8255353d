"""Rows of a database, page by page behind a cursor column, with the key as tie-break.

A page is everything after the last row in the order (cursor, key), so that rows with an equal cursor are never
cut apart and nothing is skipped while others write. What was committed late, with an older cursor, is found
by reading an overlap again in each run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from incentives.connectors.credentials import Secrets
from incentives.connectors.model import DatabaseConnector
from incentives.connectors.pages import Page
from incentives.connectors.values import Scalar
from incentives.errors import InputError, OutsideError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, FromClause, Select
    from sqlalchemy.exc import SQLAlchemyError

ATTEMPTS = 4
_WAIT_SECONDS = 0.5
Point = tuple[Scalar, ...]


def what_is_read(connector: DatabaseConnector) -> tuple[str, ...]:
    """Return what a position of this connector belongs to."""
    return (connector.url_env, connector.table or connector.select or "", connector.cursor, *connector.key)


def pages(
    connector: DatabaseConnector,
    position: Mapping[str, str],
    secrets: Secrets,
    *,
    where: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Page]:
    """Yield the rows behind a position, oldest first.

    Args:
        connector: What is read.
        position: Behind which row; empty for everything.
        secrets: Holds the database's address.
        where: The connector's file, for messages.
        sleep: Waits before a lost connection is tried again.

    Raises:
        InputError: The address, a name, or a value is wrong.
        OutsideError: The database does not answer.
    """
    engine = _engine(connector, secrets, where)
    try:
        yield from _Reader(connector, engine, secrets, where, sleep).pages(position)
    finally:
        engine.dispose()


class _Reader:
    def __init__(
        self, connector: DatabaseConnector, engine: Engine, secrets: Secrets, where: str, sleep: Callable[[float], None]
    ) -> None:
        self._connector = connector
        self._engine = engine
        self._secrets = secrets
        self._where = where
        self._sleep = sleep
        self._columns = _columns_read(connector)
        self._order = (connector.cursor, *connector.key)

    def pages(self, position: Mapping[str, str]) -> Iterator[Page]:
        reached = _point(position)
        self._refuse_rows_without_cursor()
        after: Point | None = None
        statement = self._statement(at_least=_before(reached[0], self._connector.overlap) if reached else None)
        while True:
            found = self._fetch(statement)
            if not found:
                return
            # One row more than a page: where it is not told apart from the page's last, it would be skipped.
            rows, following = found[: self._connector.page_rows], found[self._connector.page_rows :]
            last = self._point_of(rows[-1])
            if self._point_of(rows[0]) == after or any(self._point_of(row) == last for row in following):
                raise InputError(
                    f"{', '.join(self._order)} do not tell all rows apart, or are finer than a microsecond; rows would be lost.",
                    where=self._where,
                    remedy="Add columns to `key`.",
                )
            # Within the overlap the position stays: a run that is cut there must not fall back further each time.
            if not reached or not _is_before(last[0], reached[0]):
                reached = last
            yield Page(rows, {str(number): _written(value, self._where) for number, value in enumerate(reached)})
            if not following:
                return
            after = last
            statement = self._statement(after=after)

    def _point_of(self, row: Mapping[str, Scalar]) -> Point:
        point = tuple(row[name] for name in self._order)
        if None in point:
            raise InputError(f"a row has no {', '.join(self._order)}; these tell where reading goes on.", where=self._where)
        return point

    def _refuse_rows_without_cursor(self) -> None:
        from sqlalchemy import column, literal_column, select

        rows = self._fetch(
            select(literal_column("1").label("one"))
            .select_from(self._from())
            .where(column(self._connector.cursor).is_(None))
            .limit(1)
        )
        if rows:
            raise InputError(
                f"there are rows whose {self._connector.cursor} is null; they would never be read.",
                where=self._where,
                remedy="Choose another cursor, or leave them out in `select`.",
            )

    def _statement(self, *, after: Point | None = None, at_least: Scalar = None) -> Select[*tuple[Any, ...]]:
        from sqlalchemy import and_, column, or_, select
        from sqlalchemy.sql.elements import ColumnElement

        source = self._from()
        order: Sequence[ColumnElement[object]] = [column(name) for name in self._order]
        columns: Sequence[ColumnElement[Any]] = [column(name) for name in self._columns]
        statement: Select[*tuple[Any, ...]] = select(*columns).select_from(source).order_by(*order)
        if at_least is not None:
            statement = statement.where(order[0] >= _bound("at_least", at_least))
        if after is not None:
            bounds = [_bound(f"after_{number}", value) for number, value in enumerate(after)]
            later = [
                and_(*(order[number] == bounds[number] for number in range(depth)), order[depth] > bounds[depth])
                for depth in range(len(order))
            ]
            # The first condition follows from the second; it is what an index on the cursor can be searched with.
            statement = statement.where(order[0] >= bounds[0], or_(*later))
        return statement.limit(self._connector.page_rows + 1)

    def _from(self) -> FromClause:
        from sqlalchemy import column, table, text

        if self._connector.table is not None:
            schema, _, name = self._connector.table.rpartition(".")
            return table(name, schema=schema or None)
        assert self._connector.select is not None
        # A colon is the statement's own (`::numeric`, '12:30'), never a parameter of ours.
        selected = text(self._connector.select.strip().rstrip(";").replace(":", r"\:"))
        return selected.columns(*[column(name) for name in self._columns]).subquery("delivered")

    def _fetch(self, statement: Select[*tuple[Any, ...]]) -> list[dict[str, Scalar]]:
        from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._engine.connect() as connection:
                    result = _read_only(connection).execute(statement)
                    return [dict(row) for row in result.mappings()]
            except SQLAlchemyError as error:
                is_lost = isinstance(error, OperationalError | InterfaceError) or (
                    isinstance(error, DBAPIError) and error.connection_invalidated
                )
                if not is_lost:
                    raise InputError(f"the database refuses: {self._said(error)}.", where=self._where) from None
                if attempt == ATTEMPTS:
                    raise OutsideError(
                        f"the database does not answer: {self._said(error)}.",
                        where=self._where,
                        remedy="What was delivered stays; the next run goes on from there.",
                    ) from None
            self._sleep(_WAIT_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the loop returns or raises")

    def _said(self, error: SQLAlchemyError) -> str:
        """Return the driver's first line without secrets; the statement's parameters are not in it."""
        said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        return self._secrets.redact(said[0]).rstrip(".")


def _engine(connector: DatabaseConnector, secrets: Secrets, where: str) -> Engine:
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(secrets.require(connector.url_env, where=where))
        if url.password:
            secrets.hide(str(url.password))
        return create_engine(url, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        said = secrets.redact(str(error).splitlines()[0])
        raise InputError(
            f"{connector.url_env} is not an address of a database that can be read: {said}.",
            where=where,
            remedy="Expected DIALECT+DRIVER://USER:PASSWORD@HOST/DATABASE, with the driver installed.",
        ) from None


def _columns_read(connector: DatabaseConnector) -> tuple[str, ...]:
    """Return the source's columns that are used, each once: the first step of every path, the cursor, the key."""
    paths = [path for output in connector.deliver for path in output.paths]
    return tuple(dict.fromkeys((connector.cursor, *connector.key, *(path.split(".")[0] for path in paths))))


def _read_only(connection: Connection) -> Connection:
    if connection.dialect.name == "postgresql":
        return connection.execution_options(postgresql_readonly=True)
    return connection


def _bound(name: str, value: Scalar) -> object:
    """Return a parameter that goes to the driver as it came from it.

    A type would make SQLAlchemy cast it: a moment with an offset to one without, in the session's time zone.
    """
    from sqlalchemy import bindparam
    from sqlalchemy.types import NullType

    return bindparam(name, value, type_=NullType())


def _before(value: Scalar, overlap: int) -> Scalar:
    if isinstance(value, datetime):
        return value - timedelta(seconds=overlap)
    if isinstance(value, date):
        return value - timedelta(days=-(-overlap // 86_400))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value - overlap
    return value


def _is_before(one: Scalar, other: Scalar) -> bool:
    """Whether one cursor is before another; a text is compared by the database alone."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    if isinstance(one, date) and isinstance(other, date):
        return one < other
    return isinstance(one, int | Decimal) and isinstance(other, int | Decimal) and one < other


def _written(value: Scalar, where: str) -> str:
    for letter, kind in (("t", datetime), ("d", date)):
        if isinstance(value, kind):
            return f"{letter}:{value.isoformat()}"
    if isinstance(value, str):
        return f"s:{value}"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{'i' if isinstance(value, int) else 'n'}:{value}"
    if isinstance(value, UUID):
        return f"u:{value}"
    raise InputError(
        f"cursor and key must be texts, whole or decimal numbers, dates or moments; found {type(value).__name__}.",
        where=where,
        remedy="Cast it in `select`.",
    )


def _point(position: Mapping[str, str]) -> Point:
    read: Mapping[str, Callable[[str], Scalar]] = {
        "t": datetime.fromisoformat,
        "d": date.fromisoformat,
        "s": str,
        "i": int,
        "n": Decimal,
        "u": UUID,
    }
    return tuple(read[written[0]](written[2:]) for _, written in sorted(position.items(), key=lambda item: int(item[0])))
