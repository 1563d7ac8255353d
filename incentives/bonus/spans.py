"""Who is under which plan on which days.

One row per person, assignment and plan version, with two spans of days: *active* (assigned, and between hire
and leaving; decides proration) and *credited* (an assignment's days and the gap after it, since a credit earned
where no assignment is in force belongs to the last one before). Credited spans of one plan never overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from incentives.bonus.columns import OPEN_END, OPEN_START, Codes, Days, codes_in, day_number, days, integers, texts
from incentives.bonus.inputs import BonusInputs
from incentives.bonus.pay_group import PayGroup
from incentives.plans.model import Plan

FTE_FULL = 1000


@dataclass(frozen=True, slots=True)
class Assignments:
    """Assignments of the people of a pay group, ordered by person and first day.

    Codes are positions in `people`, `teams`, `locations`, `roles` and `currencies`; -1 is none.
    """

    people: pd.Index
    teams: pd.Index
    locations: pd.Index
    roles: pd.Index
    currencies: pd.Index
    hired_on: Days
    left_on: Days
    person: Codes
    team: Codes
    location: Codes
    role: Codes
    currency: Codes
    fte: npt.NDArray[np.int64]
    active_start: Days
    active_end: Days
    credited_start: Days
    credited_end: Days

    @classmethod
    def of(cls, inputs: BonusInputs, pay_group: PayGroup) -> Assignments:
        """Return the assignments of a pay group's people; who has none at all gets one without role or team."""
        people, hired, left = _people(inputs, pay_group)
        frame = inputs.assignments
        person = codes_in(frame["associate_id"], people)
        start = days(frame["valid_from"], OPEN_START)
        kept = np.flatnonzero(person >= 0)
        order = kept[np.lexsort((start[kept], person[kept]))]
        without = np.setdiff1d(np.arange(len(people)), person[order])
        teams, locations, roles = (_index(frame[name]) for name in ("team_id", "location_id", "role"))
        currencies = _index(frame["currency"], pay_group.currency)
        currency = codes_in(frame["currency"], currencies)
        own = int(currencies.get_indexer(pd.Index([pay_group.currency]))[0])
        none = np.full(len(without), -1, dtype=np.int64)

        def column(values: npt.NDArray[np.int64], missing: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            return np.concatenate([values[order], missing])[again]

        again = np.argsort(np.concatenate([person[order], without]), kind="stable")
        persons = np.concatenate([person[order], without])[again]
        first = column(start, np.full(len(without), OPEN_START, dtype=np.int64))
        stated_end = column(days(frame["valid_to"], OPEN_END), none + 1 + OPEN_END)
        following = np.full(len(persons), OPEN_END, dtype=np.int64)
        if len(persons) > 1:
            same = persons[1:] == persons[:-1]
            following[:-1][same] = first[1:][same]
        return cls(
            people,
            teams,
            locations,
            roles,
            currencies,
            hired,
            left,
            person=persons,
            team=column(codes_in(frame["team_id"], teams), none),
            location=column(codes_in(frame["location_id"], locations), none),
            role=column(codes_in(frame["role"], roles), none),
            currency=column(np.where(currency < 0, own, currency), none + 1 + own),
            fte=column(integers(frame["fte_milli"], FTE_FULL), none + 1 + FTE_FULL),
            active_start=np.maximum(first, hired[persons]),
            active_end=np.minimum(np.minimum(stated_end, following), left[persons] + 1),
            credited_start=first,
            credited_end=following,
        )


@dataclass(frozen=True, slots=True)
class PlanRows:
    """Assignments cut at plan versions: one row per assignment and version in force, of one plan name.

    `version` is a position in `versions`; rows are ordered by person and first credited day.
    """

    person: Codes
    version: Codes
    currency: Codes
    team: Codes
    location: Codes
    fte: npt.NDArray[np.int64]
    active_start: Days
    active_end: Days
    credited_start: Days
    credited_end: Days
    assignment: Codes

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> PlanRows:
        """Return the chosen rows."""
        return PlanRows(*[getattr(self, part.name)[rows] for part in fields(self)])


def plan_rows(assignments: Assignments, versions: Sequence[Plan], currencies: Sequence[Sequence[str]]) -> PlanRows:
    """Return the rows of one plan.

    Args:
        assignments: Of the pay group.
        versions: Versions of one plan name, ordered by `valid_from`.
        currencies: Of each version, the currencies that it pays in.
    """
    pieces: list[PlanRows] = []
    for position, version in enumerate(versions):
        opens = day_number(version.valid_from)
        closes = day_number(versions[position + 1].valid_from) if position + 1 < len(versions) else OPEN_END
        wanted = np.isin(assignments.currency, assignments.currencies.get_indexer(pd.Index(list(currencies[position]))))
        if version.eligibility.roles is not None:
            roles = assignments.roles.get_indexer(pd.Index(list(version.eligibility.roles)))
            wanted &= np.isin(assignments.role, roles[roles >= 0])
        wanted &= (assignments.credited_start < closes) & (assignments.credited_end > opens)
        chosen = np.flatnonzero(wanted)
        pieces.append(
            PlanRows(
                person=assignments.person[chosen],
                version=np.full(len(chosen), position, dtype=np.int64),
                currency=assignments.currency[chosen],
                team=assignments.team[chosen],
                location=assignments.location[chosen],
                fte=assignments.fte[chosen],
                active_start=np.maximum(assignments.active_start[chosen], opens),
                active_end=np.minimum(assignments.active_end[chosen], closes),
                credited_start=np.maximum(assignments.credited_start[chosen], opens),
                credited_end=np.minimum(assignments.credited_end[chosen], closes),
                assignment=chosen.astype(np.int64),
            )
        )
    merged = PlanRows(*[np.concatenate([getattr(piece, part.name) for piece in pieces]) for part in fields(PlanRows)])
    return merged.take(np.lexsort((merged.credited_start, merged.person)))


def _people(inputs: BonusInputs, pay_group: PayGroup) -> tuple[pd.Index, Days, Days]:
    """Return the ids of a group's people in order, with their first and last day."""
    frame = inputs.associates
    groups = texts(frame["pay_group"])
    belongs = np.array([group == pay_group.name or (group is None and pay_group.is_default) for group in groups], dtype=np.bool_)
    ids = np.array(texts(frame["associate_id"]), dtype=object)
    hired, left = days(frame["hired_on"], OPEN_START), days(frame["left_on"], OPEN_END)
    found = dict(zip(ids[belongs], zip(hired[belongs], left[belongs], strict=True), strict=True))
    if pay_group.is_default:
        recorded = set(ids)
        for name in texts(inputs.assignments["associate_id"]):
            if name is not None and name not in recorded:
                found.setdefault(name, (OPEN_START, OPEN_END))
    names = sorted(found)
    return (
        pd.Index(names, dtype=object),
        np.array([found[name][0] for name in names], dtype=np.int64),
        np.array([found[name][1] for name in names], dtype=np.int64),
    )


def _index(column: pd.Series, *more: str) -> pd.Index:
    return pd.Index(sorted({*(value for value in texts(column) if value is not None), *more}), dtype=object)
