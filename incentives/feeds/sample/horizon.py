"""The months that a sample covers, their days and half-months, and local time against UTC.

Times are local wall-clock seconds since 1970-01-01 at the place of the record; days are days since
1970-01-01. All clocks of the sample stand between 06:00 and 23:59, where no time zone changes its offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from incentives.errors import InputError
from incentives.feeds.sample.randomness import Ints

DAY = 86_400
ZONES = ("Europe/Paris", "Europe/Berlin", "Europe/Rome", "Europe/Madrid", "Europe/Amsterdam", "Asia/Dubai")
HOME_ZONE = 0
MARGIN_BEFORE = 1_500
MARGIN_AFTER = 120
MONTHS_MAX = 60
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Horizon:
    """The sample's months. `month_days` has one more entry than months: the first day after the last."""

    start: date
    months: int
    month_days: Ints
    half_days: Ints
    offsets: Ints

    @classmethod
    def of(cls, start: date, months: int) -> Horizon:
        """Return the horizon of some months from a first of the month.

        Raises:
            InputError: `start` is not a first of the month, or `months` is not 1 to 60.
        """
        if start.day != 1:
            raise InputError(f"{start} is not the first day of a month.", where="--start", remedy="Write 2026-01-01.")
        if not 1 <= months <= MONTHS_MAX:
            raise InputError(f"{months} months; expected 1 to {MONTHS_MAX}.", where="--months")
        starts = [_month_start(start, index) for index in range(months + 1)]
        halves = [day for first in starts[:-1] for day in (first, first.replace(day=15))]
        first = day_number(start) - MARGIN_BEFORE
        days = day_number(starts[-1]) + MARGIN_AFTER - first
        offsets = np.array([[_offset(zone, first + day) for day in range(days)] for zone in ZONES], dtype=np.int64)
        as_days = [np.array([day_number(day) for day in group], dtype=np.int64) for group in (starts, halves)]
        return cls(start, months, as_days[0], as_days[1], offsets)

    @property
    def first_day(self) -> int:
        """First day of the horizon."""
        return int(self.month_days[0])

    @property
    def end_day(self) -> int:
        """First day after the horizon."""
        return int(self.month_days[-1])

    @property
    def table_day(self) -> int:
        """First day of the tables of offsets and date texts, long before the horizon."""
        return self.first_day - MARGIN_BEFORE

    def label(self, month: int) -> str:
        """Return `2026-03` for a month's index; an index past the end names the months after it."""
        return _month_start(self.start, month).strftime("%Y-%m")

    def month_of(self, local_seconds: Ints) -> Ints:
        """Return the month's index of each time, held within the horizon."""
        found = np.searchsorted(self.month_days, local_seconds // DAY, side="right") - 1
        return np.clip(found, 0, self.months - 1).astype(np.int64)

    def half_of(self, local_seconds: Ints) -> Ints:
        """Return the half-month's index of each time, held within the horizon."""
        found = np.searchsorted(self.half_days, local_seconds // DAY, side="right") - 1
        return np.clip(found, 0, len(self.half_days) - 1).astype(np.int64)

    def offset(self, zone: Ints, local_seconds: Ints) -> Ints:
        """Return the offset from UTC in seconds at each place and time."""
        day = np.clip(local_seconds // DAY - self.table_day, 0, self.offsets.shape[1] - 1)
        return self.offsets[zone, day]

    def date_texts(self) -> list[str]:
        """Return the text of every day of the tables, in order."""
        first = _EPOCH + timedelta(days=self.table_day)
        return [(first + timedelta(days=day)).isoformat() for day in range(self.offsets.shape[1])]


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """Return the date of a day number."""
    return _EPOCH + timedelta(days=number)


def _month_start(start: date, index: int) -> date:
    months = start.year * 12 + start.month - 1 + index
    return date(months // 12, months % 12 + 1, 1)


def _offset(zone: str, number: int) -> int:
    noon = datetime.combine(day_of(number), time(12), tzinfo=UTC).astimezone(ZoneInfo(zone))
    shift = noon.utcoffset()
    assert shift is not None
    return int(shift.total_seconds())
