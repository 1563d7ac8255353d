"""Questions about statements: asked on one's own statement, answered by whoever leads the person, decided by finance."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from incentives.errors import IncentivesError
from incentives.portal.pages.pay import own_statement
from incentives.portal.render import page
from incentives.portal.visit import NotFoundError, Visit, VisitDep

router = APIRouter()
_TEXT_MAX = 2000


@router.post("/pay/{number:path}/questions")
def ask(visit: VisitDep, number: str) -> Response:
    """Ask about one of the person's own statements, or about an order line that it should hold."""
    view = own_statement(visit, number)
    login = _login(visit)
    source, order_id, line_id = (visit.form.get(name, "").strip() for name in ("source", "order_id", "line_id"))
    about = (source, order_id, line_id) if source or order_id or line_id else None
    return _done(
        visit, f"/pay/{quote(view.number)}", lambda text: visit.portal.questions.ask(login, view.number, text, about, visit.now)
    )


@router.get("/questions")
def questions(visit: VisitDep) -> Response:
    """List the questions that the person may see, open ones first, and those they can answer or decide with a form."""
    return _list(visit, 200, None)


@router.post("/questions/{question_id}/answer")
def answer(visit: VisitDep, question_id: int) -> Response:
    """Answer a question."""
    login = _login(visit)
    return _done(visit, "/questions", lambda text: visit.portal.questions.answer(login, question_id, text, visit.now))


@router.post("/questions/{question_id}/decide")
def decide(visit: VisitDep, question_id: int) -> Response:
    """Decide a question."""
    login = _login(visit)
    outcome = visit.form.get("outcome", "")
    more = {name: visit.form.get(name, "").strip() for name in ("amount", "period", "sellers")}
    return _done(
        visit, "/questions", lambda text: visit.portal.questions.decide(login, question_id, outcome, text, more, visit.now)
    )


def _done(visit: Visit, place: str, act: Callable[[str], None]) -> Response:
    """Do what was asked for with the form's text, and go to a place; refused, the list says why and keeps what was typed."""
    text = visit.form.get("text", "").strip()
    try:
        act(text[:_TEXT_MAX])
    except IncentivesError as refused:
        sentence = f"{refused.what[:1].upper()}{refused.what[1:]} {refused.remedy}".strip()
        return _list(visit, 409, sentence)
    return RedirectResponse(place, 303)


def _list(visit: Visit, status: int, error: str | None) -> Response:
    seen = visit.portal.questions.visible(_login(visit), visit.now)
    return page(
        "questions.html",
        visit,
        status=status,
        error=error,
        typed=visit.form.get("text", ""),
        asked=sorted(seen, key=lambda one: (one.outcome is not None, one.question_id)),
        me=visit.person.person_id,
    )


def _login(visit: Visit) -> str:
    if visit.login is None:
        raise NotFoundError
    return visit.login
