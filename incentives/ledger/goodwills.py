"""Goodwill: an amount that a cycle pays somebody outside what their plan is worth, given with a reason and posted by the lock.

It stands outside caps, guarantee, holdback and draws, and no adjustment ever takes it back. Whoever gave it does not approve the cycle.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor, JsonValue, append_event
from incentives.ledger.heads import CycleHead, people_of
from incentives.ledger.models import AuditEvent, Calculation, Cycle, Statement
from incentives.ledger.postings import EntryDraft, EntryKind, transfer
from incentives.ledger.question_models import Goodwill
from incentives.ledger.rules import require_human, require_instructable, require_not_own_pay, require_reason
from incentives.ledger.states import GOODWILL


@dataclass(frozen=True, slots=True)
class Given:
    """Goodwill in force: to whom, how much in minor units, by whom, and for which question."""

    associate_id: str
    currency: str
    amount_minor: int
    question_id: int | None
    person_id: str
    given_at: datetime
    event_id: int


def give(
    session: Session,
    actor: Actor,
    head: CycleHead,
    associate_id: str,
    currency: str,
    amount_minor: int,
    *,
    at: datetime,
    reason: str,
    question_id: int | None = None,
    withdraw: bool = False,
) -> Given:
    """Give goodwill with a cycle, or withdraw what was given. One amount for each person and currency of a cycle.

    Args:
        session: Of an act.
        actor: A person who is not paid by the cycle.
        head: The cycle as it stands now: calculated or in review.
        associate_id: Whom; has or had a statement of the pay group.
        currency: A currency that the person is paid in there.
        amount_minor: More than zero; of a withdrawal what was given.
        at: When.
        reason: In words; it lies beside the chain.
        question_id: The question that it decides.
        withdraw: Takes it back.

    Raises:
        AccessError: A job, or somebody whose own pay it is.
        StateError: The cycle is not calculated, or approved already.
        InputError: The person is not paid by the group in the currency, or there is goodwill already, or none to withdraw.
    """
    require_human(actor, GOODWILL)
    require_instructable(head.state, GOODWILL, head.subject)
    require_reason(reason, head.subject)
    require_not_own_pay(actor, people_of(session, head), head.subject)
    if actor.person_id == associate_id:
        raise AccessError(f"{actor.person_id} does not act on their own pay.", where=head.subject)
    before = {(one.associate_id, one.currency): one for one in goodwills_of(session, head)}.get((associate_id, currency))
    if withdraw:
        if before is None:
            raise InputError(f"there is no goodwill of {associate_id} in {currency} to withdraw.", where=head.subject)
        amount_minor, question_id = before.amount_minor, before.question_id
    else:
        _require_possible(session, head, associate_id, currency, amount_minor, before)
    details: dict[str, JsonValue] = {
        "associate_id": associate_id,
        "currency": currency,
        "amount_minor": amount_minor,
        "question_id": question_id,
        "withdrawn": withdraw,
    }
    event = append_event(session, actor, GOODWILL, head.subject, at=at, details=details, reason=reason)
    last = session.scalar(select(func.max(Goodwill.sequence)).where(Goodwill.cycle_id == head.cycle_id)) or 0
    session.add(
        Goodwill(
            cycle_id=head.cycle_id,
            sequence=last + 1,
            associate_id=associate_id,
            currency=currency,
            amount_minor=amount_minor,
            question_id=question_id,
            is_withdrawn=withdraw,
            person_id=actor.person_id,
            given_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()
    return Given(associate_id, currency, amount_minor, question_id, actor.person_id, at, event.event_id)


def goodwills_of(session: Session, head: CycleHead) -> tuple[Given, ...]:
    """Return what is in force for a cycle, by person and currency."""
    last: dict[tuple[str, str], Goodwill] = {}
    for row in session.scalars(select(Goodwill).where(Goodwill.cycle_id == head.cycle_id).order_by(Goodwill.sequence)):
        last[row.associate_id, row.currency] = row
    return tuple(
        Given(*key, row.amount_minor, row.question_id, row.person_id, row.given_at, row.event_id)
        for key, row in sorted(last.items())
        if not row.is_withdrawn
    )


def givers_of(session: Session, cycle_id: int) -> list[tuple[str, str]]:
    """Return (goodwill, person) of everybody who ever gave or withdrew goodwill in a cycle."""
    return [(GOODWILL, person) for person in session.scalars(select(Goodwill.person_id).where(Goodwill.cycle_id == cycle_id))]


def goodwill_entries(session: Session, head: CycleHead) -> list[EntryDraft]:
    """Return what the lock posts of it."""
    return [
        transfer(
            EntryKind.GOODWILL,
            f"{GOODWILL}/{head.subject}/{given.associate_id}/{given.currency}",
            given.associate_id,
            given.currency,
            given.amount_minor,
            head.period_end - timedelta(days=1),
            None,
        )
        for given in goodwills_of(session, head)
    ]


def check_goodwills(session: Session, head: CycleHead) -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) of goodwill of a cycle that is not what its event recorded, both ways."""
    known = set()
    for row in session.scalars(select(Goodwill).where(Goodwill.cycle_id == head.cycle_id).order_by(Goodwill.sequence)):
        known.add(row.event_id)
        event = session.get(AuditEvent, row.event_id)
        details = {
            "associate_id": row.associate_id,
            "currency": row.currency,
            "amount_minor": row.amount_minor,
            "question_id": row.question_id,
            "withdrawn": row.is_withdrawn,
        }
        recorded = None if event is None else (event.act, event.person_id, event.at, json.loads(event.details))
        if (GOODWILL, row.person_id, row.given_at, details) != recorded:
            yield f"goodwill {row.sequence} of cycle {head.subject}", "it is not what was recorded"
    events = select(AuditEvent.event_id).where(AuditEvent.subject == head.subject, AuditEvent.act == GOODWILL)
    for event_id in session.scalars(events.order_by(AuditEvent.event_id)):
        if event_id not in known:
            yield f"audit event {event_id}", "the goodwill that it recorded is missing"


def _require_possible(
    session: Session, head: CycleHead, associate_id: str, currency: str, amount_minor: int, before: Given | None
) -> None:
    if amount_minor <= 0:
        raise InputError("goodwill is an amount above zero.", where=head.subject)
    if before is not None:
        raise InputError(
            f"{associate_id} has goodwill in {currency} in this cycle already.",
            where=head.subject,
            remedy="Withdraw it, then give the amount that is meant.",
        )
    paid = (
        select(Statement.statement_id)
        .join(Calculation, Calculation.calculation_id == Statement.calculation_id)
        .join(Cycle, Cycle.cycle_id == Calculation.cycle_id)
        .where(Cycle.pay_group == head.pay_group, Statement.associate_id == associate_id, Statement.currency == currency)
        .limit(1)
    )
    if session.scalar(paid) is None:
        raise InputError(f"{associate_id} has no statement of this pay group in {currency}.", where=head.subject)
