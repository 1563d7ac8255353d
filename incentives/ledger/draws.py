"""Recoverable draws: what a lock pays of them, and what it takes back of them and of overpayments. Balances are derived from postings, never stored.

A top-up pays what worth lacks to its amount; an additive draw is paid on top; an advance was paid before the period's end,
which then pays what lies above it. What is owed is taken back from later worth, overpayments first: at most a share of it, and never below
what the plan leaves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from incentives.ledger.balances import Balances, draws_owed_before
from incentives.ledger.heads import CycleHead
from incentives.ledger.holdbacks import waiting_of
from incentives.ledger.models import Calculation, Statement, StatementTrace
from incentives.ledger.postings import EntryDraft, EntryKind, transfer
from incentives.money import currency_digits


@dataclass(frozen=True, slots=True)
class DrawTerms:
    """The terms of a draw for one statement, minor units; what they mean is docs/explanation/ledger.md."""

    statement_id: int
    number: str
    associate_id: str
    currency: str
    worth_minor: int
    held_minor: int
    amount_minor: int
    form: str
    pays: bool
    recovers: bool
    ceiling: Fraction
    minimum_minor: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one lock does: `paid` on top of worth, `advanced` before the period's end, `recovered` from worth, `charged` to worth of overpayments."""

    paid: int
    advanced: int
    recovered: int
    charged: int = 0


def drawn(terms: DrawTerms, owed_minor: int, overpaid_minor: int = 0) -> Drawn:
    """Return what is paid and taken back of a draw.

    Args:
        terms: Of the statement.
        owed_minor: What the person owes of earlier draws.
        overpaid_minor: What they were paid too much, which comes before draws.

    By hand, a top-up to 1,500.00: worth 500.00 pays 1,000.00 more; worth 3,000.00 then gives the 1,000.00 back and pays 2,000.00.
    """
    worth = max(terms.worth_minor, 0)
    payout = max(worth - terms.held_minor, 0)
    paid = advanced = recovered = 0
    if terms.pays and terms.form == "top_up":
        paid = max(terms.amount_minor - worth, 0)
    elif terms.pays and terms.form == "additive":
        paid = terms.amount_minor
    elif terms.pays:
        advanced = terms.amount_minor
        recovered = min(advanced, payout)
    left = payout - recovered
    most = max(min(int(left * terms.ceiling), left - terms.minimum_minor), 0)
    charged = min(overpaid_minor, most)
    if terms.recovers:
        recovered += min(owed_minor, most - charged)
    return Drawn(paid, advanced, recovered, charged)


def draw_entries(session: Session, head: CycleHead, terms_of_draws: Sequence[DrawTerms], overpaid: Balances) -> list[EntryDraft]:
    """Return the entries of every draw of a version, in the order of its statements.

    Args:
        session: Reads the ledger.
        head: The cycle.
        terms_of_draws: Of the version.
        overpaid: What is to be taken of people's payouts first; left with what was not.
    """
    owed = draws_owed_before(session, head)
    effective_on = head.period_end - timedelta(days=1)
    entries: list[EntryDraft] = []
    for terms in terms_of_draws:
        key = (terms.associate_id, terms.currency)
        done = drawn(terms, owed.get(key, 0), overpaid.get(key, 0))
        overpaid[key] = overpaid.get(key, 0) - done.charged
        owed[key] = owed.get(key, 0) + done.paid + done.advanced - done.recovered
        for kind, amount in (
            (EntryKind.DRAW, done.paid),
            (EntryKind.ADVANCE, done.advanced),
            (EntryKind.RECOVERY, done.recovered),
        ):
            if amount:
                entries.append(
                    transfer(
                        kind,
                        f"{kind.value}/{terms.number}",
                        terms.associate_id,
                        terms.currency,
                        amount,
                        effective_on,
                        terms.statement_id,
                    )
                )
    return entries


def draw_terms_of(session: Session, head: CycleHead, calculation: Calculation) -> Iterator[DrawTerms]:
    """Yield the draws of a version's own statements, from their traces: what the approver's digest names."""
    rows = session.execute(
        select(
            Statement.statement_id,
            Statement.number,
            Statement.associate_id,
            Statement.currency,
            Statement.worth_minor,
            StatementTrace.steps,
        )
        .join(StatementTrace, StatementTrace.statement_id == Statement.statement_id)
        .where(
            Statement.calculation_id == calculation.calculation_id,
            Statement.earned_period == head.period,
            StatementTrace.steps.like('%"step":"draw"%'),
        )
        .order_by(Statement.statement_id)
    )
    for statement_id, number, associate, currency, worth, steps in rows:
        trace = json.loads(steps)
        step = next(step for step in trace if step["step"] == "draw")
        said = step["inputs"]
        yield DrawTerms(
            statement_id,
            number,
            associate,
            currency,
            worth,
            sum(part.amount_minor for part in waiting_of(trace, worth, currency)),
            _minor(step["output"], currency),
            said["form"],
            said["pays"] == "yes",
            said["recovers"] == "yes",
            Fraction(said["ceiling"].removesuffix("%")) / 100,
            _minor(said["minimum"], currency),
        )


def _minor(text: str, currency: str) -> int:
    return int(Fraction(text) * 10 ** currency_digits(currency))
