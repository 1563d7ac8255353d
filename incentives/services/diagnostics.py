"""Use cases: what was refused and why, how sales compare with the sources' own totals, what needs a person.

Read from the last build, whether it was published or not: this is where one looks when a build was stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.columns import Feed
from incentives.feeds.contracts import FEEDS
from incentives.feeds.sql_rows import literal
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

_PLACE = "load_id, file_ordinal, delivered_row"


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One refused row as people mend it.

    Attributes:
        feed: Its feed.
        file: The file's name as delivered.
        row: Number of the record in the file, the header not counted.
        reason: Reason code.
        sentence: The reason in words.
        raw: The row as landed: a JSON object of its values (customers' identifiers as tokens), or the text of a
            record that could not be read.
        closed_by_load: The load that delivered it mended, if one did.
    """

    feed: str
    file: str
    row: int
    reason: str
    sentence: str
    raw: str
    closed_by_load: int | None


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many rows of a feed were refused for one reason, and how many of these were delivered mended since."""

    feed: str
    reason: str
    rows: int
    closed: int


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """One control total beside what is in the warehouse; differences are found minus stated."""

    source: str
    business_date: date
    currency: str
    basis: str
    lines_stated: int
    lines_found: int
    net_stated_minor: int
    net_found_minor: int
    difference_minor: int
    lines_difference: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The comparison with all control totals; `beyond_tolerance` are differences that stop a publish."""

    compared: int
    differences: tuple[ControlTotal, ...]
    beyond_tolerance: tuple[ControlTotal, ...]


@dataclass(frozen=True, slots=True)
class OpenException:
    """Something that needs a person; `detail` is one sentence: what it is, and what to do.

    Source: docs/reference/exceptions.md, which lists every kind.
    """

    kind: str
    subject: str | None
    source: str | None
    order_id: str | None
    line_id: str | None
    amount_minor: int | None
    currency: str | None
    detail: str


def quarantined_rows(ws: Workspace, *, reason: str | None = None, closed: bool = False) -> tuple[QuarantinedRow, ...]:
    """Return the refused rows in the order of delivery, each with what was delivered.

    Args:
        ws: The workspace.
        reason: Only rows refused for it.
        closed: Also rows that were delivered mended since.

    Raises:
        InputError: Nothing was built yet.
    """
    wanted = "select * from built.marts.quarantined_rows where true"
    if reason is not None:
        wanted += f" and reason = {literal(reason)}"
    if not closed:
        wanted += " and closed_by_load is null"
    with _built(ws) as connection:
        connection.execute(f"create temp table wanted as {wanted}")
        raw = _raw_texts(ws, connection)
        rows = connection.execute(
            f"select {_PLACE}, feed, file_name, reason, sentence, closed_by_load from wanted order by load_id, file_ordinal, delivered_row"
        ).fetchall()
    return tuple(
        QuarantinedRow(feed, file_name, number, why, sentence, raw.get((load_id, ordinal, number), ""), closing_load)
        for load_id, ordinal, number, feed, file_name, why, sentence, closing_load in rows
    )


def quarantine_summary(ws: Workspace) -> tuple[ReasonCount, ...]:
    """Return the refused rows counted by feed and reason, the most frequent first."""
    with _built(ws) as connection:
        rows = connection.execute(
            "select feed, reason, count(*), count(closed_by_load) from built.marts.quarantined_rows group by feed, reason order by 3 desc, 1, 2"
        ).fetchall()
    return tuple(ReasonCount(*row) for row in rows)


def reconcile(ws: Workspace) -> Reconciliation:
    """Compare the warehouse with the sources' own control totals; amounts alone decide what is beyond tolerance."""
    with _built(ws) as connection:
        compared = int(_one(connection, "select count(*) from built.marts.control_totals"))
        rows = connection.execute(
            "select source, business_date, currency, basis, lines_stated, lines_found, net_stated_minor, net_found_minor, difference_minor, "
            "lines_difference from built.marts.control_total_differences order by source, business_date, currency, basis"
        ).fetchall()
    differences = tuple(ControlTotal(*row) for row in rows)
    tolerance = ws.config.quality.control_total_tolerance_minor
    return Reconciliation(compared, differences, tuple(row for row in differences if abs(row.difference_minor) > tolerance))


def open_exceptions(ws: Workspace) -> tuple[OpenException, ...]:
    """Return what needs a person: by kind, then the largest amounts first."""
    with _built(ws) as connection:
        rows = connection.execute(
            "select kind, subject, source, order_id, line_id, amount_minor, currency, detail from built.marts.exceptions "
            "order by kind, currency nulls last, abs(amount_minor) desc nulls last, source, order_id, line_id, subject"
        ).fetchall()
    return tuple(OpenException(*row) for row in rows)


@contextmanager
def _built(ws: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the last build read-only as `built`, in a database of its own."""
    import duckdb

    if not ws.warehouse.is_file():
        raise InputError("nothing was built yet.", where=str(ws.root), remedy="Run `incentives build` first.")
    with closing(duckdb.connect()) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(str(ws.warehouse))} as built (read_only)")
        yield connection


def _raw_texts(ws: Workspace, connection: duckdb.DuckDBPyConnection) -> dict[tuple[int, int, int], str]:
    """Return what was delivered of the rows in `wanted`, by their place."""
    from incentives.feeds.bronze_views import create_bronze

    places = set(connection.execute("select distinct load_id, file_ordinal from wanted").fetchall())
    files = [file for file in BronzeIndex(ws.bronze_index).files() if (file.load_id, file.file_ordinal) in places]
    create_bronze(connection, ws.root, files, ())
    texts: dict[tuple[int, int, int], str] = {}
    for feed in FEEDS.values():
        if any(file.feed == feed.name for file in files):
            texts.update(_delivered(connection, feed))
    broken = connection.execute(
        f"select rejects.load_id, rejects.file_ordinal, rejects.delivered_row, rejects.raw from bronze.rejects inner join wanted using ({_PLACE})"
    ).fetchall()
    texts.update({(load_id, ordinal, row): raw for load_id, ordinal, row, raw in broken})
    return texts


def _delivered(connection: duckdb.DuckDBPyConnection, feed: Feed) -> Iterator[tuple[tuple[int, int, int], str]]:
    """Yield place and values of the wanted rows of a feed; empty values are left out."""
    names = [column.name for column in feed.fact_columns]
    columns = ", ".join(f"delivered.{name}" for name in names)
    rows: Sequence[tuple[object, ...]] = connection.execute(
        f"select delivered.load_id, delivered.file_ordinal, delivered.delivered_row, {columns} "
        f"from bronze.{feed.name} as delivered inner join wanted using ({_PLACE})"
    ).fetchall()
    for load_id, ordinal, number, *values in rows:
        record = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        yield (int(str(load_id)), int(str(ordinal)), int(str(number))), json.dumps(record, ensure_ascii=False)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return 0 if row is None else int(row[0])
