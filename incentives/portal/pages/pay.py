"""A person's own statements: drafts while they may still change, final ones as they were paid, and who looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from incentives.ledger.questions import Asked
from incentives.periods import Period
from incentives.portal import words
from incentives.portal.amounts import Writer
from incentives.portal.pages.associate import strips
from incentives.portal.render import page
from incentives.portal.steps import StepLine, read_step
from incentives.portal.visit import NotFoundError, Visit, VisitDep
from incentives.services.cycle_views import ComponentView, StatementView
from incentives.services.statement_pdf import statements_pdf
from incentives.serving.people import Span

router = APIRouter()
READS_SHOWN = timedelta(days=365)
# Before the review finance alone sees a statement; the person sees a draft from then on.
SHOWN_STATES = frozenset({"in_review", "approved", "locked", "exported"})


@dataclass(frozen=True, slots=True)
class ComponentPage:
    """One component as it is read: values in words, and its steps."""

    title: str
    amount_minor: int
    measure: str
    value: str
    target: str | None
    attainment: str | None
    width: int
    window: str
    steps: tuple[StepLine, ...]


@router.get("/pay")
def pay(visit: VisitDep) -> Response:
    """Show the open month in words, the statements, and who looked at them."""
    me = visit.person.person_id
    month = Period.containing(visit.today, "month")
    statements = shown(visit.portal.cycles.statements_of(me))
    reads = visit.portal.log.about(me, visit.now - READS_SHOWN)
    return page(
        "pay.html",
        visit,
        month=month,
        has_month=any(statement.earned_period == month.label for statement in statements),
        so_far=strips(visit, me, (Span(month.start, month.end),)) if visit.opened else (),
        statements=statements,
        reads=reads[:20],
    )


@router.get("/pay/{number:path}/pdf")
def paper(visit: VisitDep, number: str) -> Response:
    """Return one of the person's own statements as a PDF."""
    view = own_statement(visit, number)
    name = f"statement-{view.number.replace('/', '-')}.pdf"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(statements_pdf([view]), media_type="application/pdf", headers=headers)


@router.get("/pay/{number:path}")
def statement(visit: VisitDep, number: str) -> Response:
    """Show one of the person's own statements with every step."""
    return statement_page(visit, own_statement(visit, number), whose=None, back="/pay")


def own_statement(visit: Visit, number: str) -> StatementView:
    """Return one of the person's own statements with its trace.

    Raises:
        NotFoundError: There is none, or its owner does not see it yet.
    """
    mine = visit.portal.cycles.statements_of(visit.person.person_id)
    if number not in {view.number for view in shown(mine)}:
        raise NotFoundError
    found = visit.portal.cycles.statement(number)
    if found is None or found.associate_id != visit.person.person_id:
        raise NotFoundError
    return found


def shown(statements: Sequence[StatementView]) -> tuple[StatementView, ...]:
    """Return the statements that their owner may see, newest period first."""
    visible = [statement for statement in statements if statement.state in SHOWN_STATES]
    return tuple(sorted(visible, key=lambda s: (_start(s.period), _start(s.earned_period), s.number), reverse=True))


def statement_page(
    visit: Visit, view: StatementView, *, whose: str | None, back: str, others: Sequence[StatementView] = ()
) -> Response:
    """Show a statement; `whose` is None on the person's own page."""
    period = Period.parse(view.earned_period)
    return page(
        "statement.html",
        visit,
        s=view,
        whose=whose,
        back=back,
        others=[other for other in others if other.number != view.number],
        period=period,
        components=components_of(view, visit.writer),
        total_steps=_steps(view, "total", visit.writer),
        questions=[] if whose or visit.login is None else _questions_about(visit, view.number),
    )


def _questions_about(visit: Visit, number: str) -> list[Asked]:
    seen = visit.portal.questions.visible(visit.login or "", visit.now)
    return [one for one in seen if one.statement == number and one.associate_id == visit.person.person_id]


def components_of(view: StatementView, writer: Writer) -> tuple[ComponentPage, ...]:
    """Return a statement's components as they are read."""
    return tuple(_component(component, view, writer) for component in view.components)


def _component(component: ComponentView, view: StatementView, writer: Writer) -> ComponentPage:
    attainment = Fraction(component.attainment) if component.attainment else None
    return ComponentPage(
        title=words.spoken(component.component).capitalize(),
        amount_minor=component.amount_minor,
        measure=words.measure(component.measure),
        value=_value(component.measure_value, component.measure_unit, view.currency, writer),
        target=None
        if component.target_value is None
        else _value(component.target_value, component.measure_unit, view.currency, writer),
        attainment=None if attainment is None else writer.percent(attainment),
        width=0 if attainment is None else max(0, min(1000, int(attainment * 1000))),
        window=f"{component.window_start} to {component.window_end}",
        steps=_steps(view, component.component, writer),
    )


def _steps(view: StatementView, component: str, writer: Writer) -> tuple[StepLine, ...]:
    return tuple(read_step(step, view.currency, writer) for step in view.trace if step.component == component)


def _value(value: int | None, unit: str, currency: str, writer: Writer) -> str:
    if value is None:
        return "not known"
    if unit == "money":
        return writer.amount(value, currency)
    return writer.quantity(value) if unit == "thousandths" else writer.number(value)


def _start(period: str) -> str:
    return Period.parse(period).start.isoformat()
