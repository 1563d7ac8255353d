"""The calculation: plans, frozen inputs and a period in; statements and exceptions out. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from incentives.bonus.columns import OPEN_END, day_number
from incentives.bonus.components import Evaluated, evaluate_component
from incentives.bonus.curves import Terms
from incentives.bonus.exceptions import other_currencies, plan_exceptions, without_plan
from incentives.bonus.gather import Gatherer
from incentives.bonus.hold_harmless import held_harmless
from incentives.bonus.holders import Holders
from incentives.bonus.inputs import BonusInputs
from incentives.bonus.modifiers import apply_modifiers
from incentives.bonus.parts import component_parts
from incentives.bonus.pay_group import PayGroup
from incentives.bonus.reader import Reader
from incentives.bonus.result import BonusException, BonusResult
from incentives.bonus.settle import SettledPlan, settle
from incentives.bonus.sources import Sources
from incentives.bonus.spans import Assignments, PlanRows, plan_rows
from incentives.bonus.statements import LazyStatements
from incentives.bonus.windows import Window
from incentives.errors import InputError
from incentives.money import currency_digits
from incentives.periods import Period
from incentives.plans.model import Component, Plan
from incentives.plans.payouts import Spiff
from incentives.plans.plan_checks import plan_currencies


def calculate(plans: Sequence[Plan], inputs: BonusInputs, period: Period, pay_group: PayGroup) -> BonusResult:
    """Return what the people of a pay group are owed for a period.

    Args:
        plans: Every version of every plan, checked; those of another calendar are left to its own cycles.
        inputs: Frozen inputs that reach back to the start of every interval.
        period: The period to pay.
        pay_group: Whose people are paid.

    Raises:
        InputError: Two plans cover one person on one day and do not both stack, or a plan names a measure that the
            inputs' registry does not know.
    """
    assignments = Assignments.of(inputs, pay_group)
    sources = Sources(inputs, assignments)
    rows_by_plan = {
        versions[0].plan: plan_rows(assignments, versions, [plan_currencies(one, sources.registry) for one in versions])
        for versions in by_name(plans)
    }
    _refuse_overlaps(plans, rows_by_plan, assignments, period)
    groups = {versions[0].plan: versions for versions in by_name(plans)}
    settled: dict[str, SettledPlan] = {}
    exceptions: list[BonusException] = []
    for name, versions in groups.items():
        if versions[0].calendar == period.calendar:
            settled[name] = _plan(versions, rows_by_plan[name], sources, period)
            exceptions += plan_exceptions(settled[name])
            exceptions += other_currencies(settled[name], sources, period)

    def settle_alone(versions: Sequence[Plan]) -> SettledPlan:
        currencies = [plan_currencies(one, sources.registry) for one in versions]
        return _plan(versions, plan_rows(assignments, versions, currencies), sources, period)

    lifted = {
        name: held_harmless(one, groups[name], groups, settled, settle_alone)
        for name, one in settled.items()
        if any(version.hold_harmless is not None for version in groups[name])
    }
    settled |= lifted
    exceptions += without_plan(plans, rows_by_plan, sources, period)
    exceptions.sort(key=lambda one: (one.kind, one.subject_id, one.plan, one.component))
    return BonusResult(LazyStatements(list(settled.values()), period), tuple(exceptions))


def by_name(plans: Sequence[Plan]) -> list[list[Plan]]:
    """Return plans grouped by name, their versions ordered by the day from which they hold."""
    groups: dict[str, list[Plan]] = {}
    for plan in sorted(plans, key=lambda one: (one.plan, one.valid_from)):
        groups.setdefault(plan.plan, []).append(plan)
    return list(groups.values())


def needed_components(versions: Sequence[Plan]) -> list[str]:
    """Return the ids of all components of a plan's versions."""
    return list(dict.fromkeys(component.id for version in versions for component in version.components))


def _plan(versions: Sequence[Plan], rows: PlanRows, sources: Sources, period: Period) -> SettledPlan:
    holders = Holders.of(sources, versions, rows, Window.to_date(period, None))
    terms = {code: _terms(str(name)) for code, name in enumerate(sources.assignments.currencies)}
    evaluated: list[Evaluated] = []
    for name in needed_components(versions):
        evaluated += _component(name, versions, rows, holders, sources, terms, period)
    applied = []
    for version, currency in holders.groups():
        applied += apply_modifiers(
            versions[version], holders.under(version, currency), terms[currency], currency, holders, evaluated, sources, period
        )
    return settle(holders, evaluated, applied, terms)


def _component(
    name: str,
    versions: Sequence[Plan],
    rows: PlanRows,
    holders: Holders,
    sources: Sources,
    terms: dict[int, Terms],
    period: Period,
) -> list[Evaluated]:
    """Return one component, evaluated for each version and currency in which it may pay."""
    result: list[Evaluated] = []
    for position, version in enumerate(versions):
        component = next((one for one in version.components if one.id == name), None)
        if component is None:
            continue
        window = _window(component, period)
        measure = sources.registry.get(component.measure) if component.measure else None
        if component.measure and measure is None:
            raise InputError(f"nobody computes a measure '{component.measure}'.", where=f"{version.key}, {name}")
        parts = component_parts(rows, versions, name, window, measure.subject if measure else "associate")
        parts = parts.only(parts.version == position)
        for currency in np.unique(parts.currency).tolist():
            own = parts.only(parts.currency == currency)
            unit = terms[currency].minor if measure is not None and measure.is_money else 1
            gather = Gatherer(
                Reader.of(sources, version, terms[currency].currency),
                window,
                Terms(terms[currency].currency, unit, terms[currency].minor),
                currency,
                _version_span(versions, position, component),
            )
            statement = holders.find(own)
            result.append(evaluate_component(version, component, own, statement, holders.eligible[statement], gather))
    return result


def _window(component: Component, period: Period) -> Window:
    """Return the periods over which a component is one progress; of a spiff with a first day, those since it."""
    if isinstance(component.payout, Spiff) and component.payout.start is not None:
        return Window.since(component.payout.start, period)
    return Window.to_date(period, component.interval if component.pays == "to_date" else None)


def _terms(currency: str) -> Terms:
    minor: int = 10 ** currency_digits(currency)
    return Terms(currency, minor, minor)


def _version_span(versions: Sequence[Plan], position: int, component: Component) -> tuple[int, int]:
    """Return the days over which a component is one progress: its version's, and those that it carries on from."""
    first = position
    while (
        first > 0
        and _carries(versions[first], component.id)
        and any(one.id == component.id for one in versions[first - 1].components)
    ):
        first -= 1
    last = position
    while last + 1 < len(versions) and _carries(versions[last + 1], component.id):
        last += 1
    end = day_number(versions[last + 1].valid_from) if last + 1 < len(versions) else OPEN_END
    return day_number(versions[first].valid_from), end


def _carries(version: Plan, component_id: str) -> bool:
    return any(one.id == component_id and one.on_change == "carry" for one in version.components)


def _refuse_overlaps(plans: Sequence[Plan], rows_by_plan: dict[str, PlanRows], assignments: Assignments, period: Period) -> None:
    """Refuse two plans for one person and day of the period, unless both stack."""
    stacks = {(plan.plan, position): plan.stacks for versions in by_name(plans) for position, plan in enumerate(versions)}
    names = sorted(rows_by_plan)
    frames = []
    for number, name in enumerate(names):
        rows = rows_by_plan[name]
        start = np.maximum(rows.active_start, day_number(period.start))
        end = np.minimum(rows.active_end, day_number(period.end))
        stacking = np.array([stacks[name, position] for position in rows.version.tolist()], dtype=np.bool_)
        frame = pd.DataFrame({"person": rows.person, "start": start, "end": end, "plan": number, "stacks": stacking})
        frames.append(frame[frame["start"] < frame["end"]])
    if len(frames) < 2:
        return
    spans = pd.concat(frames).sort_values(["person", "start", "plan"], kind="stable")
    pairs = spans.merge(spans, on="person", suffixes=("", "_other"))
    clash = pairs[
        (pairs["plan"] < pairs["plan_other"])
        & (pairs["start"] < pairs["end_other"])
        & (pairs["start_other"] < pairs["end"])
        & ~(pairs["stacks"] & pairs["stacks_other"])
    ]
    if len(clash):
        row = clash.iloc[0]
        person = assignments.people[int(row["person"])]
        raise InputError(
            f"associate {person} is under two plans on one day of {period}: {names[int(row['plan'])]} and {names[int(row['plan_other'])]}.",
            where="plans",
            remedy="Give them different roles or dates, or say `stacks: true` in both.",
        )
