"""Checking instructions and restatements against the events that recorded them, both ways."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from incentives.ledger.audit import digest_of
from incentives.ledger.heads import CycleHead
from incentives.ledger.models import AuditEvent, CycleInstruction, Restatement
from incentives.ledger.restatements import ACTS
from incentives.ledger.states import Instruction


def check_instructions(session: Session, head: CycleHead) -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) of what does not hold in the instructions of a cycle."""
    rows = session.scalars(
        select(CycleInstruction).where(CycleInstruction.cycle_id == head.cycle_id).order_by(CycleInstruction.sequence)
    ).all()
    for row in rows:
        event = session.get(AuditEvent, row.event_id)
        found = (
            row.kind,
            row.person_id,
            row.given_at,
            {"subject": row.subject, "version": row.version, "withdrawn": row.is_withdrawn},
        )
        recorded = None if event is None else (event.act, event.person_id, event.at, json.loads(event.details))
        if found != recorded:
            yield (
                f"instruction {row.sequence} of cycle {head.subject}",
                f"the {row.kind} of {row.subject} is not what was recorded",
            )
    known = {row.event_id for row in rows}
    events = select(AuditEvent.event_id).where(
        AuditEvent.subject == head.subject, AuditEvent.act.in_([kind.value for kind in Instruction])
    )
    for event_id in session.scalars(events.order_by(AuditEvent.event_id)):
        if event_id not in known:
            yield f"audit event {event_id}", "the instruction that it recorded is missing"


def check_restatements(session: Session, head: CycleHead) -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) of what does not hold in the restatements of a cycle."""
    rows = session.scalars(select(Restatement).where(Restatement.cycle_id == head.cycle_id).order_by(Restatement.sequence)).all()
    for row in rows:
        event = session.get(AuditEvent, row.event_id)
        found = (ACTS[row.state], row.person_id, row.acted_at, {"manifest_digest": digest_of(json.loads(row.manifest))})
        recorded = None if event is None else (event.act, event.person_id, event.at, json.loads(event.details))
        if found != recorded:
            yield f"restatement {row.sequence} of cycle {head.subject}", "it is not what was recorded"
    known = {row.event_id for row in rows}
    events = select(AuditEvent.event_id).where(AuditEvent.subject == head.subject, AuditEvent.act.in_(list(ACTS.values())))
    for event_id in session.scalars(events.order_by(AuditEvent.event_id)):
        if event_id not in known:
            yield f"audit event {event_id}", "the restatement that it recorded is missing"
