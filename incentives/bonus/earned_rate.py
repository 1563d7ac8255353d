"""What a locked period is worth by now under `after_lock: earned_rate`: each payout in proportion to what remains of its measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from incentives.bonus.exact_text import money_text, value_text
from incentives.bonus.result import ComponentResult, Statement
from incentives.bonus.trace import TOTAL, Recorder
from incentives.money import currency_digits
from incentives.plans.model import Plan


def at_earned_rates(locked: Iterable[Statement], now: Iterable[Statement], plans: Iterable[Plan]) -> Iterator[Statement]:
    """Yield today's statements of a locked period, those of plans at earned rates made of what was locked.

    A component pays locked payout x today's measure / locked measure, both as the statements state them. Where nothing above zero was
    measured when it was locked there is nothing to be in proportion to, and the curve decides, as it does for somebody who had no
    statement. The guarantee stays as locked.

    Args:
        locked: Statements from the frozen inputs.
        now: Statements of the same people from the inputs as of today.
        plans: The plans of both.
    """
    earned = {(plan.plan, plan.version): plan for plan in plans if plan.after_lock == "earned_rate"}
    before = {_key(one): one for one in locked if (one.plan, one.plan_version) in earned}
    for one in now:
        held = before.get(_key(one))
        yield one if held is None else _in_proportion(held, one, earned[held.plan, held.plan_version])


def _in_proportion(locked: Statement, now: Statement, plan: Plan) -> Statement:
    recorder = Recorder(now.currency)
    today = {part.component: part for part in now.components}
    components = []
    for part in locked.components:
        found = today.get(part.component, part)
        components.append(replace(found, amount_minor=_amount(recorder, part, found)))
    total = sum(part.amount_minor for part in components)
    named = {part.component: money_text(part.amount_minor, now.currency) for part in components if part.amount_minor}
    recorder.money(TOTAL, "total", "sum of the components", named, total)
    guarantee = next((step.inputs["guarantee"] for step in locked.trace if step.step == "guarantee"), None)
    worth = max(total, 0) if plan.returns == "original_period" else total
    if guarantee is not None:
        worth = max(worth, int(Fraction(guarantee) * 10 ** currency_digits(now.currency)))
        inputs = {"total": money_text(total, now.currency), "guarantee": guarantee}
        recorder.money(TOTAL, "guarantee", "at least the guarantee, as it was locked", inputs, worth)
    label = "worth: what is owed before holdback, draw and recovery"
    if plan.returns == "original_period" and worth == 0 > total:
        label = "worth never falls below zero"
    recorder.money(TOTAL, "worth", label, {"total": money_text(total, now.currency)}, worth)
    return replace(locked, worth_minor=worth, components=tuple(components), trace=recorder.steps())


def _amount(recorder: Recorder, locked: ComponentResult, now: ComponentResult) -> int:
    """Return what a component pays, and record how."""
    name, currency = locked.component, recorder.currency
    is_money = locked.measure_unit == "money"
    if (
        not locked.measure_value
        or locked.measure_value < 0
        or now.measure_value is None
        or locked.measure_unit != now.measure_unit
    ):
        recorder.money(name, "rounding", "nothing above zero was measured when it was locked: by the curve", {}, now.amount_minor)
        return now.amount_minor
    share = Fraction(now.measure_value, locked.measure_value)
    unit = 1000 if locked.measure_unit == "thousandths" else 1
    shown = {
        "locked payout": money_text(locked.amount_minor, currency),
        "locked measure": value_text(Fraction(locked.measure_value, unit), currency, is_money),
        "measure": value_text(Fraction(now.measure_value, unit), currency, is_money),
    }
    amount = locked.amount_minor * max(share, Fraction(0))
    recorder.money(name, "earned_rate", "locked payout x today's measure / locked measure", shown, amount)
    recorder.money(name, "rounding", "rounded once, half to even, to the minor unit", {}, round(amount))
    return round(amount)


def _key(one: Statement) -> tuple[str, str, str]:
    return one.associate_id, one.plan, one.currency
