"""Components on a team: the team's own progress, what each member weighs in it, and who is ranked with whom."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from incentives.bonus.collected import Collected, TargetState
from incentives.bonus.curves import CurveInputs, Terms, plain_bound
from incentives.bonus.day_rules import DayRules
from incentives.bonus.exact import Bools, Exact, sum_groups
from incentives.bonus.measures import MeasureRows, ToDate, to_date
from incentives.bonus.parts import Parts
from incentives.bonus.proration import Presence
from incentives.bonus.spans import FTE_FULL, PlanRows
from incentives.bonus.windows import Window
from incentives.plans.model import Component, Plan, Proration
from incentives.plans.numbers import Amount
from incentives.plans.payouts import Linear, Step, Tiers

if TYPE_CHECKING:
    from incentives.bonus.gather import Gatherer


def team_to_date(rows: MeasureRows, parts: Parts, subject: npt.NDArray[np.int64], window: Window) -> ToDate:
    """Return the measure of each part's team (or location) on the days that the part is on it.

    Args:
        rows: Rows of the measure; their subjects are teams or locations.
        parts: The parts.
        subject: Each plan row's team or location.
        window: The periods.
    """
    period = window.position(rows.day)
    kept = np.flatnonzero(period >= 0)
    order = kept[np.argsort(rows.subject[kept], kind="stable")]
    begin = np.searchsorted(rows.subject[order], subject, side="left")
    count = np.where(subject >= 0, np.searchsorted(rows.subject[order], subject, side="right") - begin, 0)
    of_row = np.repeat(np.arange(len(subject)), count)
    picked = order[np.repeat(begin, count) + np.arange(len(of_row)) - np.repeat(np.cumsum(count) - count, count)]
    on_it = (rows.day[picked] >= parts.rows.active_start[of_row]) & (rows.day[picked] < parts.rows.active_end[of_row])
    picked, of_row = picked[on_it], of_row[on_it]
    return to_date(rows.take(picked), parts.row_part[of_row], period[picked], window.count, len(parts))


def pool_inputs(gather: Gatherer, plan: Plan, component: Component, parts: Parts, state: TargetState) -> Collected:
    """Return one element for each team: its measure and target, which nobody's absence lowers."""
    assert component.measure is not None
    teams = gather.sources.assignments.teams
    measure = gather.sources.measure(component.measure)
    rows = gather.in_currency(gather.reader.rows(component.measure), measure.is_money)
    period = gather.window.position(rows.day)
    start, end = gather.plan_span
    inside = np.flatnonzero((period >= 0) & (rows.day >= start) & (rows.day < end))
    chosen = rows.take(inside)
    values = to_date(chosen, chosen.subject, period[inside], gather.window.count, len(teams)).values
    whole = _whole_teams(len(teams), start, end)
    presence = Presence(whole, Proration(), DayRules(None, None))
    shares = presence.shares_to_date(gather.window)
    targets: list[Exact] | None = None
    if isinstance(component.target, Amount):
        value = component.target.major(gather.terms.currency) * gather.terms.unit
        targets = [share.scale(value) for share in shares]
    elif component.target == "team":
        found = gather.delivered(component.measure, True, measure.is_money, whole, presence, component.target_over == "interval")
        targets = found.to_date
        on_team = parts.unit >= 0
        state.missing |= on_team & ~found.delivered[parts.unit] & ~found.other_currency[parts.unit]
        state.other |= on_team & found.other_currency[parts.unit] & ~found.delivered[parts.unit]
        state.zero |= on_team & found.delivered[parts.unit] & ~targets[-1].positive()[parts.unit]
    payout = component.payout
    on_target: list[Exact] | None = None
    if isinstance(payout, Tiers | Step | Linear) and isinstance(payout.on_target, Amount):
        on_target = [share.scale(payout.on_target.minor(gather.terms.currency)) for share in shares]
    inputs = [
        CurveInputs(
            values[at], None if targets is None else targets[at], shares[at], None if on_target is None else on_target[at]
        )
        for at in range(gather.window.count)
    ]
    return Collected(inputs, np.arange(len(teams), dtype=np.int64), state.missing, state.zero, state.other)


def pool_weights(gather: Gatherer, component: Component, parts: Parts, presence: Presence, eligible: Bools) -> list[Fraction]:
    """Return each part's weight in its team's pool: what it weighs while it is on the team in the period.

    equal: one each; fte: the mean fte of the days on the team; a measure: its sum. Never prorated by days.
    """
    share_by = getattr(component.payout, "share_by", None) or "equal"
    start, end = gather.last_period
    days = presence.days(start, end)
    there = (days > 0) & eligible & _among(gather, component, parts, presence)
    if share_by == "equal":
        return [Fraction(int(one)) for one in there]
    if share_by == "fte":
        rows = parts.rows
        active = np.maximum(np.minimum(rows.active_end, end) - np.maximum(rows.active_start, start), 0)
        weighed = sum_groups(active * rows.fte, parts.row_part, len(parts))
        return [
            Fraction(int(total), int(count)) if one else Fraction(0)
            for total, count, one in zip(weighed, days, there, strict=True)
        ]
    values = gather.one_period().measure_to_date(share_by, parts, presence).values[-1]
    return [max(Fraction(0), values.at(row)) if one else Fraction(0) for row, one in enumerate(there)]


def rank_groups(gather: Gatherer, component: Component, parts: Parts) -> npt.NDArray[np.int64]:
    """Return among whom each part is ranked: the team or location of its last row, or the whole plan."""
    payout = component.payout
    assert isinstance(payout, Tiers | Step | Linear)
    if payout.rank_in == "plan":
        return np.zeros(len(parts), dtype=np.int64)
    last = np.zeros(len(parts), dtype=np.int64)
    started = np.flatnonzero(parts.rows.credited_start < gather.window.end)
    last[parts.row_part[started]] = started
    return (parts.rows.team if payout.rank_in == "team" else parts.rows.location)[last]


def _among(gather: Gatherer, component: Component, parts: Parts, presence: Presence) -> Bools:
    """Return who may share, by role and by a measure of the period."""
    among = getattr(component.payout, "among", None)
    result = np.ones(len(parts), dtype=np.bool_)
    if among is None:
        return result
    assignments = gather.sources.assignments
    if among.roles is not None:
        roles = assignments.roles.get_indexer(pd.Index(list(among.roles)))
        start, end = gather.last_period
        rows = parts.rows
        active = np.minimum(rows.active_end, end) > np.maximum(rows.active_start, start)
        holds = active & np.isin(assignments.role[rows.assignment], roles[roles >= 0])
        found = np.zeros(len(parts), dtype=np.bool_)
        found[parts.row_part[holds]] = True
        result &= found
    if among.measure is not None and among.at_least is not None:
        is_money = gather.sources.measure(among.measure).is_money
        terms = Terms(gather.terms.currency, gather.terms.minor if is_money else 1, gather.terms.minor)
        values = gather.one_period().measure_to_date(among.measure, parts, presence).values[-1]
        result &= values.at_least(Exact.constant(plain_bound(among.at_least, terms), len(parts)))
    return result


def _whole_teams(size: int, start: int, end: int) -> Parts:
    """Return one part for each team that is there on all the plan's days."""
    team = np.arange(size, dtype=np.int64)
    zero = np.zeros(size, dtype=np.int64)
    first, last = zero + start, zero + end
    rows = PlanRows(team, zero, zero, team, zero - 1, zero + FTE_FULL, first, last, first, last, zero)
    return Parts(team, zero, zero, team, first, last, rows, team)
