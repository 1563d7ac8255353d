"""Payout curves: from measure and target to an amount, exactly, one column for all people.

`evaluate` returns the contributions of a curve (one per table row that matters); their sum is F. Everything
here is to date: measure, target, on_target and the number of periods that fixed amounts count for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from incentives.bonus.exact import Bools, Exact
from incentives.plans.model import Component
from incentives.plans.numbers import Bound
from incentives.plans.payouts import Goal, Linear, PerUnit, Pool, Row, Spiff, Step, Tiers


@dataclass(frozen=True, slots=True)
class Terms:
    """What a component's numbers mean in one currency.

    Attributes:
        currency: The currency of every amount.
        unit: Minor units to the major one when the measure is money, else 1: plain bounds are multiplied by it.
        minor: Minor units to the major one of the currency.
    """

    currency: str
    unit: int
    minor: int


@dataclass(frozen=True, slots=True)
class GoalInput:
    """One goal: its weight of 1, measure and target to date."""

    name: str
    weight: Fraction
    measure: Exact
    target: Exact


@dataclass(frozen=True, slots=True)
class CurveInputs:
    """Columns that a curve reads, to date.

    Attributes:
        measure: In minor units or in units.
        target: In the same unit; None where the component has none. Not positive: the component pays nothing.
        periods: Sum of the prorated shares of the periods so far: how often a fixed amount counts.
        on_target: Minor units, prorated, to date; None where the curve has none.
        unit_amount: per_unit by another measure: minor units for each unit.
        rank_share: basis rank: the amount or factor of the place, shared in ties.
        goals: Of a goal curve.
    """

    measure: Exact
    target: Exact | None
    periods: Exact
    on_target: Exact | None = None
    unit_amount: Exact | None = None
    rank_share: Exact | None = None
    goals: tuple[GoalInput, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one row of a table gives: the row's number (0 where there is no table), what it pays on, and the amount."""

    row: int
    part: Exact
    amount: Exact


def evaluate(component: Component, inputs: CurveInputs, terms: Terms) -> list[Contribution]:
    """Return the contributions of a component's curve; their sum is F before interval_cap.

    A component with a target pays nothing where that is not positive, and nothing below its threshold.
    """
    pays = _pays(component, inputs, terms)
    return [Contribution(one.row, one.part, one.amount.zero_unless(pays)) for one in _curve(component, inputs, terms)]


def total(contributions: list[Contribution], size: int) -> Exact:
    """Return F: the sum of contributions."""
    result = Exact(np.zeros(size, dtype=np.int64))
    for one in contributions:
        result = result + one.amount
    return result


def bound_column(bound: Bound, inputs: CurveInputs, terms: Terms) -> Exact:
    """Return a bound in the measure's unit: a percentage of the target, or a number."""
    if bound.is_percent:
        assert inputs.target is not None
        return inputs.target.scale(bound.share)
    return Exact.constant(plain_bound(bound, terms), len(inputs.measure))


def plain_bound(bound: Bound, terms: Terms) -> Fraction:
    """Return a bound that is a number of the measure, in minor units or units."""
    return bound.amount.major(terms.currency) * terms.unit


def _pays(component: Component, inputs: CurveInputs, terms: Terms) -> Bools:
    pays = np.ones(len(inputs.measure), dtype=np.bool_)
    if inputs.target is not None:
        pays &= inputs.target.positive()
    threshold = component.wanted_threshold
    if threshold is not None:
        pays &= inputs.measure.at_least(bound_column(threshold, inputs, terms))
    for goal in inputs.goals:
        pays &= goal.target.positive()
    if isinstance(component.payout, Step | Spiff | Goal) or component.is_pool:
        pays &= ~inputs.measure.negative()
    return pays


def _curve(component: Component, inputs: CurveInputs, terms: Terms) -> Iterator[Contribution]:
    payout = component.payout
    match payout:
        case Tiers() | Step() if inputs.rank_share is not None:
            scale = inputs.periods if payout.table[0].kind == "amount" else inputs.on_target
            assert scale is not None
            yield Contribution(0, inputs.rank_share, inputs.rank_share * scale)
        case Tiers() if payout.mode == "marginal":
            yield from _marginal(component, payout, inputs, terms)
        case Tiers() | Step():
            yield from _reached(component, payout, inputs, terms)
        case Linear():
            yield from _linear(payout, inputs, terms)
        case PerUnit():
            counted = _above_threshold(component, inputs, terms)
            if inputs.unit_amount is not None:
                yield Contribution(0, counted, counted * inputs.unit_amount)
            elif payout.amount is not None:
                yield Contribution(0, counted, counted.scale(payout.amount.minor(terms.currency)))
        case Pool():
            if payout.rate is not None:
                yield Contribution(0, inputs.measure, inputs.measure.scale(payout.rate))
            elif payout.amount is not None:
                yield Contribution(0, inputs.periods, inputs.periods.scale(payout.amount.minor(terms.currency)))
        case Goal():
            yield from _goal(inputs)
        case Spiff():
            amount = payout.amount.minor(terms.currency)
            counted = inputs.periods.zero_unless(inputs.measure.positive()) if payout.each == "once" else inputs.measure
            yield Contribution(0, counted, counted.scale(amount))


def _above_threshold(component: Component, inputs: CurveInputs, terms: Terms) -> Exact:
    threshold = component.wanted_threshold
    if threshold is None or not component.pays_excess_only:
        return inputs.measure
    return inputs.measure - bound_column(threshold, inputs, terms)


def _bounds(rows: tuple[Row, ...], inputs: CurveInputs, terms: Terms) -> list[Exact]:
    return [bound_column(row.start, inputs, terms) for row in rows]


def _marginal(component: Component, payout: Tiers, inputs: CurveInputs, terms: Terms) -> Iterator[Contribution]:
    """Each band at its own rate: rate x the part of the measure in the band, or factor x its width of attainment.

    A table that starts at zero takes a negative measure at its first rate; with `below: flat` every table starts there.
    """
    bounds = _bounds(payout.table, inputs, terms)
    if payout.below == "flat":
        bounds[0] = Exact.constant(0, len(inputs.measure))
    threshold = component.wanted_threshold
    floor = bound_column(threshold, inputs, terms) if threshold is not None and component.pays_excess_only else None
    for number, row in enumerate(payout.table):
        low = bounds[number] if floor is None else bounds[number].higher_of(floor)
        high = inputs.measure if number + 1 == len(bounds) else inputs.measure.lower_of(bounds[number + 1])
        inside = high - low
        below = inside.negative()
        if row.kind == "amount":
            assert row.amount is not None
            reached = _is_reached(inputs.measure, bounds[number], payout.boundary)
            yield Contribution(
                number,
                inputs.periods.zero_unless(reached),
                inputs.periods.zero_unless(reached).scale(row.amount.minor(terms.currency)),
            )
            continue
        starts_at_zero = number == 0 and floor is None and (row.start.amount.single == 0 or payout.below == "flat")
        part = inside if starts_at_zero else inside.zero_unless(~below)
        yield Contribution(number, part, _paid(row, part, inputs, terms))


def _paid(row: Row, part: Exact, inputs: CurveInputs, terms: Terms) -> Exact:
    """Return rate x part of the measure, or factor x part of attainment x on_target."""
    if row.rate is not None:
        return part.scale(row.rate)
    assert row.factor is not None
    return _attainment(part, inputs) * _on_target(inputs).scale(row.factor)


def _attainment(part: Exact, inputs: CurveInputs) -> Exact:
    """Return a part of the measure over the target, zero where the target is not positive."""
    assert inputs.target is not None
    has_target = inputs.target.positive()
    one = Exact.constant(1, len(part))
    return part.zero_unless(has_target).over(inputs.target.where(has_target, one))


def _on_target(inputs: CurveInputs) -> Exact:
    assert inputs.on_target is not None
    return inputs.on_target


def _is_reached(measure: Exact, bound: Exact, boundary: str) -> Bools:
    return measure.at_least(bound) if boundary == "higher" else measure.above(bound)


def _reached(component: Component, payout: Tiers | Step, inputs: CurveInputs, terms: Terms) -> Iterator[Contribution]:
    """The reached row alone: its rate on all of the measure, its amount, or its factor.

    In retroactive tiers a factor multiplies attainment, in steps it is the share of on_target. Tiers that start at zero take
    a negative measure at their first rate.
    """
    bounds = _bounds(payout.table, inputs, terms)
    reached = [_is_reached(inputs.measure, bound, payout.boundary) for bound in bounds]
    starts_at_zero = isinstance(payout, Tiers) and payout.table[0].start.amount.single == 0
    if payout.below == "flat" or (starts_at_zero and payout.table[0].kind != "amount" and payout.boundary == "higher"):
        reached[0] = np.ones(len(inputs.measure), dtype=np.bool_)
    counted = _above_threshold(component, inputs, terms)
    for number, row in enumerate(payout.table):
        here = reached[number] & ~reached[number + 1] if number + 1 < len(reached) else reached[number]
        if row.amount is not None:
            part = inputs.periods.zero_unless(here)
            yield Contribution(number, part, part.scale(row.amount.minor(terms.currency)))
        elif row.rate is not None or isinstance(payout, Tiers):
            part = counted.zero_unless(here)
            yield Contribution(number, part, _paid(row, part, inputs, terms))
        else:
            assert row.factor is not None
            part = _on_target(inputs).zero_unless(here)
            yield Contribution(number, part, part.scale(row.factor))


def _linear(payout: Linear, inputs: CurveInputs, terms: Terms) -> Iterator[Contribution]:
    """Straight lines between the points; the value is an amount, a factor of on_target, or a rate of the measure."""
    bounds = _bounds(payout.table, inputs, terms)
    kind = payout.table[0].kind
    multiplier = {"amount": inputs.periods, "rate": inputs.measure}.get(kind) or _on_target(inputs)
    values = [_value(row, terms) for row in payout.table]
    size = len(inputs.measure)
    one, nothing = Exact.constant(1, size), Exact.constant(0, size)
    if payout.below == "flat":
        under = ~inputs.measure.at_least(bounds[0])
        first = Exact.constant(values[0], size).zero_unless(under)
        yield Contribution(0, first, first * multiplier)
    for number in range(len(bounds)):
        reached = inputs.measure.at_least(bounds[number])
        height = Exact.constant(values[number], size)
        if number + 1 < len(bounds):
            reached &= ~inputs.measure.at_least(bounds[number + 1])
            width = bounds[number + 1] - bounds[number]
            along = (inputs.measure - bounds[number]).zero_unless(reached).over(width.where(width.positive(), one))
            height = height + along.scale(values[number + 1] - values[number])
        elif payout.slope is not None:
            height = height + _beyond(payout, inputs.measure - bounds[number], inputs, terms)
        value = height.where(reached, nothing)
        yield Contribution(number, value, value * multiplier)


def _beyond(payout: Linear, excess: Exact, inputs: CurveInputs, terms: Terms) -> Exact:
    """Return slope x what lies above the last point, in attainment (1 = on target) or in units of the measure."""
    assert payout.slope is not None
    slope = payout.slope * terms.minor if payout.table[0].kind == "amount" else payout.slope
    if payout.table[-1].start.is_percent:
        return _attainment(excess, inputs).scale(slope)
    return excess.scale(slope / terms.unit)


def _value(row: Row, terms: Terms) -> Fraction:
    if row.amount is not None:
        return row.amount.minor(terms.currency)
    value = row.rate if row.rate is not None else row.factor
    assert value is not None
    return value


def _goal(inputs: CurveInputs) -> Iterator[Contribution]:
    for number, goal in enumerate(inputs.goals):
        reached = goal.target.positive()
        one = Exact.constant(1, len(goal.measure))
        share = goal.measure.zero_unless(reached).over(goal.target.where(reached, one)).lower_of(one)
        share = share.zero_unless(~share.negative())
        yield Contribution(number, share, share * _on_target(inputs).scale(goal.weight))
