"""The general-ledger journal of an exported cycle, and of an accrual: what it debits and credits, by day, kind of entry, account and currency.

No person stands in it. It holds what the cycle's lock and export posted, so that it is the same whenever it is written.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from incentives.ledger.audit import JsonValue, canonical
from incentives.ledger.exports import safe_text
from incentives.ledger.heads import CycleHead
from incentives.ledger.models import JournalEntry, PayrollExport, Posting
from incentives.ledger.postings import EntryKind
from incentives.money import format_minor

COLUMNS = ("date", "reference", "legal_entity", "pay_group", "period", "entry", "account", "currency", "debit", "credit")


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One account's sums of one kind of entry; minor units, neither below zero."""

    day: date
    kind: str
    account: str
    currency: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class JournalFile:
    """The journal and its control totals, as bytes."""

    name: str
    content: bytes
    control_name: str
    control: bytes
    lines: tuple[JournalLine, ...]


def journal_file(session: Session, head: CycleHead) -> JournalFile:
    """Return the journal of an exported cycle."""
    record = session.get_one(PayrollExport, head.cycle_id)
    # Accruals went to the general ledger when they were posted; that they are taken back stands here.
    of_the_cycle = (JournalEntry.event_id <= record.event_id, JournalEntry.kind != EntryKind.ACCRUAL.value)
    stem = record.file_name.removesuffix(".csv").replace("payroll-", "journal-", 1)
    return _file(head, stem, journal_lines(session, head, *of_the_cycle), {"payroll_sha256": record.sha256})


def accrual_journal(session: Session, head: CycleHead, number: int, event_id: int, *, is_demo: bool) -> JournalFile:
    """Return the journal of one accrual of a cycle."""
    stem = f"journal-accrual-{head.pay_group}-{head.period}-{number}{'-demo' if is_demo else ''}"
    return _file(head, stem, journal_lines(session, head, JournalEntry.event_id == event_id), {})


def _file(head: CycleHead, stem: str, lines: tuple[JournalLine, ...], more: dict[str, JsonValue]) -> JournalFile:
    content = _bytes(head, lines)
    totals: dict[str, tuple[int, int]] = {}
    for line in lines:
        debit, credit = totals.get(line.currency, (0, 0))
        totals[line.currency] = (debit + line.debit_minor, credit + line.credit_minor)
    control: dict[str, JsonValue] = {
        "file": f"{stem}.csv",
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows": len(lines),
        "totals": {
            currency: {"debit": format_minor(debit, currency), "credit": format_minor(credit, currency)}
            for currency, (debit, credit) in sorted(totals.items())
        },
        "period": head.period,
        "pay_group": head.pay_group,
        "legal_entity": head.legal_entity,
        "version": head.version,
        "digest": head.digest,
        **more,
    }
    return JournalFile(f"{stem}.csv", content, f"{stem}.control.json", f"{canonical(control)}\n".encode(), lines)


def journal_lines(session: Session, head: CycleHead, *conditions: ColumnElement[bool]) -> tuple[JournalLine, ...]:
    """Return what a cycle posted by the entries that conditions pick, debits and credits apart."""
    amount = Posting.amount_minor
    debit = func.sum(case((amount > 0, amount), else_=0))
    credit = func.sum(case((amount < 0, -amount), else_=0))
    grain = (JournalEntry.effective_on, JournalEntry.kind, Posting.account, Posting.currency)
    query: Select[date, str, str, str, int, int] = (
        select(JournalEntry.effective_on, JournalEntry.kind, Posting.account, Posting.currency, debit, credit)
        .join(JournalEntry, JournalEntry.entry_id == Posting.entry_id)
        .where(JournalEntry.cycle_id == head.cycle_id, *conditions)
        .group_by(*grain)
        .order_by(*grain)
    )
    return tuple(
        JournalLine(day, kind, account, currency, int(debits), int(credits))
        for day, kind, account, currency, debits, credits in session.execute(query)
    )


def _bytes(head: CycleHead, lines: tuple[JournalLine, ...]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        named = (head.subject, head.legal_entity, head.pay_group, head.period, line.kind, line.account, line.currency)
        amounts = [format_minor(minor, line.currency) if minor else "" for minor in (line.debit_minor, line.credit_minor)]
        writer.writerow([line.day.isoformat(), *map(safe_text, named), *amounts])
    return buffer.getvalue().encode()
