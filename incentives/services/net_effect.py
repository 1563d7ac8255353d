"""What calculating a cycle again, from what is published now, would move; nothing is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.ledger import heads
from incentives.ledger.heads import CycleHead
from incentives.ledger.models import Statement
from incentives.periods import Period
from incentives.services.adjustments import restated_periods
from incentives.serving import snapshots
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.serving.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class NetEffect:
    """What would move in one currency: for how many people, and what they are due more in all, minor units."""

    currency: str
    people: int
    due_minor: int


def net_effect(ws: Workspace, session: Session, head: CycleHead) -> tuple[NetEffect, ...] | None:
    """Return what a calculation from today's publication would move against the recorded one, by currency.

    Args:
        ws: The workspace.
        session: Reads the ledger.
        head: A calculated cycle.

    Returns:
        Nothing where nothing would move; None where no publication holds more than the calculation knew.

    Raises:
        DocumentError: A plan has mistakes by now.
        CheckFailedError: A frozen input of a locked cycle is missing or has changed.
    """
    snapshot = snapshots.current(ws)
    calculation = heads.calculation_of(session, head)
    if snapshot is None or snapshot.last_load <= calculation.last_load:
        return None
    sums: dict[tuple[str, str], int] = {}
    for who, currency, due in _due_now(ws, session, head, snapshot):
        sums[who, currency] = sums.get((who, currency), 0) + due
    recorded = session.execute(
        select(Statement.associate_id, Statement.currency, func.sum(Statement.due_minor))
        .where(Statement.calculation_id == calculation.calculation_id)
        .group_by(Statement.associate_id, Statement.currency)
    )
    for who, currency, due in recorded:
        sums[who, currency] = sums.get((who, currency), 0) - int(due)
    moved: dict[str, list[int]] = {}
    for (_, currency), difference in sums.items():
        if difference:
            moved.setdefault(currency, []).append(difference)
    return tuple(NetEffect(currency, len(found), sum(found)) for currency, found in sorted(moved.items()))


def _due_now(ws: Workspace, session: Session, head: CycleHead, snapshot: Snapshot) -> list[tuple[str, str, int]]:
    from incentives.services.bonus import calculate

    calculation = calculate(ws, Period.parse(head.period), head.pay_group, as_of=snapshot.as_of.date())
    with snapshot.connect() as connection:
        restated = restated_periods(ws, session, connection, head, calculation.inputs.associates, as_of=snapshot.as_of)
    own = [(one.associate_id, one.currency, one.worth_minor) for one in calculation.result.statements]
    adjusted = [draft for one in restated if not one.is_final for draft in one.drafts]
    return own + [(draft.associate_id, draft.currency, draft.worth_minor - draft.settled_minor) for draft in adjusted]
