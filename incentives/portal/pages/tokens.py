"""Personal tokens with which a person acts on the command line; shown once, over after twelve hours."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from incentives.portal.pages.door import needs_confirmation
from incentives.portal.render import page
from incentives.portal.visit import NotFoundError, SignInNeededError, Visit, VisitDep

router = APIRouter()


@router.get("/tokens")
def tokens(visit: VisitDep) -> Response:
    """List the person's tokens by their first characters."""
    return _list(visit, None)


@router.post("/tokens")
def issue(visit: VisitDep) -> Response:
    """Make a token after a fresh sign-in, and show it this once."""
    confirmation = needs_confirmation(visit, "/tokens")
    if confirmation is not None:
        return confirmation
    token, _ends = visit.portal.accounts.issue_token(_login(visit), visit.now)
    return _list(visit, token)


@router.post("/tokens/{token_id}/end")
def end(visit: VisitDep, token_id: int) -> Response:
    """End one of the person's own tokens at once."""
    if not visit.portal.accounts.end_token(_login(visit), token_id, visit.now):
        raise NotFoundError
    return RedirectResponse("/tokens", 303)


def _list(visit: Visit, new: str | None) -> Response:
    return page("tokens.html", visit, tokens=visit.portal.accounts.tokens(_login(visit), visit.now), new=new)


def _login(visit: Visit) -> str:
    if visit.login is None:
        raise SignInNeededError
    return visit.login
