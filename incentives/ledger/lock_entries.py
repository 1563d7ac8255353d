"""What the lock of a cycle posts: earnings and adjustments, holdbacks, draws, overpayments, goodwill, opening balances, what finance instructed before the approval, and accruals taken back.

Derived from the approved version, the instructions and the postings of earlier cycles, so that `verify` can derive it again.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incentives.ledger.accruals import reversal_entries
from incentives.ledger.balances import Balances, draws_owed_before, held_before, overpaid_before
from incentives.ledger.draws import draw_entries, draw_terms_of
from incentives.ledger.goodwills import goodwill_entries
from incentives.ledger.heads import CycleHead, heads
from incentives.ledger.holdbacks import holdback_entries
from incentives.ledger.instructions import instructions_of
from incentives.ledger.models import Calculation, CycleAct, Statement
from incentives.ledger.opening import opening_entries
from incentives.ledger.overpayments import overpaid_people, overpayment_entries
from incentives.ledger.postings import EntryDraft, EntryKind, LedgerAccount, payable_of_group, transfer
from incentives.ledger.states import Act, CycleState, Instruction, StateError


def lock_entries(session: Session, head: CycleHead, calculation: Calculation) -> list[EntryDraft]:
    """Return the entries of a cycle's lock, in their order."""
    rows = session.execute(
        select(Statement.statement_id, Statement.number, Statement.associate_id, Statement.earned_period, Statement.currency)
        .add_columns(Statement.due_minor)
        .where(Statement.calculation_id == calculation.calculation_id, Statement.due_minor != 0)
        .order_by(Statement.statement_id)
    ).all()
    entries = [
        transfer(
            EntryKind.EARNING if row.earned_period == head.period else EntryKind.ADJUSTMENT,
            f"lock/{row.number}",
            row.associate_id,
            row.currency,
            row.due_minor,
            head.period_end - timedelta(days=1),
            row.statement_id,
        )
        for row in rows
    ]
    entries += holdback_entries(session, head, calculation)
    opening = list(opening_entries(session, head))
    terms = tuple(draw_terms_of(session, head, calculation))
    overpaid = overpaid_people(session, head, [*entries, *opening], terms)
    entries += draw_entries(session, head, terms, overpaid)
    entries += overpayment_entries(session, head, overpaid)
    entries += goodwill_entries(session, head)
    return entries + opening + _instructed(session, head, entries, opening) + reversal_entries(session, head)


def _instructed(session: Session, head: CycleHead, entries: list[EntryDraft], opening: list[EntryDraft]) -> list[EntryDraft]:
    """Return the entries of holds, releases and write-offs, given those of statements and draws, and the opening balances."""
    told: dict[Instruction, list[str]] = {}
    for one in instructions_of(session, head):
        told.setdefault(one.kind, []).append(one.subject)
    moved: list[tuple[EntryKind, str, str, int]] = []
    due = _summed([*entries, *opening], LedgerAccount.PAYABLE, -1)
    left = dict(due)
    for (who, currency), amount in sorted(held_before(session, head).items()) if Instruction.RELEASE in told else ():
        if who in told[Instruction.RELEASE]:
            moved.append((EntryKind.RELEASE, who, currency, amount))
            left[who, currency] = left.get((who, currency), 0) + amount
    for (who, currency), amount in sorted(due.items()):
        if who in told.get(Instruction.HOLD, ()) and amount > 0:
            moved.append((EntryKind.HOLD, who, currency, amount))
            left[who, currency] -= amount
    if written_off := told.get(Instruction.WRITE_OFF):
        moved += _written_off(session, head, written_off, left, entries)
    return [
        transfer(
            kind,
            f"{kind.value}/{head.subject}/{who}/{currency}",
            who,
            currency,
            amount,
            head.period_end - timedelta(days=1),
            None,
        )
        for kind, who, currency, amount in moved
    ]


def _written_off(
    session: Session, head: CycleHead, people: list[str], left: Balances, entries: list[EntryDraft]
) -> list[tuple[EntryKind, str, str, int]]:
    """Return what people still owe after the lock, of payouts, of draws and of overpayments."""
    if head.state is CycleState.APPROVED:
        _require_paid_before(session, head)
    moved: list[tuple[EntryKind, str, str, int]] = []
    locked = select(CycleAct.event_id).where(CycleAct.cycle_id == head.cycle_id, CycleAct.act == Act.LOCK.value)
    payable = payable_of_group(
        session, head.pay_group, head.calendar, before=head.period_start, before_event=session.scalar(locked)
    )
    for key in sorted({*payable, *left}):
        owed = -(payable.get(key, 0) + left.get(key, 0))
        if key[0] in people and owed > 0:
            moved.append((EntryKind.WRITE_OFF, *key, owed))
    for kind, account, before in (
        (EntryKind.DRAW_WRITE_OFF, LedgerAccount.DRAWS, draws_owed_before(session, head)),
        (EntryKind.OVERPAYMENT_WRITE_OFF, LedgerAccount.OVERPAYMENTS, overpaid_before(session, head)),
    ):
        now = _summed(entries, account, 1)
        for key in sorted({*before, *now}):
            owed = before.get(key, 0) + now.get(key, 0)
            if key[0] in people and owed > 0:
                moved.append((kind, *key, owed))
    return moved


def _require_paid_before(session: Session, head: CycleHead) -> None:
    for other in heads(session):
        same = (other.pay_group, other.calendar) == (head.pay_group, head.calendar)
        if same and other.period_start < head.period_start and other.state is CycleState.LOCKED:
            raise StateError(
                f"{other.period} is locked and not exported, so what is still owed is not known.",
                where=head.subject,
                remedy=f"Export {other.period} first.",
            )


def _summed(entries: list[EntryDraft], account: LedgerAccount, sign: int) -> Balances:
    sums: Balances = {}
    for entry in entries:
        for posting in entry.postings:
            if posting.account is account:
                key = (entry.associate_id, posting.currency)
                sums[key] = sums.get(key, 0) + sign * posting.amount_minor
    return sums
