"""Which days count in a proration, and for how much of them a person was absent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incentives.bonus.columns import Codes, Days, codes_in, days, integers
from incentives.bonus.exact import Ints, add, multiply, narrow
from incentives.bonus.inputs import BonusInputs
from incentives.bonus.spans import Assignments
from incentives.plans.model import Proration

_DAY_SPAN = 2 * 10**7
_DAY_SHIFT = 5 * 10**6
# 1970-01-01 was a Thursday.
_EPOCH_WEEKDAY = 3
_WEEK, _WORKING_WEEK = 7, 5


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The working days of each location: Monday to Friday, but for the days that its calendar names otherwise.

    Attributes:
        keys: Location and day of each day that differs, sorted.
        running: Working days more (or fewer) than Monday to Friday, summed up to each of them; one longer, from zero.
    """

    keys: npt.NDArray[np.int64]
    running: npt.NDArray[np.int64]

    @classmethod
    def of(cls, inputs: BonusInputs, assignments: Assignments) -> WorkingDays:
        """Return the working days of the places that people are assigned to."""
        frame = inputs.working_days
        location, day = codes_in(frame["location_id"], assignments.locations), days(frame["calendar_day"], 0)
        delta = frame["is_working"].fillna(False).to_numpy(dtype=np.bool_).astype(np.int64) - _weekday(day)
        differs = np.flatnonzero((location >= 0) & (delta != 0))
        keys = _key(location[differs], day[differs])
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], np.append(0, np.cumsum(delta[differs][order])))

    def between(self, start: Days, end: Days, location: Codes) -> npt.NDArray[np.int64]:
        """Return the number of working days in start..end-1 at each location."""
        return self._until(end, location) - self._until(start, location)

    def is_working(self, day: Days, location: Codes) -> npt.NDArray[np.bool_]:
        """Whether each day is worked at a location."""
        return self.between(day, day + 1, location) > 0

    def _until(self, day: Days, location: Codes) -> npt.NDArray[np.int64]:
        weeks, rest = np.divmod(day + _EPOCH_WEEKDAY, _WEEK)
        usual = weeks * _WORKING_WEEK + np.minimum(rest, _WORKING_WEEK)
        more = self.running[np.searchsorted(self.keys, _key(location, day))]
        before = self.running[np.searchsorted(self.keys, location * _DAY_SPAN)]
        return np.asarray(usual + np.where(location >= 0, more - before, 0), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Absences:
    """Days on which people were absent for a part, ordered by person and day; `absent` in parts of `whole`."""

    person: Codes
    day: Days
    absent: Ints
    whole: int

    @classmethod
    def of(cls, inputs: BonusInputs, assignments: Assignments, proration: Proration) -> Absences:
        """Return what a proration counts as absence: leave, and by hours what was planned and neither worked nor leave.

        Of a day for which nothing was planned, the hours worked and on leave are taken as its plan.
        """
        frame = inputs.attendance
        person, day = codes_in(frame["associate_id"], assignments.people), days(frame["work_date"], 0)
        planned, worked, leave = (integers(frame[f"{name}_centi"]) for name in ("scheduled", "worked", "leave"))
        planned = np.where(planned > 0, planned, worked + leave)
        absent = np.zeros(len(planned), dtype=np.int64)
        if proration.leave == "exclude":
            absent += leave
        if proration.by == "hours":
            absent += np.maximum(planned - worked - leave, 0)
        absent = np.minimum(absent, planned)
        chosen = np.flatnonzero((person >= 0) & (absent > 0))
        order = chosen[np.lexsort((day[chosen], person[chosen]))]
        whole = math.lcm(*np.unique(planned[order]).tolist())
        factor = narrow(np.array([whole // int(one) for one in planned[order]], dtype=np.object_))
        return cls(person[order], day[order], multiply(absent[order], factor) if len(order) else absent[order], whole)

    def of_rows(self, person: Codes, start: Days, end: Days) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return pairs of a row (somebody's days start..end-1) and an absence on one of them, ordered by row and day."""
        keys = _key(self.person, self.day)
        begin = np.searchsorted(keys, _key(person, start))
        stop = np.searchsorted(keys, _key(person, end))
        count = np.maximum(stop - begin, 0)
        rows = np.repeat(np.arange(len(person)), count)
        return rows, np.repeat(begin, count) + np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)


@dataclass(frozen=True, slots=True)
class DayRules:
    """What a proration looks at besides the calendar."""

    working: WorkingDays | None
    absences: Absences | None

    @classmethod
    def of(cls, inputs: BonusInputs, assignments: Assignments, proration: Proration) -> DayRules:
        """Return the rules of a proration."""
        looks_at_hours = proration.by == "hours" or proration.leave == "exclude"
        return cls(
            WorkingDays.of(inputs, assignments) if proration.by == "working_days" else None,
            Absences.of(inputs, assignments, proration) if looks_at_hours else None,
        )


@dataclass(frozen=True, slots=True)
class RowAbsences:
    """The absences inside rows of days, ready to be summed over any span of each row."""

    keys: npt.NDArray[np.int64]
    running: Ints
    whole: int

    @classmethod
    def of(cls, rules: DayRules, person: Codes, location: Codes, start: Days, end: Days) -> RowAbsences | None:
        """Return the absences of rows, on working days alone where those are what counts; None where none are looked at."""
        if rules.absences is None:
            return None
        absences = rules.absences
        row, absence = absences.of_rows(person, start, end)
        if rules.working is not None:
            counts = rules.working.is_working(absences.day[absence], location[row])
            row, absence = row[counts], absence[counts]
        total: Ints = np.zeros(1, dtype=np.int64)
        absent = absences.absent[absence]
        if len(absent):
            summed = np.cumsum(absent.astype(np.object_) if absent.dtype == np.object_ or len(absent) > 10**6 else absent)
            total = narrow(np.append(np.zeros(1, dtype=summed.dtype), summed))
        return cls(_key(row.astype(np.int64), absences.day[absence]), total, absences.whole)

    def between(self, row: npt.NDArray[np.int64], start: Days, end: Days) -> Ints:
        """Return the absence of each row in start..end-1, zero where end <= start."""
        until = self.running[np.searchsorted(self.keys, _key(row, np.maximum(end, start)))]
        before = self.running[np.searchsorted(self.keys, _key(row, start))]
        return add(until, before, -1)


def _key(code: Codes, day: Days) -> npt.NDArray[np.int64]:
    return np.asarray(code * _DAY_SPAN + day + _DAY_SHIFT, dtype=np.int64)


def _weekday(day: Days) -> npt.NDArray[np.int64]:
    """Return 1 for Monday to Friday, else 0."""
    return ((day + _EPOCH_WEEKDAY) % _WEEK < _WORKING_WEEK).astype(np.int64)
