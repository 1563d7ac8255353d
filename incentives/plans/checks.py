"""What a plan may not say, beyond what a single key can show. Every problem names the key that has to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from incentives.documents import KeyPath
from incentives.plans.model import LOCAL, Component, Holdback, Plan
from incentives.plans.numbers import Amount, Bound
from incentives.plans.payouts import Goal, Linear, PerUnit, Pool, Spiff, Step, Tiers
from incentives.plans.registry import ASSOCIATE, LINE_MEASURES, TEAM, Measure, Registry

CALENDAR_ORDER = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake: the key path it stands at, and what was expected."""

    path: KeyPath
    message: str


def component_problems(plan: Plan, index: int, component: Component, registry: Registry) -> Iterator[Problem]:
    """Yield the problems of one component."""
    at: KeyPath = ("components", index)
    measure = registry.get(component.measure) if component.measure else None
    yield from _measure_problems(component, at, registry)
    yield from _interval_problems(plan, component, at)
    yield from _threshold_problems(component, at)
    yield from _table_problems(component, at, measure)
    yield from _curve_problems(component, at, measure, registry)
    if component.filter is not None and component.measure not in LINE_MEASURES:
        yield Problem((*at, "filter"), f"a filter works on {', '.join(LINE_MEASURES)} only; {component.measure} has no lines")
    if component.pays == "per_line" and (component.measure not in LINE_MEASURES or component.is_pool):
        yield Problem((*at, "pays"), f"per_line works on an associate's {', '.join(LINE_MEASURES)} only")
    if component.holdback is not None:
        yield from _holdback_problems(component.holdback, (*at, "holdback"), registry)
    if component.target == "team" and (measure is None or measure.subject != TEAM):
        yield Problem((*at, "target"), "a team's target needs a team's measure, such as team_credited_revenue")
    if component.target == "individual" and measure is not None and measure.subject != ASSOCIATE:
        yield Problem(
            (*at, "target"),
            f"{measure.name} belongs to a{'n' if measure.subject == ASSOCIATE else ''} {measure.subject}; expected target: team or an amount",
        )


def _holdback_problems(holdback: Holdback, at: KeyPath, registry: Registry) -> Iterator[Problem]:
    if not 0 < holdback.share <= 1:
        yield Problem((*at, "share"), "expected more than 0% and at most 100% of what the component pays")
    if holdback.until == "return_window" and holdback.days is None:
        yield Problem((*at, "days"), "a return window says how many days after the period's end it is over")
    if holdback.until == "year_end" and holdback.days is not None:
        yield Problem((*at, "days"), "days belong to until: return_window or gate; a year ends when it ends")
    if holdback.until != "gate":
        for key in ("gate", "at_least"):
            if getattr(holdback, key) is not None:
                yield Problem((*at, key), "belongs to until: gate")
        return
    if holdback.days is None:
        yield Problem((*at, "days"), "a gate says how many days after the period's end what was not reached is forfeited")
    if holdback.at_least is None:
        yield Problem((*at, "at_least"), "required: what the measure has to reach")
    elif holdback.at_least.is_percent or holdback.at_least.amount.single is None:
        yield Problem((*at, "at_least"), "expected a plain number of the measure")
    if holdback.gate is None:
        yield Problem((*at, "gate"), "required: the measure that has to be reached")
        return
    yield from known(registry, holdback.gate, (*at, "gate"))
    measure = registry.get(holdback.gate)
    if measure is not None and measure.subject != ASSOCIATE:
        yield Problem((*at, "gate"), f"{measure.name} belongs to a {measure.subject}; a gate looks at the person's own measure")


def _measure_problems(component: Component, at: KeyPath, registry: Registry) -> Iterator[Problem]:
    if isinstance(component.payout, Goal):
        for key in ("measure", "target", "filter"):
            if getattr(component, key) is not None:
                yield Problem((*at, key), "a goal names its measures under weights, each with its own target")
        for name in component.payout.weights:
            yield from known(registry, name, (*at, "payout", "weights", name))
        return
    if component.measure is None:
        yield Problem((*at, "measure"), "required, but missing")
        return
    yield from known(registry, component.measure, (*at, "measure"))


def known(registry: Registry, name: str, at: KeyPath) -> Iterator[Problem]:
    """Yield a problem where nobody computes a measure, or where no plan may pay on it."""
    measure = registry.get(name)
    if measure is None:
        nearest = registry.nearest(name)
        hint = (
            f"; did you mean {nearest}?"
            if nearest
            else "; a measure of the scores feed is known once it was delivered and published"
        )
        yield Problem(at, f"nobody computes a measure '{name}'{hint}")
    elif not measure.payable:
        yield Problem(at, f"no plan may pay on {name}: the registry says it is shown, never paid")


def _interval_problems(plan: Plan, component: Component, at: KeyPath) -> Iterator[Problem]:
    period, interval = CALENDAR_ORDER[plan.calendar], CALENDAR_ORDER[component.interval or plan.calendar]
    if component.interval is not None and component.pays != "to_date":
        yield Problem((*at, "interval"), f"progress over an interval needs pays: to_date, not {component.pays}")
    if interval < period:
        yield Problem((*at, "interval"), f"the interval is shorter than the calendar's {plan.calendar}")
    if interval > period and component.on_change is None:
        yield Problem((*at, "on_change"), "required where the interval is longer than the period: carry or reset")
    if component.target_over == "interval" and component.target is None and not _has_on_target(component):
        yield Problem((*at, "target_over"), "there is no target and no on_target that could be the interval's")


def _has_on_target(component: Component) -> bool:
    return getattr(component.payout, "on_target", None) is not None


def _threshold_problems(component: Component, at: KeyPath) -> Iterator[Problem]:
    inner = getattr(component.payout, "threshold", None)
    if inner is not None and component.threshold is not None:
        yield Problem((*at, "threshold"), "the threshold stands in the payout too; state it once")
    threshold = component.wanted_threshold
    place = (*at, "threshold") if component.threshold is not None else (*at, "payout", "threshold")
    if threshold is not None and threshold.is_percent and component.target is None:
        yield Problem(place, "a percentage is attainment, and the component has no target; write a number for the measure")
    if threshold is not None and isinstance(component.payout, Goal):
        yield Problem(place, "a goal has no threshold")
    if component.pays_excess_only:
        key = (*at, "excess_only") if component.excess_only else (*at, "payout", "excess_only")
        if threshold is None:
            yield Problem(key, "pays what lies above a threshold, and there is none")
        if not isinstance(component.payout, Tiers | PerUnit) or component.basis == "rank":
            yield Problem(key, f"the curve {component.payout.curve} has no part above a threshold; use tiers or per_unit")
        elif any(row.kind == "amount" for row in component.rows):
            yield Problem(key, "a fixed amount has no part above a threshold; use a rate or a factor")


def _table_problems(component: Component, at: KeyPath, measure: Measure | None) -> Iterator[Problem]:
    rows, payout = component.rows, component.payout
    if not rows or not isinstance(payout, Tiers | Step | Linear):
        return
    table = (*at, "payout", "table")
    kinds = set()
    for number, row in enumerate(rows):
        given = [kind for kind in ("rate", "amount", "factor") if getattr(row, kind) is not None]
        kinds.update(given)
        if len(given) != 1:
            yield Problem((*table, number), "a row has exactly one of rate, amount, factor")
        if row.start.is_percent != (component.basis == "attainment"):
            wanted = "percentages such as 80%" if component.basis == "attainment" else "plain numbers such as 0.8 or 5000"
            yield Problem((*table, number, "from"), f"the basis is {component.basis}; expected {wanted}")
    if len(kinds) > 1:
        yield Problem(table, f"one table pays one way; this one mixes {', '.join(sorted(kinds))}")
    yield from rising([row.start for row in rows], table)
    if "rate" in kinds and measure is not None and not measure.is_money:
        yield Problem(table, f"a rate needs a measure that is money; {measure.name} is a {measure.unit}")
    if component.basis == "attainment" and component.target is None:
        yield Problem((*at, "target"), "required, because the table's bounds are percentages of a target")
    if "factor" in kinds and payout.on_target is None:
        yield Problem((*at, "payout", "on_target"), "required, because the table has factors")
    if "factor" not in kinds and payout.on_target is not None:
        yield Problem((*at, "payout", "on_target"), "the table has no factors, so nothing uses it")
    if "factor" in kinds and isinstance(payout, Tiers) and component.target is None:
        yield Problem((*at, "target"), "required: in tiers a factor multiplies attainment")
    if component.basis == "rank":
        yield from _rank_problems(component, payout, at)
    elif payout.rank_in is not None:
        yield Problem((*at, "payout", "rank_in"), "needs basis: rank")


def _rank_problems(component: Component, payout: Tiers | Step | Linear, at: KeyPath) -> Iterator[Problem]:
    if payout.rank_in is None:
        yield Problem((*at, "payout", "rank_in"), "required with basis: rank: team, location or plan")
    if isinstance(payout, Linear) or any(row.kind == "rate" for row in payout.table):
        yield Problem((*at, "payout", "table"), "a rank pays an amount or a factor of on_target, by tiers or step")
    starts = [row.start.amount.single for row in payout.table]
    if starts[0] != 1 or any(start is None or start.denominator != 1 for start in starts):
        yield Problem((*at, "payout", "table"), "ranks are whole numbers and start from 1")
    if component.is_pool or component.pays != "per_period":
        yield Problem((*at, "pays"), "a rank is a period's: expected pays: per_period, and no share_by")


def rising(starts: list[Bound], at: KeyPath) -> Iterator[Problem]:
    """Yield a problem for each bound that does not lie above the one before."""
    for number in range(1, len(starts)):
        before, after = starts[number - 1].amount, starts[number].amount
        if before.currencies != after.currencies:
            yield Problem((*at, number, "from"), "names other currencies than the row before")
        elif any(a >= b for a, b in zip(before.values, after.values, strict=True)):
            yield Problem(
                (*at, number, "from"),
                "does not lie above the row before; bounds strictly rise, so that there is no gap or overlap",
            )


def _curve_problems(component: Component, at: KeyPath, measure: Measure | None, registry: Registry) -> Iterator[Problem]:
    payout, inside = component.payout, (*at, "payout")
    if isinstance(payout, PerUnit):
        if (payout.amount is None) == (payout.amount_by is None):
            yield Problem((*inside, "amount"), "a per_unit curve has exactly one of amount, amount_by")
        if measure is not None and measure.is_money:
            yield Problem((*at, "measure"), f"{measure.name} is money; per_unit counts units. Use tiers with a rate")
        if payout.amount_by is not None:
            yield from known(registry, payout.amount_by.measure, (*inside, "amount_by", "measure"))
            yield from rising([row.start for row in payout.amount_by.table], (*inside, "amount_by", "table"))
    elif isinstance(payout, Goal):
        if sum(payout.weights.values(), Fraction(0)) not in (Fraction(100), Fraction(1)):
            yield Problem((*inside, "weights"), "the weights do not sum to 100")
    elif isinstance(payout, Spiff):
        if payout.start is not None and payout.end is not None and payout.end < payout.start:
            yield Problem((*inside, "to"), "lies before from")
        if payout.each == "once" and (payout.start is None) != (payout.end is None):
            yield Problem((*inside, "each"), "once needs both from and to, or neither: then it is once in every period")
        if payout.each == "unit" and measure is not None and measure.is_money:
            yield Problem((*inside, "each"), f"{measure.name} is money; each: unit needs a count, such as credited_units")
        if payout.each == "order" and component.measure not in LINE_MEASURES:
            yield Problem((*inside, "each"), f"orders are counted from {', '.join(LINE_MEASURES)} only")
        if component.target is not None or component.threshold is not None:
            yield Problem((*at, "payout"), "a spiff has neither target nor threshold")
    if component.is_pool:
        yield from _pool_problems(component, at, measure, registry)


def _pool_problems(component: Component, at: KeyPath, measure: Measure | None, registry: Registry) -> Iterator[Problem]:
    payout, inside = component.payout, (*at, "payout")
    share_by = getattr(payout, "share_by", None)
    if isinstance(payout, Pool) and (payout.rate is None) == (payout.amount is None):
        yield Problem((*inside, "rate"), "a pool has exactly one of rate, amount")
    if isinstance(payout, Pool) and payout.rate is not None and measure is not None and not measure.is_money:
        yield Problem((*inside, "rate"), f"a rate needs a measure that is money; {measure.name} is a {measure.unit}")
    if measure is not None and measure.subject != TEAM:
        yield Problem(
            (*at, "measure"),
            f"a pool is a team's; {measure.name} belongs to a{'n' if measure.subject == ASSOCIATE else ''} {measure.subject}",
        )
    if measure is not None and measure.additivity not in ("sum", "distinct"):
        yield Problem((*at, "measure"), f"{measure.name} does not add up, so no pool can be divided from it")
    if share_by is None:
        yield Problem((*inside, "share_by"), "required: equal, fte, or a measure that adds up")
    elif share_by not in ("equal", "fte"):
        yield from _weight_problems(registry, share_by, (*inside, "share_by"))
    among = getattr(payout, "among", None)
    if among is not None and (among.measure is None) != (among.at_least is None):
        yield Problem((*inside, "among"), "measure and at_least go together")
    if among is not None and among.measure is not None:
        yield from known(registry, among.measure, (*inside, "among", "measure"))


def _weight_problems(registry: Registry, name: str, at: KeyPath) -> Iterator[Problem]:
    found = registry.get(name)
    if found is None:
        yield from known(registry, name, at)
    elif found.additivity != "sum":
        yield Problem(at, f"{name} does not add up, so it cannot divide a pool")
    elif found.subject != ASSOCIATE:
        yield Problem(at, f"{name} belongs to a {found.subject}; a pool is divided by what each person did")


def amount_problems(plan: Plan, amount: Amount, at: KeyPath) -> Iterator[Problem]:
    """Yield a problem where an amount of money does not fit the plan's currency."""
    if plan.currency == LOCAL and amount.single is not None:
        yield Problem(at, "the currency is local; expected one amount for each currency, such as {EUR: 10.00, AED: 40.00}")
    if plan.currency != LOCAL and amount.single is None:
        yield Problem(at, f"the plan's currency is {plan.currency}; expected one number (maps belong to currency: local)")
