"""Holdback: the part of a payout that waits, set at the lock and not computed again, and its release.

What waits and until when stands on the statement, so that the digest that is approved names it. A negative adjustment of the same period
and plan takes from it first. What is left is released by the lock of the first cycle that ends on or after the day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.ledger.heads import CycleHead
from incentives.ledger.models import Calculation, Cycle, JournalEntry, Posting, Statement, StatementTrace
from incentives.ledger.postings import EntryDraft, EntryKind, LedgerAccount, transfer
from incentives.money import currency_digits

STEP = "holdback"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One part of a payout that waits, minor units, and the day from which it is released."""

    amount_minor: int
    release_on: date


def waiting_of(steps: Sequence[Mapping[str, object]], worth_minor: int, currency: str) -> tuple[Waiting, ...]:
    """Return what of a statement waits, as its trace states it; never more than the statement's worth together."""
    left = max(worth_minor, 0)
    found = []
    for step in steps:
        inputs = step["inputs"]
        if step["step"] == STEP and isinstance(inputs, dict):
            amount = min(int(Fraction(str(step["output"])) * 10 ** currency_digits(currency)), left)
            left -= amount
            found.append(Waiting(amount, date.fromisoformat(inputs["release_on"])))
    return tuple(found)


def holdback_entries(session: Session, head: CycleHead, calculation: Calculation) -> list[EntryDraft]:
    """Return what a lock holds back of its own statements, and what it releases of those of earlier cycles."""
    last_day = head.period_end - timedelta(days=1)
    entries = []
    own = _WITH_STEPS.where(
        Statement.calculation_id == calculation.calculation_id,
        Statement.earned_period == head.period,
        StatementTrace.steps.like(f'%"step":"{STEP}"%'),
    )
    for row in session.execute(own.order_by(Statement.statement_id)).all():
        amount = sum(part.amount_minor for part in waiting_of(json.loads(row.steps), row.worth_minor, row.currency))
        if amount:
            key = f"{EntryKind.HOLDBACK.value}/{row.number}"
            entries.append(transfer(EntryKind.HOLDBACK, key, row.associate_id, row.currency, amount, last_day, row.statement_id))
    held = _held_back(session, head)
    if not held:
        return entries
    taken = _taken(session, head, calculation)
    earlier = (
        select(JournalEntry.statement_id)
        .join(Cycle, Cycle.cycle_id == JournalEntry.cycle_id)
        .where(
            JournalEntry.kind == EntryKind.HOLDBACK.value,
            Cycle.pay_group == head.pay_group,
            Cycle.calendar == head.calendar,
            Cycle.period_start < head.period_start,
        )
    )
    for row in session.execute(_WITH_STEPS.where(Statement.statement_id.in_(earlier)).order_by(Statement.statement_id)).all():
        if row.statement_id not in held:
            continue
        parts = waiting_of(json.loads(row.steps), row.worth_minor, row.currency)
        place = (row.associate_id, row.plan, row.earned_period, row.currency)
        used = min(taken.get(place, 0), held[row.statement_id])
        left = held[row.statement_id] - used
        still = sum(part.amount_minor for part in parts if part.release_on > head.period_end)
        amount = used + max(left - still, 0)
        if amount:
            key = f"{EntryKind.HOLDBACK_RELEASE.value}/{head.subject}/{row.number}"
            entries.append(
                transfer(EntryKind.HOLDBACK_RELEASE, key, row.associate_id, row.currency, amount, last_day, row.statement_id)
            )
    return entries


_WITH_STEPS = select(
    Statement.statement_id,
    Statement.number,
    Statement.associate_id,
    Statement.plan,
    Statement.earned_period,
    Statement.currency,
    Statement.worth_minor,
    StatementTrace.steps,
).join(StatementTrace, StatementTrace.statement_id == Statement.statement_id)


def _held_back(session: Session, head: CycleHead) -> dict[int, int]:
    """Return what the calendar's earlier cycles still hold back, by statement."""
    rows = session.execute(
        select(JournalEntry.statement_id, func.sum(Posting.amount_minor))
        .join(Posting, Posting.entry_id == JournalEntry.entry_id)
        .join(Cycle, Cycle.cycle_id == JournalEntry.cycle_id)
        .where(
            Posting.account == LedgerAccount.HOLDBACK.value,
            Cycle.pay_group == head.pay_group,
            Cycle.calendar == head.calendar,
            Cycle.period_start < head.period_start,
        )
        .group_by(JournalEntry.statement_id)
    )
    return {statement: -int(balance) for statement, balance in rows if statement is not None and balance}


def _taken(session: Session, head: CycleHead, calculation: Calculation) -> dict[tuple[str, str, str, str], int]:
    """Return what negative adjustments of a version take, by person, plan, period and currency."""
    rows = session.execute(
        select(Statement.associate_id, Statement.plan, Statement.earned_period, Statement.currency, Statement.due_minor).where(
            Statement.calculation_id == calculation.calculation_id,
            Statement.earned_period != head.period,
            Statement.due_minor < 0,
        )
    )
    return {(who, plan, earned, currency): -due for who, plan, earned, currency, due in rows}
