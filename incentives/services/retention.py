"""Use case: remove what a workspace no longer needs to keep; counts, credits and replays stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.erasure import EXPIRED_TEXT, expire_raw, names_in_bronze
from incentives.feeds.erasure_log import sync_places
from incentives.feeds.erasure_logs import remember_erased
from incentives.feeds.tokens import Tokenizer
from incentives.ledger.access import Person
from incentives.ledger.audit import append_event
from incentives.ledger.engine import Ledger
from incentives.services.erased_everywhere import erase_everywhere
from incentives.services.erased_stores import expire_raw_texts
from incentives.services.forgetting import require_privacy_officer
from incentives.services.retention_due import Due, Kept, Place, look
from incentives.workspace import Workspace


def show_retention(ws: Workspace, *, now: datetime) -> tuple[Kept, ...]:
    """Return every store, how long it is kept, and how much of it is due."""
    return look(ws, now)[0]


def apply_retention(ws: Workspace, *, by: Person, now: datetime) -> tuple[Kept, ...]:
    """Remove what is due, and return what was there before.

    A run that was killed is finished by the next: whatever is still there is due again.

    Args:
        ws: The workspace.
        by: A privacy officer.
        now: The moment of the act.

    Raises:
        AccessError: `by` is no privacy officer.
        BusyError: Another run works on the workspace.
        OutsideError: Another program holds a warehouse open.
    """
    require_privacy_officer(ws, by)
    with ws.writer_lock("retention"):
        stores, due = look(ws, now)
        if any(store.due for store in stores):
            details = {store.store: store.due for store in stores if store.due}
            with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
                append_event(session, by.actor(), "retention", "what is no longer needed", at=now, details=details)
            _apply(ws, due, now)
    return stores


def _apply(ws: Workspace, due: Due, now: datetime) -> None:
    for path in (*due.delivered, *due.set_aside):
        path.unlink(missing_ok=True)
    sync_places(path for path in (*due.delivered, *due.set_aside) if path.parent.is_dir())
    _expire(ws, due.raw)
    if due.people:
        person = replace(due.people, names=names_in_bronze(ws, due.people, Tokenizer(ws.key())))
        remember_erased(ws, person, now)
        erase_everywhere(ws, person, now)


def _expire(ws: Workspace, places: Iterable[Place]) -> None:
    rows: dict[Path, set[int]] = {}
    by_file: dict[tuple[int, int], set[int]] = {}
    for load_id, ordinal, row in places:
        by_file.setdefault((load_id, ordinal), set()).add(row)
    for file in BronzeIndex(ws.bronze_index).files():
        expired = by_file.get((file.load_id, file.file_ordinal))
        if expired and file.rejects_path is not None:
            rows.setdefault(ws.root / file.rejects_path, set()).update(expired)
    # The warehouses last: while a text is in one of them, it is due.
    for path, numbers in rows.items():
        expire_raw(path, numbers)
    expire_raw_texts(
        ws.warehouse_dir, [(load, file, row) for (load, file), found in by_file.items() for row in found], EXPIRED_TEXT
    )
