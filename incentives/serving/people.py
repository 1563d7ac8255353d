"""Who people are, where they work and who leads them, read from a snapshot.

An assignment holds from its first day to the day before `valid_to`. Nothing here decides who may see whom; that is
the portal's one function, which is given these facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from incentives.serving.snapshots import Snapshot

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


_ASSIGNMENTS = """
select assignments.associate_id, assignments.valid_from, coalesce(assignments.valid_to, date '9999-12-31'), assignments.team_id,
    assignments.role, assignments.location_id, locations.name, assignments.manager_id, assignments.currency
from marts.dim_assignments as assignments
left join marts.dim_locations as locations on assignments.location_id = locations.location_id
where {condition}
order by assignments.associate_id, assignments.valid_from
"""


def assignments_of(connection: duckdb.DuckDBPyConnection, associate_id: str) -> tuple[Assignment, ...]:
    """Return all assignments of a person, oldest first."""
    return _assignments(connection, "assignments.associate_id = ?", [associate_id])


def led_by(connection: duckdb.DuckDBPyConnection, manager_id: str, on: date) -> tuple[Assignment, ...]:
    """Return the assignments in force on a day that name a person as the one who leads."""
    return _assignments(
        connection,
        "assignments.manager_id = ? and assignments.valid_from <= ? and coalesce(assignments.valid_to, date '9999-12-31') > ?",
        [manager_id, on, on],
    )


def employment(connection: duckdb.DuckDBPyConnection, associate_id: str) -> tuple[date | None, date | None] | None:
    """Return a person's first and last day worked, or None if no associate has this id."""
    row = connection.execute(
        "select hired_on, left_on from marts.dim_associates where associate_id = ?", [associate_id]
    ).fetchone()
    return None if row is None else (row[0], row[1])


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


def team_spans(assignments: Iterable[Assignment], team_id: str) -> tuple[Span, ...]:
    """Return the days on which a person was in a team."""
    return tuple(assignment.span for assignment in assignments if assignment.team_id == team_id)


def _assignments(connection: duckdb.DuckDBPyConnection, condition: str, parameters: list[object]) -> tuple[Assignment, ...]:
    rows = connection.execute(_ASSIGNMENTS.format(condition=condition), parameters).fetchall()
    return tuple(Assignment(row[0], Span(row[1], row[2]), *row[3:]) for row in rows)
