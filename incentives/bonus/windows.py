"""Windows in time: the periods of an interval, and how much a run of days weighs in each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from incentives.bonus.columns import Codes, Days, day_number, day_of
from incentives.bonus.day_rules import WorkingDays
from incentives.periods import Calendar, Period

# Common multiple of the lengths of months: a month's days weigh 1/length each, in whole numbers.
MONTH_LCM = math.lcm(28, 29, 30, 31)


@dataclass(frozen=True, slots=True)
class Window:
    """The periods of an interval from its start to the period that is paid.

    Attributes:
        edges: Day numbers: start of each period, and the end of the last one.
        interval_end: First day after the whole interval.
    """

    periods: tuple[Period, ...]
    edges: Days
    interval_end: int

    @classmethod
    def to_date(cls, period: Period, interval: Calendar | None) -> Window:
        """Return the periods from the start of the interval in which `period` lies, up to and with it."""
        whole = Period.containing(period.start, interval) if interval else period
        return cls.since(whole.start, period, whole.end)

    @classmethod
    def since(cls, start: date, period: Period, interval_end: date | None = None) -> Window:
        """Return the periods from the one in which a day lies, up to and with `period`."""
        periods: list[Period] = [period]
        while periods[0].start > start:
            periods.insert(0, periods[0].previous())
        edges = [day_number(one.start) for one in periods] + [day_number(period.end)]
        return cls(tuple(periods), np.array(edges, dtype=np.int64), day_number(interval_end or period.end))

    @property
    def start(self) -> int:
        """First day."""
        return int(self.edges[0])

    @property
    def end(self) -> int:
        """First day after the period that is paid."""
        return int(self.edges[-1])

    @property
    def count(self) -> int:
        """Number of periods."""
        return len(self.periods)

    def position(self, days: Days) -> npt.NDArray[np.int64]:
        """Return the index of each day's period, -1 for days outside the window."""
        index = np.searchsorted(self.edges, days, side="right") - 1
        return np.where((index >= 0) & (index < self.count), index, -1).astype(np.int64)


class DayWeights:
    """How much each day counts in a proration: all days alike, working days alone, or every calendar month alike.

    Weights are integers; only ratios of them are used.
    """

    def __init__(self, by: str, working: WorkingDays | None = None) -> None:
        self.by = by
        self.working = working

    def between(self, start: Days, end: Days, location: Codes) -> npt.NDArray[np.int64]:
        """Return the weight of the days start..end-1 at each location, zero where end <= start."""
        if self.by == "months":
            weight = self._cumulated(end) - self._cumulated(start)
        elif self.working is not None:
            weight = self.working.between(start, end, location)
        else:
            weight = end - start
        weight[weight < 0] = 0
        return weight

    def counted(self, start: Days, end: Days) -> tuple[Days, Days]:
        """Return spans as the proration counts them: by months, the starting month whole and a broken last one not."""
        if self.by != "months":
            return start, end
        return _month_start(start), _month_start(end)

    def _cumulated(self, day: Days) -> npt.NDArray[np.int64]:
        months = day.astype("datetime64[D]").astype("datetime64[M]")
        first = months.astype("datetime64[D]").astype(np.int64)
        length = (months + 1).astype("datetime64[D]").astype(np.int64) - first
        return months.astype(np.int64) * MONTH_LCM + (day - first) * (MONTH_LCM // length)


def _month_start(day: Days) -> Days:
    return day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def span_text(start: int, end: int) -> str:
    """Return a half-open span of day numbers as `first..last` days, both included."""
    return f"{day_of(start)}..{day_of(end - 1)}"
