"""A pay group as the calculation sees it."""

from __future__ import annotations

from dataclasses import dataclass

from incentives.periods import Calendar


@dataclass(frozen=True, slots=True)
class PayGroup:
    """People who are paid together: name, calendar and currency.

    `is_default` groups also take people whose associate record names no group.
    """

    name: str
    calendar: Calendar
    currency: str
    is_default: bool = False
