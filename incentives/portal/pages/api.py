"""The same data as JSON under /api/v1, with the same rules of who sees whom.

Amounts are integer minor units beside their currency. A request carries a session cookie or a personal token.
"""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from incentives.portal.pages.associate import PAGE_LINES, explanation_of, month_of
from incentives.portal.pages.finance import statements_of_person, status_of, visible_cycles
from incentives.portal.pages.manager import members
from incentives.portal.pages.pay import own_statement as statement_of
from incentives.portal.pages.pay import shown
from incentives.portal.shapes import (
    Credit,
    Credits,
    Cycle,
    CycleDetail,
    Me,
    Member,
    PartOfLine,
    Role,
    Statement,
    Team,
    Total,
    Why,
)
from incentives.portal.visit import Visit, VisitDep
from incentives.services.cycle_views import CurrencyTotal, CycleSummary, StatementView
from incentives.serving import credits
from incentives.serving.credits import CreditLine
from incentives.serving.people import Span

PREFIX = "/api/v1"
router = APIRouter(prefix=PREFIX)


@router.get("/openapi.json", include_in_schema=False)
def openapi(visit: VisitDep, request: Request) -> JSONResponse:
    """Describe this interface."""
    app = request.app
    routes = [route for route in app.routes if getattr(route, "path", "").startswith(PREFIX)]
    return JSONResponse(get_openapi(title=app.title, version=app.version, description=app.description, routes=routes))


@router.get("/me")
def me(visit: VisitDep) -> Me:
    """Return the person and the roles in force."""
    roles = [Role(role=grant.role, pay_group=grant.pay_group) for grant in visit.person.grants]
    return Me(person_id=visit.person.person_id, roles=roles)


@router.get("/credits")
def own_credits(visit: VisitDep, month: str = "", start: int = 0) -> Credits:
    """Return the person's own credits that count in a month, newest first."""
    return _credits(visit, visit.person.person_id, month, start)


@router.get("/credits/{order_line_key}")
def own_why(visit: VisitDep, order_line_key: int) -> Why:
    """Explain one of the person's own credits."""
    found = explanation_of(visit, visit.person.person_id, order_line_key, None)
    parts = [
        PartOfLine(owner=part.owner, label=part.label, share_e12=part.share_e12, credit_minor=part.credit_minor)
        for part in found.parts
    ]
    sentences = [found.headline, found.event, *found.arithmetic, found.others]
    return Why(
        credit_minor=found.credit_minor, net_minor=found.net_minor, currency=found.currency, sentences=sentences, parts=parts
    )


@router.get("/statements")
def own_statements(visit: VisitDep) -> list[Statement]:
    """Return the person's own statements, newest period first, without their traces."""
    return [_statement(view) for view in shown(visit.portal.cycles.statements_of(visit.person.person_id))]


@router.get("/statements/{number:path}")
def own_statement(visit: VisitDep, number: str) -> Statement:
    """Return one of the person's own statements with its trace."""
    return _statement(statement_of(visit, number))


@router.get("/team")
def team(visit: VisitDep, month: str = "") -> Team:
    """Return the people led today with credit and target, for the days in the team."""
    period = month_of(visit, month)
    rows = [
        Member(
            person_id=row.person_id,
            name=row.name,
            currency=row.currency,
            credit_minor=row.credit_minor,
            target_minor=row.target_minor,
            elsewhere_minor=row.elsewhere_minor,
        )
        for row in members(visit, period)
    ]
    return Team(month=period.label, figures_of=visit.snapshot.snapshot.published_at, members=rows)


@router.get("/people/{associate_id}/credits")
def person_credits(visit: VisitDep, associate_id: str, month: str = "", start: int = 0) -> Credits:
    """Return the credits of a person led today that count on days in the team."""
    return _credits(visit, associate_id, month, start)


@router.get("/cycles")
def cycles(visit: VisitDep) -> list[Cycle]:
    """Return the cycles of the person's pay groups."""
    return [_cycle(summary) for summary in visible_cycles(visit)]


@router.get("/cycles/{pay_group}/{period}")
def cycle(visit: VisitDep, pay_group: str, period: str) -> CycleDetail:
    """Return one cycle."""
    status = status_of(visit, pay_group, period)
    return CycleDetail(
        **_cycle(status.summary).model_dump(),
        possible=list(status.possible),
        blockers=list(status.blockers),
        deliveries_since=len(status.deliveries_since),
    )


@router.get("/cycles/{pay_group}/{period}/people/{associate_id}")
def cycle_person(visit: VisitDep, pay_group: str, period: str, associate_id: str) -> list[Statement]:
    """Return a person's statements of a cycle; the look is logged."""
    return [_statement(view) for view in statements_of_person(visit, pay_group, period, associate_id)]


def _credits(visit: Visit, person_id: str, month: str, start: int) -> Credits:
    period = month_of(visit, month)
    whole = Span(period.start, period.end)
    days = tuple(both for seen in visit.sight.days if (both := seen.meets(whole)))
    first = max(0, start)
    lines = credits.lines_of(visit.marts, person_id, days, limit=PAGE_LINES + 1, offset=first)
    return Credits(
        person_id=person_id,
        month=period.label,
        figures_of=visit.snapshot.snapshot.published_at,
        credits=[_credit(line) for line in lines[:PAGE_LINES]],
        next_start=first + PAGE_LINES if len(lines) > PAGE_LINES else None,
    )


def _credit(line: CreditLine) -> Credit:
    return Credit(
        order_line_key=line.order_line_key,
        source=line.source,
        order_id=line.order_id,
        line_id=line.line_id,
        kind=line.line_kind,
        role=line.role,
        share_e12=line.share_e12,
        credit_minor=line.credit_minor,
        net_minor=line.net_minor,
        currency=line.currency,
        policy=line.policy,
        ordered_at=line.ordered_at,
        business_date=line.business_date,
        earned_date=line.earned_date,
    )


def _statement(view: StatementView) -> Statement:
    return Statement.model_validate({**asdict(view), "final": view.is_final})


def _cycle(summary: CycleSummary) -> Cycle:
    return Cycle(
        pay_group=summary.pay_group,
        period=summary.period,
        state=summary.state,
        version=summary.version,
        digest=summary.digest,
        people=summary.people,
        totals=[_total(total) for total in summary.totals],
    )


def _total(total: CurrencyTotal) -> Total:
    return Total(currency=total.currency, people=total.people, worth_minor=total.worth_minor, due_minor=total.due_minor)
