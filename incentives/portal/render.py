"""Pages from templates: every value is escaped, and every page has the same frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from incentives.portal import words
from incentives.portal.facts import NoFacts, SnapshotFacts
from incentives.portal.portal import Portal
from incentives.portal.sight import Purpose, Question, decide
from incentives.portal.visit import Visit

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the navigation."""

    path: str
    label: str
    icon: str


_TABS = (
    (Purpose.OWN_CREDIT, Tab("/today", "Today", "today")),
    (Purpose.OWN_PAY, Tab("/pay", "My pay", "pay")),
    (Purpose.TEAM, Tab("/team", "Team", "team")),
    (Purpose.CYCLES, Tab("/cycles", "Cycles", "cycles")),
    (Purpose.QUESTIONS, Tab("/questions", "Questions", "questions")),
)


def tabs_of(visit: Visit) -> tuple[Tab, ...]:
    """Return the pages that a person may open from everywhere, in the order of use; six at most."""
    if visit.viewer is None:
        return ()
    facts = SnapshotFacts(visit.opened.directory) if visit.opened else NoFacts()
    allowed = [tab for purpose, tab in _TABS if decide(visit.viewer, Question(purpose), visit.today, facts) is not None]
    return (*allowed, Tab("/tokens", "My tokens", "tokens"))


def page(template: str, visit: Visit, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page in the common frame; `values` are what its template names."""
    return HTMLResponse(
        _environment()
        .get_template(template)
        .render(
            v=visit, w=visit.writer, words=words, portal=visit.portal, tabs=tabs_of(visit), figures=figures_of(visit), **values
        ),
        status_code=status,
    )


def bare_page(template: str, portal: Portal, *, status: int, **values: object) -> HTMLResponse:
    """Return a page for somebody of whom nothing is known."""
    return HTMLResponse(
        _environment().get_template(template).render(v=None, w=None, words=words, portal=portal, tabs=(), figures=None, **values),
        status_code=status,
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """Of when the page's figures are: one line, and a sentence where they are not of today."""

    line: str
    notice: str | None


def figures_of(visit: Visit) -> Figures | None:
    """Return of when the figures are, or None before the first publish."""
    if visit.opened is None:
        return None
    published = visit.opened.snapshot.published_at
    line = f"Figures of {_when(visit, published)}"
    if visit.portal.is_publish_blocked(visit.opened.snapshot, visit.now):
        return Figures(line, f"{line}. A check stopped newer ones: we would rather be late than wrong.")
    if visit.now - published > timedelta(days=1):
        return Figures(line, f"{line}. Nothing newer has been published since; numbers may be missing.")
    return Figures(line, None)


def _when(visit: Visit, published: datetime) -> str:
    local = visit.writer.local(published)
    days = (visit.today - local.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    day = "yesterday" if days == 1 else visit.writer.day(local.date(), year=local.year != visit.today.year)
    return f"{day} {local:%H:%M}"


def read_templates() -> None:
    """Compile every template, so that nobody who asks for the first page waits for it."""
    for name in _environment().list_templates():
        _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["ratio"] = lambda part, whole: Fraction(part, whole)
    environment.filters["bar_width"] = lambda part, whole: max(0, min(1000, part * 1000 // whole))
    environment.filters["day_before"] = lambda day: day - timedelta(days=1)
    return environment
