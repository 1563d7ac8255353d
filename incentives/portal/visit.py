"""One request of one person: who they are, what they may see, and how values are written for them.

The guard here runs before every page: it finds the route's rule, the person, the form's token, and asks sight.decide.
What is refused looks like what does not exist.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Request

from incentives.portal import rules, sight
from incentives.portal.amounts import Writer, locale_for
from incentives.portal.facts import NoFacts, SnapshotFacts
from incentives.portal.portal import OpenSnapshot, Portal
from incentives.portal.sessions import Session
from incentives.portal.sight import Purpose, Question, Sight, Viewer
from incentives.serving.marts import Marts

HIDE_COOKIE = "hide_amounts"
FORM_TEXT_MAX = 10_000


class NotFoundError(Exception):
    """It does not exist, or not for this person."""


class SignInNeededError(Exception):
    """Nobody is signed in; the page is shown after signing in."""


class ForgedFormError(Exception):
    """A form came without the token of its session."""


class NoSnapshotError(Exception):
    """Nothing has been published yet."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page knows of its request; `session` is None with an API token, `viewer` only on public pages."""

    portal: Portal
    path: str
    now: datetime
    today: date
    writer: Writer
    token: str | None
    session: Session | None
    login: str | None
    viewer: Viewer | None
    sight: Sight
    form: Mapping[str, str]
    address: str
    opened: OpenSnapshot | None
    _display_names: dict[str, str] = field(default_factory=dict)

    @property
    def person(self) -> Viewer:
        """The person who is signed in."""
        if self.viewer is None:
            raise SignInNeededError
        return self.viewer

    @property
    def snapshot(self) -> OpenSnapshot:
        """The snapshot that the page shows."""
        if self.opened is None:
            raise NoSnapshotError
        return self.opened

    @property
    def marts(self) -> Marts:
        """The marts of the snapshot that the page shows."""
        return self.snapshot.marts

    @property
    def csrf(self) -> str:
        """What the page's forms send back."""
        return self.portal.sessions.csrf(self.token) if self.token else ""

    def actor_name(self, person_id: str) -> str:
        """Return the name of somebody who acted: as the feeds name them, else as their account does."""
        name = self.name_of(person_id)
        if name != person_id:
            return name
        if self.viewer is not None and person_id == self.viewer.person_id:
            return self.viewer.display_name
        if person_id not in self._display_names:
            self._display_names[person_id] = self.portal.accounts.display_name(person_id) or person_id
        return self._display_names[person_id]

    def name_of(self, person_id: str) -> str:
        """Return a person's name, or their id where no feed names them."""
        return self.opened.name_of(person_id) if self.opened else person_id


async def posted(request: Request) -> Mapping[str, str]:
    """Return a posted form's text fields; files are not taken."""
    if request.method != "POST":
        return {}
    form = await request.form(max_files=0, max_fields=30, max_part_size=FORM_TEXT_MAX)
    return {name: value[:FORM_TEXT_MAX] for name, value in form.items() if isinstance(value, str)}


def visit(request: Request, form: Annotated[Mapping[str, str], Depends(posted)]) -> Visit:
    """Guard a route and give its page the visit."""
    portal: Portal = request.app.state.portal
    now = portal.now()
    today = now.astimezone(portal.ws.zone()).date()
    template: str = request.scope["route"].path
    purpose = rules.RULES.get(("GET" if request.method == "HEAD" else request.method, template))
    if purpose is None:
        raise NotFoundError
    token, session, login, viewer = _who(request, portal, now)
    if request.method == "POST":
        _check_form(request, portal, token, form)
    if viewer is None and purpose is not Purpose.ANYONE:
        raise SignInNeededError
    opened = portal.reader.current()
    question = Question(purpose, request.path_params.get("associate_id"), request.path_params.get("pay_group"))
    allowed = sight.decide(viewer, question, today, SnapshotFacts(opened.directory) if opened else NoFacts())
    if allowed is None:
        raise NotFoundError
    return Visit(
        portal,
        request.url.path,
        now,
        today,
        Writer(locale_for(request.headers.get("accept-language", "")), portal.ws.zone(), HIDE_COOKIE in request.cookies),
        token,
        session,
        login,
        viewer,
        allowed,
        form,
        request.client.host if request.client else "",
        opened,
    )


VisitDep = Annotated[Visit, Depends(visit)]


def _who(request: Request, portal: Portal, now: datetime) -> tuple[str | None, Session | None, str | None, Viewer | None]:
    """Return cookie token, session, login and person of a request, as far as there are any."""
    authorization = request.headers.get("authorization", "")
    if request.url.path.startswith("/api/") and authorization[:7].lower() == "bearer ":
        known = portal.accounts.viewer_of_token(authorization[7:].strip(), now)
        return (None, None, *known) if known else (None, None, None, None)
    cookie = request.cookies.get(portal.cookie_name)
    session = portal.sessions.resume(cookie, now)
    if session is None:
        return portal.sessions.token_of(cookie), None, None, None
    viewer = portal.accounts.viewer(session.login)
    if viewer is None or viewer.stamp != session.stamp:
        portal.sessions.end(session.token)
        return None, None, None, None
    return session.token, session, session.login, viewer


def _check_form(request: Request, portal: Portal, token: str | None, form: Mapping[str, str]) -> None:
    """Refuse a form that another site sent, or that does not carry its session's token."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedFormError
    if token is None or not hmac.compare_digest(form.get("csrf", "").encode(), portal.sessions.csrf(token).encode()):
        raise ForgedFormError
