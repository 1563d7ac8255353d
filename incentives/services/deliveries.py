"""What landed, as the index of bronze tells it: for manifests, and for what arrived after a calculation."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass

from incentives.services.cycle_views import DeliveryView
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FactsFile:
    """One landed facts file: where it is in the workspace, and its fingerprint."""

    load_id: int
    file_ordinal: int
    feed: str
    facts_path: str
    facts_sha256: str


def deliveries_after(ws: Workspace, load_id: int) -> tuple[DeliveryView, ...]:
    """Return the files that brought rows after a load."""
    rows = _query(
        ws,
        "SELECT load_id, file_name, feed, rows_delivered FROM files WHERE load_id > ? AND outcome = 'loaded'"
        " ORDER BY load_id, file_ordinal",
        load_id,
    )
    return tuple(DeliveryView(int(str(row[0])), str(row[1]), str(row[2]), int(str(row[3] or 0))) for row in rows)


def facts_files(ws: Workspace, last_load: int) -> tuple[FactsFile, ...]:
    """Return every facts file of the loads up to one, in landing order."""
    rows = _query(
        ws,
        "SELECT load_id, file_ordinal, feed, facts_path, facts_sha256 FROM files"
        " WHERE load_id <= ? AND outcome = 'loaded' AND facts_path IS NOT NULL ORDER BY load_id, file_ordinal",
        last_load,
    )
    return tuple(FactsFile(int(str(row[0])), int(str(row[1])), str(row[2]), str(row[3]), str(row[4])) for row in rows)


def _query(ws: Workspace, sql: str, load_id: int) -> list[tuple[object, ...]]:
    if not ws.bronze_index.is_file():
        return []
    with closing(sqlite3.connect(f"file:{ws.bronze_index}?mode=ro", uri=True)) as connection:
        return connection.execute(sql, (load_id,)).fetchall()
