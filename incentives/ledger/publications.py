"""Putting a text of a plan, policy or mapping into effect: proposed with a reason by one person, confirmed by another.

A document is named by its place in the workspace (`plans/advisor.yaml`). An empty text takes it out of effect.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor, JsonValue, append_event
from incentives.ledger.models import AuditEvent, Publication, Statement
from incentives.ledger.rules import require_digest, require_reason
from incentives.ledger.states import CORRECTION

# Documents under this name are corrections of what was delivered: records, not texts of the workspace.
CORRECTIONS = "corrections/"
PROPOSED, CONFIRMED = "proposed", "confirmed"
ACTS = {PROPOSED: "publish_propose", CONFIRMED: "publish_confirm"}


def digest_of_text(text: str) -> str:
    """Return the SHA-256 of a document's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def propose(
    session: Session, actor: Actor, document: str, text: str, *, at: datetime, reason: str, by_paid: bool = False
) -> None:
    """Propose a text; a later proposal takes the place of an earlier one. With `by_paid` somebody whom a cycle pays may.

    Raises:
        AccessError: A job, or somebody whom a cycle pays.
        InputError: No reason, or the text is in effect.
    """
    _require(session, actor, by_paid)
    require_reason(reason, document)
    if in_effect(session).get(document, "") == text:
        raise InputError("this text is in effect already.", where=document)
    _add(session, actor, document, PROPOSED, text, at, reason, {})


def confirm(
    session: Session,
    actor: Actor,
    document: str,
    *,
    at: datetime,
    digest: str | None = None,
    waived: str | None = None,
    by_paid: bool = False,
) -> None:
    """Confirm the text that is proposed.

    Args:
        session: Of an act.
        actor: Another person than who proposed it.
        document: Its place in the workspace.
        at: When.
        digest: Of the proposed text, whole or its first characters, as the person has it before them.
        waived: Why the plan may start without its notice.
        by_paid: Somebody whom a cycle pays may.

    Raises:
        AccessError: Who proposed it, a job, or somebody whom a cycle pays.
        InputError: Nothing is proposed, or another text.
    """
    _require(session, actor, by_paid)
    last = last_of(session, document)
    if last is None or last.state != PROPOSED:
        raise InputError("nothing is proposed.", where=document, remedy="Propose it with --reason.")
    if last.person_id == actor.person_id:
        raise AccessError(f"{actor.person_id} proposed the text, so another person confirms it.", where=document)
    require_digest(digest_of_text(last.body), digest, document)
    _add(session, actor, document, CONFIRMED, last.body, at, waived, {"notice_waived": waived is not None})


def last_of(session: Session, document: str, state: str | None = None) -> Publication | None:
    """Return the last proposal or confirmation of a document; with a state, the last of the two."""
    query = select(Publication).where(Publication.document == document, *([Publication.state == state] if state else []))
    return session.scalar(query.order_by(Publication.sequence.desc()).limit(1))


def in_effect(session: Session, *, before_event: int | None = None) -> dict[str, str]:
    """Return the text in effect of every document that was confirmed; empty: taken out of effect. With `before_event`, as it was then.

    Corrections are among them: they are in effect once they are confirmed.
    """
    last = (
        select(Publication.document, func.max(Publication.sequence).label("sequence"))
        .where(Publication.state == CONFIRMED, *([] if before_event is None else [Publication.event_id < before_event]))
        .group_by(Publication.document)
        .subquery()
    )
    query = select(Publication).join(last, (Publication.document == last.c.document) & (Publication.sequence == last.c.sequence))
    return {row.document: row.body for row in session.scalars(query.order_by(Publication.document))}


def correctors_of(session: Session, after_event: int) -> list[tuple[str, str]]:
    """Return (correction, person) of everybody who proposed or confirmed a correction after an event."""
    query = select(Publication.person_id).where(Publication.document.startswith(CORRECTIONS), Publication.event_id > after_event)
    return [(CORRECTION, person) for person in session.scalars(query.order_by(Publication.event_id))]


def corrections(session: Session) -> tuple[Publication, ...]:
    """Return the last proposal or confirmation of every correction, oldest first."""
    names = select(Publication.document).where(Publication.document.startswith(CORRECTIONS)).distinct()
    found = [last_of(session, name) for name in session.scalars(names)]
    return tuple(sorted((row for row in found if row is not None), key=lambda row: row.event_id))


def check_publications(session: Session) -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) of publications that are not what their events recorded, both ways."""
    known = set()
    for row in session.scalars(select(Publication).order_by(Publication.document, Publication.sequence)):
        known.add(row.event_id)
        event = session.get(AuditEvent, row.event_id)
        found = (ACTS[row.state], row.person_id, row.acted_at, row.document, digest_of_text(row.body))
        recorded = (
            None
            if event is None
            else (event.act, event.person_id, event.at, event.subject, json.loads(event.details).get("text_digest"))
        )
        if found != recorded:
            yield f"publication {row.sequence} of {row.document}", "it is not what was recorded"
    events = select(AuditEvent.event_id).where(AuditEvent.act.in_(list(ACTS.values()))).order_by(AuditEvent.event_id)
    for event_id in session.scalars(events):
        if event_id not in known:
            yield f"audit event {event_id}", "the publication that it recorded is missing"


def _require(session: Session, actor: Actor, by_paid: bool) -> None:
    if actor.kind != "person":
        raise AccessError(f"{actor.person_id} is a {actor.kind}; `publish` is for a person.")
    if by_paid:
        return
    if session.scalar(select(Statement.statement_id).where(Statement.associate_id == actor.person_id).limit(1)) is not None:
        raise AccessError(f"{actor.person_id} is paid by these cycles and so does not decide what they pay by.")


def _add(
    session: Session,
    actor: Actor,
    document: str,
    state: str,
    text: str,
    at: datetime,
    reason: str | None,
    more: dict[str, JsonValue],
) -> None:
    details: dict[str, JsonValue] = {"text_digest": digest_of_text(text), **more}
    event = append_event(session, actor, ACTS[state], document, at=at, details=details, reason=reason)
    last = last_of(session, document)
    session.add(
        Publication(
            document=document,
            sequence=(last.sequence if last is not None else 0) + 1,
            state=state,
            body=text,
            person_id=actor.person_id,
            acted_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()
