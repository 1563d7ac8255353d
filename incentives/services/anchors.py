"""Anchors: the head of the audit chain at each lock and export, in an append-only file outside the database.

Whoever rewrites the whole chain in the database disagrees with the anchors, and with the control totals that payroll
received. Writing is idempotent: a run killed between an act and its anchor is made good by the next one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from incentives.ledger.audit import canonical
from incentives.ledger.engine import Ledger
from incentives.ledger.models import AuditEvent
from incentives.ledger.states import Act
from incentives.workspace import Workspace

ANCHORS = "ledger.anchors"
_ANCHORED = (Act.LOCK.value, Act.EXPORT.value)


@dataclass(frozen=True, slots=True)
class AnchoredEvent:
    """One lock or export as the file outside the database holds it."""

    number: int
    hash: str
    act: str
    subject: str


def write_anchors(ws: Workspace, ledger: Ledger) -> None:
    """Append the anchor of every lock and export that the file does not have yet."""
    path = ws.root / ANCHORS
    known = {anchor.number for anchor in anchored_events(ws)}
    with ledger.reading() as session:
        events = session.execute(
            select(AuditEvent.event_id, AuditEvent.event_hash, AuditEvent.act, AuditEvent.subject)
            .where(AuditEvent.act.in_(_ANCHORED))
            .order_by(AuditEvent.event_id)
        )
        lines = [
            canonical({"event": event.event_id, "hash": event.event_hash, "act": event.act, "subject": event.subject})
            for event in events
            if event.event_id not in known
        ]
    if not lines:
        return
    with path.open("a", encoding="utf-8") as handle:
        handle.write("".join(f"{line}\n" for line in lines))
        handle.flush()
        os.fsync(handle.fileno())


def check_anchors(ws: Workspace, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) of each anchor that the chain disagrees with, and of each lock without one."""
    anchors = {anchor.number: anchor.hash for anchor in anchored_events(ws)}
    with ledger.reading() as session:
        recorded = {
            event.event_id: event
            for event in session.execute(
                select(AuditEvent.event_id, AuditEvent.event_hash, AuditEvent.act, AuditEvent.subject).where(
                    AuditEvent.act.in_(_ANCHORED)
                )
            )
        }
    for number in sorted(anchors.keys() | recorded.keys()):
        event = recorded.get(number)
        if event is None:
            yield f"anchor of event {number}", "the chain has no lock or export there"
        elif number not in anchors:
            yield f"audit event {number}", f"the `{event.act}` of {event.subject} has no anchor in {ANCHORS}"
        elif anchors[number] != event.event_hash:
            yield f"audit event {number}", f"the `{event.act}` of {event.subject} is not the one that {ANCHORS} holds"


def anchored_events(ws: Workspace) -> Iterator[AnchoredEvent]:
    """Yield what the file holds, in its order."""
    path = ws.root / ANCHORS
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        # A line cut off by a power failure is not an anchor; its event gets another one.
        try:
            anchor = json.loads(line)
            yield AnchoredEvent(int(anchor["event"]), str(anchor["hash"]), str(anchor["act"]), str(anchor["subject"]))
        except (ValueError, KeyError, TypeError):
            continue
