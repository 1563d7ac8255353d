"""The team that a manager leads today: credit, target and trend, for the days in the team; never pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from fastapi import APIRouter
from fastapi.responses import Response

from incentives.periods import Period
from incentives.portal import sight
from incentives.portal.facts import SnapshotFacts
from incentives.portal.pages.associate import PAGE_LINES, explanation_of, first_name, month_of, strips
from incentives.portal.render import page
from incentives.portal.sight import Purpose, Question
from incentives.portal.visit import Visit, VisitDep
from incentives.serving import credits, teams
from incentives.serving.people import Span

router = APIRouter()
WEEKS = 13
FEW_CLIENTS = 5


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One person of the team in a month, in the currency in which they have a target, or most credit."""

    person_id: str
    name: str
    currency: str | None
    credit_minor: int
    further: tuple[tuple[str, int], ...]
    target_minor: int | None
    attainment: Fraction | None
    elsewhere_minor: int
    clients: int | None

    @property
    def width(self) -> int:
        """Length of the bar in thousandths of the target, full at it."""
        return 0 if self.attainment is None else max(0, min(1000, int(self.attainment * 1000)))


@dataclass(frozen=True, slots=True)
class Week:
    """One bar of a trend: `height` in thousandths of the largest week's amount."""

    monday: date
    minor: int
    height: int


@router.get("/team")
def team(visit: VisitDep, month: str = "") -> Response:
    """Show a row per person in alphabetical order, and the team's total."""
    period = month_of(visit, month)
    rows = members(visit, period)
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        for currency, minor in ((row.currency, row.credit_minor), *row.further):
            if currency is not None:
                sums[currency] += minor
    return page(
        "team.html",
        visit,
        rows=rows,
        period=period,
        totals=sorted(sums.items()),
        targets=_targets_of(rows),
        earlier=period.previous(),
        later=period.next() if period.end <= visit.today else None,
    )


@router.get("/people/{associate_id}")
def person(visit: VisitDep, associate_id: str, month: str = "") -> Response:
    """Show one person of the team: the trend against their own past, and this month's credits with reasons."""
    period = month_of(visit, month)
    span = Span(period.start, period.end)
    days = tuple(both for seen in visit.sight.days if (both := seen.meets(span)))
    name = visit.name_of(associate_id)
    assignments = visit.snapshot.directory.assignments_of(associate_id)
    now_in = next((a for a in assignments if a.span.start <= visit.today < a.span.end), None)
    return page(
        "person.html",
        visit,
        person_id=associate_id,
        name=name,
        first=first_name(name),
        is_self=associate_id == visit.person.person_id,
        place=now_in.location_name or now_in.location_id if now_in else None,
        period=period,
        earlier=period.previous(),
        later=period.next() if period.end <= visit.today else None,
        strips=strips(visit, associate_id, days),
        trend=_trend(visit, associate_id),
        lines=credits.lines_of(visit.marts, associate_id, days, limit=PAGE_LINES),
        page_lines=PAGE_LINES,
    )


@router.get("/people/{associate_id}/credits/{order_line_key}")
def why(visit: VisitDep, associate_id: str, order_line_key: int) -> Response:
    """Explain a credit of a person of the team that counts on a day in the team."""
    explanation = explanation_of(visit, associate_id, order_line_key, visit.sight.days)
    return page("why.html", visit, e=explanation, whose=visit.name_of(associate_id), back=f"/people/{associate_id}")


def members(visit: Visit, period: Period) -> tuple[MemberRow, ...]:
    """Return the team's rows for a month; of each person only the days in the team are read."""
    span = Span(period.start, period.end)
    led = visit.snapshot.directory.led_by(visit.person.person_id, visit.today)
    visible: dict[str, tuple[Span, ...]] = {}
    for assignment in led:
        question = Question(Purpose.PERSON_CREDIT, assignment.associate_id)
        allowed = sight.decide(visit.person, question, visit.today, SnapshotFacts(visit.snapshot.directory))
        if allowed is not None and assignment.associate_id != visit.person.person_id:
            visible[assignment.associate_id] = allowed.days
    found: dict[str, list[teams.PersonCredit]] = defaultdict(list)
    for credit in teams.credit_by_person(visit.marts, visible, span):
        found[credit.associate_id].append(credit)
    targets = teams.targets(visit.marts, "associate", "credited_revenue", list(visible), span)
    counted = teams.measured(visit.marts, "associate", "credited_revenue", list(visible), span)
    rows = [
        _row(visit, person_id, found[person_id], targets.get(person_id, ()), counted, is_whole_month=_covers(days, span))
        for person_id, days in visible.items()
    ]
    return tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.person_id)))


def _row(
    visit: Visit,
    person_id: str,
    found: list[teams.PersonCredit],
    targets: tuple[teams.Target, ...],
    counted: Mapping[tuple[str, str], int],
    *,
    is_whole_month: bool,
) -> MemberRow:
    """A target is shown only where the whole month was in the team; a part of it has no target of its own."""
    target = targets[0] if targets and targets[0].value_minor > 0 and is_whole_month else None
    by_currency = {credit.currency: credit for credit in found}
    currency = target.currency if target else max(by_currency, key=lambda c: abs(by_currency[c].credit_minor), default=None)
    main = by_currency.get(currency) if currency else None
    minor = main.credit_minor if main else 0
    return MemberRow(
        person_id=person_id,
        name=visit.name_of(person_id),
        currency=currency,
        credit_minor=minor,
        further=tuple((c.currency, c.credit_minor) for c in found if c.currency != currency),
        target_minor=target.value_minor if target else None,
        attainment=Fraction(counted.get((person_id, target.currency), 0), target.value_minor) if target else None,
        elsewhere_minor=main.elsewhere_minor if main else 0,
        clients=sum(credit.clients for credit in found) or None,
    )


def _covers(days: tuple[Span, ...], span: Span) -> bool:
    return any(seen.start <= span.start and span.end <= seen.end for seen in days)


def _targets_of(rows: tuple[MemberRow, ...]) -> list[tuple[str, int]]:
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.target_minor is not None and row.currency is not None:
            sums[row.currency] += row.target_minor
    return sorted(sums.items())


@dataclass(frozen=True, slots=True)
class Trend:
    """The last weeks of one currency, oldest first; weeks without credit are there, with nothing."""

    currency: str
    weeks: tuple[Week, ...]


def _trend(visit: Visit, person_id: str) -> Trend | None:
    monday = visit.today - timedelta(days=visit.today.weekday())
    window = Span(monday - timedelta(weeks=WEEKS - 1), monday + timedelta(weeks=1))
    found = teams.credit_by_week(visit.marts, person_id, visit.sight.days, window)
    sums: dict[str, int] = defaultdict(int)
    for week in found:
        sums[week.currency] += abs(week.credit_minor)
    if not sums:
        return None
    currency = max(sums, key=lambda c: (sums[c], c))
    by_monday = {week.monday: week.credit_minor for week in found if week.currency == currency}
    largest = max(1, *(abs(minor) for minor in by_monday.values()))
    weeks = []
    for index in range(WEEKS):
        day = window.start + timedelta(weeks=index)
        minor = by_monday.get(day, 0)
        weeks.append(Week(day, minor, max(minor, 0) * 1000 // largest))
    return Trend(currency, tuple(weeks))
