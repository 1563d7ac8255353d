"""Where each cycle stands: read from its last act, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.models import Calculation, Cycle, CycleAct, Statement
from incentives.ledger.states import CycleState
from incentives.periods import Period


@dataclass(frozen=True, slots=True)
class CycleHead:
    """A cycle and its last act: where it stands."""

    cycle_id: int
    pay_group: str
    calendar: str
    period: str
    period_start: date
    period_end: date
    legal_entity: str
    country: str
    currency: str
    state: CycleState
    sequence: int
    version: int | None
    digest: str | None
    last_person: str
    last_at: datetime

    @property
    def subject(self) -> str:
        """`period/pay group`: how the cycle is named in events and in its statements' numbers."""
        return f"{self.period}/{self.pay_group}"


def heads(session: Session) -> tuple[CycleHead, ...]:
    """Return every cycle with where it stands, by pay group, calendar and period."""
    last = (
        select(CycleAct.cycle_id, func.max(CycleAct.sequence).label("sequence")).group_by(CycleAct.cycle_id).subquery("last_acts")
    )
    rows = session.execute(
        select(Cycle, CycleAct)
        .join(last, last.c.cycle_id == Cycle.cycle_id)
        .join(CycleAct, (CycleAct.cycle_id == last.c.cycle_id) & (CycleAct.sequence == last.c.sequence))
        .order_by(Cycle.pay_group, Cycle.calendar, Cycle.period_start)
    )
    return tuple(head_of(cycle, act) for cycle, act in rows)


def find(session: Session, pay_group: str, period: Period) -> CycleHead:
    """Return one cycle with where it stands.

    Raises:
        InputError: It was not opened.
    """
    cycle = session.scalar(select(Cycle).where(Cycle.pay_group == pay_group, Cycle.period == period.label))
    if cycle is None:
        raise InputError(
            f"there is no cycle of {period.label} for pay group {pay_group}.",
            remedy=f"Open it with `incentives cycle open {period.label} --pay-group {pay_group}`.",
        )
    return head_of(cycle, acts_of(session, cycle.cycle_id)[-1])


def of_statement(session: Session, number: str) -> CycleHead:
    """Return the cycle of a statement's number, `period/pay group/associate`.

    Raises:
        InputError: It names no cycle.
    """
    for head in heads(session):
        if number.startswith(f"{head.subject}/"):
            return head
    raise no_statement(number)


def no_statement(number: str) -> InputError:
    """Return the error of a statement that does not exist."""
    return InputError(
        f"there is no statement {number}.", remedy="`incentives cycle statements PERIOD` lists them: PERIOD/PAY-GROUP/ASSOCIATE."
    )


def acts_of(session: Session, cycle_id: int) -> Sequence[CycleAct]:
    """Return the acts on a cycle, oldest first."""
    return session.scalars(select(CycleAct).where(CycleAct.cycle_id == cycle_id).order_by(CycleAct.sequence)).all()


def calculation_of(session: Session, head: CycleHead, version: int | None = None) -> Calculation:
    """Return a version of a cycle, by default the current one.

    Raises:
        InputError: There is none.
    """
    wanted = version if version is not None else head.version
    found = session.scalar(select(Calculation).where(Calculation.cycle_id == head.cycle_id, Calculation.version == wanted))
    if found is None:
        raise _no_version(head, version)
    return found


def calculation_number(session: Session, head: CycleHead, version: int | None = None) -> int:
    """Return the number of a version's calculation, by default of the current one, without what it recorded.

    Raises:
        InputError: There is none.
    """
    wanted = version if version is not None else head.version
    of_version = (Calculation.cycle_id == head.cycle_id, Calculation.version == wanted)
    found = session.scalar(select(Calculation.calculation_id).where(*of_version))
    if found is None:
        raise _no_version(head, version)
    return found


def _no_version(head: CycleHead, version: int | None) -> InputError:
    what = f"has no version {version}" if version is not None else "has not been calculated"
    return InputError(f"the cycle {what}.", where=head.subject)


def people_of(session: Session, head: CycleHead) -> frozenset[str]:
    """Return whom the current version pays."""
    query = select(Statement.associate_id).where(Statement.calculation_id == calculation_number(session, head)).distinct()
    return frozenset(session.scalars(query))


def head_of(cycle: Cycle, act: CycleAct) -> CycleHead:
    """Return a cycle with where its last act left it."""
    return CycleHead(
        cycle.cycle_id,
        cycle.pay_group,
        cycle.calendar,
        cycle.period,
        cycle.period_start,
        cycle.period_end,
        cycle.legal_entity,
        cycle.country,
        cycle.currency,
        CycleState(act.state),
        act.sequence,
        act.version,
        act.digest,
        act.person_id,
        act.acted_at,
    )
