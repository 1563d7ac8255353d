"""Balances of people, derived from postings: what is payable, held, and owed of draws and of overpayments."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incentives.ledger.heads import CycleHead
from incentives.ledger.models import Cycle, JournalEntry, Posting
from incentives.ledger.opening import opening_of
from incentives.ledger.postings import LedgerAccount

Balances = dict[tuple[str, str], int]


def draws_owed_before(session: Session, head: CycleHead) -> Balances:
    """Return what people owe of draws from the calendar's cycles before one, or when they went live with it, by person and currency."""
    found = _balances(session, head, LedgerAccount.DRAWS, Cycle.period_start < head.period_start)
    return _with_opening(session, head, "draw", found)


def draws_owed_after(session: Session, head: CycleHead) -> Balances:
    """Return what people owe of draws once a cycle is locked, by person and currency."""
    return _balances(session, head, LedgerAccount.DRAWS, Cycle.period_start <= head.period_start)


def overpaid_before(session: Session, head: CycleHead) -> Balances:
    """Return what people still owe of overpayments that earlier cycles of the calendar left to later ones, by person and currency."""
    return _balances(session, head, LedgerAccount.OVERPAYMENTS, Cycle.period_start < head.period_start)


def overpaid_after(session: Session, head: CycleHead) -> Balances:
    """Return what is left to later cycles of overpayments once a cycle is locked, by person and currency."""
    return _balances(session, head, LedgerAccount.OVERPAYMENTS, Cycle.period_start <= head.period_start)


def held_before(session: Session, head: CycleHead) -> Balances:
    """Return what the calendar's cycles before one hold of people, or was held when they went live with it, by person and currency."""
    found = _balances(session, head, LedgerAccount.HELD, Cycle.period_start < head.period_start)
    return _with_opening(session, head, "held", {key: -balance for key, balance in found.items()})


def held_after(session: Session, head: CycleHead) -> Balances:
    """Return what is held of people once a cycle is locked, by person and currency."""
    found = _balances(session, head, LedgerAccount.HELD, Cycle.period_start <= head.period_start)
    return {key: -balance for key, balance in found.items()}


def held_back_after(session: Session, head: CycleHead) -> Balances:
    """Return what is held back of people once a cycle is locked, by person and currency."""
    found = _balances(session, head, LedgerAccount.HOLDBACK, Cycle.period_start <= head.period_start)
    return {key: -balance for key, balance in found.items()}


def _with_opening(session: Session, head: CycleHead, balance: str, found: Balances) -> Balances:
    for one in opening_of(session, head):
        if one.balance == balance:
            key = (one.associate_id, one.currency)
            found[key] = found.get(key, 0) + one.amount_minor
    return found


def _balances(session: Session, head: CycleHead, account: LedgerAccount, until: ColumnElement[bool]) -> Balances:
    rows = session.execute(
        select(Posting.associate_id, Posting.currency, func.sum(Posting.amount_minor))
        .join(JournalEntry, JournalEntry.entry_id == Posting.entry_id)
        .join(Cycle, Cycle.cycle_id == JournalEntry.cycle_id)
        .where(Posting.account == account.value, Cycle.pay_group == head.pay_group, Cycle.calendar == head.calendar, until)
        .group_by(Posting.associate_id, Posting.currency)
    )
    return {(associate, currency): int(balance) for associate, currency, balance in rows if balance}
