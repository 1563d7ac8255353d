"""Checking postings: against their seals, against zero, against the act that posted them, and against what they pay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.ledger.accruals import ACT as ACCRUE
from incentives.ledger.engine import plain_rows
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
        for entry in entries:
            rows = postings.get(entry.entry_id, [])
            found = _digest(entry, rows)
            by_event.setdefault(entry.event_id, []).append(found)
            for row in rows:
                seen.add((entry.kind, entry.associate_id, entry.statement_id, row.currency))
            if not _holds(entry, rows, found):
                yield from _check_entry(entry, rows, found, expected)
    yield from _check_events(session, head, by_event)
    for key, amount in expected.items():
        if key not in seen and amount != 0 and head.state in FINAL_STATES:
            yield f"{key[0]} of {key[1]} in cycle {head.subject}", f"{format_minor(amount, key[3])} {key[3]} was never posted"


class _Entry(NamedTuple):
    """An entry as read, with its seal; plain values, because a ledger has millions."""

    entry_id: int
    kind: str
    associate_id: str
    statement_id: int | None
    effective_on: date
    idempotency_key: str
    event_id: int
    sealed_count: int | None
    sealed_digest: str | None


class _Posting(NamedTuple):
    posting_id: int
    entry_id: int
    account: str
    associate_id: str
    currency: str
    amount_minor: int


_ENTRIES, _SEALS, _POSTINGS = JournalEntry.__table__, EntrySeal.__table__, Posting.__table__
_READ_ENTRIES = select(
    *(_ENTRIES.c[name] for name in _Entry._fields if name in _ENTRIES.c), _SEALS.c.posting_count, _SEALS.c.digest
).select_from(_ENTRIES.outerjoin(_SEALS, _SEALS.c.entry_id == _ENTRIES.c.entry_id))
_READ_POSTINGS = select(*(_POSTINGS.c[name] for name in _Posting._fields))
Expected = dict[tuple[str, str, int | None, str], int]


def _entries(session: Session, cycle_id: int, after: int) -> list[_Entry]:
    query = _READ_ENTRIES.where(_ENTRIES.c.cycle_id == cycle_id, _ENTRIES.c.entry_id > after)
    return [_Entry._make(row) for row in plain_rows(session, query.order_by(_ENTRIES.c.entry_id).limit(CHUNK))]


def _postings(session: Session, numbers: tuple[int, int]) -> dict[int, list[_Posting]]:
    found: dict[int, list[_Posting]] = {}
    query = _READ_POSTINGS.where(_POSTINGS.c.entry_id.between(*numbers)).order_by(_POSTINGS.c.posting_id)
    for row in plain_rows(session, query):
        posting = _Posting._make(row)
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


def _holds(entry: _Entry, rows: Sequence[_Posting], found: str) -> bool:
    """Return whether nothing is to be said of an entry, as of nearly all of them."""
    if (entry.sealed_count, entry.sealed_digest) != (len(rows), found):
        return False
    currency, total = rows[0].currency if rows else "", 0
    for row in rows:
        if row.currency != currency or row.associate_id != entry.associate_id:
            return False
        total += row.amount_minor
    return total == 0


def _check_entry(entry: _Entry, rows: Sequence[_Posting], found: str, expected: Expected) -> Iterator[Found]:
    place = f"entry {entry.entry_id} ({entry.kind} of {entry.associate_id}, {entry.idempotency_key})"
    if entry.sealed_digest is None:
        yield place, "it was never sealed"
    elif (entry.sealed_count, entry.sealed_digest) != (len(rows), found):
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
