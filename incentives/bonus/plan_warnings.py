"""What a plan tempts people to do: cliffs, rankings, filters that pay for the place of work. Warnings, not errors.

A cliff is found with the curve itself: F just below a bound and at it, for one target.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from incentives.bonus import curves
from incentives.bonus.curves import CurveInputs, Terms
from incentives.bonus.exact import Exact
from incentives.bonus.exact_text import money_text
from incentives.documents import KeyPath
from incentives.money import currency_digits
from incentives.plans.checks import Problem
from incentives.plans.model import Component, Plan
from incentives.plans.numbers import Amount, Bound, number_text, percent_text
from incentives.plans.payouts import Goal, Linear, PerUnit, Spiff, Step, Tiers
from incentives.plans.plan_checks import plan_currencies
from incentives.plans.registry import Registry

# The target for which a cliff is told where the plan leaves it to the targets feed, in major units or units.
TARGET_TOLD = Fraction(10_000)
ON_TARGET_TOLD = Fraction(1_000)


def plan_warnings(plan: Plan, registry: Registry) -> list[Problem]:
    """Return the warnings of a checked plan, each at the key that it is about."""
    warnings: list[Problem] = []
    for index, component in enumerate(plan.components):
        at: KeyPath = ("components", index)
        for currency in plan_currencies(plan, registry)[:1]:
            warnings += _cliffs(component, at, currency, registry)
        if component.basis == "rank":
            warnings.append(
                Problem((*at, "payout", "basis"), "a rank makes one colleague's gain another's loss; it undoes collaboration")
            )
        if component.filter is not None:
            for key in ("location", "role"):
                if getattr(component.filter, key) is not None:
                    warnings.append(
                        Problem(
                            (*at, "filter", key),
                            f"a filter on {key} pays for where or as whom people work, and can set channels of work apart",
                        )
                    )
    return warnings


def _cliffs(component: Component, at: KeyPath, currency: str, registry: Registry) -> Iterator[Problem]:
    """Yield the bounds at which one more unit of the measure pays much more than the units around it."""
    if isinstance(component.payout, Goal | Spiff) or component.basis == "rank" or component.measure is None:
        return
    measure = registry.get(component.measure)
    is_money = measure is not None and measure.is_money
    minor = 10 ** currency_digits(currency)
    terms = Terms(currency, minor if is_money else 1, minor)
    target = (component.target.major(currency) if isinstance(component.target, Amount) else TARGET_TOLD) * terms.unit
    unit = Fraction(terms.unit)
    for bound, place in _bounds(component, at):
        value = bound.share * target if bound.is_percent else curves.plain_bound(bound, terms)
        before, here, after = (_pays(component, value + step * unit, target, terms) for step in (-1, 0, 1))
        jump, usual = here - before, max(after - here, Fraction(minor) if is_money else Fraction(0))
        if value > 0 and jump > 2 * usual:
            thing = f"one more {currency}" if is_money else "one more"
            where = percent_text(bound.share) if bound.is_percent else number_text(bound.amount.major(currency))
            told = f", for a target of {number_text(target / terms.unit)}" if bound.is_percent else ""
            yield Problem(place, f"a cliff: {thing} at {where} pays {money_text(jump, currency)} {currency}{told}")


def _bounds(component: Component, at: KeyPath) -> Iterator[tuple[Bound, KeyPath]]:
    threshold = component.wanted_threshold
    if threshold is not None:
        yield threshold, (*at, "threshold") if component.threshold is not None else (*at, "payout", "threshold")
    for number, row in enumerate(component.rows):
        if threshold is None or row.start != threshold:
            yield row.start, (*at, "payout", "table", number, "from")


def _pays(component: Component, measure: Fraction, target: Fraction, terms: Terms) -> Fraction:
    payout = component.payout
    on_target: Exact | None = None
    if isinstance(payout, Tiers | Step | Linear) and payout.on_target is not None:
        stated = payout.on_target.major(terms.currency) if isinstance(payout.on_target, Amount) else ON_TARGET_TOLD
        on_target = Exact.of([stated * terms.minor])
    amount = None
    if isinstance(payout, PerUnit) and payout.amount_by is not None:
        amount = Exact.of([payout.amount_by.table[0].amount.minor(terms.currency)])
    inputs = CurveInputs(
        Exact.of([measure]), None if component.target is None else Exact.of([target]), Exact.constant(1, 1), on_target, amount
    )
    return curves.total(curves.evaluate(component, inputs, terms), 1).at(0)
