"""Measures of parts: what counts in each period of a window, as the measure's registry entry says that it adds up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incentives.bonus.columns import Codes, Days
from incentives.bonus.exact import Exact, Ints, add, multiply, narrow, sum_groups

ADDS_UP, RATIO, DISTINCT, LAST = "sum", "ratio", "distinct", "last"


@dataclass(frozen=True, slots=True)
class MeasureRows:
    """Rows of one measure: whose, when (the date that the plan counts by), how much.

    `denominator` is 0 where there is none; `unit_key` codes what a distinct count counts.
    """

    subject: Codes
    earned: Days
    day: Days
    currency: Codes
    numerator: Ints
    denominator: Ints
    unit_key: Codes
    additivity: str
    minimum_count: int

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> MeasureRows:
        """Return the chosen rows."""
        return MeasureRows(
            self.subject[rows],
            self.earned[rows],
            self.day[rows],
            self.currency[rows],
            self.numerator[rows],
            self.denominator[rows],
            self.unit_key[rows],
            self.additivity,
            self.minimum_count,
        )


@dataclass(frozen=True, slots=True)
class ToDate:
    """A measure from the window's start to the end of each of its periods; `known` says where there is a value."""

    values: list[Exact]
    known: list[npt.NDArray[np.bool_]]


def to_date(rows: MeasureRows, part: npt.NDArray[np.int64], period: npt.NDArray[np.int64], periods: int, size: int) -> ToDate:
    """Return the measure of each part, cumulated over the periods.

    Args:
        rows: Rows of the measure, each inside a part and a period.
        part: Each row's part.
        period: Each row's period.
        periods: Number of periods.
        size: Number of parts.
    """
    everywhere = [np.ones(size, dtype=np.bool_)] * periods
    if rows.additivity == DISTINCT:
        return ToDate(
            [Exact(total) for total in _running(_changes(rows, part, period, periods), part, period, periods, size)], everywhere
        )
    if rows.additivity == LAST:
        return _last(rows, part, period, periods, size)
    if rows.additivity == RATIO:
        above = _running(rows.numerator, part, period, periods, size)
        below = _running(rows.denominator, part, period, periods, size)
        known = [np.asarray(count >= max(1, rows.minimum_count), dtype=np.bool_) for count in below]
        values = [Exact(num, np.where(den > 0, den, 1)) for num, den in zip(above, below, strict=True)]
        return ToDate(values, known)
    numerator, den = _over_one(rows)
    return ToDate([Exact(total, den) for total in _running(numerator, part, period, periods, size)], everywhere)


def _over_one(rows: MeasureRows) -> tuple[Ints, int]:
    """Return numerators over one common denominator; a row without a denominator counts whole units."""
    dens = [max(1, int(value)) for value in np.unique(rows.denominator)]
    common = math.lcm(*dens) if dens else 1
    if common == 1:
        return rows.numerator, 1
    return multiply(
        rows.numerator, narrow(np.array([common // max(1, int(value)) for value in rows.denominator], dtype=np.object_))
    ), common


def _running(values: Ints, part: npt.NDArray[np.int64], period: npt.NDArray[np.int64], periods: int, size: int) -> list[Ints]:
    totals: list[Ints] = []
    running: Ints = np.zeros(size, dtype=np.int64)
    for position in range(periods):
        inside = period == position
        running = add(running, sum_groups(values[inside], part[inside], size))
        totals.append(running)
    return totals


def _changes(
    rows: MeasureRows, part: npt.NDArray[np.int64], period: npt.NDArray[np.int64], periods: int
) -> npt.NDArray[np.int64]:
    """Return for each row +1 where its unit starts to count in its part, -1 where it ceases to, else 0.

    A unit counts while the sum of its rows so far is above zero.
    """
    change = np.zeros(len(part), dtype=np.int64)
    if len(part) == 0:
        return change
    order = np.lexsort((rows.day, period, rows.unit_key, part))
    key_part, key, when, amount = part[order], rows.unit_key[order], period[order], rows.numerator[order]
    opens = np.append(True, (key_part[1:] != key_part[:-1]) | (key[1:] != key[:-1]))
    closes_period = np.append(opens[1:] | (when[1:] != when[:-1]), True)
    total = np.cumsum(np.asarray(amount, dtype=np.int64))
    first = np.flatnonzero(opens)
    before = np.repeat(total[first] - np.asarray(amount, dtype=np.int64)[first], np.diff(np.append(first, len(order))))
    ends = np.flatnonzero(closes_period)
    counts = np.asarray(total[ends] - before[ends] > 0, dtype=np.int64)
    same_unit = np.append(False, np.cumsum(opens)[ends][1:] == np.cumsum(opens)[ends][:-1])
    previous = np.where(same_unit, np.append(0, counts[:-1]), 0)
    change[order[ends]] = counts - previous
    return change


def _last(rows: MeasureRows, part: npt.NDArray[np.int64], period: npt.NDArray[np.int64], periods: int, size: int) -> ToDate:
    numerator, den = _over_one(rows)
    order = np.lexsort((rows.day, part))
    values: list[Exact] = []
    known: list[npt.NDArray[np.bool_]] = []
    for position in range(periods):
        inside = order[period[order] <= position]
        newest = np.full(size, -1, dtype=np.int64)
        newest[part[inside]] = inside
        found = newest >= 0
        values.append(Exact(np.where(found, numerator[newest], 0) if len(numerator) else np.zeros(size, dtype=np.int64), den))
        known.append(found)
    return ToDate(values, known)
