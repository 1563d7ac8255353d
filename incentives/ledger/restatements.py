"""Restating a locked cycle: what it is frozen with anew, proposed with a reason by one person and confirmed by another.

Nothing of the locked cycle changes and nothing is posted here. Once confirmed, worth of the period is computed from the new frozen inputs, and the
difference is an adjustment of the earliest cycle that is not locked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor, JsonValue, append_event, canonical, digest_of
from incentives.ledger.heads import CycleHead, calculation_of, people_of
from incentives.ledger.models import Restatement
from incentives.ledger.rules import require_digest, require_not_own_pay, require_reason
from incentives.ledger.states import FINAL_STATES, StateError

PROPOSED, CONFIRMED = "proposed", "confirmed"
ACTS = {PROPOSED: "restate_propose", CONFIRMED: "restate_confirm"}


def propose(
    session: Session, actor: Actor, head: CycleHead, manifest: Mapping[str, JsonValue], *, at: datetime, reason: str
) -> None:
    """Propose what a locked cycle is frozen with anew; a later proposal takes the place of an earlier one.

    Raises:
        AccessError: A job, or somebody who is paid by the cycle.
        StateError: The cycle is not locked.
    """
    _require(session, actor, head)
    require_reason(reason, head.subject)
    _add(session, actor, head, PROPOSED, canonical(manifest), at, reason)


def confirm(session: Session, actor: Actor, head: CycleHead, *, at: datetime, digest: str | None = None) -> None:
    """Confirm the proposal that stands.

    Args:
        session: Of an act.
        actor: Another person than who proposed it.
        head: The cycle.
        at: When.
        digest: Of the proposal, whole or its first characters, as the person has it before them.

    Raises:
        AccessError: Who proposed it, a job, or somebody who is paid by the cycle.
        InputError: Nothing is proposed, or something else.
    """
    _require(session, actor, head)
    last = last_of(session, head)
    if last is None or last.state != PROPOSED:
        raise InputError("no restatement is proposed.", where=head.subject)
    if last.person_id == actor.person_id:
        raise AccessError(f"{actor.person_id} proposed the restatement, so another person confirms it.", where=head.subject)
    require_digest(digest_of(json.loads(last.manifest)), digest, head.subject)
    _add(session, actor, head, CONFIRMED, last.manifest, at, None)


def last_of(session: Session, head: CycleHead) -> Restatement | None:
    """Return the last proposal or confirmation of a cycle."""
    return session.scalar(
        select(Restatement).where(Restatement.cycle_id == head.cycle_id).order_by(Restatement.sequence.desc()).limit(1)
    )


def confirmed_of(session: Session, head: CycleHead) -> tuple[Restatement, ...]:
    """Return the confirmed restatements of a cycle, oldest first."""
    query = select(Restatement).where(Restatement.cycle_id == head.cycle_id, Restatement.state == CONFIRMED)
    return tuple(session.scalars(query.order_by(Restatement.sequence)))


def manifest_in_force(session: Session, head: CycleHead, before_event: int | None = None) -> str:
    """Return what a locked cycle is frozen with: the last confirmed restatement, or the locked version's manifest.

    Args:
        session: Reads the ledger.
        head: A locked cycle.
        before_event: As it was at this event: that of a later cycle's calculation.
    """
    query = select(Restatement.manifest).where(Restatement.cycle_id == head.cycle_id, Restatement.state == CONFIRMED)
    if before_event is not None:
        query = query.where(Restatement.event_id < before_event)
    found = session.scalar(query.order_by(Restatement.sequence.desc()).limit(1))
    return found if found is not None else calculation_of(session, head).manifest


def require_restatable(head: CycleHead) -> None:
    """Refuse a cycle that is not locked. Raises StateError."""
    if head.state not in FINAL_STATES:
        raise StateError(f"the cycle is {head.state.value}; only a locked one is restated.", where=head.subject)


def _require(session: Session, actor: Actor, head: CycleHead) -> None:
    if actor.kind != "person":
        raise AccessError(f"{actor.person_id} is a {actor.kind}; `restate` is for a person.")
    require_restatable(head)
    require_not_own_pay(actor, people_of(session, head), head.subject)


def _add(session: Session, actor: Actor, head: CycleHead, state: str, manifest: str, at: datetime, reason: str | None) -> None:
    details: dict[str, JsonValue] = {"manifest_digest": digest_of(json.loads(manifest))}
    event = append_event(session, actor, ACTS[state], head.subject, at=at, details=details, reason=reason)
    last = last_of(session, head)
    session.add(
        Restatement(
            cycle_id=head.cycle_id,
            sequence=(last.sequence if last is not None else 0) + 1,
            state=state,
            manifest=manifest,
            person_id=actor.person_id,
            acted_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()
