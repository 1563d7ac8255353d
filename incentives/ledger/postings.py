"""Double-entry postings: every entry sums to zero per currency, is sealed, and is never changed.

Debits are positive, credits negative. What is owed to an associate lies on `associate_payable`, which is
credit-normal: a balance of -500.00 is 500.00 owed to them, a positive one is owed by them and carried forward.
Balances are always derived.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.audit import digest_of
from incentives.ledger.models import Cycle, EntrySeal, JournalEntry, Posting

CHUNK = 5_000


class LedgerAccount(StrEnum):
    """The chart of accounts."""

    EXPENSE = "incentive_expense"
    PAYABLE = "associate_payable"
    PAYROLL_CLEARING = "payroll_clearing"
    PAID = "payroll_paid"
    DRAWS = "draws_receivable"
    OVERPAYMENTS = "overpayments_receivable"
    HELD = "associate_held"
    HOLDBACK = "holdback_payable"
    FORFEITED = "forfeited_holdbacks"
    WRITE_OFFS = "write_off_expense"
    GOODWILL = "goodwill_expense"
    ACCRUED = "incentive_accrued"
    OPENING = "opening_balances"


class EntryKind(StrEnum):
    """Why an entry was posted."""

    EARNING = "earning"
    ADJUSTMENT = "adjustment"
    PAYMENT = "payment"
    PAYROLL_ACCEPTED = "payroll_accepted"
    PAYROLL_REFUSED = "payroll_refused"
    DRAW = "draw"
    ADVANCE = "advance"
    RECOVERY = "recovery"
    OVERPAYMENT_DEFERRED = "overpayment_deferred"
    OVERPAYMENT_RECOVERED = "overpayment_recovered"
    OVERPAYMENT_WRITE_OFF = "overpayment_write_off"
    HOLDBACK = "holdback"
    HOLDBACK_RELEASE = "holdback_release"
    HOLDBACK_FORFEIT = "holdback_forfeit"
    HOLD = "hold"
    RELEASE = "release"
    WRITE_OFF = "write_off"
    DRAW_WRITE_OFF = "draw_write_off"
    GOODWILL = "goodwill"
    ACCRUAL = "accrual"
    ACCRUAL_REVERSAL = "accrual_reversal"
    OPENING_PAYABLE = "opening_payable"
    OPENING_CARRIED = "opening_carried"
    OPENING_HELD = "opening_held"
    OPENING_DRAW = "opening_draw"


_ACCOUNTS = {
    EntryKind.EARNING: (LedgerAccount.EXPENSE, LedgerAccount.PAYABLE),
    EntryKind.ADJUSTMENT: (LedgerAccount.EXPENSE, LedgerAccount.PAYABLE),
    EntryKind.PAYMENT: (LedgerAccount.PAYABLE, LedgerAccount.PAYROLL_CLEARING),
    EntryKind.PAYROLL_ACCEPTED: (LedgerAccount.PAYROLL_CLEARING, LedgerAccount.PAID),
    EntryKind.PAYROLL_REFUSED: (LedgerAccount.PAYROLL_CLEARING, LedgerAccount.PAYABLE),
    EntryKind.DRAW: (LedgerAccount.DRAWS, LedgerAccount.PAYABLE),
    # An advance reached the person before the cycle was locked.
    EntryKind.ADVANCE: (LedgerAccount.DRAWS, LedgerAccount.PAYROLL_CLEARING),
    EntryKind.RECOVERY: (LedgerAccount.PAYABLE, LedgerAccount.DRAWS),
    # What a plan's ceiling leaves of an overpayment waits beside what is payable, so that the rest of a payout is paid.
    EntryKind.OVERPAYMENT_DEFERRED: (LedgerAccount.OVERPAYMENTS, LedgerAccount.PAYABLE),
    EntryKind.OVERPAYMENT_RECOVERED: (LedgerAccount.PAYABLE, LedgerAccount.OVERPAYMENTS),
    EntryKind.OVERPAYMENT_WRITE_OFF: (LedgerAccount.WRITE_OFFS, LedgerAccount.OVERPAYMENTS),
    EntryKind.HOLDBACK: (LedgerAccount.PAYABLE, LedgerAccount.HOLDBACK),
    EntryKind.HOLDBACK_RELEASE: (LedgerAccount.HOLDBACK, LedgerAccount.PAYABLE),
    EntryKind.HOLDBACK_FORFEIT: (LedgerAccount.HOLDBACK, LedgerAccount.FORFEITED),
    EntryKind.HOLD: (LedgerAccount.PAYABLE, LedgerAccount.HELD),
    EntryKind.RELEASE: (LedgerAccount.HELD, LedgerAccount.PAYABLE),
    EntryKind.WRITE_OFF: (LedgerAccount.WRITE_OFFS, LedgerAccount.PAYABLE),
    EntryKind.DRAW_WRITE_OFF: (LedgerAccount.WRITE_OFFS, LedgerAccount.DRAWS),
    EntryKind.GOODWILL: (LedgerAccount.GOODWILL, LedgerAccount.PAYABLE),
    EntryKind.ACCRUAL: (LedgerAccount.EXPENSE, LedgerAccount.ACCRUED),
    EntryKind.ACCRUAL_REVERSAL: (LedgerAccount.ACCRUED, LedgerAccount.EXPENSE),
    EntryKind.OPENING_PAYABLE: (LedgerAccount.OPENING, LedgerAccount.PAYABLE),
    EntryKind.OPENING_CARRIED: (LedgerAccount.PAYABLE, LedgerAccount.OPENING),
    EntryKind.OPENING_HELD: (LedgerAccount.OPENING, LedgerAccount.HELD),
    EntryKind.OPENING_DRAW: (LedgerAccount.DRAWS, LedgerAccount.OPENING),
}


class UnbalancedEntryError(InputError):
    """The postings of an entry do not sum to zero."""


class PostingDraft(NamedTuple):
    """One signed amount on one account; a tuple, as a lock makes hundreds of thousands."""

    account: LedgerAccount
    currency: str
    amount_minor: int


class EntryDraft(NamedTuple):
    """One set of postings of one person; `key` is the same however often the act is tried."""

    kind: EntryKind
    associate_id: str
    statement_id: int | None
    effective_on: date
    key: str
    postings: tuple[PostingDraft, ...]


@dataclass(frozen=True, slots=True)
class PreparedEntries:
    """Entries with their numbers and digests; `digest` is over all of them and goes into the act's event."""

    first_entry_id: int
    entries: tuple[EntryDraft, ...]
    digests: tuple[str, ...]
    digest: str


def accounts_of(kind: EntryKind) -> tuple[LedgerAccount, LedgerAccount]:
    """Return the accounts that an entry of a kind debits and credits."""
    return _ACCOUNTS[kind]


def transfer(
    kind: EntryKind, key: str, associate_id: str, currency: str, amount_minor: int, effective_on: date, statement_id: int | None
) -> EntryDraft:
    """Return the entry of one amount: an earning raises what is owed, a payment lowers it."""
    debit, credit = accounts_of(kind)
    postings = (PostingDraft(debit, currency, amount_minor), PostingDraft(credit, currency, -amount_minor))
    return EntryDraft(kind, associate_id, statement_id, effective_on, key, postings)


def prepare_entries(session: Session, entries: Sequence[EntryDraft]) -> PreparedEntries:
    """Check and number entries before the act's event is written, which holds their digest.

    Raises:
        UnbalancedEntryError: An entry does not sum to zero in each of its currencies, or moves nothing.
    """
    for entry in entries:
        sums: dict[str, int] = {}
        for posting in entry.postings:
            sums[posting.currency] = sums.get(posting.currency, 0) + posting.amount_minor
        if any(sums.values()) or len(entry.postings) < 2 or any(posting.amount_minor == 0 for posting in entry.postings):
            raise UnbalancedEntryError("the postings of the entry do not sum to zero, or move nothing.", where=entry.key)
    first = (session.scalar(select(func.max(JournalEntry.entry_id))) or 0) + 1
    digests = tuple(
        entry_digest(
            first + offset,
            entry.kind.value,
            entry.associate_id,
            entry.statement_id,
            entry.effective_on,
            entry.key,
            [(posting.account.value, posting.currency, posting.amount_minor) for posting in entry.postings],
        )
        for offset, entry in enumerate(entries)
    )
    return PreparedEntries(first, tuple(entries), digests, digest_of_all(digests))


def post_entries(session: Session, cycle_id: int, event_id: int, prepared: PreparedEntries, *, recorded_at: datetime) -> None:
    """Write prepared entries, their postings and their seals, inside the act that prepared them."""
    posting_id = (session.scalar(select(func.max(Posting.posting_id))) or 0) + 1
    for start in range(0, len(prepared.entries), CHUNK):
        part = list(enumerate(prepared.entries[start : start + CHUNK], prepared.first_entry_id + start))
        session.execute(
            insert(JournalEntry),
            [
                {
                    "entry_id": entry_id,
                    "cycle_id": cycle_id,
                    "kind": entry.kind.value,
                    "associate_id": entry.associate_id,
                    "statement_id": entry.statement_id,
                    "effective_on": entry.effective_on,
                    "recorded_at": recorded_at,
                    "idempotency_key": entry.key,
                    "event_id": event_id,
                }
                for entry_id, entry in part
            ],
        )
        rows = [
            {
                "entry_id": entry_id,
                "account": posting.account.value,
                "associate_id": entry.associate_id,
                "currency": posting.currency,
                "amount_minor": posting.amount_minor,
            }
            for entry_id, entry in part
            for posting in entry.postings
        ]
        session.execute(insert(Posting), [{"posting_id": posting_id + offset, **row} for offset, row in enumerate(rows)])
        posting_id += len(rows)
        session.execute(
            insert(EntrySeal),
            [
                {
                    "entry_id": entry_id,
                    "posting_count": len(entry.postings),
                    "digest": prepared.digests[entry_id - prepared.first_entry_id],
                }
                for entry_id, entry in part
            ],
        )


def payable_of_group(
    session: Session, pay_group: str, calendar: str, *, before: date, before_event: int | None = None
) -> dict[tuple[str, str], int]:
    """Return what is owed per person and currency from the cycles before a day; negative = owed by the person.

    With `before_event`, as it was at that event: payroll's answer may come after it.
    """
    rows = session.execute(
        select(Posting.associate_id, Posting.currency, func.sum(Posting.amount_minor))
        .join(JournalEntry, JournalEntry.entry_id == Posting.entry_id)
        .join(Cycle, Cycle.cycle_id == JournalEntry.cycle_id)
        .where(
            Posting.account == LedgerAccount.PAYABLE.value,
            Cycle.pay_group == pay_group,
            Cycle.calendar == calendar,
            Cycle.period_start < before,
            *([] if before_event is None else [JournalEntry.event_id < before_event]),
        )
        .group_by(Posting.associate_id, Posting.currency)
    )
    return {(associate, currency): -int(balance) for associate, currency, balance in rows if balance}


def entry_digest(
    entry_id: int,
    kind: str,
    associate_id: str,
    statement_id: int | None,
    effective_on: date,
    key: str,
    postings: Sequence[tuple[str, str, int]],
) -> str:
    """Return the digest of an entry with its postings in their order."""
    return digest_of([entry_id, kind, associate_id, statement_id, effective_on.isoformat(), key, tuple(postings)])


def digest_of_all(digests: Sequence[str]) -> str:
    """Return the digest over entries' digests in order."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()
