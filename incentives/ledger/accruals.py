"""Accruals: what a cycle that is not locked is worth by now, as expense of its period; taken back by the lock, which posts the pay itself.

Each accrual posts the difference to what was accrued before, so that together they come to what the current version is due: its own period and
its adjustments. Nothing is owed to anybody by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.ledger.audit import Actor, JsonValue, append_event
from incentives.ledger.balances import Balances
from incentives.ledger.heads import CycleHead, calculation_of, people_of
from incentives.ledger.models import AuditEvent, JournalEntry, Posting, Statement
from incentives.ledger.postings import EntryDraft, EntryKind, LedgerAccount, post_entries, prepare_entries, transfer
from incentives.ledger.rules import require_human, require_not_own_pay
from incentives.ledger.states import CycleState, StateError

ACT = "accrue"
_STATES = (CycleState.CALCULATED, CycleState.IN_REVIEW, CycleState.APPROVED)


@dataclass(frozen=True, slots=True)
class Accrued:
    """The last accrual of a cycle: its number and event (0 and None before the first), and by currency what was posted now and is accrued with it."""

    number: int
    event_id: int | None
    people: int
    posted_minor: dict[str, int]
    accrued_minor: dict[str, int]


def accrue(session: Session, actor: Actor, head: CycleHead, *, at: datetime) -> Accrued:
    """Accrue what the current version of a cycle is due, less what was accrued before.

    Args:
        session: Of an act.
        actor: A person who is not paid by the cycle.
        head: The cycle: calculated, in review or approved.
        at: When; the entries are dated the period's last day.

    Raises:
        AccessError: A job, or somebody who is paid by the cycle.
        StateError: The cycle is not calculated, or locked: the lock posts the pay itself.
    """
    require_human(actor, ACT)
    if head.state not in _STATES:
        raise StateError(
            f"the cycle is {head.state.value}; `{ACT}` is possible from its calculation to its lock.", where=head.subject
        )
    require_not_own_pay(actor, people_of(session, head), head.subject)
    before = accrued(session, head)
    due = _due(session, head)
    moved = {key: due.get(key, 0) - before.get(key, 0) for key in sorted(due.keys() | before.keys())}
    moved = {key: amount for key, amount in moved.items() if amount}
    of_cycle = (AuditEvent.subject == head.subject, AuditEvent.act == ACT)
    count, last = session.execute(select(func.count(), func.max(AuditEvent.event_id)).where(*of_cycle)).one()
    number = count + 1
    posted, total = _by_currency(moved), _by_currency(due)
    if not moved:
        return Accrued(count, last, 0, posted, total)
    prepared = prepare_entries(
        session,
        [
            transfer(
                EntryKind.ACCRUAL,
                f"accrual/{head.subject}/{number}/{who}/{currency}",
                who,
                currency,
                amount,
                head.period_end - timedelta(days=1),
                None,
            )
            for (who, currency), amount in moved.items()
        ],
    )
    details: dict[str, JsonValue] = {
        "version": head.version,
        "accrued": dict(total),
        "entries": len(prepared.entries),
        "entries_digest": prepared.digest,
    }
    event = append_event(session, actor, ACT, head.subject, at=at, details=details)
    post_entries(session, head.cycle_id, event.event_id, prepared, recorded_at=at)
    return Accrued(number, event.event_id, len({who for who, _ in moved}), posted, total)


def accrued(session: Session, head: CycleHead) -> Balances:
    """Return what was accrued in a cycle by person and currency, whether the lock took it back or not."""
    rows = session.execute(
        select(Posting.associate_id, Posting.currency, func.sum(Posting.amount_minor))
        .join(JournalEntry, JournalEntry.entry_id == Posting.entry_id)
        .where(
            JournalEntry.cycle_id == head.cycle_id,
            JournalEntry.kind == EntryKind.ACCRUAL.value,
            Posting.account == LedgerAccount.ACCRUED.value,
        )
        .group_by(Posting.associate_id, Posting.currency)
    )
    return {(who, currency): -int(amount) for who, currency, amount in rows if amount}


def reversal_entries(session: Session, head: CycleHead) -> list[EntryDraft]:
    """Return the entries by which the lock takes back what was accrued."""
    return [
        transfer(
            EntryKind.ACCRUAL_REVERSAL,
            f"accrual-reversal/{head.subject}/{who}/{currency}",
            who,
            currency,
            amount,
            head.period_end - timedelta(days=1),
            None,
        )
        for (who, currency), amount in sorted(accrued(session, head).items())
    ]


def _due(session: Session, head: CycleHead) -> Balances:
    calculation = calculation_of(session, head)
    rows = session.execute(
        select(Statement.associate_id, Statement.currency, func.sum(Statement.due_minor))
        .where(Statement.calculation_id == calculation.calculation_id)
        .group_by(Statement.associate_id, Statement.currency)
    )
    return {(who, currency): int(amount) for who, currency, amount in rows}


def _by_currency(amounts: Balances) -> dict[str, int]:
    sums: dict[str, int] = {}
    for (_, currency), amount in amounts.items():
        sums[currency] = sums.get(currency, 0) + amount
    return dict(sorted(sums.items()))
