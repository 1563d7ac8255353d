"""Checking postings: against their seals, against zero, against the act that posted them, and against what they pay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.ledger.accruals import ACT as ACCRUE
from incentives.ledger.heads import CycleHead, calculation_of
from incentives.ledger.lock_entries import lock_entries
from incentives.ledger.models import (
    AuditEvent,
    EntrySeal,
    JournalEntry,
    PayrollLine,
    Posting,
)
from incentives.ledger.payroll_results import ACT as PAYROLL_RESULT
from incentives.ledger.payroll_results import recorded_outcomes
from incentives.ledger.postings import EntryKind, accounts_of, digest_of_all, entry_digest
from incentives.ledger.states import FINAL_STATES
from incentives.money import format_minor

CHUNK = 5_000
Found = tuple[str, str]


def check_entries(session: Session, head: CycleHead) -> Iterator[Found]:
    """Yield (place, sentence) of what does not hold in the postings of a cycle."""
    expected = _expected(session, head)
    by_event: dict[int, list[str]] = {}
    seen: set[tuple[str, str, int | None, str]] = set()
    after = 0
    while entries := _entries(session, head.cycle_id, after):
        after = entries[-1].entry_id
        numbers = (entries[0].entry_id, after)
        postings = _postings(session, numbers)
        sealed = select(EntrySeal.entry_id, EntrySeal.posting_count, EntrySeal.digest).where(EntrySeal.entry_id.between(*numbers))
        seals = {entry_id: (count, digest) for entry_id, count, digest in session.execute(sealed)}
        for entry in entries:
            rows = postings.get(entry.entry_id, [])
            found = _digest(entry, rows)
            by_event.setdefault(entry.event_id, []).append(found)
            seen |= {(entry.kind, entry.associate_id, entry.statement_id, row.currency) for row in rows}
            yield from _check_entry(entry, rows, seals.get(entry.entry_id), found, expected)
    yield from _check_events(session, head, by_event)
    for key, amount in expected.items():
        if key not in seen and amount != 0 and head.state in FINAL_STATES:
            yield f"{key[0]} of {key[1]} in cycle {head.subject}", f"{format_minor(amount, key[3])} {key[3]} was never posted"


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry as read; plain values, because a ledger has millions."""

    entry_id: int
    kind: str
    associate_id: str
    statement_id: int | None
    effective_on: date
    idempotency_key: str
    event_id: int


@dataclass(frozen=True, slots=True)
class _Posting:
    posting_id: int
    entry_id: int
    account: str
    associate_id: str
    currency: str
    amount_minor: int


_ENTRY_COLUMNS = tuple(getattr(JournalEntry, part.name) for part in fields(_Entry))
_POSTING_COLUMNS = tuple(getattr(Posting, part.name) for part in fields(_Posting))
Expected = dict[tuple[str, str, int | None, str], int]


def _entries(session: Session, cycle_id: int, after: int) -> list[_Entry]:
    query = select(*_ENTRY_COLUMNS).where(JournalEntry.cycle_id == cycle_id, JournalEntry.entry_id > after)
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(query.order_by(JournalEntry.entry_id).limit(CHUNK))]
    return [_Entry(*row) for row in rows]


def _postings(session: Session, numbers: tuple[int, int]) -> dict[int, list[_Posting]]:
    found: dict[int, list[_Posting]] = {}
    query = select(*_POSTING_COLUMNS).where(Posting.entry_id.between(*numbers)).order_by(Posting.posting_id)
    for row in session.execute(query):
        values: tuple[Any, ...] = tuple(row)
        posting = _Posting(*values)
        found.setdefault(posting.entry_id, []).append(posting)
    return found


def _expected(session: Session, head: CycleHead) -> Expected:
    """Return what a locked cycle posts: kind, person, statement, currency -> amount."""
    expected: Expected = {}
    if head.state not in FINAL_STATES:
        return expected
    for entry in lock_entries(session, head, calculation_of(session, head)):
        debit = entry.postings[0]
        expected[(entry.kind.value, entry.associate_id, entry.statement_id, debit.currency)] = debit.amount_minor
    paid = session.execute(
        select(PayrollLine.associate_id, PayrollLine.currency, func.sum(PayrollLine.amount_minor))
        .where(PayrollLine.cycle_id == head.cycle_id)
        .group_by(PayrollLine.associate_id, PayrollLine.currency)
    )
    for associate, currency, amount in paid:
        expected[(EntryKind.PAYMENT.value, associate, None, currency)] = int(amount)
    kinds = {"accepted": EntryKind.PAYROLL_ACCEPTED.value, "refused": EntryKind.PAYROLL_REFUSED.value}
    for (associate, currency), outcome in recorded_outcomes(session, head).items():
        expected[(kinds[outcome], associate, None, currency)] = expected.get(
            (EntryKind.PAYMENT.value, associate, None, currency), 0
        )
    return expected


def _digest(entry: _Entry, rows: Sequence[_Posting]) -> str:
    parts = [(row.account, row.currency, row.amount_minor) for row in rows]
    return entry_digest(
        entry.entry_id, entry.kind, entry.associate_id, entry.statement_id, entry.effective_on, entry.idempotency_key, parts
    )


def _check_entry(
    entry: _Entry, rows: Sequence[_Posting], seal: tuple[int, str] | None, found: str, expected: Expected
) -> Iterator[Found]:
    place = f"entry {entry.entry_id} ({entry.kind} of {entry.associate_id}, {entry.idempotency_key})"
    if seal is None:
        yield place, "it was never sealed"
    elif seal != (len(rows), found):
        yield from _name_postings(entry, rows, place, expected)
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.amount_minor
        if row.associate_id != entry.associate_id:
            yield f"posting {row.posting_id} of {place}", f"it stands with {row.associate_id}"
    for currency, total in sums.items():
        if total:
            yield place, f"its postings sum to {format_minor(total, currency)} {currency} and not to zero"


def _name_postings(entry: _Entry, rows: Sequence[_Posting], place: str, expected: Expected) -> Iterator[Found]:
    """Name the postings that differ from what the statement or the payroll rows say, or the entry where none does."""
    named = False
    for row in rows:
        amount = expected.get((entry.kind, entry.associate_id, entry.statement_id, row.currency))
        debit, credit = accounts_of(EntryKind(entry.kind))
        sides = {} if amount is None else {debit.value: amount, credit.value: -amount}
        stated = sides.get(row.account)
        if stated != row.amount_minor:
            named = True
            was = "nothing" if stated is None else format_minor(stated, row.currency)
            yield (
                f"posting {row.posting_id} of {place}",
                f"it is {format_minor(row.amount_minor, row.currency)} {row.currency} on {row.account}, and {was} was posted",
            )
    if not named:
        numbers = ", ".join(str(row.posting_id) for row in rows)
        yield place, f"it is not what was sealed (postings {numbers})"


def _check_events(session: Session, head: CycleHead, by_event: dict[int, list[str]]) -> Iterator[Found]:
    acts = select(AuditEvent).where(
        AuditEvent.subject == head.subject, AuditEvent.act.in_(("lock", "export", ACCRUE, PAYROLL_RESULT))
    )
    posting_events = {event.event_id: event for event in session.scalars(acts.order_by(AuditEvent.event_id))}
    for event_id in sorted(set(by_event) | set(posting_events)):
        event = posting_events.get(event_id)
        if event is None:
            yield f"entries of event {event_id}", "no accrual, lock, export or payroll result of the cycle posted them"
            continue
        recorded = json.loads(event.details)
        digests = by_event.get(event_id, [])
        if len(digests) != recorded.get("entries"):
            yield f"`{event.act}` of {head.subject}", f"it has {len(digests)} entries, and {recorded.get('entries')} were posted"
        elif digest_of_all(digests) != recorded.get("entries_digest"):
            yield f"`{event.act}` of {head.subject}", "its entries are not those that were posted"
