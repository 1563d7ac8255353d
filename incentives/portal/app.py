"""The web application: routes, the guard in front of them, and what is said when something is not there.

An application with a route that no rule covers does not start.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from incentives.errors import IncentivesError
from incentives.portal import rules
from incentives.portal.headers import SafeHeaders, TooLongError
from incentives.portal.pages import api, associate, door, finance, manager, pay, questions, tokens
from incentives.portal.portal import Portal
from incentives.portal.render import bare_page, read_templates
from incentives.portal.visit import ForgedFormError, NoSnapshotError, NotFoundError, SignInNeededError, visit

ROUTERS = (door.router, tokens.router, associate.router, pay.router, questions.router, manager.router, finance.router, api.router)
STATIC_FILES = Path(__file__).parent / "static"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_log = logging.getLogger("incentives.portal")


def create_app(portal: Portal, *, hosts: Sequence[str] = LOOPBACK_HOSTS) -> FastAPI:
    """Return the application of a portal.

    Args:
        portal: The workspace, stores and clock it runs on.
        hosts: Names under which it is reached; a request for another name is refused.

    Raises:
        RouteWithoutRuleError: A route has no rule of sight.
    """
    app = FastAPI(
        title="Incentive warehouse",
        version="1",
        description="What the pages show, as data, with the same rules of who sees whom.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(visit)],
    )
    app.state.portal = portal
    # Each route is added by itself, so that the check below sees every one of them.
    for route in (route for router in ROUTERS for route in router.routes):
        assert isinstance(route, APIRoute)
        app.add_api_route(route.path, route.endpoint, methods=[*(route.methods or ())], include_in_schema=route.include_in_schema)
    rules.check(app.routes)
    read_templates()
    app.mount(rules.STATIC, StaticFiles(directory=STATIC_FILES))
    app.add_middleware(SafeHeaders, secure=portal.secure)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*hosts], www_redirect=False)
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(SignInNeededError, _sign_in_needed)
    app.add_exception_handler(ForgedFormError, _forged)
    app.add_exception_handler(TooLongError, _too_long)
    app.add_exception_handler(NoSnapshotError, _nothing_published)
    app.add_exception_handler(IncentivesError, _refused)
    app.add_exception_handler(Exception, _broken)
    return app


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _portal(request: Request) -> Portal:
    portal: Portal = request.app.state.portal
    return portal


def _not_found(request: Request, _error: Exception) -> Response:
    """Say the same of what does not exist and of what is not for this person."""
    portal = _portal(request)
    signed_in = portal.sessions.resume(request.cookies.get(portal.cookie_name), portal.now()) is not None
    if _is_api(request):
        return JSONResponse({"error": "not found"}, 404)
    if not signed_in and request.method == "GET":
        return _sign_in_needed(request, _error)
    return bare_page("message.html", portal, status=404, title="Not found", sentence="There is no such page.", remedy=None)


def _sign_in_needed(request: Request, _error: Exception) -> Response:
    if _is_api(request):
        return JSONResponse({"error": "sign in, or send a personal token"}, 401, {"www-authenticate": "Bearer"})
    place = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = "/sign-in" if request.method != "GET" or place == "/" else f"/sign-in?next={quote(place, safe='')}"
    return RedirectResponse(target, 303)


def _forged(request: Request, _error: Exception) -> Response:
    return bare_page(
        "message.html",
        _portal(request),
        status=403,
        title="Please try again",
        sentence="This form was open for too long, or did not come from this site. Nothing was done.",
        remedy="Go back, load the page again and repeat it.",
    )


def _too_long(request: Request, _error: Exception) -> Response:
    return bare_page(
        "message.html",
        _portal(request),
        status=413,
        title="That is too long",
        sentence="What was sent is longer than any form here. Nothing was done.",
        remedy=None,
    )


def _nothing_published(request: Request, _error: Exception) -> Response:
    if _is_api(request):
        return JSONResponse({"error": "no figures have been published yet"}, 503)
    return bare_page(
        "message.html",
        _portal(request),
        status=503,
        title="No figures yet",
        sentence="No figures have been published yet. They show here after the first build.",
        remedy=None,
    )


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, IncentivesError)
    if _is_api(request):
        return JSONResponse({"error": error.what, "remedy": error.remedy}, 409)
    sentence = error.what[:1].upper() + error.what[1:]
    return bare_page(
        "message.html", _portal(request), status=409, title="That is not possible", sentence=sentence, remedy=error.remedy
    )


def _broken(request: Request, error: Exception) -> Response:
    """Give a reference that is also in the log; the log holds no name and no amount."""
    reference = secrets.token_hex(2).upper()
    _log.error("reference %s: %s at %s", reference, type(error).__name__, getattr(request.scope.get("route"), "path", "?"))
    if _is_api(request):
        return JSONResponse({"error": "something broke", "reference": reference}, 500)
    return bare_page(
        "message.html",
        _portal(request),
        status=500,
        title="Something broke",
        sentence=f"Your data is safe; nothing was sent twice. Reference {reference}.",
        remedy=None,
    )
