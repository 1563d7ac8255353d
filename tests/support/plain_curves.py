"""Payout curves, written for reading: one measure and target, exact fractions, no columns."""

from __future__ import annotations

from fractions import Fraction

from incentives.plans.model import Component
from incentives.plans.numbers import Amount, Bound
from incentives.plans.payouts import Linear, PerUnit, Step, Tiers

ZERO = Fraction(0)


def curve(
    component: Component, measure: Fraction, target: Fraction | None, times: Fraction, currency: str, unit: int
) -> Fraction:
    """Return F of a measure and target; fixed amounts count `times`."""
    if target is not None and target <= 0:
        return ZERO

    def place(bound: Bound) -> Fraction:
        if bound.is_percent:
            assert target is not None
            return bound.share * target
        return bound.amount.major(currency) * unit

    threshold = place(component.wanted_threshold) if component.wanted_threshold is not None else None
    if threshold is not None and measure < threshold:
        return ZERO
    floor = threshold if threshold is not None and component.pays_excess_only else None
    payout = component.payout
    if isinstance(payout, PerUnit):
        assert payout.amount is not None
        return (measure - (floor or 0)) * payout.amount.major(currency) * 100
    assert isinstance(payout, Tiers | Step | Linear)
    on_target = payout.on_target.major(currency) * 100 * times if isinstance(payout.on_target, Amount) else ZERO
    starts = [place(row.start) for row in payout.table]
    if isinstance(payout, Step) and measure < 0:
        return ZERO
    if isinstance(payout, Linear):
        return _linear(payout, measure, target, starts, times, on_target, currency, unit)
    from_zero = starts[0] == 0 and isinstance(payout, Tiers) and payout.table[0].amount is None
    if isinstance(payout, Tiers) and payout.mode == "marginal":
        if payout.below == "flat":
            starts[0], from_zero = ZERO, True
        return _marginal(payout, measure, target, starts, floor, times, on_target, currency, from_zero)
    reached = [
        number for number, start in enumerate(starts) if (measure >= start if payout.boundary == "higher" else measure > start)
    ]
    if not reached and (payout.below == "flat" or (from_zero and payout.boundary == "higher")):
        reached = [0]
    if not reached:
        return ZERO
    row = payout.table[reached[-1]]
    if row.amount is not None:
        return row.amount.major(currency) * 100 * times
    if row.rate is not None:
        return row.rate * (measure - (floor or 0))
    assert row.factor is not None
    if isinstance(payout, Step):
        return row.factor * on_target
    assert target is not None
    return row.factor * (measure - (floor or 0)) / target * on_target


def _marginal(
    payout: Tiers,
    measure: Fraction,
    target: Fraction | None,
    starts: list[Fraction],
    floor: Fraction | None,
    times: Fraction,
    on_target: Fraction,
    currency: str,
    from_zero: bool,
) -> Fraction:
    total = ZERO
    for number, row in enumerate(payout.table):
        if row.amount is not None:
            is_reached = measure >= starts[number] if payout.boundary == "higher" else measure > starts[number]
            total += row.amount.major(currency) * 100 * times if is_reached else 0
            continue
        low = max(starts[number], floor) if floor is not None else starts[number]
        high = measure if number + 1 == len(starts) else min(measure, starts[number + 1])
        inside = high - low
        if inside < 0 and not (number == 0 and from_zero and floor is None):
            inside = ZERO
        if row.rate is not None:
            total += row.rate * inside
        else:
            assert row.factor is not None
            assert target is not None
            total += row.factor * inside / target * on_target
    return total


def _linear(
    payout: Linear,
    measure: Fraction,
    target: Fraction | None,
    starts: list[Fraction],
    times: Fraction,
    on_target: Fraction,
    currency: str,
    unit: int,
) -> Fraction:
    heights = [
        row.amount.major(currency) * 100 if row.amount else (row.rate if row.rate is not None else row.factor)
        for row in payout.table
    ]
    points = [height if height is not None else ZERO for height in heights]
    kind = payout.table[0].kind
    multiplier = {"amount": times, "rate": measure}.get(kind, on_target)
    if measure < starts[0]:
        return points[0] * multiplier if payout.below == "flat" else ZERO
    last = max(number for number, start in enumerate(starts) if measure >= start)
    height = points[last]
    if last + 1 < len(points):
        height += (measure - starts[last]) / (starts[last + 1] - starts[last]) * (points[last + 1] - points[last])
    elif payout.slope is not None:
        slope = payout.slope * 100 if kind == "amount" else payout.slope
        beyond = measure - starts[last]
        assert target is not None or not payout.table[-1].start.is_percent
        height += slope * (beyond / target if payout.table[-1].start.is_percent and target is not None else beyond / unit)
    return height * multiplier
