"""The audit chain: one event per act, each holding the hash of the one before.

An event's hash is the SHA-256 of its canonical JSON and the previous hash, so a changed, missing or inserted event
breaks every hash after it. Free text lies beside the chain; the event holds its salted digest, and salt and text are
erased together, so that nothing can be guessed from what stays.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from incentives.ledger.models import AuditEvent, AuditText

JsonValue = str | int | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
ActorKind = Literal["person", "job", "console"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with the account they signed in with, a job by its name, or the console of the host.

    A demo workspace's `--actor` is a person without an account.
    """

    person_id: str
    kind: ActorKind = "person"
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """An event that does not hold."""

    event_id: int
    sentence: str


def canonical(value: JsonValue) -> str:
    """Return JSON with sorted keys and no spaces: equal values give equal text."""
    return _canonical(value).decode()


def digest_of(value: JsonValue) -> str:
    """Return the SHA-256 of a value's canonical JSON in hex."""
    return hashlib.sha256(_canonical(value)).hexdigest()


def _canonical(value: JsonValue) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # An integer of more than 64 bits. Both write the same bytes of what both can write.
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def append_event(
    session: Session,
    actor: Actor,
    act: str,
    subject: str,
    *,
    at: datetime,
    details: Mapping[str, JsonValue],
    reason: str | None = None,
) -> AuditEvent:
    """Append one event to the chain, inside the act's transaction.

    Args:
        session: Of `Ledger.act()`.
        actor: Who.
        act: What, in one word.
        subject: On what: `2026-03/main`, `account anna`.
        at: When.
        details: The state before and after, with digests of the rows that the act wrote.
        reason: Why, in the person's own words; kept beside the chain.
    """
    last = session.execute(select(AuditEvent).order_by(AuditEvent.event_id.desc()).limit(1)).scalar_one_or_none()
    salt = secrets.token_hex(16) if reason else None
    event = AuditEvent(
        event_id=last.event_id + 1 if last else 1,
        at=at,
        person_id=actor.person_id,
        actor_kind=actor.kind,
        account_id=actor.account_id,
        act=act,
        subject=subject,
        details=canonical(details),
        text_digest=_text_digest(salt, reason) if salt and reason else None,
        previous_hash=last.event_hash if last else "",
        event_hash="",
    )
    event.event_hash = _event_hash(event)
    session.add(event)
    session.flush()
    if salt:
        session.add(AuditText(event_id=event.event_id, salt=salt, body=reason))
        session.flush()
    return event


def chain_head(session: Session) -> tuple[int, str]:
    """Return number and hash of the last event; (0, "") of an empty chain."""
    last = session.execute(
        select(AuditEvent.event_id, AuditEvent.event_hash).order_by(AuditEvent.event_id.desc()).limit(1)
    ).first()
    return (last.event_id, last.event_hash) if last else (0, "")


def check_chain(session: Session) -> Iterator[ChainFinding]:
    """Yield what does not hold in the chain, in its order."""
    texts = {row.event_id: row for row in session.scalars(select(AuditText))}
    previous_id, previous_hash = 0, ""
    for event in session.scalars(select(AuditEvent).order_by(AuditEvent.event_id)).yield_per(1000):
        if event.event_id != previous_id + 1:
            yield ChainFinding(event.event_id, f"events {previous_id + 1} to {event.event_id - 1} are missing before it")
        elif event.previous_hash != previous_hash:
            yield ChainFinding(event.event_id, "it does not continue the event before it")
        if _event_hash(event) != event.event_hash:
            yield ChainFinding(event.event_id, f"its content is not what was recorded (`{event.act}` on {event.subject})")
        text = texts.get(event.event_id)
        if event.text_digest is not None and text is None:
            yield ChainFinding(event.event_id, "its text was removed and not erased")
        elif text is not None and text.salt and text.body and _text_digest(text.salt, text.body) != event.text_digest:
            yield ChainFinding(event.event_id, "its text is not what was recorded")
        previous_id, previous_hash = event.event_id, event.event_hash


def _text_digest(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\x1f{text}".encode()).hexdigest()


def _event_hash(event: AuditEvent) -> str:
    return digest_of(
        {
            "event_id": event.event_id,
            "at": event.at.isoformat(),
            "person_id": event.person_id,
            "actor_kind": event.actor_kind,
            "account_id": event.account_id,
            "act": event.act,
            "subject": event.subject,
            "details": event.details,
            "text_digest": event.text_digest,
            "previous_hash": event.previous_hash,
        }
    )
