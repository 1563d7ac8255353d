"""Who people are, where they work and who leads them, read from a snapshot.

An assignment holds from its first day to the day before `valid_to`. Nothing here decides who may see whom; that is
the portal's one function, which is given these facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from incentives.serving import snapshots
from incentives.serving.snapshots import Snapshot
from incentives.workspace import Workspace

FAR_AWAY = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `start` to the day before `end`."""

    start: date
    end: date

    def meets(self, other: Span) -> Span | None:
        """Return the days that both hold, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


ALWAYS = Span(date.min, FAR_AWAY)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One span of one person's assignment; `team_id`, `location_id` and `manager_id` may be unknown."""

    associate_id: str
    span: Span
    team_id: str | None
    role: str | None
    location_id: str | None
    location_name: str | None
    manager_id: str | None
    currency: str | None


class Directory:
    """Everybody of one snapshot, held in memory: each page asks several times who somebody is and who leads them."""

    def __init__(self, employments: Mapping[str, tuple[date | None, date | None]], assignments: Iterable[Assignment]) -> None:
        self._employments = dict(employments)
        self._of: dict[str, list[Assignment]] = defaultdict(list)
        self._led: dict[str, list[Assignment]] = defaultdict(list)
        for assignment in assignments:
            self._of[assignment.associate_id].append(assignment)
            if assignment.manager_id is not None:
                self._led[assignment.manager_id].append(assignment)

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Directory:
        """Read everybody, by person and from the oldest assignment on."""
        employments = connection.execute("select associate_id, hired_on, left_on from marts.dim_associates").fetchall()
        rows = connection.execute(
            "select assignments.associate_id, assignments.valid_from, coalesce(assignments.valid_to, date '9999-12-31'), "
            "assignments.team_id, assignments.role, assignments.location_id, locations.name, assignments.manager_id, "
            "assignments.currency from marts.dim_assignments as assignments "
            "left join marts.dim_locations as locations on assignments.location_id = locations.location_id order by 1, 2"
        ).fetchall()
        return cls(
            {person: (hired_on, left_on) for person, hired_on, left_on in employments},
            (Assignment(row[0], Span(row[1], row[2]), *row[3:]) for row in rows),
        )

    def employment(self, associate_id: str) -> tuple[date | None, date | None] | None:
        """Return a person's first and last day worked, or None if no associate has this id."""
        return self._employments.get(associate_id)

    def assignments_of(self, associate_id: str) -> tuple[Assignment, ...]:
        """Return all assignments of a person, oldest first."""
        return tuple(self._of.get(associate_id, ()))

    def led_by(self, manager_id: str, on: date) -> tuple[Assignment, ...]:
        """Return the assignments in force on a day that name a person as the one who leads, by person."""
        return tuple(held for held in self._led.get(manager_id, ()) if held.span.start <= on < held.span.end)


def busiest_with_manager(connection: duckdb.DuckDBPyConnection, on: date) -> tuple[str, str] | None:
    """Return somebody who is led on a day and was credited in the most roles lately, and who leads them."""
    row = connection.execute(
        "select assignments.associate_id, assignments.manager_id from marts.dim_assignments as assignments "
        "inner join marts.fct_credits as credits on credits.recipient = assignments.associate_id "
        "and credits.business_date >= (select max(business_date) - 30 from marts.fct_credits where business_date <= ?) "
        "where assignments.manager_id is not null and assignments.manager_id <> assignments.associate_id "
        "and assignments.valid_from <= ? and coalesce(assignments.valid_to, date '9999-12-31') > ? "
        "group by 1, 2 order by count(distinct credits.role) desc, count(*) desc, 1, 2 limit 1",
        [on, on, on],
    ).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


def last_day_sold(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Return the last day on which anything was bought, as far as the snapshot knows."""
    row = connection.execute(
        "select cast(max(ordered_at) as date) from marts.fct_order_lines where line_kind = 'sale'"
    ).fetchone()
    return row[0] if row else None


def names(snapshot: Snapshot) -> dict[str, str]:
    """Return every associate's name by id."""
    with snapshot.connect_contacts() as connection:
        return dict(connection.execute("select associate_id, name from associate_names").fetchall())


def associates_published(ws: Workspace) -> frozenset[str]:
    """Return every associate's id; nobody while nothing is published."""
    current = snapshots.current(ws)
    if current is None:
        return frozenset()
    with current.connect() as connection:
        return frozenset(
            str(person) for (person,) in connection.execute("select associate_id from marts.dim_associates").fetchall()
        )


def team_spans(assignments: Iterable[Assignment], team_id: str) -> tuple[Span, ...]:
    """Return the days on which a person was in a team."""
    return tuple(assignment.span for assignment in assignments if assignment.team_id == team_id)
