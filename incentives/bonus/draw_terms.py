"""The terms of a recoverable draw as a statement states them; the ledger reads them back at the lock."""

from __future__ import annotations

from datetime import date

from incentives.bonus.exact_text import money_text
from incentives.periods import Period
from incentives.plans.model import Draw, Recovery
from incentives.plans.numbers import percent_text


def draw_terms(draw: Draw, amount_minor: int, valid_from: date, period: Period, currency: str) -> dict[str, str]:
    """Return a draw's terms for a period, as exact text.

    Args:
        draw: A recoverable draw.
        amount_minor: Its prorated amount, minor units.
        valid_from: First day of the plan version; its period is the first of the draw's `periods`.
        period: The period that is paid.
        currency: Of the statement.

    Returns:
        `form`; `pays` and `recovers`, yes or no, for this period; `ceiling` of a payout that recovery takes at most;
        `minimum` in major units that it leaves: a top-up's own amount where the plan does not say.
    """
    recovery = draw.recovery or Recovery()
    starts = recovery.start is None or period.start >= Period.parse(recovery.start).start
    if recovery.minimum is not None:
        minimum = money_text(recovery.minimum.minor(currency), currency)
    else:
        minimum = money_text(amount_minor if draw.form == "top_up" else 0, currency)
    return {
        "form": str(draw.form),
        "pays": "yes" if draw.periods is None or _number(valid_from, period) <= draw.periods else "no",
        "recovers": "yes" if starts else "no",
        "ceiling": percent_text(recovery.ceiling),
        "minimum": minimum,
    }


def _number(valid_from: date, period: Period) -> int:
    """Return the place of a period among those from the day on, from 1."""
    first = Period.containing(valid_from, period.calendar)
    number = 1
    while first < period:
        first, number = first.next(), number + 1
    return number
