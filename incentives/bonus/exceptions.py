"""What a person has to look at: targets that are not there, pools nobody shares, people and money without a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from incentives.bonus.columns import day_number
from incentives.bonus.components import Evaluated
from incentives.bonus.exact import Bools, sum_groups
from incentives.bonus.result import BonusException
from incentives.bonus.settle import SettledPlan
from incentives.bonus.sources import Sources
from incentives.bonus.spans import PlanRows
from incentives.periods import Period
from incentives.plans.model import Plan
from incentives.plans.registry import ASSOCIATE

REVENUE = "credited_revenue"


def plan_exceptions(settled: SettledPlan) -> Iterator[BonusException]:
    """Yield the exceptions of one plan's components."""
    for component in settled.components:
        for one in component.evaluated:
            yield from _target_exceptions(settled, one)
            for team in one.empty_pools:
                teams = settled.holders.assignments.teams
                yield BonusException(
                    "pool_without_weight",
                    "team",
                    str(teams[team]),
                    one.plan.plan,
                    one.component.id,
                    "Nobody on the team has a weight in the pool, so nothing of it is paid.",
                )


def other_currencies(settled: SettledPlan, sources: Sources, period: Period) -> Iterator[BonusException]:
    """Yield money credited in the period to people of a plan in a currency that the plan does not pay on and nothing converts."""
    assignments, start, end = sources.assignments, day_number(period.start), day_number(period.end)
    names = sorted(
        {
            one.component.measure
            for part in settled.components
            for one in part.evaluated
            if one.component.measure and one.is_money and one.plan.fx != "plan_rate"
        }
    )
    shown = np.flatnonzero(settled.shown)
    paid_in: dict[int, set[int]] = {}
    for row in shown.tolist():
        paid_in.setdefault(int(settled.holders.parts.person[row]), set()).add(int(settled.holders.parts.currency[row]))
    for name in names:
        if sources.measure(name).subject != ASSOCIATE or sources.is_converted(name):
            continue
        rows = sources.rows(name, False)
        inside = (rows.earned >= start) & (rows.earned < end)
        found: dict[tuple[int, int], int] = {}
        for person, currency, amount in zip(
            rows.subject[inside].tolist(), rows.currency[inside].tolist(), rows.numerator[inside].tolist(), strict=True
        ):
            if person in paid_in and currency not in paid_in[person]:
                found[person, currency] = found.get((person, currency), 0) + amount
        for (person, currency), amount in sorted(found.items()):
            code = str(assignments.currencies[currency]) if currency < len(assignments.currencies) else None
            detail = f"{name} in {code or 'a currency in which nobody is paid'} is not converted to the plan's currency and pays nothing."
            yield BonusException(
                "other_currency",
                "associate",
                str(assignments.people[person]),
                settled.holders.versions[-1].plan,
                "",
                detail,
                amount if code else None,
                code,
            )


def _target_exceptions(settled: SettledPlan, one: Evaluated) -> Iterator[BonusException]:
    people = settled.holders.assignments.people
    kinds = (
        ("target_missing", one.missing_target, "No target was delivered for the period, so the component pays nothing."),
        ("target_zero", one.zero_target, "The delivered target is zero, so the component pays nothing."),
        (
            "target_currency",
            one.other_currency,
            f"The delivered target is in another currency than the plan's {one.terms.currency}, so the component pays nothing.",
        ),
    )
    for kind, mask, detail in kinds:
        for person in dict.fromkeys(one.parts.person[mask].tolist()):
            yield BonusException(kind, "associate", str(people[person]), one.plan.plan, one.component.id, detail)


def without_plan(
    plans: Sequence[Plan], rows_by_plan: dict[str, PlanRows], sources: Sources, period: Period
) -> Iterator[BonusException]:
    """Yield people who are there in the period under no plan although a plan names their role, or money is credited to them."""
    assignments = sources.assignments
    start, end = day_number(period.start), day_number(period.end)
    size = len(assignments.people)
    there = _people(
        size, assignments.person, np.minimum(assignments.active_end, end) > np.maximum(assignments.active_start, start)
    )
    covered = np.zeros(size, dtype=np.bool_)
    for rows in rows_by_plan.values():
        covered |= _people(size, rows.person, np.minimum(rows.credited_end, end) > np.maximum(rows.credited_start, start))
    roles = sorted({role for plan in plans for role in plan.eligibility.roles or ()})
    codes = assignments.roles.get_indexer(pd.Index(roles, dtype=object))
    in_period = np.minimum(assignments.active_end, end) > np.maximum(assignments.active_start, start)
    incentive = _people(size, assignments.person, in_period & np.isin(assignments.role, codes[codes >= 0]))
    money = _credited(sources, start, end)
    with_money = np.zeros(size, dtype=np.bool_)
    for person, _ in money:
        with_money[person] = True
    for person in np.flatnonzero(~covered & ((there & incentive) | with_money)).tolist():
        amounts = [(currency, amount) for (who, currency), amount in money.items() if who == person and amount]
        name = str(assignments.people[person])
        detail = "No plan covers the person in the period; what is credited to them is kept and not paid."
        if not amounts:
            yield BonusException("person_without_plan", "associate", name, "", "", detail)
        for currency, amount in sorted(amounts):
            yield BonusException("person_without_plan", "associate", name, "", "", detail, amount, currency)


def _people(size: int, person: np.ndarray[tuple[int, ...], np.dtype[np.int64]], mask: Bools) -> Bools:
    found = np.zeros(size, dtype=np.bool_)
    found[person[mask]] = True
    return found


def _credited(sources: Sources, start: int, end: int) -> dict[tuple[int, str], int]:
    """Return credited revenue of the period by person and currency, where the inputs hold it."""
    if sources.registry.get(REVENUE) is None:
        return {}
    rows = sources.rows(REVENUE, False)
    rows = rows.take((rows.earned >= start) & (rows.earned < end))
    names = [str(name) for name in sources.assignments.currencies]
    inside = rows.currency < len(names)
    rows = rows.take(inside & (rows.currency >= 0))
    groups = rows.subject * len(names) + rows.currency
    found, position = np.unique(groups, return_inverse=True)
    totals = sum_groups(rows.numerator, np.asarray(position, dtype=np.int64).reshape(-1), len(found))
    return {
        (int(group) // len(names), names[int(group) % len(names)]): int(total) for group, total in zip(found, totals, strict=True)
    }
