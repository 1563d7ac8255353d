"""The payroll export of a locked cycle: one row per person, pay element, currency and amount.

A person is paid what the cycle's statements are due, less what they still owe from earlier cycles; where nothing is
left, there is no row and the rest is carried forward. The first export posts the payments and records every row; each
later one writes the same bytes from the recorded rows and posts nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, insert, select
from sqlalchemy.orm import Session

from incentives.ledger.audit import Actor, JsonValue, canonical
from incentives.ledger.cycles import record_export_act
from incentives.ledger.engine import plain_rows
from incentives.ledger.heads import CycleHead, calculation_of, heads, people_of
from incentives.ledger.models import AuditEvent, JournalEntry, PayrollExport, PayrollLine, Posting, Statement
from incentives.ledger.postings import EntryKind, LedgerAccount, payable_of_group, post_entries, prepare_entries, transfer
from incentives.ledger.rules import require_human, require_not_own_pay
from incentives.ledger.states import Act, CycleState, StateError, state_after
from incentives.money import format_minor

COLUMNS = ("period", "pay_group", "person_id", "pay_element", "currency", "amount")
CARRIED_FORWARD = "CARRIED_FORWARD"
# What a lock moves of what is payable beside statements: kind of entry -> pay element.
_ELEMENTS = {
    EntryKind.DRAW.value: "DRAW",
    EntryKind.RECOVERY.value: "DRAW_RECOVERY",
    EntryKind.OVERPAYMENT_DEFERRED.value: "OVERPAYMENT_DEFERRED",
    EntryKind.OVERPAYMENT_RECOVERED.value: "OVERPAYMENT_RECOVERED",
    EntryKind.HOLDBACK.value: "HOLDBACK",
    EntryKind.HOLDBACK_RELEASE.value: "HOLDBACK_RELEASED",
    EntryKind.HOLD.value: "HELD",
    EntryKind.RELEASE.value: "RELEASED",
    EntryKind.WRITE_OFF.value: "WRITTEN_OFF",
    EntryKind.GOODWILL.value: "GOODWILL",
    EntryKind.OPENING_PAYABLE.value: "OPENING_BALANCE",
    EntryKind.OPENING_CARRIED.value: "OPENING_BALANCE",
}
# A cell that begins like this is run by a spreadsheet; text is escaped with an apostrophe, numbers never are.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One row of the payroll file."""

    associate_id: str
    pay_element: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PayrollFile:
    """The payroll file and its control totals, as bytes; `repeated` where it was exported before."""

    name: str
    content: bytes
    control_name: str
    control: bytes
    sha256: str
    lines: tuple[ExportLine, ...]
    repeated: bool


def export(session: Session, actor: Actor, head: CycleHead, *, is_demo: bool, at: datetime) -> PayrollFile:
    """Post the payments of a locked cycle and return its payroll file; once exported, return the same file.

    Raises:
        StateError: The cycle is not locked, or an earlier one of the calendar is locked and not exported.
    """
    require_human(actor, Act.EXPORT)
    require_not_own_pay(actor, people_of(session, head), head.subject)
    if head.state is CycleState.EXPORTED:
        return payroll_file(session, head, repeated=True)
    state_after(head.state, Act.EXPORT, subject=head.subject)
    _require_earlier_exported(session, head)
    lines = payroll_lines(session, head)
    payments: dict[tuple[str, str], int] = {}
    for line in lines:
        key = (line.associate_id, line.currency)
        payments[key] = payments.get(key, 0) + line.amount_minor
    prepared = prepare_entries(
        session,
        [
            transfer(
                EntryKind.PAYMENT, f"payment/{head.subject}/{associate}/{currency}", associate, currency, amount, at.date(), None
            )
            for (associate, currency), amount in payments.items()
        ],
    )
    content = file_bytes(head, lines)
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"payroll-{head.pay_group}-{head.period}{'-demo' if is_demo else ''}.csv"
    head, event = record_export_act(
        session,
        actor,
        head,
        at=at,
        details={
            "file": name,
            "sha256": sha256,
            "rows": len(lines),
            "people": len({line.associate_id for line in lines}),
            "totals": totals_by_currency(lines),
            "entries": len(prepared.entries),
            "entries_digest": prepared.digest,
        },
    )
    post_entries(session, head.cycle_id, event.event_id, prepared, recorded_at=at)
    session.add(
        PayrollExport(
            cycle_id=head.cycle_id,
            file_name=name,
            sha256=sha256,
            row_count=len(lines),
            people=len({line.associate_id for line in lines}),
            exported_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()
    if lines:
        session.execute(
            insert(PayrollLine),
            [
                {
                    "cycle_id": head.cycle_id,
                    "line_number": number,
                    "associate_id": line.associate_id,
                    "pay_element": line.pay_element,
                    "currency": line.currency,
                    "amount_minor": line.amount_minor,
                }
                for number, line in enumerate(lines, 1)
            ],
        )
    return payroll_file(session, head, repeated=False)


def payroll_lines(session: Session, head: CycleHead) -> tuple[ExportLine, ...]:
    """Return what a locked cycle pays, by person, currency and element; only people with something left to pay."""
    calculation = calculation_of(session, head)
    due = session.execute(
        select(Statement.associate_id, Statement.currency, Statement.earned_period, func.sum(Statement.due_minor))
        .where(Statement.calculation_id == calculation.calculation_id)
        .group_by(Statement.associate_id, Statement.currency, Statement.earned_period)
    )
    elements: dict[tuple[str, str], dict[str, int]] = {}
    for associate, currency, earned_period, amount in due:
        element = "BONUS" if earned_period == head.period else f"ADJUSTMENT_{earned_period}"
        elements.setdefault((associate, currency), {})[element] = int(amount)
    for associate, currency, kind, amount in session.execute(_moved(head)):
        amounts = elements.setdefault((associate, currency), {})
        amounts[_ELEMENTS[kind]] = amounts.get(_ELEMENTS[kind], 0) - int(amount)
    earlier = payable_of_group(session, head.pay_group, head.calendar, before=head.period_start)
    for key, balance in earlier.items():
        elements.setdefault(key, {})[CARRIED_FORWARD] = balance
    lines = []
    for (associate, currency), amounts in sorted(elements.items()):
        if sum(amounts.values()) > 0:
            lines += [
                ExportLine(associate, element, currency, amount) for element, amount in sorted(amounts.items()) if amount != 0
            ]
    return tuple(lines)


def _moved(head: CycleHead) -> Select[str, str, str, int]:
    """Select what the cycle's lock moved of what is payable to each person, beside statements."""
    return (
        select(Posting.associate_id, Posting.currency, JournalEntry.kind, func.sum(Posting.amount_minor))
        .join(JournalEntry, JournalEntry.entry_id == Posting.entry_id)
        .where(
            JournalEntry.cycle_id == head.cycle_id,
            JournalEntry.kind.in_(list(_ELEMENTS)),
            Posting.account == LedgerAccount.PAYABLE.value,
        )
        .group_by(Posting.associate_id, Posting.currency, JournalEntry.kind)
    )


def payroll_file(session: Session, head: CycleHead, *, repeated: bool) -> PayrollFile:
    """Return the file of an exported cycle from its recorded rows.

    Raises:
        StateError: The rows no longer give the bytes whose fingerprint was recorded.
    """
    record = session.get_one(PayrollExport, head.cycle_id)
    lines = recorded_lines(session, head)
    content = file_bytes(head, lines)
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise StateError(
            "the recorded payroll rows are not those that were exported; run `incentives verify`.", where=head.subject
        )
    stem = record.file_name.removesuffix(".csv")
    control = canonical(_control(session, head, record, lines)) + "\n"
    return PayrollFile(record.file_name, content, f"{stem}.control.json", control.encode(), record.sha256, lines, repeated)


def recorded_lines(session: Session, head: CycleHead) -> tuple[ExportLine, ...]:
    """Return the recorded rows of a cycle's export."""
    lines = PayrollLine.__table__.c
    query = select(lines.associate_id, lines.pay_element, lines.currency, lines.amount_minor)
    return tuple(
        ExportLine(*row) for row in plain_rows(session, query.where(lines.cycle_id == head.cycle_id).order_by(lines.line_number))
    )


def file_bytes(head: CycleHead, lines: Sequence[ExportLine]) -> bytes:
    """Return the CSV: amounts in major units with the currency's digits; text cells escaped against formulas."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        amount = format_minor(line.amount_minor, line.currency)
        texts = (head.period, head.pay_group, line.associate_id, line.pay_element, line.currency)
        writer.writerow([*map(safe_text, texts), amount])
    return buffer.getvalue().encode()


def totals_by_currency(lines: Sequence[ExportLine]) -> dict[str, int]:
    """Return the sum of the rows per currency, in minor units."""
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.currency] = totals.get(line.currency, 0) + line.amount_minor
    return dict(sorted(totals.items()))


def _control(session: Session, head: CycleHead, record: PayrollExport, lines: Sequence[ExportLine]) -> Mapping[str, JsonValue]:
    """Return the control totals that payroll compares with what it read, and the chain's head that leaves with them."""
    event = session.get_one(AuditEvent, record.event_id)
    by_element: dict[str, dict[str, int]] = {}
    for line in lines:
        element = "ADJUSTMENT" if line.pay_element.startswith("ADJUSTMENT_") else line.pay_element
        amounts = by_element.setdefault(line.currency, {})
        amounts[element] = amounts.get(element, 0) + line.amount_minor
    return {
        "file": record.file_name,
        "sha256": record.sha256,
        "rows": record.row_count,
        "people": record.people,
        "totals": {currency: format_minor(total, currency) for currency, total in totals_by_currency(lines).items()},
        "totals_by_element": {
            currency: {element: format_minor(amount, currency) for element, amount in amounts.items()}
            for currency, amounts in by_element.items()
        },
        "period": head.period,
        "pay_group": head.pay_group,
        "legal_entity": head.legal_entity,
        "version": head.version,
        "digest": head.digest,
        "exported_at": record.exported_at.isoformat(),
        "chain_event": event.event_id,
        "chain_hash": event.event_hash,
    }


def _require_earlier_exported(session: Session, head: CycleHead) -> None:
    for other in heads(session):
        same = other.pay_group == head.pay_group and other.calendar == head.calendar
        if same and other.period_start < head.period_start and other.state is CycleState.LOCKED:
            raise StateError(
                f"{other.period} is locked and not exported; what it owes or is owed is settled first.",
                where=head.subject,
                remedy=f"Export {other.period} first.",
            )


def safe_text(text: str) -> str:
    """Return a text that a spreadsheet does not run."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
