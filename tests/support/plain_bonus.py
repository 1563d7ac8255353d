"""A second implementation of the bonus rules, written for reading: one person, one day, one fraction at a time.

It shares with the product the parsed plan and nothing else. Where the product cuts spans of days, this walks the
days; where the product has columns of integers, this has `Fraction`. It is slow, and that is its purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from plain_curves import curve

from incentives.periods import Period
from incentives.plans.model import Component, Plan
from incentives.plans.numbers import Amount, Bound

Row = dict[str, Any]
ZERO = Fraction(0)
LOOK_BACK = timedelta(days=800)


@dataclass(frozen=True)
class World:
    """The delivered rows, as the builders of tests write them."""

    measures: Sequence[Row]
    people: Sequence[Row]
    assignments: Sequence[Row]
    targets: Sequence[Row]
    money: frozenset[str]
    ratios: frozenset[str] = frozenset()
    minimum: int = 0
    rates: Mapping[tuple[int, str, str], Fraction] = field(default_factory=dict)
    hours: Sequence[Row] = ()
    working: Mapping[tuple[str, date], bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Paid:
    """What one person gets of one plan in one currency, minor units."""

    worth: int
    components: dict[str, int]


@dataclass(frozen=True)
class Stay:
    """One day of a person under a plan."""

    version: int
    currency: str
    team: str | None
    location: str
    fte: int
    active: bool


def dated_year(row: Row) -> int:
    """Return the year of the sale."""
    earned: date = row["earned_date"]
    return earned.year


def calculate(plans: Sequence[Plan], world: World, period: Period) -> dict[tuple[str, str, str], Paid]:
    """Return what everybody gets of every plan."""
    paid: dict[tuple[str, str, str], Paid] = {}
    for name in sorted({plan.plan for plan in plans}):
        versions = sorted((plan for plan in plans if plan.plan == name), key=lambda plan: plan.valid_from)
        for person in world.people:
            who = person["associate_id"]
            for currency in sorted({stay.currency for stay in _days(who, versions, world, period).values()}):
                found = Statement(who, currency, versions, world, period).paid()
                if found is not None:
                    paid[who, name, currency] = found
    return paid


def _days(who: str, versions: Sequence[Plan], world: World, period: Period) -> dict[date, Stay]:
    """Return the days on which a person is under the plan, from long before the period to the end of its year."""
    own = sorted((row for row in world.assignments if row["associate_id"] == who), key=lambda row: row["valid_from"])
    record = next(row for row in world.people if row["associate_id"] == who)
    days: dict[date, Stay] = {}
    day = period.start - LOOK_BACK
    while day < Period.containing(period.start, "year").end:
        begun = [row for row in own if row["valid_from"] <= day]
        in_force = [number for number, version in enumerate(versions) if version.valid_from <= day]
        if begun and in_force:
            row, version = begun[-1], versions[in_force[-1]]
            roles = version.eligibility.roles
            employed = (record["hired_on"] or date.min) <= day <= (record["left_on"] or date.max)
            active = employed and day < (row["valid_to"] or date.max)
            if (roles is None or row["role"] in roles) and version.currency in ("local", row["currency"]):
                days[day] = Stay(in_force[-1], row["currency"], row["team_id"], row["location_id"], row["fte_milli"], active)
        day += timedelta(days=1)
    return days


class Statement:
    """One person, plan, currency and period."""

    def __init__(self, who: str, currency: str, versions: Sequence[Plan], world: World, period: Period) -> None:
        self.who, self.currency, self.versions, self.world, self.period = who, currency, versions, world, period
        self.all_days = _days(who, versions, world, period)
        self.days = {day: stay for day, stay in self.all_days.items() if stay.currency == currency}
        begun = [stay.version for day, stay in sorted(self.days.items()) if day < period.end]
        self.plan = versions[begun[-1]] if begun else None

    def paid(self) -> Paid | None:
        if self.plan is None:
            return None
        active = [day for day, stay in self.days.items() if stay.active and self.period.contains(day)]
        eligible = not active or len(active) >= self.plan.eligibility.min_active_days
        names = list(dict.fromkeys(one.id for version in reversed(self.versions) for one in version.components))
        amounts: dict[str, int] = {}
        for name in names:
            amount = sum((self.part(name, part) for part in self.parts(name)), ZERO) if eligible else ZERO
            amount = self.modified(name, amount)
            cap = self.component(name).cap
            if cap is not None:
                amount = min(amount, self.money(cap) * self.share(active))
            amounts[name] = round(amount)
        if not active and not any(amounts.values()):
            return None
        return Paid(self.total(amounts, active, eligible), amounts)

    def total(self, amounts: dict[str, int], active: list[date], eligible: bool) -> int:
        assert self.plan is not None
        worth = sum(amounts.values())
        if self.plan.total.cap is not None:
            cap = round(self.money(self.plan.total.cap) * self.share(active))
            excess = max(0, worth - cap)
            worth = min(worth, cap)
            for name in reversed(list(amounts)):
                taken = min(excess, max(0, amounts[name]))
                amounts[name] -= taken
                excess -= taken
        if self.plan.returns == "original_period":
            worth = max(worth, 0)
        guarantee = self.plan.total.guarantee
        if guarantee is not None and active and eligible:
            covered = active
            if guarantee.months_from_hire is not None:
                hired = next(row["hired_on"] for row in self.world.people if row["associate_id"] == self.who)
                covered = [day for day in active if hired is not None and day < _months_later(hired, guarantee.months_from_hire)]
            worth = max(worth, round(self.money(guarantee.amount) * self.share(covered)))
        return worth

    # Components

    def component(self, name: str) -> Component:
        assert self.plan is not None
        found = [one for one in self.plan.components if one.id == name]
        return (
            found[0]
            if found
            else next(one for version in reversed(self.versions) for one in version.components if one.id == name)
        )

    def parts(self, name: str) -> list[list[date]]:
        """Return the runs of days over which a component is one progress; a run ends where the next one begins."""
        runs: list[list[date]] = []
        last: tuple[date, Stay] | None = None
        for day, stay in sorted(self.all_days.items()):
            here = next((one for one in self.versions[stay.version].components if one.id == name), None)
            new_version = last is not None and last[1].version != stay.version and (here is None or here.on_change != "carry")
            new_team = last is not None and self.is_on_team(name) and last[1].team != stay.team
            if last is None or day - last[0] != timedelta(days=1) or last[1].currency != stay.currency or new_version or new_team:
                runs.append([])
            runs[-1].append(day)
            last = (day, stay)
        return [run for run in runs if self.all_days[run[0]].currency == self.currency and run[0] < self.period.end]

    def is_on_team(self, name: str) -> bool:
        return (self.component(name).measure or "").startswith("team_")

    def part(self, name: str, days: list[date]) -> Fraction:
        """Return F(p) - F(p-1) of one part."""
        decisive = [day for day in days if day < self.period.end][-1]
        plan = self.versions[self.all_days[decisive].version]
        component = next((one for one in plan.components if one.id == name), None)
        if component is None:
            return ZERO
        interval = component.interval if component.pays == "to_date" and component.interval else self.period.calendar
        whole = Period.containing(self.period.start, interval)
        if days[-1] < whole.start:
            return ZERO
        periods = [self.period]
        while periods[0].start > whole.start:
            periods.insert(0, periods[0].previous())
        falls = component.may_fall if component.may_fall is not None else plan.returns == "return_period"
        reached, before = ZERO, ZERO
        for number in range(len(periods)):
            before = reached
            amount = self.progress(plan, component, days, periods[: number + 1], whole)
            reached = amount if falls else max(reached, amount)
        return reached - before

    def progress(self, plan: Plan, component: Component, days: list[date], periods: list[Period], whole: Period) -> Fraction:
        """Return F to the end of the last of some periods."""
        end = periods[-1].end
        measure = self.measured(component.measure or "", days, periods[0].start, end, plan)
        assert measure is not None
        spans = [whole] if component.target_over == "interval" else periods
        target: Fraction | None = None
        if component.target == "individual":
            target = sum((self.delivered(component.measure or "", days, span, plan) for span in spans), ZERO)
        elif isinstance(component.target, Amount):
            unit = 100 if component.measure in self.world.money else 1
            target = sum(
                (
                    component.target.major(self.currency) * unit * self.share(self.active(days, span), span, plan)
                    for span in spans
                ),
                ZERO,
            )
        times = sum((self.share(self.active(days, span), span, plan) for span in spans), ZERO)
        amount = curve(component, measure, target, times, self.currency, 100 if component.measure in self.world.money else 1)
        if component.interval_cap is not None:
            amount = min(amount, self.money(component.interval_cap) * self.share(self.active(days, whole), whole, plan))
        return amount

    def measured(self, name: str, days: list[date] | None, start: date, end: date, plan: Plan) -> Fraction | None:
        """Return a measure of the person; `days` are those of the part, None for all."""
        wanted = set(days or ())
        rows = []
        for row in self.world.measures:
            dated = row["business_date" if plan.returns == "return_period" else "earned_date"]
            own = row["measure"] == name and row["subject_id"] == self.who and start <= dated < end
            # The last part never ends: what is earned after the last assignment belongs to it.
            in_part = days is None or row["earned_date"] in wanted
            at_rate = plan.fx == "plan_rate" and name in self.world.money
            if own and in_part and at_rate:
                rate = self.world.rates.get((dated_year(row), row["currency"], self.currency), Fraction(1))
                rows.append({**row, "numerator": row["numerator"] * rate})
            elif own and in_part and row.get("currency") in (None, self.currency):
                rows.append(row)
        if name in self.world.ratios:
            count = sum(row["denominator"] for row in rows)
            if count < max(1, self.world.minimum):
                return None
            return Fraction(sum(row["numerator"] for row in rows), count)
        return sum((Fraction(row["numerator"]) / (row.get("denominator") or 1) for row in rows), ZERO)

    def delivered(self, name: str, days: list[date], span: Period, plan: Plan) -> Fraction:
        """Return delivered targets, each spread evenly over its days, on the days on which the part is there."""
        total = ZERO
        for row in self.world.targets:
            if row["measure"] != name or row["subject_id"] != self.who or (row["currency"] not in (None, self.currency)):
                continue
            value = Fraction(row["value_minor"]) if name in self.world.money else Fraction(row["value_milli"], 1000)
            row_days = [row["period_start"] + timedelta(days=n) for n in range((row["period_end"] - row["period_start"]).days)]
            there = set(self.counted(self.active(days, span), span, plan))
            total += value * self.part_of([day for day in row_days if day in there and span.contains(day)], row_days, plan)
        return total

    # Days

    def active(self, days: list[date], span: Period) -> list[date]:
        """Return a part's active days in a span."""
        return [day for day in days if self.all_days[day].active and span.contains(day)]

    def counted(self, days: list[date], span: Period, plan: Plan) -> list[date]:
        """Return days as a proration counts them: by months, every day of each month whose last day is among them."""
        if plan.proration.by != "months":
            return days
        months = {(day.year, day.month) for day in days if (day + timedelta(days=1)).day == 1}
        every = [span.start + timedelta(days=number) for number in range(span.days)]
        return [day for day in every if (day.year, day.month) in months]

    def part_of(self, days: list[date], every: list[date], plan: Plan) -> Fraction:
        """Return the part of every day that some days are, each at the place where the person then is."""
        total = ZERO
        for day in days:
            place = self.all_days[day].location if plan.proration.by == "working_days" else ""
            whole = sum((self.counts(one, place, plan) for one in every), ZERO)
            fte = Fraction(self.all_days[day].fte, 1000) if plan.proration.given == "full_time" else Fraction(1)
            total += self.counts(day, place, plan) * (1 - self.absent(day, plan)) * fte / whole if whole else 0
        return total

    def counts(self, day: date, place: str, plan: Plan) -> Fraction:
        """Return how much a day counts at a place."""
        if plan.proration.by == "months":
            return Fraction(1, Period.containing(day, "month").days)
        if plan.proration.by == "working_days":
            return Fraction(self.world.working.get((place, day), day.isoweekday() <= 5))
        return Fraction(1)

    def absent(self, day: date, plan: Plan) -> Fraction:
        """Return for which part of a day the person was away, as the plan counts it."""
        for row in self.world.hours:
            if row["associate_id"] == self.who and row["work_date"] == day:
                worked, leave = row["worked_centi"], row["leave_centi"]
                planned = row["scheduled_centi"] or worked + leave
                away = leave if plan.proration.leave == "exclude" else 0
                if plan.proration.by == "hours":
                    away += max(0, planned - worked - leave)
                return min(Fraction(1), Fraction(away, planned)) if planned else ZERO
        return ZERO

    def share(self, days: list[date], span: Period | None = None, plan: Plan | None = None) -> Fraction:
        """Return the share of a span that some active days are."""
        span, plan = span or self.period, plan or self.plan or self.versions[0]
        every = [span.start + timedelta(days=number) for number in range(span.days)]
        return self.part_of(self.counted(days, span, plan), every, plan)

    # Modifiers

    def modified(self, name: str, amount: Fraction) -> Fraction:
        assert self.plan is not None
        for modifier in self.plan.modifiers:
            if (modifier.applies_to != "all" and name not in modifier.applies_to) or amount <= 0:
                continue
            start = Period.containing(self.period.start, modifier.interval or self.period.calendar).start
            if modifier.gate_attainment is not None:
                amount *= self.attained(modifier.gate_attainment, modifier.at_least, modifier.below)
                continue
            value = self.measured(modifier.measure or modifier.gate or "", None, start, self.period.end, self.plan)
            if modifier.measure is not None and modifier.table is not None:
                reached = [row.factor for row in modifier.table if value is not None and value >= (row.start.amount.single or 0)]
                factor = modifier.missing if value is None else (reached[-1] if reached else modifier.table[0].factor)
                assert isinstance(factor, Fraction)
                amount *= factor
            elif value is None:
                amount *= modifier.missing == "pass"
            elif modifier.at_least is not None:
                amount *= value >= (modifier.at_least.amount.single or 0)
            elif modifier.below is not None:
                amount *= value < (modifier.below.amount.single or 0)
        return amount

    def attained(self, name: str, at_least: Bound | None, below: Bound | None) -> bool:
        measure, target = ZERO, ZERO
        for days in self.parts(name):
            decisive = [day for day in days if day < self.period.end][-1]
            plan = self.versions[self.all_days[decisive].version]
            component = next((one for one in plan.components if one.id == name), None)
            if component is None or component.target is None:
                continue
            interval = Period.containing(self.period.start, component.interval or self.period.calendar)
            if days[-1] < interval.start:
                continue
            spans = [interval] if component.target_over == "interval" else [Period(interval.start, "month")]
            while spans[-1].end < self.period.end and component.target_over != "interval":
                spans.append(spans[-1].next())
            measure += self.measured(component.measure or "", days, interval.start, self.period.end, plan) or ZERO
            if component.target == "individual":
                target += sum((self.delivered(component.measure or "", days, span, plan) for span in spans), ZERO)
            elif isinstance(component.target, Amount):
                target += sum(
                    (
                        component.target.major(self.currency) * 100 * self.share(self.active(days, span), span, plan)
                        for span in spans
                    ),
                    ZERO,
                )
        if target <= 0:
            return False
        reached = measure / target
        return reached >= at_least.share if at_least is not None else below is not None and reached < below.share

    def money(self, amount: Amount) -> Fraction:
        return amount.major(self.currency) * 100


def divide_pool(pool: int, weights: dict[str, Fraction]) -> dict[str, int]:
    """Divide a pool by largest remainder, ties to the earlier id."""
    together = sum(weights.values(), ZERO)
    exact = {who: pool * weight / together for who, weight in weights.items()}
    shares = {who: int(amount) for who, amount in exact.items()}
    order: Callable[[str], tuple[Fraction, str]] = lambda who: (shares[who] - exact[who], who)  # noqa: E731
    for who in sorted(weights, key=order)[: pool - sum(shares.values())]:
        shares[who] += 1
    return shares


def _months_later(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), Period.containing(first, "month").end)
