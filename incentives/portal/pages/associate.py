"""What counts for the person who is signed in: today, by period, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from incentives.periods import Period
from incentives.portal.render import page
from incentives.portal.visit import NotFoundError, Visit, VisitDep
from incentives.portal.why import Explanation, explain
from incentives.serving import credits, teams
from incentives.serving.credits import CreditLine, RoleTotal
from incentives.serving.people import Span

router = APIRouter()
PAGE_LINES = 50
CHANGES_DAYS = 14
CHANGES_MAX = 5


@dataclass(frozen=True, slots=True)
class Strip:
    """A period's credit in one currency, by role; the parts add up to the total."""

    currency: str
    total_minor: int
    roles: tuple[RoleTotal, ...]
    elsewhere_minor: int


@router.get("/today")
def today(visit: VisitDep) -> Response:
    """Show what counted today, or on the last day on which something did, and the month so far."""
    me = visit.person.person_id
    month = month_of(visit, "")
    day, lines = visit.today, credits.happened_on(visit.marts, me, visit.today)
    if not lines:
        last = credits.last_day_with_credit(visit.marts, me, visit.today)
        day, lines = (last, credits.happened_on(visit.marts, me, last)) if last else (day, ())
    return page(
        "today.html",
        visit,
        greeting=_greeting(visit),
        day=day,
        is_today=day == visit.today,
        lines=lines,
        day_totals=totals(lines),
        month=month,
        strips=strips(visit, me, (Span(month.start, month.end),)),
        target=_target(visit, me, month),
        changes=credits.taken_back(visit.marts, me, visit.today - timedelta(days=CHANGES_DAYS), limit=CHANGES_MAX),
    )


@router.get("/credits")
def credits_of_month(visit: VisitDep, month: str = "", start: int = 0) -> Response:
    """List everything that counts in a month, newest first."""
    me, period = visit.person.person_id, month_of(visit, month)
    span = Span(period.start, period.end)
    start = max(start, 0)
    lines = credits.lines_of(visit.marts, me, (span,), limit=PAGE_LINES + 1, offset=start)
    return page(
        "credits.html",
        visit,
        period=period,
        lines=lines[:PAGE_LINES],
        start=start,
        next_start=start + PAGE_LINES if len(lines) > PAGE_LINES else None,
        page_lines=PAGE_LINES,
        strips=strips(visit, me, (span,)),
        earlier=period.previous(),
        later=period.next() if period.end <= visit.today else None,
    )


@router.get("/credits/{order_line_key}")
def why(visit: VisitDep, order_line_key: int) -> Response:
    """Explain one credit of the person."""
    explanation = explanation_of(visit, visit.person.person_id, order_line_key, None)
    return page("why.html", visit, e=explanation, whose=None, back="/today")


def explanation_of(visit: Visit, person_id: str, order_line_key: int, days: Sequence[Span] | None) -> Explanation:
    """Return why a person was credited for a line that counts on days that the reader may see.

    Raises:
        NotFoundError: The person has no part in it, or it counts on another day.
    """
    division = credits.division_of(visit.marts, order_line_key)
    if not division:
        raise NotFoundError
    root = division[0].root_line_key
    family = credits.family_of(visit.marts, root, person_id)
    found = explain(person_id, division, family, credits.touches_of(visit.marts, root, person_id), visit.writer)
    if found is None:
        raise NotFoundError
    earned = found.line.earned_date
    if days is not None and not any(span.start <= earned < span.end for span in days):
        raise NotFoundError
    return found


def strips(visit: Visit, person_id: str, spans: Sequence[Span]) -> tuple[Strip, ...]:
    """Return a person's credit by currency and role on some days, the largest currency first."""
    by_currency: dict[str, list[RoleTotal]] = defaultdict(list)
    for total in credits.role_totals(visit.marts, person_id, spans):
        by_currency[total.currency].append(total)
    elsewhere: dict[str, int] = defaultdict(int)
    for span in spans:
        for credit in teams.credit_by_person(visit.marts, {person_id: (span,)}, span):
            elsewhere[credit.currency] += credit.elsewhere_minor
    found = [
        Strip(currency, sum(total.credit_minor for total in roles), tuple(roles), elsewhere[currency])
        for currency, roles in by_currency.items()
    ]
    return tuple(sorted(found, key=lambda strip: (-abs(strip.total_minor), strip.currency)))


def totals(lines: Iterable[CreditLine]) -> tuple[tuple[str, int], ...]:
    """Return the sum of some credits by currency; money of two currencies is never added."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.currency] += line.credit_minor
    return tuple(sorted(sums.items()))


def month_of(visit: Visit, text: str) -> Period:
    """Return the month that a link names, else this month, or the month of the last sale if that is earlier."""
    if not text:
        last_day = visit.snapshot.last_day
        return Period.containing(min(visit.today, last_day or visit.today), "month")
    period = Period.parse(text)
    if period.calendar != "month":
        raise NotFoundError
    return period


@dataclass(frozen=True, slots=True)
class Progress:
    """Credit against the month's target in the target's currency."""

    currency: str
    credit_minor: int
    target_minor: int


def _target(visit: Visit, person_id: str, month: Period) -> Progress | None:
    span = Span(month.start, month.end)
    found = teams.targets(visit.marts, "associate", "credited_revenue", [person_id], span).get(person_id, ())
    if not found or found[0].value_minor <= 0:
        return None
    credit = teams.measured(visit.marts, "associate", "credited_revenue", [person_id], span)
    return Progress(found[0].currency, credit.get((person_id, found[0].currency), 0), found[0].value_minor)


def _greeting(visit: Visit) -> str:
    hour = visit.writer.local(visit.now).hour
    time_of_day = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    return f"Good {time_of_day}, {first_name(visit.name_of(visit.person.person_id))}."


def first_name(name: str) -> str:
    """Return the name by which a person is greeted."""
    return name.split()[0] if name.split() else name
