"""One component, evaluated for all parts of one plan version and currency: measure, target, F and its difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from incentives.bonus import curves, pools
from incentives.bonus.curves import Contribution, CurveInputs, Terms
from incentives.bonus.exact import Bools, Exact
from incentives.bonus.gather import Gatherer
from incentives.bonus.parts import Parts
from incentives.bonus.proration import Presence
from incentives.bonus.teams import pool_weights, rank_groups
from incentives.bonus.windows import Window
from incentives.plans.model import Component, Plan
from incentives.plans.payouts import Step, Tiers


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A component's columns for the parts of one version and currency.

    Attributes:
        statement: Each part's position among the plan's statements.
        now: What the curve read at the end of the period.
        before: What it read at the end of the period before; None where the window has one period.
        contributions: What each row of the table gives at the end of the period; F is their sum.
        reached: F at the end of the period, after interval_cap; `standing` the highest so far where it may not fall.
        earlier: The standing F at the end of the period before.
        paid: What the parts get: the difference, or of a pool each one's share of it.
        elements: Of `now` and `before`: the part (or, of a pool, the team) that each row belongs to; None: row = part.
        missing_target: Where a target was to be delivered and is not, or is zero, while the part is there.
        other_currency: Where one is delivered in another currency.
    """

    plan: Plan
    component: Component
    terms: Terms
    window: Window
    parts: Parts
    statement: npt.NDArray[np.int64]
    now: CurveInputs
    before: CurveInputs | None
    contributions: tuple[Contribution, ...]
    reached: Exact
    standing: Exact
    earlier: Exact
    paid: Exact
    elements: npt.NDArray[np.int64] | None
    missing_target: Bools
    zero_target: Bools
    other_currency: Bools
    is_money: bool
    weights: list[Fraction] | None = None
    team_weights: dict[int, Fraction] = field(default_factory=dict)
    empty_pools: tuple[int, ...] = ()

    def first_day(self, part: int) -> int:
        """Return the first day that counts for a part: the window's, or the part's own where that is later."""
        return max(self.window.start, int(self.parts.start[part]))

    def weight_of(self, team: int) -> Fraction:
        """Return the sum of the weights in a team's pool."""
        return self.team_weights.get(team, Fraction(0))

    def elements_of(self, part: int) -> list[int]:
        """Return the rows of the curve's columns that belong to a part."""
        if self.elements is None:
            return [part]
        if self.component.is_pool:
            team = int(self.parts.unit[part])
            return [team] if team >= 0 else []
        return [int(element) for element in np.flatnonzero(self.elements == part)]


def evaluate_component(
    plan: Plan,
    component: Component,
    parts: Parts,
    statement: npt.NDArray[np.int64],
    eligible: Bools,
    gather: Gatherer,
) -> Evaluated:
    """Evaluate a component for parts of one version and currency.

    Args:
        plan: The version whose curve holds.
        component: Its component.
        parts: The parts; one currency.
        statement: Each part's statement.
        eligible: Whether each part's person is eligible in the period.
        gather: Reads measures and targets of these parts.
    """
    presence = Presence(parts, plan.proration, gather.sources.day_rules(plan.proration))
    collected = gather.collect(plan, component, parts, presence)
    steps = collected.inputs
    size = len(steps[-1].measure)
    if component.basis == "rank":
        groups = rank_groups(gather, component, parts)
        steps = [_ranked(component, steps[-1], groups, eligible & (presence.days(*gather.last_period) > 0), gather.terms)]
    reached = []
    contributions: list[Contribution] = []
    for one in steps:
        contributions = curves.evaluate(component, one, gather.terms)
        reached.append(_limited(component, gather, presence, curves.total(contributions, size)))
    falls = component.may_fall if component.may_fall is not None else plan.returns == "return_period"
    standing = reached if falls else _highest(reached)
    earlier = standing[-2] if len(standing) > 1 else Exact(np.zeros(size, dtype=np.int64))
    difference = standing[-1] - earlier
    weights: list[Fraction] | None = None
    empty: set[int] = set()
    if component.is_pool:
        weights = pool_weights(gather, component, parts, presence, eligible)
        shares, empty = pools.divide(difference.rounded(), parts.unit, weights)
        paid = Exact.of([Fraction(share) for share in shares])
    elif collected.elements is not None:
        paid = difference.summed(collected.elements, len(parts))
    else:
        paid = difference
    return Evaluated(
        plan,
        component,
        gather.terms,
        gather.window,
        parts,
        statement,
        now=steps[-1],
        before=steps[-2] if len(steps) > 1 else None,
        contributions=tuple(contributions),
        reached=reached[-1],
        standing=standing[-1],
        earlier=earlier,
        paid=paid,
        elements=collected.elements,
        missing_target=collected.missing_target & eligible,
        zero_target=collected.zero_target & eligible,
        other_currency=collected.other_currency & eligible,
        is_money=component.measure is not None and gather.sources.measure(component.measure).is_money,
        weights=weights,
        team_weights=pools.sums(parts.unit, weights or []),
        empty_pools=tuple(sorted(empty)),
    )


def _highest(columns: Sequence[Exact]) -> list[Exact]:
    """Return the highest value so far, from zero."""
    standing: list[Exact] = []
    so_far = Exact(np.zeros(len(columns[0]), dtype=np.int64))
    for column in columns:
        so_far = so_far.higher_of(column)
        standing.append(so_far)
    return standing


def _limited(component: Component, gather: Gatherer, presence: Presence, amount: Exact) -> Exact:
    """Return F under its interval_cap, which is the whole interval's and prorated."""
    if component.interval_cap is None or len(amount) != len(presence.parts):
        return amount
    share = presence.share(gather.window.start, gather.window.interval_end)
    return amount.lower_of(share.scale(component.interval_cap.minor(gather.terms.currency)))


def _ranked(component: Component, inputs: CurveInputs, groups: npt.NDArray[np.int64], ranked: Bools, terms: Terms) -> CurveInputs:
    payout = component.payout
    assert isinstance(payout, Tiers | Step)
    starts = [int(row.start.amount.single or 0) for row in payout.table]
    values = [row.amount.minor(terms.currency) if row.amount is not None else row.factor or Fraction(0) for row in payout.table]
    shares = [
        pools.place_value(first, last, starts, values)
        for first, last in pools.places(inputs.measure, groups, ranked & (groups >= 0))
    ]
    return replace(inputs, rank_share=Exact.of(shares))
