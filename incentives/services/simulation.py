"""Use case: what draft plans would have paid in past periods: who gains, who loses, at what cost.

The baseline of a locked cycle is what was locked; of any other period, what the plans in force pay. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from incentives.bonus.inputs import BonusInputs
from incentives.bonus.pay_group import PayGroup
from incentives.bonus.result import BonusResult
from incentives.errors import InputError
from incentives.ledger import heads
from incentives.ledger.engine import Ledger
from incentives.ledger.statements import read_statements
from incentives.ledger.states import FINAL_STATES
from incentives.periods import Period
from incentives.plans.load import read_plan, read_plans
from incentives.plans.model import Plan
from incentives.plans.registry import Registry
from incentives.services.bonus import REVENUE, pay_group_of, read_inputs
from incentives.services.built_apart import last_build
from incentives.services.channels_of_work import ChannelOfWork, by_channel, credit_by_channel
from incentives.services.plans import published_registry
from incentives.workspace import Workspace

# Bounds of attainment, in per cent, between which people are counted.
ATTAINMENT_BOUNDS = (50, 80, 100, 120)

# (person, currency) -> minor units.
Paid = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """One person's payouts in one period and currency, minor units; `team` and `role` as on the period's last day."""

    associate_id: str
    team: str
    role: str
    currency: str
    before_minor: int
    after_minor: int

    @property
    def gain_minor(self) -> int:
        """What the drafts would have paid more."""
        return self.after_minor - self.before_minor


@dataclass(frozen=True, slots=True)
class SimulatedCost:
    """What a period costs in one currency, minor units; `revenue_minor` is the credited revenue of the people who are paid."""

    currency: str
    before_minor: int
    after_minor: int
    revenue_minor: int


@dataclass(frozen=True, slots=True)
class SimulatedPeriod:
    """A past period under draft plans.

    Attributes:
        period: Its label.
        pay_group: Whose people.
        baseline: `locked` where a locked cycle says what was paid, else `plans in force`.
        people: By currency, the greatest gain first.
        costs: By currency.
        attainment: People by their attainment under the drafts: (`below 50 %`, count) and so on; without a target nobody counts.
        work_before: Pay by channel of work as it was.
        work_after: As it would have been.
    """

    period: str
    pay_group: str
    baseline: str
    people: tuple[SimulatedPerson, ...]
    costs: tuple[SimulatedCost, ...]
    attainment: tuple[tuple[str, int], ...]
    work_before: tuple[ChannelOfWork, ...]
    work_after: tuple[ChannelOfWork, ...]


def simulate(ws: Workspace, drafts: Path, periods: Sequence[Period], pay_group: str | None = None) -> tuple[SimulatedPeriod, ...]:
    """Calculate past periods with draft plans.

    Args:
        ws: The workspace; its last build must hold what was delivered.
        drafts: A plan file, taken as if it had always held in the place of the workspace's versions of that plan, or a
            folder, taken as it is in the place of all plans.
        periods: The periods.
        pay_group: Only this one; every one whose calendar has the period where none is named.

    Raises:
        InputError: The last build is older than what landed, or no pay group has such a period.
        DocumentError: A plan has mistakes.
    """
    build = last_build(ws)
    found: list[SimulatedPeriod] = []
    with closing(duckdb.connect(str(build.database), read_only=True)) as connection:
        registry = published_registry(connection)
        in_force = [text.plan for text in read_plans(ws.plans, registry)] if ws.plans.is_dir() else []
        for period in periods:
            names = [pay_group] if pay_group else sorted(ws.config.pay_groups)
            groups = [group for group in (pay_group_of(ws, name) for name in names) if group.calendar == period.calendar]
            if not groups:
                raise InputError(f"no pay group is paid by {period.calendar}.", where=period.label)
            tried = _tried(drafts, in_force, registry, period)
            inputs = read_inputs(connection, [*in_force, *tried], period)
            credit = credit_by_channel(connection, period)
            for group in groups:
                found.append(_simulated(ws, group, period, in_force, tried, inputs, credit))
    return tuple(found)


def _tried(drafts: Path, in_force: Sequence[Plan], registry: Registry, period: Period) -> list[Plan]:
    if drafts.is_dir():
        return [text.plan for text in read_plans(drafts, registry)]
    draft = read_plan(drafts, registry).plan
    start = Period.containing(period.start, "year").start
    return [*(plan for plan in in_force if plan.plan != draft.plan), draft.model_copy(update={"valid_from": start})]


def _simulated(
    ws: Workspace,
    group: PayGroup,
    period: Period,
    in_force: Sequence[Plan],
    tried: Sequence[Plan],
    inputs: BonusInputs,
    credit: Mapping[tuple[str, str], Mapping[str, int]],
) -> SimulatedPeriod:
    from incentives.bonus.calculate import calculate

    after = calculate(tried, inputs, period, group)
    locked = _locked(ws, group, period)
    before = locked if locked is not None else _paid(calculate(in_force, inputs, period, group))
    paid = _paid(after)
    places = _places(inputs, period)
    people = [
        SimulatedPerson(
            person, *places.get(person, ("", "")), currency, before.get((person, currency), 0), paid.get((person, currency), 0)
        )
        for person, currency in before.keys() | paid.keys()
    ]
    people.sort(key=lambda one: (one.currency, -one.gain_minor, one.associate_id))
    own = {key: channels for key, channels in credit.items() if key[0] in {person.associate_id for person in people}}
    return SimulatedPeriod(
        period.label,
        group.name,
        "plans in force" if locked is None else "locked",
        tuple(people),
        tuple(_costs(people, inputs, period)),
        _attainment(after),
        by_channel(own, [(person, currency, minor) for (person, currency), minor in before.items()]),
        by_channel(own, [(person, currency, minor) for (person, currency), minor in paid.items()]),
    )


def _paid(result: BonusResult) -> dict[tuple[str, str], int]:
    paid: dict[tuple[str, str], int] = {}
    for statement in result.statements:
        key = (statement.associate_id, statement.currency)
        paid[key] = paid.get(key, 0) + statement.worth_minor
    return paid


def _locked(ws: Workspace, group: PayGroup, period: Period) -> dict[tuple[str, str], int] | None:
    """Return what a locked cycle says its own period was worth, or None where it is not locked."""
    if not ws.has_ledger:
        return None
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = next(
            (
                one
                for one in heads.heads(session)
                if (one.pay_group, one.period) == (group.name, period.label) and one.state in FINAL_STATES
            ),
            None,
        )
        if head is None:
            return None
        paid: dict[tuple[str, str], int] = {}
        for row in read_statements(session, heads.calculation_of(session, head).calculation_id):
            if row.earned_period == period.label:
                paid[row.associate_id, row.currency] = paid.get((row.associate_id, row.currency), 0) + row.worth_minor
        return paid


def _places(inputs: BonusInputs, period: Period) -> dict[str, tuple[str, str]]:
    """Return team and role of everybody on the period's last day, or before it where there is none."""
    frame = inputs.assignments
    rows = sorted(
        zip(*(frame[name].tolist() for name in ("valid_from", "associate_id", "team_id", "role")), strict=True),
        key=lambda row: row[0],
    )
    return {
        str(person): (team if isinstance(team, str) else "", role if isinstance(role, str) else "")
        for start, person, team, role in rows
        if start < period.end
    }


def _costs(people: Sequence[SimulatedPerson], inputs: BonusInputs, period: Period) -> list[SimulatedCost]:
    measures = inputs.measures
    revenue = measures[(measures["measure"] == REVENUE) & (measures["subject_type"] == "associate")]
    rows = list(zip(*(revenue[name].tolist() for name in ("subject_id", "currency", "earned_date", "numerator")), strict=True))
    costs = []
    for currency in sorted({person.currency for person in people}):
        own = [person for person in people if person.currency == currency]
        ids = {person.associate_id for person in own}
        earned = sum(
            int(minor) for person, of, day, minor in rows if person in ids and of == currency and period.start <= day < period.end
        )
        costs.append(
            SimulatedCost(currency, sum(person.before_minor for person in own), sum(person.after_minor for person in own), earned)
        )
    return costs


def _attainment(result: BonusResult) -> tuple[tuple[str, int], ...]:
    """Count people by the attainment of their first component with a target."""
    bounds = ATTAINMENT_BOUNDS
    names = [
        f"below {bounds[0]} %",
        *(f"{low} to {high} %" for low, high in pairwise(bounds)),
        f"{bounds[-1]} % and more",
    ]
    counts = [0] * len(names)
    for statement in result.statements:
        attained = next((part.attainment for part in statement.components if part.attainment is not None), None)
        if attained is not None:
            counts[sum(attained * 100 >= bound for bound in bounds)] += 1
    return tuple(zip(names, counts, strict=True))
