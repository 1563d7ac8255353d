"""Use case: whether a pilot made a difference: teams that try something beside teams that do not, before and during it.

The unit is the team, because a team tries it together: people of one team are no independent witnesses. Each team's change is what it came to
during the pilot less what it came to in as many months before; the difference is the mean change of the pilot's teams less that
of the others, with Welch's confidence interval (B. L. Welch, Biometrika 34, 1947). It is no proof of a cause where the teams were not drawn by lot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import duckdb
from pydantic import Field, model_validator

from incentives import documents
from incentives.errors import DocumentError, InputError
from incentives.ledger.engine import Ledger
from incentives.ledger.questions import questions
from incentives.money import currency_digits
from incentives.periods import Period
from incentives.plans.model import Slug
from incentives.plans.payouts import Model
from incentives.plans.registry import Measure
from incentives.services.plans import published_registry
from incentives.serving import snapshots
from incentives.workspace import Workspace

# With fewer teams on a side an interval would rest on an assumption that nobody can check.
TEAMS_MIN = 5
CONFIDENCE = 0.95
REVENUE = "credited_revenue"
Side = Literal["pilot", "comparison"]


class StopRule(Model):
    """When a pilot is ended early: a measure of its teams together in one month, below or above a bound; of money in major units."""

    measure: str
    below: Fraction | None = None
    above: Fraction | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> StopRule:
        if (self.below is None) == (self.above is None):
            raise ValueError("expected one of below and above")
        return self


class Pilot(Model):
    """A pilot as its file says it."""

    pilot: Slug
    hypothesis: Annotated[str, Field(min_length=1)]
    teams: Annotated[tuple[str, ...], Field(min_length=1)]
    comparison: Annotated[tuple[str, ...], Field(min_length=1)]
    measure: str
    currency: str | None = None
    starts: str
    ends: str
    stop: StopRule | None = None


@dataclass(frozen=True, slots=True)
class PilotTeam:
    """One team: what it came to for each person and month (a ratio: as it is) before and during, and its change; None where it had nobody or too few cases."""

    team: str
    side: Side
    people: Fraction
    before: Fraction | None
    during: Fraction | None

    @property
    def change(self) -> Fraction | None:
        """During less before; None where either is not known."""
        return None if self.before is None or self.during is None else self.during - self.before


@dataclass(frozen=True, slots=True)
class PilotSide:
    """What stands beside the measure: credited revenue for each person and month in minor units, questions that people asked of the statements,
    and the mean of what employees answered during it, of the teams and months of which that is shown."""

    side: Side
    teams: int
    revenue_before: Fraction | None
    revenue_during: Fraction | None
    questions: int
    pulse: Fraction | None


@dataclass(frozen=True, slots=True)
class PilotReport:
    """What a pilot came to.

    Attributes:
        pilot: Its file.
        unit: Of the measure: money (minor units of `pilot.currency`), count or ratio.
        per_person: Whether its figures are for each person and month; those of a ratio are not.
        months: Months of the pilot that are over in what is published, as many before it.
        teams: Every team of the file, the pilot's first.
        sides: Both sides together.
        difference: Mean change of the pilot's teams less that of the others; None where a side has no team with a change.
        low: Lower end of the interval; None where there are too few teams.
        high: Upper end.
        stopped: The months in which the stop rule held.
        verdict: One sentence.
    """

    pilot: Pilot
    unit: str
    per_person: bool
    months: tuple[str, ...]
    teams: tuple[PilotTeam, ...]
    sides: tuple[PilotSide, ...]
    difference: Fraction | None
    low: float | None
    high: float | None
    stopped: tuple[str, ...]
    verdict: str


def read_pilot(path: Path) -> Pilot:
    """Read a pilot's file.

    Raises:
        DocumentError: It has mistakes; one line each, with file, line and key.
    """
    document = documents.load(path)
    pilot = documents.validate(document, Pilot)
    problems = [(("comparison",), f"{team} tries it too") for team in pilot.comparison if team in pilot.teams]
    problems += [
        ((key,), f"{team} stands twice")
        for key, teams in (("teams", pilot.teams), ("comparison", pilot.comparison))
        for team in sorted({team for team in teams if teams.count(team) > 1})
    ]
    for key in ("starts", "ends"):
        try:
            month = Period.parse(getattr(pilot, key))
        except InputError as error:
            problems.append(((key,), error.what.rstrip(".")))
            continue
        if month.calendar != "month":
            problems.append(((key,), "expected a month such as 2026-03"))
    if not problems and Period.parse(pilot.ends).start < Period.parse(pilot.starts).start:
        problems.append((("ends",), "it ends before it starts"))
    if problems:
        raise DocumentError([f"{document.where(place)}: {'.'.join(place)}: {words}." for place, words in problems])
    return pilot


def report_pilot(ws: Workspace, path: Path) -> PilotReport:
    """Report on a pilot from what is published.

    Args:
        ws: The workspace.
        path: The pilot's file.

    Raises:
        DocumentError: The file has mistakes.
        InputError: Nothing is published, nobody computes the measure for teams, a team is unknown, or no month of the pilot is over.
    """
    pilot = read_pilot(path)
    current = snapshots.current(ws)
    if current is None:
        raise InputError("nothing is published yet.", remedy="Run `incentives build` first.")
    with current.connect() as connection:
        registry = published_registry(connection)
        measure = _measure(connection, registry.get(pilot.measure), pilot.measure, pilot.currency, path)
        stop = None
        if pilot.stop is not None:
            stop = _measure(connection, registry.get(pilot.stop.measure), pilot.stop.measure, pilot.currency, path)
        _require_teams(connection, pilot, path)
        during = _months(pilot, _last_day(connection), path)
        before = _before(during)
        teams = tuple(
            _team(connection, team, side, measure, pilot.currency, before, during)
            for side, names in _sides(pilot)
            for team in names
        )
        asked = _questions(ws, connection, pilot, during)
        sides = tuple(_side(connection, side, names, pilot, before, during, asked[side]) for side, names in _sides(pilot))
        stopped = tuple(
            month.label for month in during if pilot.stop and stop and _stops(connection, pilot, pilot.stop, stop, month)
        )
    changes = {
        side: [team.change for team in teams if team.side == side and team.change is not None] for side, _ in _sides(pilot)
    }
    tried, other = changes["pilot"], changes["comparison"]
    difference = _mean(tried) - _mean(other) if tried and other else None
    low, high = _interval(tried, other) if min(len(tried), len(other)) >= TEAMS_MIN else (None, None)
    verdict = _verdict(difference, low, high, len(tried), len(other))
    months = tuple(month.label for month in during)
    return PilotReport(
        pilot, measure.unit, measure.additivity != "ratio", months, teams, sides, difference, low, high, stopped, verdict
    )


def _sides(pilot: Pilot) -> tuple[tuple[Side, tuple[str, ...]], ...]:
    return (("pilot", pilot.teams), ("comparison", pilot.comparison))


def _measure(
    connection: duckdb.DuckDBPyConnection, found: Measure | None, name: str, currency: str | None, path: Path
) -> Measure:
    # What does not add up over people, as the whole of a line for each of them, has no figures of teams.
    known = connection.execute("select 1 from marts.kpi_months where subject_type = 'team' and measure = ? limit 1", [name])
    if found is None or found.subject != "associate" or found.additivity == "last" or known.fetchone() is None:
        raise InputError(
            f"{name} is not known of teams month by month.",
            where=str(path),
            remedy="Name a measure of people that adds up, or a ratio: `incentives measures list`.",
        )
    if found.is_money and currency is None:
        raise InputError(f"{name} is money, and the pilot names no currency.", where=str(path), remedy="Write `currency: EUR`.")
    return found


def _require_teams(connection: duckdb.DuckDBPyConnection, pilot: Pilot, path: Path) -> None:
    known = {team for (team,) in connection.execute("select distinct team_id from marts.dim_assignments").fetchall()}
    unknown = [team for team in (*pilot.teams, *pilot.comparison) if team not in known]
    if unknown:
        raise InputError(f"nobody was ever in {', '.join(unknown)}.", where=str(path), remedy="Name teams as assignments do.")


def _last_day(connection: duckdb.DuckDBPyConnection) -> date:
    row = connection.execute("select max(business_date) from marts.fct_measures").fetchone()
    return row[0] if row and row[0] else date.min


def _months(pilot: Pilot, last: date, path: Path) -> tuple[Period, ...]:
    """Return the pilot's months that are over by the last day of which anything is known."""
    months, month, end = [], Period.parse(pilot.starts), Period.parse(pilot.ends)
    while month.start <= end.start and (month.end.toordinal() - 1) <= last.toordinal():
        months.append(month)
        month = month.next()
    if not months:
        raise InputError(f"no month of the pilot is over yet: what is published ends on {last}.", where=str(path))
    return tuple(months)


def _before(during: Sequence[Period]) -> tuple[Period, ...]:
    months, month = [], during[0]
    for _ in during:
        month = Period.containing(date.fromordinal(month.start.toordinal() - 1), "month")
        months.append(month)
    return tuple(reversed(months))


def _team(
    connection: duckdb.DuckDBPyConnection,
    team: str,
    side: Side,
    measure: Measure,
    currency: str | None,
    before: Sequence[Period],
    during: Sequence[Period],
) -> PilotTeam:
    values = [_value(connection, [team], measure, currency, months) for months in (before, during)]
    return PilotTeam(team, side, _person_months(connection, [team], during) / len(during), *values)


def _value(
    connection: duckdb.DuckDBPyConnection, teams: Sequence[str], measure: Measure, currency: str | None, months: Sequence[Period]
) -> Fraction | None:
    """Return what teams together came to in some months: a ratio as it is, anything else for each person and month."""
    rows = connection.execute(
        "select sum(numerator), sum(denominator), max(denominator) from marts.kpi_months where subject_type = 'team' "
        "and subject_id in (select unnest(?)) and measure = ? and month >= ? and month < ? and (currency is null or currency = ?)",
        [list(teams), measure.name, months[0].start, months[-1].end, currency],
    ).fetchone()
    above, below, scale = rows or (None, None, None)
    if measure.additivity == "ratio":
        return Fraction(int(above), int(below)) if below and int(below) >= max(measure.minimum_count, 1) else None
    people = _person_months(connection, teams, months)
    return Fraction(int(above or 0), int(scale or 1)) / people if people else None


def _person_months(connection: duckdb.DuckDBPyConnection, teams: Sequence[str], months: Sequence[Period]) -> Fraction:
    """Return how many people were in teams, times months, by days; an assignment holds until the next, and nobody is there before they are hired or after they left."""
    start, end = months[0].start, months[-1].end
    row = connection.execute(
        "with spans as (select associate_id, team_id, valid_from, "
        "lead(valid_from) over (partition by associate_id order by valid_from) as until from marts.dim_assignments) "
        "select sum(greatest(0, least(coalesce(until, ?), coalesce(left_on + 1, ?), ?) - greatest(valid_from, coalesce(hired_on, valid_from), ?))) "
        "from spans left join marts.dim_associates using (associate_id) where team_id in (select unnest(?))",
        [end, end, end, start, list(teams)],
    ).fetchone()
    days = int(row[0] or 0) if row else 0
    return Fraction(days * len(months), (end - start).days)


def _questions(ws: Workspace, connection: duckdb.DuckDBPyConnection, pilot: Pilot, during: Sequence[Period]) -> dict[Side, int]:
    """Count the questions about statements of the pilot's months, by the team of the month's last day of whoever asked."""
    counts: dict[Side, int] = {"pilot": 0, "comparison": 0}
    if not ws.has_ledger:
        return counts
    ends = {month.label: month.end for month in during}
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        asked = [(one.associate_id, ends[one.period]) for one in questions(session) if one.period in ends]
    for person, end in asked:
        row = connection.execute(
            "select team_id from marts.dim_assignments where associate_id = ? and valid_from < ? order by valid_from desc limit 1",
            [person, end],
        ).fetchone()
        for side, names in _sides(pilot):
            counts[side] += row is not None and row[0] in names
    return counts


def _side(
    connection: duckdb.DuckDBPyConnection,
    side: Side,
    names: Sequence[str],
    pilot: Pilot,
    before: Sequence[Period],
    during: Sequence[Period],
    asked: int,
) -> PilotSide:
    revenue: list[Fraction | None] = [None, None]
    measure = published_registry(connection).get(REVENUE)
    if pilot.currency is not None and measure is not None:
        revenue = [_value(connection, names, measure, pilot.currency, months) for months in (before, during)]
    return PilotSide(side, len(names), revenue[0], revenue[1], asked, _pulse(connection, names, during))


def _pulse(connection: duckdb.DuckDBPyConnection, teams: Sequence[str], months: Sequence[Period]) -> Fraction | None:
    row = connection.execute(
        "select sum(score_centi), sum(answers) from marts.team_pulse_months where team_id in (select unnest(?)) and month >= ? and month < ?",
        [list(teams), months[0].start, months[-1].end],
    ).fetchone()
    return Fraction(int(row[0]), int(row[1]) * 100) if row and row[1] else None


def _stops(connection: duckdb.DuckDBPyConnection, pilot: Pilot, rule: StopRule, measure: Measure, month: Period) -> bool:
    value = _value(connection, pilot.teams, measure, pilot.currency, [month])
    if value is None:
        return False
    if measure.is_money and pilot.currency is not None:
        value /= 10 ** currency_digits(pilot.currency)
    if rule.below is not None:
        return value < rule.below
    return rule.above is not None and value > rule.above


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _interval(tried: Sequence[Fraction], other: Sequence[Fraction]) -> tuple[float, float]:
    """Return Welch's confidence interval of the difference of two means; an estimate, and no money."""
    from scipy import stats

    test = stats.ttest_ind([float(value) for value in tried], [float(value) for value in other], equal_var=False)
    low, high = test.confidence_interval(CONFIDENCE)
    return float(low), float(high)


def _verdict(difference: Fraction | None, low: float | None, high: float | None, tried: int, other: int) -> str:
    if difference is None:
        return "Too few to say anything: a side has no team that is known both before and during."
    if low is None or high is None:
        return (
            f"Too few to say anything: {tried} teams tried it and {other} did not, and fewer than {TEAMS_MIN} on a side give no interval "
            "that could be trusted."
        )
    if low <= 0 <= high:
        return "It does not show a difference: zero lies within the interval."
    return f"The pilot's teams came to {'more' if low > 0 else 'less'} than the others: zero lies outside the interval."
