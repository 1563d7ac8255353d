"""Coming in, proving it again, hiding amounts, and leaving."""

from __future__ import annotations

import secrets

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from incentives.portal.ports import SignInRefusedError
from incentives.portal.render import page, tabs_of
from incentives.portal.visit import HIDE_COOKIE, Visit, VisitDep

router = APIRouter()
_YEAR_S = 365 * 86_400


@router.get("/")
def home(visit: VisitDep) -> Response:
    """Lead a person to the first page of theirs."""
    return RedirectResponse(tabs_of(visit)[0].path, 303)


@router.get("/sign-in")
def sign_in_form(visit: VisitDep, next: str = "/") -> Response:
    """Ask who it is; the form is bound to a token of this browser."""
    if visit.viewer is not None:
        return RedirectResponse(_local(next), 303)
    token = visit.token or secrets.token_urlsafe(32)
    response = page(
        "sign_in.html", visit, next=_local(next), login="", error=None, form_token=visit.portal.sessions.csrf(token), status=200
    )
    return _with_session(response, visit, token)


@router.post("/sign-in")
def sign_in(visit: VisitDep) -> Response:
    """Begin a session under a new token, or say why not; nothing typed but the password is kept in the form."""
    login, password, place = (
        visit.form.get("login", "").strip(),
        visit.form.get("password", ""),
        _local(visit.form.get("next", "/")),
    )
    sessions = visit.portal.sessions
    wait = sessions.wait_s(login, visit.address, visit.now)
    error = f"Too many tries. Please wait {wait} seconds and try again." if wait else None
    status = 429 if wait else 401
    if error is None:
        try:
            viewer = visit.portal.accounts.sign_in(login, password, visit.now)
        except SignInRefusedError as refused:
            sessions.failed(login, visit.address, visit.now)
            error = refused.what
        else:
            sessions.succeeded(login, visit.address)
            if visit.session is not None:
                sessions.end(visit.session.token)
            session = sessions.start(viewer.person_id, login, viewer.stamp, visit.now, shared_device="shared" in visit.form)
            return _with_session(RedirectResponse(place, 303), visit, session.token)
    response = page("sign_in.html", visit, next=place, login=login, error=error, form_token=visit.csrf, status=status)
    if wait:
        response.headers["retry-after"] = str(wait)
    return response


@router.post("/sign-out")
def sign_out(visit: VisitDep) -> Response:
    """End the session here and on the server."""
    if visit.session is not None:
        visit.portal.sessions.end(visit.session.token)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(visit.portal.cookie_name, path="/", secure=visit.portal.secure, httponly=True, samesite="lax")
    return response


@router.get("/confirm")
def confirm_form(visit: VisitDep, next: str = "/") -> Response:
    """Ask for the password again before something that cannot be undone."""
    return page("confirm.html", visit, next=_local(next), error=None)


@router.post("/confirm")
def confirm(visit: VisitDep) -> Response:
    """Renew the session when the password is right."""
    place = _local(visit.form.get("next", "/"))
    session = visit.session
    if session is None:
        return RedirectResponse("/sign-in", 303)
    wait = visit.portal.sessions.wait_s(session.login, visit.address, visit.now)
    if wait:
        error = f"Too many tries. Please wait {wait} seconds and try again."
        return page("confirm.html", visit, status=429, next=place, error=error)
    try:
        viewer = visit.portal.accounts.sign_in(session.login, visit.form.get("password", ""), visit.now)
    except SignInRefusedError as refused:
        visit.portal.sessions.failed(session.login, visit.address, visit.now)
        return page("confirm.html", visit, status=401, next=place, error=refused.what)
    if viewer.person_id != session.person_id:
        visit.portal.sessions.end(session.token)
        return RedirectResponse("/sign-in", 303)
    renewed = visit.portal.sessions.renew(session, visit.now)
    return _with_session(RedirectResponse(place, 303), visit, renewed.token)


@router.post("/amounts")
def toggle_amounts(visit: VisitDep) -> Response:
    """Hide or show amounts on this device, as the phone may lie on a counter."""
    response = RedirectResponse(_local(visit.form.get("next", "/")), 303)
    if visit.writer.hidden:
        response.delete_cookie(HIDE_COOKIE, path="/")
    else:
        response.set_cookie(
            HIDE_COOKIE, "1", max_age=_YEAR_S, path="/", secure=visit.portal.secure, httponly=True, samesite="lax"
        )
    return response


def needs_confirmation(visit: Visit, place: str) -> Response | None:
    """Return the way to proving it again if the last sign-in is not fresh; an API token is never fresh."""
    if visit.session is not None and visit.session.is_fresh(visit.now):
        return None
    return RedirectResponse(f"/confirm?next={place}", 303)


def _with_session(response: Response, visit: Visit, token: str) -> Response:
    response.set_cookie(
        visit.portal.cookie_name,
        visit.portal.sessions.cookie_of(token),
        path="/",
        secure=visit.portal.secure,
        httponly=True,
        samesite="lax",
    )
    return response


def _local(place: str) -> str:
    """Return a place on this site, whatever was asked for."""
    fine = place.startswith("/") and not place.startswith("//") and "\\" not in place and place.isprintable()
    return place if fine else "/"
