"""Use case: what is owed to people and by them once a cycle is locked, from postings alone."""

from __future__ import annotations

from dataclasses import dataclass

from incentives.ledger import heads
from incentives.ledger.balances import draws_owed_after, held_after, held_back_after, overpaid_after
from incentives.ledger.engine import Ledger
from incentives.ledger.postings import payable_of_group
from incentives.ledger.states import FINAL_STATES, StateError
from incentives.periods import Period
from incentives.services.cycle_reads import resolve_pay_group
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Balance:
    """One person's balances in one currency, minor units; a person without any is left out.

    `payable` is what is still to be paid; below zero it is carried forward and taken from the next payment. `held` is what
    waits for its release, `held_back` what waits for its day, `draws` what they owe of recoverable draws, `overpaid` what is left to later
    payouts of what they were paid too much.
    """

    associate_id: str
    currency: str
    payable_minor: int
    held_minor: int
    held_back_minor: int
    draws_minor: int
    overpaid_minor: int


def balances_of(ws: Workspace, period: Period, pay_group: str | None = None) -> tuple[Balance, ...]:
    """Return everybody's balances after the cycle of a period, by person and currency.

    Raises:
        InputError: It was not opened.
        StateError: It is not locked.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = heads.find(session, resolve_pay_group(ws, pay_group), period)
        if head.state not in FINAL_STATES:
            raise StateError("nothing of the cycle is posted before it is locked.", where=head.subject)
        payable = payable_of_group(session, head.pay_group, head.calendar, before=head.period_end)
        draws = draws_owed_after(session, head)
        held = held_after(session, head)
        back = held_back_after(session, head)
        overpaid = overpaid_after(session, head)
    return tuple(
        Balance(*key, *(balances.get(key, 0) for balances in (payable, held, back, draws, overpaid)))
        for key in sorted(payable.keys() | held.keys() | back.keys() | draws.keys() | overpaid.keys())
    )
