"""The trace of a statement: every step of the arithmetic with its inputs and its output, as exact text.

It is rendered from the columns that the calculation kept, one statement at a time; nothing is computed a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from incentives.bonus.columns import day_of
from incentives.bonus.components import Evaluated
from incentives.bonus.curves import CurveInputs, plain_bound
from incentives.bonus.draw_terms import draw_terms
from incentives.bonus.exact_text import about_percent, money_text, ratio_text, value_text
from incentives.bonus.holdback_terms import held_back, holdback_inputs
from incentives.bonus.result import TraceStep, Unit
from incentives.bonus.settle import SettledComponent, SettledPlan
from incentives.bonus.trace_text import bound_text, filter_text, row_text
from incentives.plans.model import Plan
from incentives.plans.numbers import Amount, number_text, percent_text

TOTAL = "total"


class Recorder:
    """Collects the steps of one statement in order."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._steps: list[TraceStep] = []

    def add(self, component: str, step: str, label: str, inputs: dict[str, str], output: str, unit: Unit) -> None:
        """Add a step."""
        self._steps.append(TraceStep(len(self._steps) + 1, component, step, label, inputs, output, unit))

    def money(self, component: str, step: str, label: str, inputs: dict[str, str], minor: Fraction | int) -> None:
        """Add a step whose output is an amount of the statement's currency."""
        self.add(component, step, label, inputs, money_text(minor, self.currency), "money")

    def steps(self) -> tuple[TraceStep, ...]:
        """Return the steps."""
        return tuple(self._steps)


def component_steps(
    recorder: Recorder,
    settled: SettledPlan,
    component: SettledComponent,
    row: int,
    parts: Sequence[tuple[Evaluated, int]],
    associate_id: str,
) -> None:
    """Add the steps of one component: each part's, then what is done to their sum."""
    name = component.component_id
    for number, (one, part) in enumerate(parts, 1):
        prefix = f"part {number} of {len(parts)}: " if len(parts) > 1 else ""
        _part_steps(recorder, settled, one, part, associate_id, prefix)
    amount = component.summed.at(row)
    if len(parts) > 1:
        recorder.money(
            name,
            "parts",
            "sum of the parts",
            {f"part {n}": money_text(o.paid.at(p), recorder.currency) for n, (o, p) in enumerate(parts, 1)},
            amount,
        )
    if not settled.holders.eligible[row]:
        version = settled.holders.versions[int(settled.holders.parts.version[row])]
        least, days = version.eligibility.min_active_days, int(settled.holders.active_days[row])
        recorder.money(
            name,
            "eligibility",
            f"{days} active days, {least} needed: nothing is paid",
            {"active_days": str(days), "min_active_days": str(least)},
            amount,
        )
    amount = _modifier_steps(recorder, component, row, amount)
    if component.has_cap[row]:
        cap = component.cap.at(row)
        inputs = {"amount": money_text(amount, recorder.currency), "cap": money_text(cap, recorder.currency)}
        amount = component.capped.at(row)
        recorder.money(name, "cap", f"at most {money_text(cap, recorder.currency)} in the period", inputs, amount)
    recorder.money(
        name,
        "rounding",
        "rounded once, half to even, to the minor unit",
        {"amount": money_text(amount, recorder.currency)},
        int(component.rounded[row]),
    )


def total_steps(recorder: Recorder, settled: SettledPlan, row: int, version: Plan) -> None:
    """Add the steps after the components: total, its cap, guarantee, what waits, worth."""
    currency = recorder.currency
    amounts = {
        one.component_id: money_text(int(one.rounded[row]), currency) for one in settled.components if one.rounded[row] != 0
    }
    recorder.money(TOTAL, "total", "sum of the components", amounts, int(settled.total[row]))
    if settled.has_cap[row]:
        inputs = {"total": money_text(int(settled.total[row]), currency), "cap": money_text(int(settled.cap[row]), currency)}
        for one in settled.components:
            if one.final[row] != one.rounded[row]:
                inputs[f"taken from {one.component_id}"] = money_text(int(one.rounded[row]) - int(one.final[row]), currency)
        recorder.money(
            TOTAL, "total_cap", "at most the total's cap, taken from the last component first", inputs, int(settled.capped[row])
        )
    if settled.has_guarantee[row]:
        inputs = {
            "total": money_text(int(settled.capped[row]), currency),
            "guarantee": money_text(int(settled.guarantee[row]), currency),
        }
        recorder.money(
            TOTAL, "guarantee", "at least the guarantee", inputs, max(int(settled.guarantee[row]), int(settled.capped[row]))
        )
    holdbacks = {component.id: component.holdback for component in version.components}
    for one in settled.components:
        holdback = holdbacks.get(one.component_id)
        if holdback is not None and one.final[row] > 0:
            recorder.money(
                TOTAL,
                "holdback",
                f"of {one.component_id} {percent_text(holdback.share)} waits",
                {
                    "component": one.component_id,
                    "amount": money_text(int(one.final[row]), currency),
                    "share": percent_text(holdback.share),
                    **holdback_inputs(holdback, settled.holders.period.periods[-1]),
                },
                held_back(holdback, int(one.final[row])),
            )
    if settled.has_draw[row] and version.draw is not None:
        recorder.money(
            TOTAL,
            "draw",
            "a recoverable draw: what it pays, and what is taken back of it, follows at the lock",
            draw_terms(version.draw, int(settled.draw[row]), version.valid_from, settled.holders.period.periods[-1], currency),
            int(settled.draw[row]),
        )
    if settled.has_floor[row]:
        recorder.money(
            TOTAL,
            "hold_harmless",
            f"at least what {version.hold_harmless} would have paid",
            {
                "this plan": money_text(int(settled.alone[row]), currency),
                "that plan": money_text(int(settled.floor[row]), currency),
            },
            int(settled.worth[row]),
        )
    inputs = {"total": money_text(int(settled.capped[row]), currency)}
    label = "worth: what is owed before holdback, draw and recovery"
    if version.returns == "original_period" and settled.capped[row] < 0:
        label = "worth never falls below zero"
    recorder.money(TOTAL, "worth", label, inputs, int(settled.worth[row]))


def _part_steps(recorder: Recorder, settled: SettledPlan, one: Evaluated, part: int, associate_id: str, prefix: str) -> None:
    name, currency = one.component.id, recorder.currency
    elements = one.elements_of(part)
    is_line = one.component.pays == "per_line"
    subject = {"subject": associate_id}
    if one.component.is_pool:
        teams = settled.holders.assignments.teams
        subject = {"subject": f"team {teams[int(one.parts.unit[part])]}" if one.parts.unit[part] >= 0 else "no team"}
    if is_line:
        label = f"{prefix}{len(elements)} credited lines of {one.component.measure}, each on its own"
        recorder.add(name, "measure", label, {**_window(one, part), **subject}, str(len(elements)), "count")
    for position, element in enumerate(elements, 1):
        lead = f"line {position}: " if is_line else prefix
        _input_steps(recorder, one, part, one.now, element, lead, subject)
        _table_steps(recorder, one, one.now, element, lead)
        reached = one.reached.at(element)
        recorder.money(name, "curve", f"{lead}F to the end of the period", {"rows": one.component.payout.curve}, reached)
        if one.standing.at(element) != reached:
            recorder.money(
                name,
                "standing",
                f"{lead}the highest F so far stands",
                {"F": money_text(reached, currency)},
                one.standing.at(element),
            )
        if one.window.count > 1:
            _difference_steps(recorder, one, element, lead)
    if is_line and elements:
        recorder.money(name, "lines", f"{prefix}sum of the lines", {}, one.paid.at(part))
    if one.weights is not None:
        _pool_steps(recorder, one, part)


def _difference_steps(recorder: Recorder, one: Evaluated, element: int, lead: str) -> None:
    currency, end = recorder.currency, int(one.window.edges[-2])
    inputs = {"to": day_of(end - 1).isoformat()}
    if one.before is not None:
        inputs["measure"] = value_text(one.before.measure.at(element), currency, one.is_money)
        if one.before.target is not None:
            inputs["target"] = value_text(one.before.target.at(element), currency, one.is_money)
    recorder.money(
        one.component.id,
        "previous",
        f"{lead}F to the end of the period before, on the same data and the same curve",
        inputs,
        one.earlier.at(element),
    )
    standing, earlier = one.standing.at(element), one.earlier.at(element)
    inputs = {"F": money_text(standing, currency), "previous": money_text(earlier, currency)}
    recorder.money(one.component.id, "difference", f"{lead}the period's part of F", inputs, standing - earlier)


def _window(one: Evaluated, part: int) -> dict[str, str]:
    inputs = {
        "measure": one.component.measure or "",
        "from": day_of(one.first_day(part)).isoformat(),
        "to": day_of(min(one.window.end, int(one.parts.end[part])) - 1).isoformat(),
        "dates": "business_date" if one.plan.returns == "return_period" else "earned_date",
        "plan": one.plan.key,
    }
    if one.is_money:
        inputs["currency"] = one.terms.currency
        if one.plan.fx == "plan_rate":
            inputs["fx"] = "plan_rate"
    if one.plan.leavers.after_leaving == "forfeit":
        inputs["after_leaving"] = "forfeit"
    return {**inputs, **filter_text(one.component.filter)}


def _input_steps(
    recorder: Recorder, one: Evaluated, part: int, inputs: CurveInputs, element: int, lead: str, subject: dict[str, str]
) -> None:
    name, currency, component = one.component.id, recorder.currency, one.component
    unit: Unit = "money" if one.is_money else "count"
    for goal in inputs.goals:
        measure, target = goal.measure.at(element), goal.target.at(element)
        shown = {
            **_window(one, part),
            **subject,
            "measure": goal.name,
            "target": number_text(target),
            "weight": ratio_text(goal.weight),
        }
        recorder.add(name, "measure", f"{lead}{goal.name}", shown, number_text(measure), "count")
    if not inputs.goals:
        value = inputs.measure.at(element)
        recorder.add(
            name,
            "measure",
            f"{lead}{component.measure}",
            {**_window(one, part), **subject},
            value_text(value, currency, one.is_money),
            unit,
        )
    periods = inputs.periods.at(element)
    if inputs.target is not None:
        target = inputs.target.at(element)
        stated = f"{component.target}" if isinstance(component.target, str) else "of the plan"
        shown = {"target": stated, "proration": one.plan.proration.by, "over": component.target_over}
        if isinstance(component.target, Amount):
            shown["amount"] = number_text(component.target.major(currency))
            shown["periods"] = number_text(periods)
        recorder.add(
            name, "target", f"{lead}target to date, prorated once", shown, value_text(target, currency, one.is_money), unit
        )
        attained = {
            "measure": value_text(inputs.measure.at(element), currency, one.is_money),
            "target": value_text(target, currency, one.is_money),
        }
        reached = ratio_text(inputs.measure.at(element) / target) if target > 0 else "0"
        label = (
            f"measure / target, about {about_percent(inputs.measure.at(element) / target)}"
            if target > 0
            else "no target: the component pays nothing"
        )
        recorder.add(name, "attainment", f"{lead}{label}", attained, reached, "ratio")
    if inputs.on_target is not None:
        recorder.money(
            name,
            "on_target",
            f"{lead}on_target to date, prorated once",
            {"periods": number_text(periods)},
            inputs.on_target.at(element),
        )
    elif periods != 1 and any(row.kind == "amount" for row in component.rows):
        recorder.add(
            name,
            "proration",
            f"{lead}how often a fixed amount counts to date",
            {"by": one.plan.proration.by},
            number_text(periods),
            "ratio",
        )


def _table_steps(recorder: Recorder, one: Evaluated, inputs: CurveInputs, element: int, lead: str) -> None:
    component, currency = one.component, recorder.currency
    threshold = component.wanted_threshold
    if threshold is not None:
        target, measure = inputs.target, inputs.measure.at(element)
        limit = (
            threshold.share * target.at(element)
            if threshold.is_percent and target is not None
            else plain_bound(threshold, one.terms)
        )
        shown = {
            "measure": value_text(measure, currency, one.is_money),
            "threshold": bound_text(threshold, currency),
            "at": value_text(limit, currency, one.is_money),
        }
        met = measure >= limit
        label = f"{lead}the threshold is {'reached' if met else 'not reached: nothing is paid'}"
        recorder.add(component.id, "threshold", label, shown, "yes" if met else "no", "text")
    total = Fraction(0)
    for contribution in one.contributions:
        amount, on = contribution.amount.at(element), contribution.part.at(element)
        if amount != 0 or on != 0:
            label, shown = row_text(component, contribution.row, on, one.is_money, currency)
            recorder.money(component.id, "row", f"{lead}{label}", shown, amount)
            total += amount
    if component.interval_cap is not None and one.reached.at(element) != total:
        shown = {"interval_cap": number_text(component.interval_cap.major(currency))}
        recorder.money(component.id, "interval_cap", f"{lead}F is at most the interval's cap", shown, one.reached.at(element))


def _pool_steps(recorder: Recorder, one: Evaluated, part: int) -> None:
    assert one.weights is not None
    together = one.weight_of(int(one.parts.unit[part]))
    shown = {
        "share_by": str(getattr(one.component.payout, "share_by", "")),
        "own weight": number_text(one.weights[part]),
        "all weights": number_text(together),
    }
    recorder.money(one.component.id, "share", "own share of the pool, by largest remainder", shown, one.paid.at(part))


def _modifier_steps(recorder: Recorder, component: SettledComponent, row: int, amount: Fraction) -> Fraction:
    for one in component.applied:
        if not one.holds_for[row]:
            continue
        factor, known = one.factor.at(row), bool(one.known[row])
        after = amount * factor if amount > 0 else amount
        inputs = {
            "amount": money_text(amount, recorder.currency),
            "measure": one.modifier.label,
            "value": number_text(one.value.at(row)) if known else "missing",
            "from": day_of(one.window.start).isoformat(),
            "to": day_of(one.window.end - 1).isoformat(),
            "factor": number_text(factor),
        }
        is_gate = one.modifier.measure is None
        label = (
            f"gate {one.modifier.label}: {'open' if factor else 'shut'}"
            if is_gate
            else f"x {number_text(factor)} by {one.modifier.label}"
        )
        recorder.money(component.component_id, "gate" if is_gate else "modifier", label, inputs, after)
        amount = after
    return amount
