"""Figures of several people at once: credit, target, help given elsewhere, clients met, and trend.

Every query takes the days for which the reader may see each person, and nothing outside them is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from incentives.money import round_half_even
from incentives.serving.marts import Marts
from incentives.serving.people import Span

# A person is found by id and days; the list is bound, never written into the SQL.
_VISIBLE = (
    "visible as (select unnest(?::varchar[]) as associate_id, unnest(?::date[]) as visible_from, unnest(?::date[]) as visible_to)"
)


@dataclass(frozen=True, slots=True)
class PersonCredit:
    """One person's credit in one currency; `elsewhere_minor` is the part from sales at other places than their own."""

    associate_id: str
    currency: str
    credit_minor: int
    elsewhere_minor: int
    clients: int


@dataclass(frozen=True, slots=True)
class Target:
    """A target for a period: the part of each delivered target that its days inside the period carry."""

    subject_id: str
    currency: str
    value_minor: int


@dataclass(frozen=True, slots=True)
class WeekCredit:
    """Credit of the week that starts on a Monday."""

    monday: date
    currency: str
    credit_minor: int


def credit_by_person(marts: Marts, visible: Mapping[str, Sequence[Span]], period: Span) -> tuple[PersonCredit, ...]:
    """Return credit that counts in a period, by person and currency, for the visible days only."""
    rows = marts.rows(
        f"with {_VISIBLE} "
        "select credits.recipient, credits.currency, cast(sum(credits.credit_minor) as bigint), "
        "cast(coalesce(sum(credits.credit_minor) filter (where credits.location_id is distinct from assignments.location_id), 0) as bigint), "
        "cast(count(distinct credits.customer_key) as bigint) "
        "from visible inner join marts.fct_credits as credits on credits.recipient = visible.associate_id "
        "and credits.earned_date >= greatest(visible.visible_from, ?) and credits.earned_date < least(visible.visible_to, ?) "
        "left join marts.dim_assignments as assignments on assignments.associate_id = credits.recipient "
        "and credits.earned_date >= assignments.valid_from "
        "and credits.earned_date < coalesce(assignments.valid_to, date '9999-12-31') "
        "group by 1, 2 order by 1, 2",
        [*_columns(visible), period.start, period.end],
    )
    return tuple(PersonCredit(*row) for row in rows)


def credit_by_week(marts: Marts, associate_id: str, spans: Sequence[Span], window: Span) -> tuple[WeekCredit, ...]:
    """Return one person's credit by week and currency on the visible days of a window, oldest first."""
    rows = marts.rows(
        f"with {_VISIBLE} "
        "select cast(date_trunc('week', credits.earned_date) as date), credits.currency, cast(sum(credits.credit_minor) as bigint) "
        "from visible inner join marts.fct_credits as credits on credits.recipient = visible.associate_id "
        "and credits.earned_date >= greatest(visible.visible_from, ?) and credits.earned_date < least(visible.visible_to, ?) "
        "group by 1, 2 order by 1, 2",
        [*_columns({associate_id: spans}), window.start, window.end],
    )
    return tuple(WeekCredit(*row) for row in rows)


def targets(
    marts: Marts, subject_type: str, measure: str, subject_ids: Sequence[str], period: Span
) -> dict[str, tuple[Target, ...]]:
    """Return money targets of a measure for a period, by subject; a longer target counts with its days inside."""
    rows = marts.rows(
        "select subject_id, currency, value_minor, period_start, period_end from marts.dim_targets "
        "where subject_type = ? and measure = ? and subject_id in (select unnest(?::varchar[])) and value_minor is not null "
        "and currency is not null and period_start < ? and period_end > ? order by subject_id, currency, period_start",
        [subject_type, measure, list(subject_ids), period.end, period.start],
    )
    exact: dict[tuple[str, str], Fraction] = {}
    for subject_id, currency, value_minor, start, end in rows:
        inside = (min(end, period.end) - max(start, period.start)).days
        part = Fraction(value_minor) * Fraction(inside, (end - start).days)
        exact[(subject_id, currency)] = exact.get((subject_id, currency), Fraction(0)) + part
    found: dict[str, tuple[Target, ...]] = {}
    for (subject_id, currency), value in exact.items():
        found[subject_id] = (*found.get(subject_id, ()), Target(subject_id, currency, round_half_even(value)))
    return found


def measured(
    marts: Marts, subject_type: str, measure: str, subject_ids: Sequence[str], period: Span
) -> dict[tuple[str, str], int]:
    """Return a money measure that adds up, for a period, by subject and currency: the figure that plans pay on.

    In a pay currency it is every order's credit, converted; in any other, the orders of that currency.
    """
    rows = marts.rows(
        "with amounts as ("
        "select subject_type, subject_id, measure, currency, numerator, earned_date from marts.fct_pay_measures "
        "union all select subject_type, subject_id, measure, currency, numerator, earned_date from marts.fct_measures "
        "where currency is not null and (measure, currency) not in (select (measure, currency) from marts.fct_pay_measures)) "
        "select subject_id, currency, cast(sum(numerator) as bigint) from amounts "
        "where subject_type = ? and measure = ? and subject_id in (select unnest(?::varchar[])) "
        "and earned_date >= ? and earned_date < ? group by 1, 2",
        [subject_type, measure, list(subject_ids), period.start, period.end],
    )
    return {(subject_id, currency): value for subject_id, currency, value in rows}


def _columns(visible: Mapping[str, Sequence[Span]]) -> list[list[object]]:
    rows = [(associate_id, span.start, span.end) for associate_id, spans in sorted(visible.items()) for span in spans]
    return [[row[position] for row in rows] for position in range(3)]
