"""How much of each period a person is in a part: the one place where absence lowers targets and fixed amounts."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from incentives.bonus.columns import OPEN_END, OPEN_START, Days
from incentives.bonus.day_rules import DayRules, RowAbsences
from incentives.bonus.exact import Exact, Ints, add, multiply, sum_groups
from incentives.bonus.parts import Parts
from incentives.bonus.spans import FTE_FULL
from incentives.bonus.windows import DayWeights, Window
from incentives.plans.model import Proration


class Presence:
    """The active days of parts, weighed as the plan prorates.

    `by: none` gives a person who is there at all the whole period; where several parts share a period they
    share its days. A delivered target then holds for whoever is credited under the plan, also where no assignment is in
    force and the last one decides: `judged_start` and `judged_end` are the days on which a target is looked for.
    """

    def __init__(self, parts: Parts, proration: Proration, rules: DayRules) -> None:
        self.parts = parts
        self.by_fte = proration.given == "full_time"
        self.weights = DayWeights(proration.by, rules.working)
        rows = parts.rows
        self.active_start, self.active_end = rows.active_start, rows.active_end
        if proration.by == "none":
            self.start, self.end = _stretched(parts)
            self.judged_start, self.judged_end = self.start, self.end
        else:
            self.judged_start, self.judged_end = self.active_start, self.active_end
            self.start, self.end = self.weights.counted(rows.active_start, rows.active_end)
        self.absences = RowAbsences.of(rules, rows.person, rows.location, self.start, self.end)

    @property
    def whole_day(self) -> int:
        """What a day weighs on which somebody is there for all of it."""
        return self.absences.whole if self.absences is not None else 1

    def row_overlap(self, start: Days | int, end: Days | int, rows: npt.NDArray[np.intp] | None = None) -> Ints:
        """Return the weight of each row's days inside start..end-1, in parts of `whole_day`, less what the person was absent."""
        chosen = np.arange(len(self.start)) if rows is None else rows
        first, last = np.maximum(self.start[chosen], start), np.minimum(self.end[chosen], end)
        weight = self.weights.between(first, last, self.parts.rows.location[chosen])
        if self.weights.by == "none":
            weight = np.where(self._present(start, end)[self.parts.row_part[chosen]], weight, 0).astype(np.int64)
        if self.absences is None:
            return weight
        return add(multiply(weight, self.whole_day), self.absences.between(chosen, first, last), -1)

    def there(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Whether each part is there on any day of a span: active, and not absent all the time."""
        active = self.days(start, end) > 0
        if self.absences is None:
            return active
        return active & Exact(sum_groups(self.row_overlap(start, end), self.parts.row_part, len(self.parts))).positive()

    def days(self, start: int, end: int) -> npt.NDArray[np.int64]:
        """Return each part's active days inside a span, unweighted."""
        rows = np.maximum(np.minimum(self.active_end, end) - np.maximum(self.active_start, start), 0)
        return np.asarray(sum_groups(rows, self.parts.row_part, len(self.parts)), dtype=np.int64)

    def share(self, start: int, end: int) -> Exact:
        """Return the share of a span that each part is there for: its prorated weight over the span's."""
        weight = self.row_overlap(start, end)
        rows = self.parts.rows
        first, last = np.full(len(rows.location), start, dtype=np.int64), np.full(len(rows.location), end, dtype=np.int64)
        # Places differ in their working days; a place that works on none of them gives nobody a share.
        of_span = np.maximum(self.weights.between(first, last, rows.location), 1)
        common = math.lcm(*np.unique(of_span).tolist())
        weight, whole = multiply(weight, common // of_span), common * self.whole_day
        if self.by_fte:
            weight, whole = multiply(weight, rows.fte), whole * FTE_FULL
        return Exact(sum_groups(weight, self.parts.row_part, len(self.parts)), whole)

    def shares_to_date(self, window: Window) -> list[Exact]:
        """Return, for each period of the window, the sum of the shares of the periods so far."""
        sums: list[Exact] = []
        for start, end in pairwise(window.edges):
            share = self.share(int(start), int(end))
            sums.append(sums[-1] + share if sums else share)
        return sums

    def _present(self, start: Days | int, end: Days | int) -> npt.NDArray[np.bool_]:
        """Whether the person of each part is active at all inside a span (of one or more parts)."""
        if not isinstance(start, int) or not isinstance(end, int):
            return np.ones(len(self.parts), dtype=np.bool_)
        there = np.minimum(self.active_end, end) > np.maximum(self.active_start, start)
        people = np.unique(self.parts.rows.person[there])
        return np.isin(self.parts.person, people)


def _stretched(parts: Parts) -> tuple[Days, Days]:
    """Return rows' credited days, a person's first row open to the left and the last one to the right."""
    rows = parts.rows
    start, end = rows.credited_start.copy(), rows.credited_end.copy()
    if len(start):
        changes = np.flatnonzero(np.append(True, rows.person[1:] != rows.person[:-1]))
        start[changes] = OPEN_START
        end[np.append(changes[1:], len(start)) - 1] = OPEN_END
    return start, end
