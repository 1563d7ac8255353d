"""Statements made from a plan's columns when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal, overload

import numpy as np
import numpy.typing as npt

from incentives.bonus.columns import day_of
from incentives.bonus.components import Evaluated
from incentives.bonus.result import ComponentResult, Statement
from incentives.bonus.settle import SettledComponent, SettledPlan
from incentives.bonus.trace import Recorder, component_steps, total_steps
from incentives.money import round_half_even
from incentives.periods import Period

MeasureUnit = Literal["money", "count", "thousandths"]


class LazyStatements(Sequence[Statement]):
    """Statements of all plans, ordered by associate, plan and currency."""

    def __init__(self, plans: Sequence[SettledPlan], period: Period) -> None:
        self._plans = plans
        self._period = period
        self._finders = [_Finder(plan) for plan in plans]
        keys = []
        for number, plan in enumerate(plans):
            parts, assignments = plan.holders.parts, plan.holders.assignments
            for row in np.flatnonzero(plan.shown).tolist():
                version = plan.holders.versions[int(parts.version[row])]
                currency = str(assignments.currencies[int(parts.currency[row])])
                keys.append((str(assignments.people[int(parts.person[row])]), version.plan, currency, number, row))
        self._keys = sorted(keys)

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> Statement: ...

    @overload
    def __getitem__(self, index: slice) -> list[Statement]: ...

    def __getitem__(self, index: int | slice) -> Statement | list[Statement]:
        """Make one statement, or a list of them."""
        if isinstance(index, slice):
            return [self._make(*key) for key in self._keys[index]]
        return self._make(*self._keys[index])

    def __iter__(self) -> Iterator[Statement]:
        return (self._make(*key) for key in self._keys)

    def _make(self, associate_id: str, plan_name: str, currency: str, number: int, row: int) -> Statement:
        settled, finder = self._plans[number], self._finders[number]
        version = settled.holders.versions[int(settled.holders.parts.version[row])]
        recorder = Recorder(currency)
        results = []
        for component in settled.components:
            parts = finder.parts_of(component, row)
            if not parts and component.component_id not in [one.id for one in version.components]:
                continue
            component_steps(recorder, settled, component, row, parts, associate_id)
            results.append(_result(component, row, parts))
        total_steps(recorder, settled, row, version)
        return Statement(
            associate_id,
            plan_name,
            version.version,
            self._period,
            currency,
            int(settled.worth[row]),
            tuple(results),
            recorder.steps(),
            version.agreement,
        )


class _Finder:
    """Finds the parts of a statement in a component's columns."""

    def __init__(self, plan: SettledPlan) -> None:
        self._sorted: dict[int, tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]] = {}
        for component in plan.components:
            for one in component.evaluated:
                order = np.argsort(one.statement, kind="stable")
                self._sorted[id(one)] = (order, one.statement[order])

    def parts_of(self, component: SettledComponent, row: int) -> list[tuple[Evaluated, int]]:
        """Return a statement's parts in a component, each with its columns, in order of their days."""
        found = []
        for one in component.evaluated:
            order, statements = self._sorted[id(one)]
            begin, end = np.searchsorted(statements, [row, row + 1])
            found += [(one, int(part)) for part in order[begin:end]]
        return sorted(found, key=lambda pair: int(pair[0].parts.start[pair[1]]))


def _result(component: SettledComponent, row: int, parts: Sequence[tuple[Evaluated, int]]) -> ComponentResult:
    """Return the component's line of the statement; parts of it are added up."""
    measure, target, against_target = Fraction(0), Fraction(0), Fraction(0)
    has_target, is_money = False, True
    names = ""
    for one, part in parts:
        names = one.component.measure or "+".join(goal.name for goal in one.now.goals)
        is_money = one.is_money
        for element in one.elements_of(part):
            measure += one.now.measure.at(element)
            if one.now.target is not None:
                has_target = True
                target += one.now.target.at(element)
                against_target += one.now.measure.at(element)
    scale, unit = _unit(measure, target, is_money)
    start = min((one.first_day(part) for one, part in parts), default=None)
    end = max((one.window.end for one, _ in parts), default=None)
    return ComponentResult(
        component=component.component_id,
        measure=names,
        measure_value=round_half_even(measure * scale) if names and "+" not in names else None,
        target_value=round_half_even(target * scale) if has_target else None,
        attainment=against_target / target if has_target and target > 0 else None,
        amount_minor=int(component.final[row]),
        measure_unit=unit,
        window_start="" if start is None else day_of(start).isoformat(),
        window_end="" if end is None else day_of(end).isoformat(),
    )


def _unit(measure: Fraction, target: Fraction, is_money: bool) -> tuple[int, MeasureUnit]:
    if is_money:
        return 1, "money"
    if measure.denominator == 1 and target.denominator == 1:
        return 1, "count"
    return 1000, "thousandths"
