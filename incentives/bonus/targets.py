"""Targets of parts, from the targets feed or from the plan, prorated once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from incentives.bonus.columns import Codes, Days, codes_in, days, integers, present
from incentives.bonus.exact import Exact, Ints, add, multiply, narrow, sum_groups
from incentives.bonus.inputs import BonusInputs
from incentives.bonus.proration import Presence
from incentives.bonus.spans import FTE_FULL
from incentives.bonus.windows import Window

MILLI = 1000


@dataclass(frozen=True, slots=True)
class TargetRows:
    """Delivered targets of one measure and kind of subject; `currency` is -1 where none is given."""

    subject: Codes
    start: Days
    end: Days
    value: npt.NDArray[np.int64]
    currency: Codes
    scale: int

    @classmethod
    def of(
        cls, inputs: BonusInputs, subject_type: str, subjects: pd.Index, measure: str, currencies: pd.Index, is_money: bool
    ) -> TargetRows:
        """Return the targets of a measure; money in minor units, anything else in thousandths."""
        frame = inputs.targets
        wanted = (frame["measure"] == measure) & (frame["subject_type"] == subject_type)
        frame = frame[wanted.fillna(False).to_numpy(dtype=np.bool_)]
        subject = codes_in(frame["subject_id"], subjects)
        known = subject >= 0
        currency = codes_in(frame["currency"], currencies)
        currency = np.where(present(frame["currency"]) & (currency < 0), len(currencies), currency)
        value = integers(frame["value_minor" if is_money else "value_milli"])
        start, end = days(frame["period_start"], 0), days(frame["period_end"], 0)
        return cls(subject, start, end, value, currency, 1 if is_money else MILLI).only(known)

    def only(self, mask: npt.NDArray[np.bool_]) -> TargetRows:
        """Return the chosen rows."""
        return TargetRows(self.subject[mask], self.start[mask], self.end[mask], self.value[mask], self.currency[mask], self.scale)


@dataclass(frozen=True, slots=True)
class PartTargets:
    """Targets to date of each part.

    Attributes:
        to_date: One column per period of the window.
        delivered: Whether a target row lies on the part's days of the last period (or on the interval's).
        other_currency: Whether one does, but in another currency than the plan's.
    """

    to_date: list[Exact]
    delivered: npt.NDArray[np.bool_]
    other_currency: npt.NDArray[np.bool_]


def delivered_targets(
    rows: TargetRows, presence: Presence, subject: Codes, window: Window, currency: int | None, whole_interval: bool
) -> PartTargets:
    """Spread delivered targets evenly over their days and count the days on which a part is there.

    Args:
        rows: Targets of the measure.
        presence: Of the parts.
        subject: Each plan row's subject (person, team or location), as `rows` codes it.
        window: From the interval's start to the end of the period that is paid.
        currency: Code of the plan's currency; None for a measure that is not money.
        whole_interval: The whole interval's target counts from the first day.
    """
    limit = window.interval_end if whole_interval else window.end
    judged_from = window.start if whole_interval else int(window.edges[-2])
    size = len(presence.parts)
    near = rows.only((rows.start < limit) & (rows.end > window.start))
    row, target = _pairs(subject, near.subject)
    part = presence.parts.row_part[row]
    on_days = np.minimum(np.minimum(presence.judged_end[row], near.end[target]), limit) > np.maximum(
        np.maximum(presence.judged_start[row], near.start[target]), judged_from
    )
    matches = np.ones(len(target), dtype=np.bool_) if currency is None else near.currency[target] == currency
    delivered = _any(part[on_days & matches], size)
    other = _any(part[on_days & ~matches], size)
    row, target, part = row[matches], target[matches], part[matches]
    edges = np.array([window.start, limit], dtype=np.int64) if whole_interval else window.edges
    to_date = _cumulated(near, presence, (row, target, part), edges)
    return PartTargets(to_date * (window.count if whole_interval else 1), delivered, other)


def _cumulated(near: TargetRows, presence: Presence, pairs: tuple[npt.NDArray[np.intp], ...], edges: Days) -> list[Exact]:
    row, target, part = pairs
    size = len(presence.parts)
    full, which = np.unique(
        presence.weights.between(near.start[target], near.end[target], presence.parts.rows.location[row]), return_inverse=True
    )
    common = math.lcm(*[int(weight) for weight in full if weight > 0])
    factor = narrow(np.array([common // int(weight) if weight > 0 else 0 for weight in full], dtype=np.object_))
    value = multiply(near.value[target], factor[np.asarray(which).reshape(-1)]) if len(target) else near.value[target]
    scale = common * near.scale * presence.whole_day
    if presence.by_fte:
        value, scale = multiply(value, presence.parts.rows.fte[row]), scale * FTE_FULL
    sums: list[Exact] = []
    total: Ints = np.zeros(size, dtype=np.int64)
    for start, end in pairwise(edges):
        weight = presence.row_overlap(np.maximum(near.start[target], start), np.minimum(near.end[target], end), row)
        total = add(total, sum_groups(multiply(value, weight), part, size))
        sums.append(Exact(total, scale))
    return sums


def _pairs(left: Codes, right: Codes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the positions of every pair with equal codes."""
    order = np.argsort(right, kind="stable")
    begin = np.searchsorted(right[order], left, side="left")
    count = np.where(left >= 0, np.searchsorted(right[order], left, side="right") - begin, 0)
    rows = np.repeat(np.arange(len(left)), count)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return rows, order[np.repeat(begin, count) + offset]


def _any(parts: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.bool_]:
    found = np.zeros(size, dtype=np.bool_)
    found[parts] = True
    return found
