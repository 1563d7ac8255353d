"""Use case: what finance instructs of a cycle before its approval: holds, releases, write-offs, waivers and goodwill."""

from __future__ import annotations

from datetime import datetime

from incentives.errors import InputError
from incentives.ledger import goodwills, heads, instructions
from incentives.ledger.engine import Ledger
from incentives.ledger.goodwills import Given
from incentives.ledger.instructions import Instructed
from incentives.ledger.rules import require_finance
from incentives.ledger.states import Instruction
from incentives.money import to_minor
from incentives.periods import Period
from incentives.services.accounts import Person
from incentives.services.cycle_outcomes import check_cycle, open_points
from incentives.services.cycle_reads import resolve_pay_group
from incentives.workspace import Workspace
from quality.outcomes import stopping


def instruct_cycle(
    ws: Workspace,
    period: Period,
    kind: Instruction,
    subject: str,
    *,
    pay_group: str | None = None,
    by: Person,
    now: datetime,
    reason: str,
    withdraw: bool = False,
) -> Instructed:
    """Give an instruction of a cycle that is calculated or in review, or withdraw one.

    Args:
        ws: The workspace.
        period: The cycle's period.
        kind: hold, release, write_off or waive.
        subject: The person; of a waiver the name of a check that stops the approval now.
        pay_group: The cycle's pay group; the default one, or the only one.
        by: Finance of the pay group; will not approve this cycle.
        now: When.
        reason: In words.
        withdraw: Takes the same instruction back.

    Raises:
        AccessError: `by` is not finance of the pay group, or it is their own pay.
        InputError: There is nothing to hold, release, waive or withdraw.
        StateError: The cycle is not calculated, or approved already.
    """
    group = resolve_pay_group(ws, pay_group)
    require_finance(by, group)
    if kind is Instruction.WAIVE and not withdraw:
        failing = sorted(outcome.name for outcome in stopping(open_points(ws, period, group).outcomes))
        if subject not in failing:
            failing = sorted(outcome.name for outcome in stopping(check_cycle(ws, period, group)))
        if subject not in failing:
            raise InputError(
                f"'{subject}' stops nothing in this cycle.",
                where=f"{period.label}/{group}",
                remedy=f"What stops it: {', '.join(failing) or 'nothing'}.",
            )
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        head = heads.find(session, group, period)
        return instructions.instruct(session, by.actor(), head, kind, subject, at=now, reason=reason, withdraw=withdraw)


def give_goodwill(
    ws: Workspace,
    period: Period,
    associate_id: str,
    amount: str,
    *,
    pay_group: str | None = None,
    currency: str | None = None,
    by: Person,
    now: datetime,
    reason: str,
    withdraw: bool = False,
) -> Given:
    """Give goodwill with a cycle that is calculated or in review, without a question, or withdraw it.

    Raises:
        AccessError: `by` is not finance of the pay group, or it is their own pay.
        InputError: The person is not paid by the group in the currency, or has goodwill there already.
        StateError: The cycle is not calculated, or approved already.
    """
    group = resolve_pay_group(ws, pay_group)
    require_finance(by, group)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        head = heads.find(session, group, period)
        paid_in = currency or head.currency
        minor = to_minor(amount, paid_in)
        return goodwills.give(session, by.actor(), head, associate_id, paid_in, minor, at=now, reason=reason, withdraw=withdraw)
