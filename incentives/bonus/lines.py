"""Components that look at single lines: `per_line`, and what a spiff counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from incentives.bonus.collected import Collected, TargetState
from incentives.bonus.columns import day_number
from incentives.bonus.curves import CurveInputs
from incentives.bonus.exact import Exact, sum_groups
from incentives.bonus.measures import DISTINCT, MeasureRows
from incentives.bonus.parts import Parts
from incentives.bonus.reader import Reader
from incentives.plans.model import Component
from incentives.plans.payouts import Spiff
from incentives.plans.registry import LINE_MEASURES

if TYPE_CHECKING:
    from incentives.bonus.gather import Gatherer


def spiff_rows(reader: Reader, component: Component, payout: Spiff) -> MeasureRows:
    """Return the rows that a spiff counts: orders, units or anything at all, between its two dates."""
    assert component.measure is not None
    if payout.each == "order":
        rows = replace(reader.orders(component.measure, component.filter), additivity=DISTINCT)
    elif component.filter is not None and component.measure in LINE_MEASURES:
        rows = reader.lines(component.measure, component.filter)
    else:
        rows = reader.rows(component.measure)
    first = day_number(payout.start) if payout.start else int(rows.day.min(initial=0))
    last = day_number(payout.end) if payout.end else int(rows.day.max(initial=0))
    return rows.take((rows.day >= first) & (rows.day <= last))


def line_inputs(
    gather: Gatherer,
    component: Component,
    parts: Parts,
    targets: list[Exact] | None,
    on_target: list[Exact] | None,
    state: TargetState,
) -> Collected:
    """Return one element for each credited line, with what its returns have left of it, in the period that is paid."""
    assert component.measure is not None
    rows = gather.reader.lines(component.measure, component.filter)
    rows = rows.take((rows.currency == gather.currency) | (rows.currency < 0))
    start, end = gather.last_period
    part = parts.locate(rows.subject, rows.earned)
    inside = np.flatnonzero((rows.day >= start) & (rows.day < end) & (part >= 0))
    keys = np.stack([part[inside], rows.unit_key[inside]], axis=1)
    lines, line = np.unique(keys, axis=0, return_inverse=True)
    elements = np.asarray(lines[:, 0], dtype=np.int64)
    den = int(rows.denominator.max(initial=0)) or 1
    value = Exact(sum_groups(rows.numerator[inside], np.asarray(line, dtype=np.int64).reshape(-1), len(elements)), den)
    inputs = CurveInputs(
        value,
        None if targets is None else targets[-1].take(elements),
        Exact.constant(1, len(elements)),
        None if on_target is None else on_target[-1].take(elements),
    )
    return Collected([inputs], elements, state.missing, state.zero, state.other)
