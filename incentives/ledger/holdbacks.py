"""Holdback: the part of a payout that waits, set at the lock and not computed again, and its release.

What waits and until when stands on the statement, so that the digest that is approved names it. A negative adjustment of the same period
and plan takes from it first. What is left is released by the lock of the first cycle that ends on or after the day. What waits for a gate is
released or forfeited by the lock of the cycle whose calculation finds it open, or shut for good; that too stands on a statement.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from incentives.ledger.heads import CycleHead
from incentives.ledger.models import Calculation, Cycle, CycleAct, JournalEntry, Posting, Statement, StatementTrace
from incentives.ledger.postings import EntryDraft, EntryKind, LedgerAccount, transfer
from incentives.ledger.states import Act
from incentives.money import currency_digits

STEP = "holdback"
# What a later calculation says of a gate, on a statement of the period that waits.
GATE_STEP, OPEN, SHUT = "holdback_gate", "open", "shut"


# (person, plan, earned period, currency) -> component -> OPEN or SHUT.
Decisions = dict[tuple[str, str, str, str], dict[str, str]]


@dataclass(frozen=True, slots=True)
class GateTerms:
    """What a part waits for: a measure of the person that reaches a number, counted from a day on."""

    component: str
    measure: str
    at_least: str
    since: date


@dataclass(frozen=True, slots=True)
class OpenGate:
    """A gate that something held back of one person, plan, period and currency waits for; shut for good from `decide_by` on."""

    associate_id: str
    plan: str
    earned_period: str
    currency: str
    terms: GateTerms
    decide_by: date

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Whose statement it is of."""
        return (self.associate_id, self.plan, self.earned_period, self.currency)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One part of a payout that waits, minor units, and the day from which it is released; of one with a gate, forfeited."""

    amount_minor: int
    release_on: date
    gate: GateTerms | None = None

    def waits(self, end: date, decided: Mapping[str, str]) -> bool:
        """Whether it still waits at a period's end, given what was decided of the components' gates."""
        return self.release_on > end if self.gate is None else self.gate.component not in decided


def waiting_of(steps: Sequence[Mapping[str, object]], worth_minor: int, currency: str) -> tuple[Waiting, ...]:
    """Return what of a statement waits, as its trace states it; never more than the statement's worth together."""
    left = max(worth_minor, 0)
    found = []
    for step in steps:
        inputs = step["inputs"]
        if step["step"] == STEP and isinstance(inputs, dict):
            amount = min(int(Fraction(str(step["output"])) * 10 ** currency_digits(currency)), left)
            left -= amount
            gate = _gate(inputs) if inputs.get("until") == "gate" else None
            found.append(Waiting(amount, date.fromisoformat(inputs["decide_by" if gate else "release_on"]), gate))
    return tuple(found)


def _gate(inputs: Mapping[str, str]) -> GateTerms:
    return GateTerms(inputs["component"], inputs["gate"], inputs["at_least"], date.fromisoformat(inputs["from"]))


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
    now = _decisions(session, Statement.calculation_id == calculation.calculation_id)
    before = _decisions_before(session, head)
    for row in _waiting_statements(session, head, held):
        parts = waiting_of(json.loads(row.steps), row.worth_minor, row.currency)
        place = (row.associate_id, row.plan, row.earned_period, row.currency)
        decided = {**before.get(place, {}), **now.get(place, {})}
        used = min(taken.get(place, 0), held[row.statement_id])
        left = held[row.statement_id] - used
        free = max(left - sum(part.amount_minor for part in parts if part.waits(head.period_end, decided)), 0)
        shut = [part for part in parts if part.gate and now.get(place, {}).get(part.gate.component) == SHUT]
        forfeited = min(free, sum(part.amount_minor for part in shut))
        for kind, amount in ((EntryKind.HOLDBACK_RELEASE, used + free - forfeited), (EntryKind.HOLDBACK_FORFEIT, forfeited)):
            if amount:
                key = f"{kind.value}/{head.subject}/{row.number}"
                entries.append(transfer(kind, key, row.associate_id, row.currency, amount, last_day, row.statement_id))
    return entries


def open_gates(session: Session, head: CycleHead) -> tuple[OpenGate, ...]:
    """Return the gates that what earlier cycles held back still waits for, by statement."""
    held = _held_back(session, head)
    before = _decisions_before(session, head) if held else {}
    found = []
    for row in _waiting_statements(session, head, held):
        place = (row.associate_id, row.plan, row.earned_period, row.currency)
        for part in waiting_of(json.loads(row.steps), row.worth_minor, row.currency):
            if part.gate is not None and part.gate.component not in before.get(place, {}):
                found.append(OpenGate(*place, part.gate, part.release_on))
    return tuple(found)


def _waiting_statements(
    session: Session, head: CycleHead, held: Mapping[int, int]
) -> Iterator[Row[int, str, str, str, str, str, int, str]]:
    """Yield the statements of earlier cycles of the calendar of which something is held back, with their steps."""
    if not held:
        return
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
    rows = session.execute(_WITH_STEPS.where(Statement.statement_id.in_(earlier)).order_by(Statement.statement_id)).all()
    yield from (row for row in rows if row.statement_id in held)


def _decisions_before(session: Session, head: CycleHead) -> Decisions:
    """Return what earlier locks decided of gates."""
    locked = (
        select(Calculation.calculation_id)
        .join(CycleAct, (CycleAct.cycle_id == Calculation.cycle_id) & (CycleAct.version == Calculation.version))
        .join(Cycle, Cycle.cycle_id == Calculation.cycle_id)
        .where(
            CycleAct.act == Act.LOCK.value,
            Cycle.pay_group == head.pay_group,
            Cycle.calendar == head.calendar,
            Cycle.period_start < head.period_start,
        )
    )
    return _decisions(session, Statement.calculation_id.in_(locked))


def _decisions(session: Session, wanted: ColumnElement[bool]) -> Decisions:
    """Return what statements say of gates: person, plan, period, currency -> component -> open or shut."""
    found: Decisions = {}
    query = _WITH_STEPS.where(wanted, StatementTrace.steps.like(f'%"step":"{GATE_STEP}"%')).order_by(Statement.statement_id)
    for row in session.execute(query):
        place = (row.associate_id, row.plan, row.earned_period, row.currency)
        for step in json.loads(row.steps):
            if step["step"] == GATE_STEP:
                found.setdefault(place, {})[step["component"]] = step["output"]
    return found


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
