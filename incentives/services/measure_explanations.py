"""Use case: what a measure is made of, read from what was computed: the credits, lines, orders or days behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import duckdb

from incentives.errors import InputError
from incentives.periods import Period
from incentives.plans.registry import Measure
from incentives.services.measure_values import MeasureValue, measure_values
from incentives.services.plans import published_registry
from incentives.serving import snapshots
from incentives.workspace import Workspace

_LINE = "credits.earned_date, credits.business_date, credits.source, credits.order_id, credits.line_id"
_PERSON = "credits.recipient = ? and credits.earned_date >= ? and credits.earned_date < ?"
_ORDER = "order by 1, 2, 3, 4, 5, 6, 7"
# The rows behind a measure: dates, the line's name, role, person, value (minor units or a number as numerator over denominator), currency.
_CREDITS = (
    f"select {_LINE}, credits.role, credits.recipient, credits.credit_minor, null, credits.currency "
    f"from marts.fct_credits as credits where {_PERSON}"
)
_QUERIES = {
    "credited_revenue": _CREDITS,
    **{f"credited_revenue_{role}": f"{_CREDITS} and credits.role = '{role}'" for role in ("seller", "advisor", "relationship")},
    "return_share": _CREDITS,
    "credited_units": (
        f"select {_LINE}, credits.role, credits.recipient, lines.quantity_milli * cast(credits.share_e12 as hugeint), 1000000000000000, null "
        "from marts.fct_credits as credits inner join marts.fct_order_lines as lines using (order_line_key) "
        f"where {_PERSON} and abs(lines.quantity_milli) <= 100000000"
    ),
    "influenced_revenue": (
        f"select distinct {_LINE}, null, credits.recipient, lines.net_minor, null, lines.currency "
        f"from marts.fct_credits as credits inner join marts.fct_order_lines as lines using (order_line_key) where {_PERSON}"
    ),
    "location_revenue": (
        f"select {_LINE}, null, null, credits.net_minor, null, credits.currency from marts.fct_order_lines as credits "
        "where credits.location_id = ? and credits.earned_date >= ? and credits.earned_date < ?"
    ),
    # A membership holds until the next one begins.
    "team_credited_revenue": (
        "with spans as (select associate_id, team_id, valid_from, lead(valid_from) over (partition by associate_id order by valid_from) as valid_to "
        f"from marts.dim_assignments) select {_LINE}, credits.role, credits.recipient, credits.credit_minor, null, credits.currency "
        "from marts.fct_credits as credits inner join spans on credits.recipient = spans.associate_id and credits.earned_date >= spans.valid_from "
        "and (credits.earned_date < spans.valid_to or spans.valid_to is null) "
        "where spans.team_id = ? and credits.earned_date >= ? and credits.earned_date < ?"
    ),
}
_COUNTED = "measures.subject_type = ? and measures.subject_id = ? and measures.measure = ? and measures.earned_date >= ? and measures.earned_date < ?"
# Orders are counted by their key, clients by theirs; the lines say which orders these are.
_UNITS = (
    "select distinct measures.earned_date, measures.business_date, lines.source, lines.order_id, null, null, null, measures.numerator, null, null "
    "from marts.fct_measures as measures inner join marts.fct_order_lines as lines on lines.line_kind = 'sale' "
    "and {0} where " + _COUNTED
)
_BY_ORDER = _UNITS.format("measures.unit_key = cast(lines.order_key as varchar)")
_BY_CLIENT = _UNITS.format(
    "measures.unit_key = cast(lines.customer_key as varchar) and measures.business_date = lines.business_date"
)
_DAYS = (
    "select measures.earned_date, measures.business_date, null, null, null, null, null, measures.numerator, measures.denominator, measures.currency "
    "from marts.fct_measures as measures where " + _COUNTED
)


@dataclass(frozen=True, slots=True)
class Part:
    """One row behind a measure.

    Attributes:
        earned_date: The day it counts on.
        business_date: The day on which it happened.
        line: source, order and, where one line is meant, line; None where a day's work is meant.
        role: In which the line is credited; None where that says nothing.
        person: Who is credited, where the measure is of several people; None elsewhere.
        value: Minor units of money, else a number; the upper part of a ratio.
        denominator: Of a ratio of a day, its lower part.
        currency: Of money.
    """

    earned_date: date
    business_date: date
    line: tuple[str, str, str | None] | None
    role: str | None
    person: str | None
    value: Fraction
    denominator: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class MeasureExplanation:
    """A measure of a subject in a period: what it means, what it comes to in each currency, and what it is made of."""

    measure: Measure
    values: tuple[MeasureValue, ...]
    parts: tuple[Part, ...]


def explain_measure(ws: Workspace, subject: str, name: str, period: Period) -> MeasureExplanation:
    """Return what a measure of a subject comes to in a period, by earned date, and the rows behind it.

    Args:
        ws: The workspace.
        subject: `associate:ID`, `team:ID` or `location:ID`.
        name: A measure of the registry or of the scores feed.
        period: By earned date.

    Raises:
        InputError: The subject is not written so, there is no such measure, it is another kind of subject's, or nothing is
            published yet.
    """
    values = tuple(value for value in measure_values(ws, subject, period) if value.measure == name)
    snapshot = snapshots.current(ws)
    assert snapshot is not None
    kind, _, subject_id = subject.partition(":")
    with snapshot.connect() as connection:
        registry = published_registry(connection)
        measure = registry.get(name)
        if measure is None and not values:
            raise InputError(f"no measure is called {name}.", remedy="`incentives measures list` names them.")
        measure = measure or Measure(name, "count", "last", "any", 0, False)
        if measure.subject != kind:
            raise InputError(f"{name} is a measure of {measure.subject}s.", remedy=f"Write {measure.subject}:ID.")
        rows = _rows(connection, measure, kind, subject_id, period)
    single = measure.additivity != "ratio" or name == "return_share"
    return MeasureExplanation(measure, values, tuple(_part(row, single=single, of_people=kind == "team") for row in rows))


def _rows(
    connection: duckdb.DuckDBPyConnection, measure: Measure, kind: str, subject_id: str, period: Period
) -> list[tuple[object, ...]]:
    if measure.name in _QUERIES:
        return connection.execute(f"{_QUERIES[measure.name]} {_ORDER}", [subject_id, period.start, period.end]).fetchall()
    counted = [kind, subject_id, measure.name, period.start, period.end]
    query = _BY_ORDER if measure.name == "credited_orders" else _BY_CLIENT if measure.additivity == "distinct" else _DAYS
    return connection.execute(f"{query} {_ORDER}", counted).fetchall()


def _part(row: tuple[object, ...], *, single: bool, of_people: bool) -> Part:
    earned, business, source, order_id, line_id, role, person, numerator, denominator, currency = row
    assert isinstance(earned, date)
    assert isinstance(business, date)
    assert isinstance(numerator, int)
    below = denominator if isinstance(denominator, int) else None
    return Part(
        earned_date=earned,
        business_date=business,
        line=None if source is None else (str(source), str(order_id), None if line_id is None else str(line_id)),
        role=None if role is None else str(role),
        person=str(person) if of_people and person is not None else None,
        value=Fraction(numerator, below or 1) if single else Fraction(numerator),
        denominator=None if single else below,
        currency=None if currency is None else str(currency),
    )
