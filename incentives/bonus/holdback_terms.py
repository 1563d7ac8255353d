"""What a component holds back, as a statement states it; the ledger reads it back at the lock."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from incentives.money import round_half_even
from incentives.periods import Period
from incentives.plans.model import Holdback


def held_back(holdback: Holdback, amount_minor: int) -> int:
    """Return what waits of a component's amount, after every cap; nothing of what is not positive."""
    return round_half_even(Fraction(max(amount_minor, 0)) * holdback.share)


def release_on(holdback: Holdback, period: Period) -> date:
    """Return the day from which it is released: so many days after the period, or the first day of the next year."""
    if holdback.until == "year_end":
        return date((period.end - timedelta(days=1)).year + 1, 1, 1)
    return period.end + timedelta(days=holdback.days or 0)
