"""Calendar periods: months, quarters, half-years and years, as half-open date intervals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from incentives.errors import InputError

Calendar = Literal["month", "quarter", "half_year", "year"]
CALENDARS: tuple[Calendar, ...] = ("month", "quarter", "half_year", "year")
_MONTHS: dict[Calendar, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_PATTERNS: tuple[tuple[Calendar, re.Pattern[str]], ...] = (
    ("month", re.compile(r"(\d{4})-(\d{2})")),
    ("quarter", re.compile(r"(\d{4})-Q([1-4])")),
    ("half_year", re.compile(r"(\d{4})-H([12])")),
    ("year", re.compile(r"(\d{4})()")),
)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One calendar period; `start` is its first day and `end` the first day after it."""

    start: date
    calendar: Calendar

    @classmethod
    def parse(cls, text: str) -> Period:
        """Return the period that `2026-03`, `2026-Q1`, `2026-H1` or `2026` names.

        Raises:
            InputError: The text names no period.
        """
        for calendar, pattern in _PATTERNS:
            match = pattern.fullmatch(text.strip())
            if match:
                index = int(match.group(2) or 1)
                month = (index - 1) * _MONTHS[calendar] + 1
                year = int(match.group(1))
                if 1 <= month <= 12 and year >= 1:
                    return cls(date(year, month, 1), calendar)
        raise InputError(f"'{text}' is not a period.", remedy="Write 2026-03, 2026-Q1, 2026-H1 or 2026.")

    @classmethod
    def containing(cls, day: date, calendar: Calendar) -> Period:
        """Return the period of a calendar in which a day lies."""
        months = _MONTHS[calendar]
        return cls(date(day.year, (day.month - 1) // months * months + 1, 1), calendar)

    @property
    def end(self) -> date:
        """First day after the period."""
        return _add_months(self.start, _MONTHS[self.calendar])

    @property
    def days(self) -> int:
        """Number of days in the period."""
        return (self.end - self.start).days

    @property
    def label(self) -> str:
        """The period as it is written on the command line and in statements."""
        index = (self.start.month - 1) // _MONTHS[self.calendar] + 1
        match self.calendar:
            case "month":
                return f"{self.start.year:04d}-{index:02d}"
            case "quarter":
                return f"{self.start.year:04d}-Q{index}"
            case "half_year":
                return f"{self.start.year:04d}-H{index}"
            case _:
                return f"{self.start.year:04d}"

    def next(self) -> Period:
        """Return the following period of the same calendar."""
        return Period(self.end, self.calendar)

    def previous(self) -> Period:
        """Return the preceding period of the same calendar."""
        return Period(_add_months(self.start, -_MONTHS[self.calendar]), self.calendar)

    def contains(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return self.start <= day < self.end

    def __str__(self) -> str:
        return self.label


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
