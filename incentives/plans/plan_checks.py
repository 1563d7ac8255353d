"""Checks of a plan as a whole: names that must be unique, amounts and currencies, modifiers and their gates."""

from __future__ import annotations

from collections.abc import Iterator

from incentives.documents import KeyPath
from incentives.errors import InputError
from incentives.periods import Period
from incentives.plans.checks import CALENDAR_ORDER, Problem, amount_problems, component_problems, known, rising
from incentives.plans.model import LOCAL, Component, Modifier, Plan, Recovery
from incentives.plans.numbers import Amount, Bound
from incentives.plans.payouts import Goal, Linear, PerUnit, Pool, Spiff, Step, Tiers
from incentives.plans.registry import ASSOCIATE, Measure, Registry

# The lowest value of a measure by its sign; a modifier's table starts there.
MINIMUM_BY_SIGN = {"non_negative": 0, "positive": 0}
NPS_MINIMUM = -100


def plan_problems(plan: Plan, registry: Registry) -> list[Problem]:
    """Return every problem of a plan that reads well key by key."""
    problems = list(_unique(plan))
    for index, component in enumerate(plan.components):
        problems += component_problems(plan, index, component, registry)
    for index, modifier in enumerate(plan.modifiers):
        problems += _modifier_problems(plan, modifier, ("modifiers", index), registry)
    problems += _draw_problems(plan)
    problems += _hold_harmless_problems(plan)
    if plan.proration.leave == "exclude" and plan.proration.by in ("months", "none"):
        problems.append(
            Problem(
                ("proration", "leave"), f"by: {plan.proration.by} counts no days; leave out this key, or prorate by days or hours"
            )
        )
    problems += _earned_rate_problems(plan)
    problems += _circles(plan)
    problems += _amounts(plan, registry)
    return problems


def plan_currencies(plan: Plan, registry: Registry) -> tuple[str, ...]:
    """Return the currencies in which a plan can pay: its own, or those that every amount of a local plan names."""
    if plan.currency != LOCAL:
        return (plan.currency,)
    maps = [set(amount.currencies) for amount, _ in _money(plan, registry) if amount.currencies]
    return tuple(sorted(set.intersection(*maps))) if maps else ()


def _unique(plan: Plan) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, component in enumerate(plan.components):
        if component.id in seen:
            yield Problem(("components", index, "id"), f"the id '{component.id}' stands twice")
        seen.add(component.id)


def _earned_rate_problems(plan: Plan) -> Iterator[Problem]:
    if plan.after_lock != "earned_rate":
        return
    for index, component in enumerate(plan.components):
        if component.interval is not None and component.interval != plan.calendar:
            yield Problem(
                ("components", index, "interval"),
                "after_lock: earned_rate pays a period by what remains of its own measure; progress over several periods needs reprice",
            )
        if component.pays == "per_line":
            yield Problem(
                ("components", index, "pays"), "after_lock: earned_rate looks at the whole measure; per_line needs reprice"
            )


def _hold_harmless_problems(plan: Plan) -> Iterator[Problem]:
    if plan.hold_harmless is None:
        return
    if plan.hold_harmless == plan.plan:
        yield Problem(("hold_harmless",), "names the plan itself; expected the plan that people were under before")
    if plan.after_lock == "earned_rate":
        yield Problem(
            ("hold_harmless",), "both plans are computed on what remains of a locked period; after_lock: earned_rate does not"
        )


def _draw_problems(plan: Plan) -> Iterator[Problem]:
    draw = plan.draw
    if draw is None:
        return
    if draw.kind == "recoverable":
        if draw.form is None:
            yield Problem(("draw", "form"), "a recoverable draw says how it is paid: top_up, additive or advance")
        if draw.recovery is not None:
            yield from _recovery_problems(plan, draw.recovery)
        return
    for key in ("form", "periods", "recovery"):
        if getattr(draw, key) is not None:
            yield Problem(("draw", key), "belongs to a recoverable draw")
    if plan.total.guarantee is not None:
        yield Problem(("draw",), "a draw that is not recovered is a guarantee, and the plan has one; state it once")


def _recovery_problems(plan: Plan, recovery: Recovery) -> Iterator[Problem]:
    if recovery.start is not None:
        try:
            calendar = Period.parse(recovery.start).calendar
        except InputError as error:
            yield Problem(("draw", "recovery", "start"), error.what)
        else:
            if calendar != plan.calendar:
                yield Problem(("draw", "recovery", "start"), f"is a {calendar}, and the plan pays by {plan.calendar}")
    if not 0 < recovery.ceiling <= 1:
        yield Problem(("draw", "recovery", "ceiling"), "expected more than 0% and at most 100% of a payout")


def _modifier_problems(plan: Plan, modifier: Modifier, at: KeyPath, registry: Registry) -> Iterator[Problem]:
    kinds = [kind for kind in ("measure", "gate", "gate_attainment") if getattr(modifier, kind) is not None]
    if len(kinds) != 1:
        yield Problem(at, "a modifier has exactly one of measure, gate, gate_attainment")
        return
    ids = [component.id for component in plan.components]
    if modifier.applies_to != "all":
        for number, name in enumerate(modifier.applies_to):
            if name not in ids:
                yield Problem((*at, "applies_to", number), f"there is no component '{name}'; expected one of {', '.join(ids)}")
    if modifier.interval is not None and CALENDAR_ORDER[modifier.interval] < CALENDAR_ORDER[plan.calendar]:
        yield Problem((*at, "interval"), f"the interval is shorter than the calendar's {plan.calendar}")
    if modifier.measure is not None:
        yield from _factor_problems(modifier, modifier.measure, at, registry)
    else:
        yield from _gate_problems(plan, modifier, at, registry)


def _factor_problems(modifier: Modifier, name: str, at: KeyPath, registry: Registry) -> Iterator[Problem]:
    yield from known(registry, name, (*at, "measure"))
    yield from _own(registry, name, (*at, "measure"))
    if modifier.missing is None:
        yield Problem((*at, "missing"), "required: the factor that holds where the measure is not known")
    elif isinstance(modifier.missing, str):
        yield Problem((*at, "missing"), "pass and fail belong to gates; expected a factor such as 1.0")
    for key in ("at_least", "below"):
        if getattr(modifier, key) is not None:
            yield Problem((*at, key), "belongs to a gate; a modifier by a measure has a table")
    if modifier.table is None:
        yield Problem((*at, "table"), "required, but missing")
        return
    table = (*at, "table")
    starts = [row.start for row in modifier.table]
    yield from rising(starts, table)
    yield from _numbers(starts, table)
    measure, first = registry.get(name), starts[0].amount.single
    if measure is not None and first is not None and not starts[0].is_percent:
        minimum = _minimum(measure)
        if first > minimum:
            yield Problem(
                (*table, 0, "from"),
                f"the table starts above the measure's minimum, {minimum}; values below it would have no factor",
            )


def _own(registry: Registry, name: str, at: KeyPath) -> Iterator[Problem]:
    measure = registry.get(name)
    if measure is not None and measure.subject != ASSOCIATE:
        yield Problem(at, f"{name} belongs to a {measure.subject}; a modifier looks at the person's own measure")


def _minimum(measure: Measure) -> int:
    return NPS_MINIMUM if measure.name == "nps" else MINIMUM_BY_SIGN.get(measure.sign, 0)


def _numbers(starts: list[Bound], table: KeyPath) -> Iterator[Problem]:
    for number, start in enumerate(starts):
        if start.is_percent or start.amount.single is None:
            yield Problem((*table, number, "from"), "expected a plain number of the measure, such as 8.0")


def _gate_problems(plan: Plan, modifier: Modifier, at: KeyPath, registry: Registry) -> Iterator[Problem]:
    if modifier.table is not None:
        yield Problem((*at, "table"), "a gate has at_least or below, not a table")
    if (modifier.at_least is None) == (modifier.below is None):
        yield Problem((*at, "at_least"), "a gate has exactly one of at_least, below")
    if modifier.missing is not None and not isinstance(modifier.missing, str):
        yield Problem((*at, "missing"), "expected pass or fail")
    bound = modifier.at_least or modifier.below
    key = "at_least" if modifier.at_least is not None else "below"
    if modifier.gate is not None:
        yield from known(registry, modifier.gate, (*at, "gate"))
        yield from _own(registry, modifier.gate, (*at, "gate"))
        if modifier.missing is None:
            yield Problem((*at, "missing"), "required: pass or fail where the measure is not known")
        if bound is not None and (bound.is_percent or bound.amount.single is None):
            yield Problem((*at, key), "expected a plain number of the measure")
        return
    source = next((component for component in plan.components if component.id == modifier.gate_attainment), None)
    if source is None:
        yield Problem((*at, "gate_attainment"), f"there is no component '{modifier.gate_attainment}'")
    elif source.target is None or source.is_pool:
        yield Problem(
            (*at, "gate_attainment"), f"'{source.id}' has no attainment of a person or team: it needs a target and no share_by"
        )
    if bound is not None and not bound.is_percent:
        yield Problem((*at, key), "attainment is a percentage, such as 80%")
    if modifier.interval is not None:
        yield Problem((*at, "interval"), "the attainment is that of the component's own window")


def _circles(plan: Plan) -> Iterator[Problem]:
    """Yield gates that wait for each other: A pays if B is reached, and B pays if A is."""
    waits: dict[str, set[str]] = {}
    for modifier in plan.modifiers:
        if modifier.gate_attainment is not None and modifier.applies_to != "all":
            for name in modifier.applies_to:
                waits.setdefault(name, set()).add(modifier.gate_attainment)
    for index, modifier in enumerate(plan.modifiers):
        if modifier.gate_attainment is None or modifier.applies_to == "all":
            continue
        reached, todo = set(), [modifier.gate_attainment]
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                todo += waits.get(name, ())
        circle = reached.intersection(modifier.applies_to)
        if circle:
            yield Problem(
                ("modifiers", index, "gate_attainment"),
                f"the gates of {' and '.join(sorted({*circle, modifier.gate_attainment}))} wait for each other",
            )


def _amounts(plan: Plan, registry: Registry) -> Iterator[Problem]:
    for amount, at in _money(plan, registry):
        yield from amount_problems(plan, amount, at)
    if plan.currency == LOCAL:
        maps = [(set(amount.currencies), at) for amount, at in _money(plan, registry) if amount.currencies]
        for currencies, at in maps[1:]:
            if currencies != maps[0][0]:
                yield Problem(
                    at, f"names other currencies than the plan's first amount: expected {', '.join(sorted(maps[0][0]))}"
                )


def _money(plan: Plan, registry: Registry) -> Iterator[tuple[Amount, KeyPath]]:
    for index, component in enumerate(plan.components):
        yield from _component_money(component, ("components", index), registry)
    total: KeyPath = ("total",)
    if plan.total.cap is not None:
        yield plan.total.cap, (*total, "cap")
    if plan.total.guarantee is not None:
        yield plan.total.guarantee.amount, (*total, "guarantee", "amount")
    if plan.draw is not None:
        yield plan.draw.amount, ("draw", "amount")
        if plan.draw.recovery is not None and plan.draw.recovery.minimum is not None:
            yield plan.draw.recovery.minimum, ("draw", "recovery", "minimum")


def _component_money(component: Component, at: KeyPath, registry: Registry) -> Iterator[tuple[Amount, KeyPath]]:
    payout, inside = component.payout, (*at, "payout")
    measure = registry.get(component.measure) if component.measure else None
    money_measure = measure is not None and measure.is_money
    for key in ("cap", "interval_cap"):
        if (amount := getattr(component, key)) is not None:
            yield amount, (*at, key)
    if money_measure and isinstance(component.target, Amount):
        yield component.target, (*at, "target")
    threshold = component.wanted_threshold
    if money_measure and threshold is not None and not threshold.is_percent:
        yield threshold.amount, (*at, "threshold") if component.threshold is not None else (*inside, "threshold")
    if isinstance(payout, Tiers | Step | Linear):
        for number, row in enumerate(payout.table):
            if row.amount is not None:
                yield row.amount, (*inside, "table", number, "amount")
            if money_measure and component.basis == "value" and not row.start.is_percent:
                yield row.start.amount, (*inside, "table", number, "from")
    if isinstance(payout, Tiers | Step | Linear | Goal) and isinstance(payout.on_target, Amount):
        yield payout.on_target, (*inside, "on_target")
    if isinstance(payout, PerUnit | Pool | Spiff) and payout.amount is not None:
        yield payout.amount, (*inside, "amount")
    if isinstance(payout, PerUnit) and payout.amount_by is not None:
        for number, by_row in enumerate(payout.amount_by.table):
            yield by_row.amount, (*inside, "amount_by", "table", number, "amount")
    among = getattr(payout, "among", None)
    if among is not None and among.at_least is not None and among.measure is not None:
        found = registry.get(among.measure)
        if found is not None and found.is_money and found.subject == ASSOCIATE:
            yield among.at_least.amount, (*inside, "among", "at_least")
