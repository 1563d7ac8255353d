"""Workspaces, delivered files and what became of them, for tests of landing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.contracts import FEEDS
from incentives.services.landing import FileOutcome, LandingReport, land
from incentives.services.workspaces import create_workspace
from incentives.workspace import Workspace

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
ORDER_COLUMNS = tuple(column.name for column in FEEDS["order_lines"].columns)
_SALE = {
    "source": "pos",
    "order_id": "O1",
    "line_id": "1",
    "kind": "sale",
    "channel": "store",
    "ordered_at": "2026-02-03T10:00:00+01:00",
    "quantity": "1",
    "currency": "EUR",
    "net_amount": "100.00",
}


def new_workspace(root: Path) -> Workspace:
    """A workspace in a new folder below `root`, with the template's one source."""
    return create_workspace(root / "ws", name="Maison Test", time_zone="Europe/Paris")


def sale(order_id: str, **values: str) -> dict[str, str]:
    """One order line: a plain sale of 100.00 EUR, with the given values in place of the usual ones."""
    return {**_SALE, "order_id": order_id, **values}


def as_csv(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = ORDER_COLUMNS, delimiter: str = ",") -> str:
    """The rows as CSV text with a header."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def deliver(ws: Workspace, name: str, content: str | bytes, source: str = "manual") -> Path:
    """Put a file into a source's inbox."""
    path = ws.inbox / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def land_inbox(ws: Workspace) -> LandingReport:
    """Land everything in the inbox."""
    return land(ws, now=NOW)


def only(report: LandingReport) -> FileOutcome:
    """The one file of a report."""
    (outcome,) = report.files
    return outcome


def indexed(ws: Workspace) -> tuple[IndexedFile, ...]:
    """Every file of the index."""
    return BronzeIndex(ws.bronze_index).files()


def facts(ws: Workspace, file: IndexedFile) -> list[dict[str, object]]:
    """The rows of a file's facts."""
    return _rows(ws, file.facts_path)


def personal(ws: Workspace, file: IndexedFile) -> list[dict[str, object]]:
    """The rows of a file's personal data."""
    return _rows(ws, file.personal_path)


def rejects(ws: Workspace, file: IndexedFile) -> list[dict[str, object]]:
    """The records of a file that no reader could place."""
    return _rows(ws, file.rejects_path)


def _rows(ws: Workspace, path: str | None) -> list[dict[str, object]]:
    return [] if path is None else pq.read_table(ws.root / path).to_pylist()
