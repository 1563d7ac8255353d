"""Use case: what the measures of a person, a team or a place come to in a period, read from the published figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from incentives.errors import InputError
from incentives.periods import Period
from incentives.plans.registry import Measure, Registry
from incentives.services.plans import published_registry
from incentives.serving import snapshots
from incentives.workspace import Workspace

SUBJECTS = ("associate", "team", "location")
_ROWS = """
select measure, unit_key, currency, numerator, denominator, earned_date
from marts.fct_measures
where subject_type = ? and subject_id = ? and earned_date >= ? and earned_date < ?
order by measure, currency, earned_date
"""
Row = tuple[str, str | None, str | None, int, int | None, date]


@dataclass(frozen=True, slots=True)
class MeasureValue:
    """One measure of a subject in a period, by earned date.

    Attributes:
        measure: Its name.
        unit: money, count or ratio.
        currency: Of money; None elsewhere.
        value: Minor units of money, else the number; None where there are fewer cases than the registry asks for.
        numerator: Of a ratio, the sum of its upper parts.
        denominator: Of a ratio, the sum of its lower parts.
        least: Of a ratio, how many of them it needs to be shown.
    """

    measure: str
    unit: str
    currency: str | None
    value: Fraction | None
    numerator: int | None = None
    denominator: int | None = None
    least: int = 0


def measure_values(ws: Workspace, subject: str, period: Period) -> tuple[MeasureValue, ...]:
    """Return the measures of a subject that have rows in a period, by name and currency.

    Args:
        ws: The workspace.
        subject: `associate:ID`, `team:ID` or `location:ID`.
        period: By earned date.

    Raises:
        InputError: The subject is not written so, or nothing is published yet.
    """
    kind, colon, subject_id = subject.partition(":")
    if kind not in SUBJECTS or not colon or not subject_id:
        raise InputError(f"'{subject}' names no subject.", remedy="Write associate:ID, team:ID or location:ID.")
    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError("nothing is published yet.", remedy="Run `incentives build` first.")
    with snapshot.connect() as connection:
        registry = published_registry(connection)
        rows: list[Row] = connection.execute(_ROWS, [kind, subject_id, period.start, period.end]).fetchall()
    groups: dict[tuple[str, str | None], list[Row]] = {}
    for row in rows:
        groups.setdefault((row[0], row[2]), []).append(row)
    return tuple(_value(registry, name, currency, group) for (name, currency), group in groups.items())


def registered_measures(ws: Workspace) -> Registry:
    """Return the registry, with the measures of the scores feed where something is published."""
    from incentives.services.plans import workspace_registry

    return workspace_registry(ws)


def _value(registry: Registry, name: str, currency: str | None, rows: Sequence[Row]) -> MeasureValue:
    measure = registry.get(name) or Measure(name, "count", "last", "any", 0, False)
    if measure.additivity == "ratio":
        above, below = sum(row[3] for row in rows), sum(row[4] or 0 for row in rows)
        least = max(1, measure.minimum_count)
        value = Fraction(above, below) if below >= least else None
        return MeasureValue(name, measure.unit, currency, value, above, below, least)
    if measure.additivity == "distinct":
        counted: dict[str | None, int] = {}
        for row in rows:
            counted[row[1]] = counted.get(row[1], 0) + row[3]
        return MeasureValue(name, measure.unit, currency, Fraction(sum(total > 0 for total in counted.values())))
    if measure.additivity == "last":
        return MeasureValue(name, measure.unit, currency, Fraction(rows[-1][3], rows[-1][4] or 1))
    return MeasureValue(name, measure.unit, currency, sum((Fraction(row[3], row[4] or 1) for row in rows), Fraction(0)))
