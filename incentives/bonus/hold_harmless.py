"""Nobody loses by trying a plan: under `hold_harmless` a period is worth at least what the other plan would have paid. Pure.

The other plan is computed for whoever holds a role of either, as if the tried one did not exist. What it pays somebody besides, for days of the
same period before they tried, counts towards it. Each period by itself: a good month does not pay for a bad one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from incentives.bonus.settle import SettledPlan
from incentives.errors import InputError
from incentives.plans.model import Eligibility, Plan

Settle = Callable[[Sequence[Plan]], SettledPlan]


def held_harmless(
    tried: SettledPlan,
    versions: Sequence[Plan],
    groups: Mapping[str, Sequence[Plan]],
    settled: Mapping[str, SettledPlan],
    settle: Settle,
) -> SettledPlan:
    """Return a plan's statements, lifted to what the plan that it names would have paid.

    Args:
        tried: The statements.
        versions: Of the plan that is tried.
        groups: Every plan's versions, by name.
        settled: What every plan of the calendar pays as it is.
        settle: Computes a plan.

    Raises:
        InputError: The other plan is not there, is paid by another calendar, or is held harmless itself.
    """
    floor, has_floor = tried.floor.copy(), tried.has_floor.copy()
    for position, version in enumerate(versions):
        name = version.hold_harmless
        if name is None:
            continue
        other = groups.get(name, ())
        _require(version, name, other)
        whole = _paid(settle([_for_both(one, version) for one in other]))
        besides = _paid(settled[name])
        mine = np.flatnonzero((tried.holders.parts.version == position) & (tried.holders.active_days > 0))
        for row in mine.tolist():
            key = (int(tried.holders.parts.person[row]), int(tried.holders.parts.currency[row]))
            if key in whole:
                floor[row] = max(whole[key] - besides.get(key, 0), 0)
                has_floor[row] = True
    worth = np.where(has_floor & np.asarray(tried.alone < floor, dtype=np.bool_), floor, tried.alone)
    return replace(tried, floor=floor, has_floor=has_floor, worth=worth)


def _for_both(other: Plan, tried: Plan) -> Plan:
    """Return the other plan for whoever holds a role of either."""
    roles, more = other.eligibility.roles, tried.eligibility.roles
    both = None if roles is None or more is None else tuple(dict.fromkeys((*roles, *more)))
    return other.model_copy(update={"eligibility": Eligibility(roles=both, min_active_days=other.eligibility.min_active_days)})


def _paid(plan: SettledPlan) -> dict[tuple[int, int], int]:
    """Return what a plan pays, by person and currency."""
    keys = zip(plan.holders.parts.person.tolist(), plan.holders.parts.currency.tolist(), strict=True)
    return dict(zip(keys, map(int, plan.worth.tolist()), strict=True))


def _require(tried: Plan, name: str, other: Sequence[Plan]) -> None:
    where = f"{tried.key}, hold_harmless"
    if not other:
        raise InputError(f"there is no plan '{name}'.", where=where, remedy="Name a plan of the workspace.")
    if other[0].calendar != tried.calendar:
        raise InputError(f"{name} is paid by {other[0].calendar}, and this plan by {tried.calendar}.", where=where)
    if any(one.hold_harmless is not None for one in other):
        raise InputError(f"{name} is held harmless itself.", where=where, remedy="Name the plan that people were under before.")
