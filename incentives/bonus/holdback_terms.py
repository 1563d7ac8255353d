"""What a component holds back, as a statement states it; the ledger reads it back at the lock."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from incentives.money import round_half_even
from incentives.periods import Period
from incentives.plans.model import Holdback
from incentives.plans.numbers import number_text


def held_back(holdback: Holdback, amount_minor: int) -> int:
    """Return what waits of a component's amount, after every cap; nothing of what is not positive."""
    return round_half_even(Fraction(max(amount_minor, 0)) * holdback.share)


def holdback_inputs(holdback: Holdback, period: Period) -> dict[str, str]:
    """Return until when, and for what, it waits, as a statement states it: a day of release, or a gate and the day it ends on."""
    day = release_on(holdback, period).isoformat()
    if holdback.until != "gate":
        return {"until": holdback.until, "release_on": day}
    assert holdback.at_least is not None
    assert holdback.at_least.amount.single is not None
    least = number_text(holdback.at_least.amount.single)
    return {"until": "gate", "gate": holdback.gate or "", "at_least": least, "from": period.start.isoformat(), "decide_by": day}


def release_on(holdback: Holdback, period: Period) -> date:
    """Return the day from which it is released, or forfeited: so many days after the period, or the first day of the next year."""
    if holdback.until == "year_end":
        return date((period.end - timedelta(days=1)).year + 1, 1, 1)
    return period.end + timedelta(days=holdback.days or 0)
