"""Collects what a component's curve reads: measures, targets, on_target, counts of periods, weights of a pool."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from incentives.bonus.collected import Collected, TargetState
from incentives.bonus.columns import day_number
from incentives.bonus.curves import CurveInputs, GoalInput, Terms, plain_bound
from incentives.bonus.exact import Exact
from incentives.bonus.lines import line_inputs, spiff_rows
from incentives.bonus.measures import MeasureRows, ToDate, to_date
from incentives.bonus.parts import Parts
from incentives.bonus.proration import Presence
from incentives.bonus.reader import Reader
from incentives.bonus.targets import PartTargets, delivered_targets
from incentives.bonus.teams import pool_inputs, team_to_date
from incentives.bonus.windows import Window
from incentives.plans.model import Component, Plan
from incentives.plans.numbers import Amount
from incentives.plans.payouts import Goal, Linear, PerUnit, Spiff, Step, Tiers
from incentives.plans.registry import ASSOCIATE, TEAM

ON_TARGET = "on_target"


class Gatherer:
    """Reads for the parts of one plan version and currency."""

    def __init__(self, reader: Reader, window: Window, terms: Terms, currency: int, plan_span: tuple[int, int]) -> None:
        self.reader = reader
        self.sources = reader.sources
        self.window = window
        self.terms = terms
        self.currency = currency
        self.plan_span = plan_span

    @property
    def last_period(self) -> tuple[int, int]:
        """First day of the period that is paid, and the first day after it."""
        return int(self.window.edges[-2]), self.window.end

    def collect(self, plan: Plan, component: Component, parts: Parts, presence: Presence) -> Collected:
        """Return the curve's inputs at the end of each period of the window."""
        size = len(parts)
        state = TargetState.none(size)
        whole = component.target_over == "interval"
        shares = presence.shares_to_date(self.window)
        if whole:
            shares = [presence.share(self.window.start, self.window.interval_end)] * self.window.count
        if isinstance(component.payout, Spiff) and component.payout.start is not None and component.payout.end is not None:
            first, last = day_number(component.payout.start), day_number(component.payout.end)
            shares = [presence.share(first, last + 1)] * self.window.count
        on_target = self._on_target(component, parts, presence, shares, state)
        targets = self._targets(component, parts, presence, shares, state)
        goals: list[tuple[GoalInput, ...]] = [()] * self.window.count
        payout = component.payout
        if isinstance(payout, Goal):
            goals = self._goals(payout, parts, presence, state)
            values = [Exact(np.zeros(size, dtype=np.int64))] * self.window.count
        elif component.is_pool:
            return pool_inputs(self, plan, component, parts, state)
        elif component.pays == "per_line":
            return line_inputs(self, component, parts, targets, on_target, state)
        else:
            values = self.measured(component, parts, presence).values
        unit_amounts = self._unit_amounts(payout, parts, presence) if isinstance(payout, PerUnit) and payout.amount_by else None
        inputs = [
            CurveInputs(
                values[position],
                None if targets is None else targets[position],
                shares[position],
                None if on_target is None else on_target[position],
                None if unit_amounts is None else unit_amounts[position],
                None,
                goals[position],
            )
            for position in range(self.window.count)
        ]
        return Collected(inputs, None, state.missing, state.zero, state.other)

    def measured(self, component: Component, parts: Parts, presence: Presence) -> ToDate:
        """Return a component's measure to date."""
        assert component.measure is not None
        payout = component.payout
        if isinstance(payout, Spiff):
            return self.personal(spiff_rows(self.reader, component, payout), parts)
        if component.filter is not None:
            return self.personal(self.reader.lines(component.measure, component.filter), parts)
        return self.measure_to_date(component.measure, parts, presence)

    def measure_to_date(self, name: str, parts: Parts, presence: Presence) -> ToDate:
        """Return a measure to date for each part: the person's own, or their team's or location's while they are on it."""
        measure = self.sources.measure(name)
        rows = self.in_currency(self.reader.rows(name), measure.is_money)
        if measure.subject == ASSOCIATE:
            return self.personal(rows, parts)
        subject = parts.rows.team if measure.subject == TEAM else parts.rows.location
        return team_to_date(rows, parts, subject, self.window)

    def in_currency(self, rows: MeasureRows, is_money: bool) -> MeasureRows:
        """Return the rows of money in the plan's currency, or all rows of another measure."""
        return rows.take(rows.currency == self.currency) if is_money else rows

    def personal(self, rows: MeasureRows, parts: Parts) -> ToDate:
        """Return people's own rows, each in the part in which it was earned, cumulated over the window."""
        rows = rows.take((rows.currency == self.currency) | (rows.currency < 0))
        period = self.window.position(rows.day)
        part = parts.locate(rows.subject, rows.earned)
        inside = np.flatnonzero((period >= 0) & (part >= 0))
        return to_date(rows.take(inside), part[inside], period[inside], self.window.count, len(parts))

    def _targets(
        self, component: Component, parts: Parts, presence: Presence, shares: list[Exact], state: TargetState
    ) -> list[Exact] | None:
        target = component.target
        if target is None:
            return None
        assert component.measure is not None
        measure = self.sources.measure(component.measure)
        if isinstance(target, Amount):
            value = target.major(self.terms.currency) * (self.terms.minor if measure.is_money else 1)
            return [share.scale(value) for share in shares]
        if component.is_pool:
            return None
        found = self.delivered(
            component.measure, target == "team", measure.is_money, parts, presence, component.target_over == "interval"
        )
        _note(found, presence, self.last_period, state)
        return found.to_date

    def delivered(
        self, measure: str, of_team: bool, is_money: bool, parts: Parts, presence: Presence, whole: bool
    ) -> PartTargets:
        """Return delivered targets of the parts' people or teams."""
        rows = self.sources.targets(measure, TEAM if of_team else ASSOCIATE, is_money)
        subject = parts.rows.team if of_team else parts.rows.person
        return delivered_targets(rows, presence, subject, self.window, self.currency if is_money else None, whole)

    def _on_target(
        self, component: Component, parts: Parts, presence: Presence, shares: list[Exact], state: TargetState
    ) -> list[Exact] | None:
        payout = component.payout
        on_target = payout.on_target if isinstance(payout, Tiers | Step | Linear | Goal) else None
        if on_target is None:
            return None
        if isinstance(on_target, Amount):
            if component.pays == "per_line":
                return [Exact.constant(on_target.minor(self.terms.currency), len(parts))] * self.window.count
            return [share.scale(on_target.minor(self.terms.currency)) for share in shares]
        found = self.delivered(ON_TARGET, False, True, parts, presence, component.target_over == "interval")
        _note(found, presence, self.last_period, state)
        return found.to_date

    def _goals(self, payout: Goal, parts: Parts, presence: Presence, state: TargetState) -> list[tuple[GoalInput, ...]]:
        whole = sum(payout.weights.values(), Fraction(0))
        columns = []
        for name, weight in payout.weights.items():
            measure = self.sources.measure(name)
            found = self.delivered(name, measure.subject == TEAM, measure.is_money, parts, presence, False)
            _note(found, presence, self.last_period, state)
            columns.append((name, weight / whole, self.measure_to_date(name, parts, presence).values, found.to_date))
        return [
            tuple(GoalInput(name, weight, measured[position], target[position]) for name, weight, measured, target in columns)
            for position in range(self.window.count)
        ]

    def _unit_amounts(self, payout: PerUnit, parts: Parts, presence: Presence) -> list[Exact]:
        assert payout.amount_by is not None
        by = self.sources.measure(payout.amount_by.measure)
        terms = Terms(self.terms.currency, self.terms.minor if by.is_money else 1, self.terms.minor)
        columns = []
        measured = self.measure_to_date(by.name, parts, presence)
        for value, known in zip(measured.values, measured.known, strict=True):
            amount = Exact(np.zeros(len(parts), dtype=np.int64))
            for row in payout.amount_by.table:
                reached = value.at_least(Exact.constant(plain_bound(row.start, terms), len(parts))) & known
                amount = Exact.constant(row.amount.minor(self.terms.currency), len(parts)).where(reached, amount)
            columns.append(amount)
        return columns

    def one_period(self) -> Gatherer:
        """Return a gatherer of the period that is paid alone."""
        last = Window(self.window.periods[-1:], self.window.edges[-2:], self.window.end)
        return Gatherer(self.reader, last, self.terms, self.currency, self.plan_span)


def _note(found: PartTargets, presence: Presence, period: tuple[int, int], state: TargetState) -> None:
    """Record what is wrong with targets of parts that are there in the period; who is absent all of it needs none."""
    there = presence.there(*period)
    zero = found.delivered & ~found.to_date[-1].positive()
    state.missing |= there & ~found.delivered & ~found.other_currency
    state.zero |= there & zero
    state.other |= there & found.other_currency & ~found.delivered
