"""Statements of a plan before anything is computed: who holds one, whether they are eligible, how long they are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from incentives.bonus.columns import OPEN_START, Days
from incentives.bonus.exact import Bools, Exact, sum_groups
from incentives.bonus.parts import Parts
from incentives.bonus.proration import Presence
from incentives.bonus.sources import Sources
from incentives.bonus.spans import Assignments, PlanRows
from incentives.bonus.windows import Window
from incentives.plans.model import Guarantee, Plan


@dataclass(frozen=True)
class Holders:
    """One row per person and currency of a plan.

    Attributes:
        parts: The holders as parts; `version` is the plan version in force at the end of the period.
        period: The period that is paid, as a window of one.
    """

    sources: Sources
    versions: Sequence[Plan]
    parts: Parts
    period: Window

    @property
    def assignments(self) -> Assignments:
        """Assignments of the pay group."""
        return self.sources.assignments

    @classmethod
    def of(cls, sources: Sources, versions: Sequence[Plan], rows: PlanRows, period: Window) -> Holders:
        """Return the holders among a plan's rows: everyone who was under the plan before the period's end."""
        rows = rows.take(np.lexsort((rows.credited_start, rows.currency, rows.person)))
        opens = np.ones(len(rows.person), dtype=np.bool_)
        if len(opens) > 1:
            opens[1:] = (rows.person[1:] != rows.person[:-1]) | (rows.currency[1:] != rows.currency[:-1])
        first = np.flatnonzero(opens)
        in_force = np.where(rows.credited_start < period.end, np.arange(len(opens)), -1)
        deciding = np.maximum.reduceat(in_force, first) if len(first) else first
        none = np.full(len(first), -1, dtype=np.int64)
        parts = Parts(
            person=rows.person[first],
            version=np.where(deciding >= 0, rows.version[deciding], -1).astype(np.int64),
            currency=rows.currency[first],
            unit=none,
            start=rows.credited_start[first],
            end=none,
            rows=rows,
            row_part=(np.cumsum(opens) - 1).astype(np.int64),
        )
        return cls(sources, versions, parts.only(parts.version >= 0), period)

    def __len__(self) -> int:
        return len(self.parts)

    def find(self, parts: Parts) -> npt.NDArray[np.int64]:
        """Return the position of each part's holder."""
        width = len(self.assignments.currencies) + 1
        keys = self.parts.person * width + self.parts.currency
        return np.searchsorted(keys, parts.person * width + parts.currency).astype(np.int64)

    def under(self, version: int, currency: int) -> Bools:
        """Return who is under a version and paid in a currency."""
        return np.asarray((self.parts.version == version) & (self.parts.currency == currency), dtype=np.bool_)

    def groups(self) -> list[tuple[int, int]]:
        """Return the pairs of version and currency that occur."""
        return sorted(set(zip(self.parts.version.tolist(), self.parts.currency.tolist(), strict=True)))

    @cached_property
    def active_days(self) -> npt.NDArray[np.int64]:
        """Days of the period on which each holder is under the plan."""
        rows = self.parts.rows
        days = np.maximum(np.minimum(rows.active_end, self.period.end) - np.maximum(rows.active_start, self.period.start), 0)
        return np.asarray(sum_groups(days, self.parts.row_part, len(self)), dtype=np.int64)

    @cached_property
    def eligible(self) -> Bools:
        """Whether each holder has the days that the plan asks for.

        It is judged in periods in which a person is under the plan at all: who has left is owed what was sold before.
        """
        least = np.array([version.eligibility.min_active_days for version in self.versions], dtype=np.int64)
        return np.asarray((self.active_days >= least[self.parts.version]) | (self.active_days == 0), dtype=np.bool_)

    def share(self, version: int) -> Exact:
        """Return the prorated share of the period for which each holder is there, as a version prorates."""
        return self._presence(self.parts, version).share(self.period.start, self.period.end)

    def guaranteed_share(self, version: int, guarantee: Guarantee) -> Exact:
        """Return the share of the period that a guarantee covers: all of it, or its months from hire."""
        if guarantee.months_from_hire is None:
            return self.share(version)
        until = _months_later(self.assignments.hired_on, guarantee.months_from_hire)[self.parts.rows.person]
        rows = self.parts.rows
        limited = PlanRows(
            rows.person,
            rows.version,
            rows.currency,
            rows.team,
            rows.location,
            rows.fte,
            rows.active_start,
            np.minimum(rows.active_end, until),
            rows.credited_start,
            np.minimum(rows.credited_end, until),
            rows.assignment,
        )
        covered = Parts(
            self.parts.person,
            self.parts.version,
            self.parts.currency,
            self.parts.unit,
            self.parts.start,
            self.parts.end,
            limited,
            self.parts.row_part,
        )
        return self._presence(covered, version).share(self.period.start, self.period.end)

    def _presence(self, parts: Parts, version: int) -> Presence:
        proration = self.versions[version].proration
        return Presence(parts, proration, self.sources.day_rules(proration))


def _months_later(day: Days, months: int) -> Days:
    """Return the same day of the month some months later, or the first of the month after where there is none."""
    known = day > OPEN_START
    dates = np.where(known, day, 0).astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    offset = dates.astype(np.int64) - month.astype("datetime64[D]").astype(np.int64)
    wanted = (month + months).astype("datetime64[D]").astype(np.int64) + offset
    limit = (month + months + 1).astype("datetime64[D]").astype(np.int64)
    result: Days = np.where(known, np.minimum(wanted, limit), OPEN_START).astype(np.int64)
    return result
