"""Opening balances: what people are owed and owe when a pay group goes live, posted by the lock of its first cycle.

They are a text of two people, `opening/<pay group>.csv`, put into effect like a plan: what is in effect when the first cycle is approved is
posted when that locks. Afterwards nothing changes them. They are neither worth nor settled, and no adjustment ever touches them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.heads import CycleHead, heads
from incentives.ledger.models import Cycle, CycleAct
from incentives.ledger.postings import EntryDraft, EntryKind, transfer
from incentives.ledger.publications import in_effect
from incentives.ledger.states import Act, CycleState, StateError
from incentives.money import currency_digits, to_minor

FOLDER = "opening"
COLUMNS = ("associate_id", "currency", "balance", "amount")
# What a row's balance means: owed to the person; owed by them; held until it is released; owed by them of draws.
KINDS = {
    "payable": EntryKind.OPENING_PAYABLE,
    "carried_forward": EntryKind.OPENING_CARRIED,
    "held": EntryKind.OPENING_HELD,
    "draw": EntryKind.OPENING_DRAW,
}


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """One balance of one person, minor units above zero; `balance` is a key of `KINDS`."""

    associate_id: str
    currency: str
    balance: str
    amount_minor: int


def document_of(pay_group: str) -> str:
    """Return the place in the workspace of a pay group's opening balances."""
    return f"{FOLDER}/{pay_group}.csv"


def parse_opening(text: str, document: str) -> tuple[OpeningBalance, ...]:
    """Read opening balances.

    Args:
        text: CSV with the columns `associate_id`, `currency`, `balance` (payable, carried_forward, held or draw) and `amount` in major units.
        document: Where it stands, for errors.

    Raises:
        InputError: A column is missing, or a line names no person, no currency, no balance, no amount above zero, or one that stands before it.
    """
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise InputError(
            f"it has no column {', '.join(missing)}.", where=document, remedy=f"Its columns are {', '.join(COLUMNS)}."
        )
    found: dict[tuple[str, str, str], OpeningBalance] = {}
    for row in rows:
        where = f"{document}, line {rows.line_num}"
        associate, currency, balance, amount = ((row[name] or "").strip() for name in COLUMNS)
        if not associate:
            raise InputError("it names nobody.", where=where, remedy="Write the associate's id.")
        if balance not in KINDS:
            raise InputError(f"'{balance}' is no balance.", where=where, remedy=f"It is one of {', '.join(KINDS)}.")
        if (associate, currency, balance) in found:
            raise InputError(
                f"{associate} has a {balance} in {currency} already.", where=where, remedy="Write one line for both."
            )
        minor = _amount(amount, currency, where)
        if minor <= 0:
            raise InputError(f"'{amount}' is not above zero.", where=where, remedy="The column balance says which way it is.")
        found[associate, currency, balance] = OpeningBalance(associate, currency, balance, minor)
    return tuple(found[key] for key in sorted(found))


def is_posted(session: Session, pay_group: str) -> bool:
    """Return whether a pay group's first cycle is locked, and its opening balances with it."""
    return _first_locked(session, pay_group) is not None


def require_not_begun(session: Session, pay_group: str) -> None:
    """Refuse other opening balances once the first cycle is approved: its approval is of what it will post.

    Raises:
        StateError: It is approved, or locked.
    """
    first = _first_locked(session, pay_group)
    if first is not None:
        raise StateError(
            f"{first} is locked, and the opening balances with it.",
            where=document_of(pay_group),
            remedy="Pay somebody goodwill, or write off what they owe, in the next cycle.",
        )
    for head in heads(session):
        if head.pay_group == pay_group and head.state is CycleState.APPROVED:
            raise StateError(
                f"{head.period} is approved, and posts the opening balances that are in effect.",
                where=document_of(pay_group),
                remedy="Send it back first.",
            )


def opening_of(session: Session, head: CycleHead) -> tuple[OpeningBalance, ...]:
    """Return the balances that a cycle's lock posts, by person: none but of the first cycle of its pay group that locks."""
    locked = _lock_event(session, head)
    others = select(func.min(CycleAct.event_id)).join(Cycle, Cycle.cycle_id == CycleAct.cycle_id)
    others = others.where(Cycle.pay_group == head.pay_group, CycleAct.act == Act.LOCK.value, CycleAct.cycle_id != head.cycle_id)
    earlier = session.scalar(others)
    if earlier is not None and (locked is None or earlier < locked):
        return ()
    document = document_of(head.pay_group)
    text = in_effect(session, before_event=_approval_event(session, head)).get(document, "")
    return parse_opening(text, document) if text else ()


def opening_entries(session: Session, head: CycleHead) -> Iterator[EntryDraft]:
    """Yield what the lock posts of them, dated the day before the cycle's period."""
    for one in opening_of(session, head):
        yield transfer(
            KINDS[one.balance],
            f"{KINDS[one.balance].value}/{head.subject}/{one.associate_id}/{one.currency}",
            one.associate_id,
            one.currency,
            one.amount_minor,
            head.period_start - timedelta(days=1),
            None,
        )


def _amount(text: str, currency: str, where: str) -> int:
    try:
        currency_digits(currency)
        return to_minor(text, currency)
    except InputError as error:
        raise InputError(error.what, where=where, remedy=error.remedy) from error


def _lock_event(session: Session, head: CycleHead) -> int | None:
    return session.scalar(
        select(func.max(CycleAct.event_id)).where(CycleAct.cycle_id == head.cycle_id, CycleAct.act == Act.LOCK.value)
    )


def _approval_event(session: Session, head: CycleHead) -> int | None:
    """Return the event of the approval that holds; None while there is none."""
    last = session.execute(
        select(CycleAct.act, CycleAct.event_id)
        .where(CycleAct.cycle_id == head.cycle_id, CycleAct.act.in_((Act.APPROVE.value, Act.SEND_BACK.value)))
        .order_by(CycleAct.sequence.desc())
        .limit(1)
    ).first()
    return last.event_id if last is not None and last.act == Act.APPROVE.value else None


def _first_locked(session: Session, pay_group: str) -> str | None:
    query = select(Cycle.period).join(CycleAct, CycleAct.cycle_id == Cycle.cycle_id)
    return session.scalar(
        query.where(Cycle.pay_group == pay_group, CycleAct.act == Act.LOCK.value).order_by(CycleAct.event_id).limit(1)
    )
