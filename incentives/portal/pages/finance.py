"""Bonus cycles: where each stands, what is in the way, and the acts that lead on.

Acts are asked for with the digest of the version that the page showed; if another one is there by then, nothing is
done and both are named. Locking and exporting need a fresh sign-in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from incentives.errors import IncentivesError, InputError
from incentives.periods import Period
from incentives.portal import words
from incentives.portal.pages.door import needs_confirmation
from incentives.portal.pages.pay import statement_page
from incentives.portal.render import page
from incentives.portal.visit import NotFoundError, Visit, VisitDep
from incentives.services.cycle_views import CycleStatus, CycleSummary, PersonTotal, StatementView
from incentives.services.questioning import CHECK as QUESTIONS
from incentives.serving.checklist import open_items

router = APIRouter()
_Found = TypeVar("_Found")
STATES = ("open", "calculated", "in_review", "approved", "locked", "exported")
FRESH_ACTS = frozenset({"lock", "export"})
REASON_ACTS = frozenset({"send_back"})
# The act that leads on, which is the page's one primary button.
FORWARD = {
    "open": "calculate",
    "calculated": "review",
    "in_review": "approve",
    "approved": "lock",
    "locked": "export",
}
PAGE_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person's statements of a cycle, summed per currency."""

    person_id: str
    name: str
    plans: str
    currency: str
    due_minor: int


@router.get("/cycles")
def cycles(visit: VisitDep) -> Response:
    """List the cycles of the pay groups that the person works for."""
    return page("cycles.html", visit, cycles=visible_cycles(visit))


@router.get("/cycles/{pay_group}/{period}")
def cycle(visit: VisitDep, pay_group: str, period: str, done: str = "") -> Response:
    """Show one cycle: state, totals, what is in the way, and the acts."""
    status = status_of(visit, pay_group, period)
    primary = FORWARD.get(status.summary.state)
    return page(
        "cycle.html",
        visit,
        c=status,
        period=Period.parse(period),
        states=STATES,
        position=STATES.index(status.summary.state),
        primary=primary,
        acts=sorted((act for act in status.possible if act in words.ACT), key=lambda act: act != primary),
        previous=visit.portal.cycles.summary(pay_group, _before(period)),
        exceptions=Counter(exception.kind for exception in status.exceptions).most_common(),
        items=open_items(visit.marts) if visit.opened else (),
        done=words.ACT_DONE.get(done),
    )


@router.get("/cycles/{pay_group}/{period}/acts/{act}")
def act_form(visit: VisitDep, pay_group: str, period: str, act: str) -> Response:
    """Ask for an act's reason, saying what it does; locking and exporting ask for a fresh sign-in first."""
    status = status_of(visit, pay_group, period)
    if act not in words.ACT:
        raise NotFoundError
    if act in FRESH_ACTS:
        confirmation = needs_confirmation(visit, visit.path)
        if confirmation is not None:
            return confirmation
    return _act_page(visit, status, act, reason="", error=None)


@router.post("/cycles/{pay_group}/{period}/acts/{act}")
def do_act(visit: VisitDep, pay_group: str, period: str, act: str) -> Response:
    """Do an act; when it is refused the form comes back with what was typed and why."""
    status = status_of(visit, pay_group, period)
    if act not in words.ACT or visit.login is None:
        raise NotFoundError
    if act in FRESH_ACTS:
        confirmation = needs_confirmation(visit, visit.path)
        if confirmation is not None:
            return confirmation
    reason, digest = visit.form.get("reason", "").strip(), visit.form.get("digest", "")
    error = None
    if digest != (status.summary.digest or ""):
        error = (
            f"You looked at version {digest[:8] or 'none'}, and version {(status.summary.digest or 'none')[:8]} is there now. "
            "Nothing was done. Look at the cycle again."
        )
    elif act in REASON_ACTS and not reason:
        error = "Say why; the reason stays with the cycle."
    if error is None:
        try:
            visit.portal.cycles.act(
                visit.login, pay_group, period, act, reason=reason, digest=digest, until=_until(visit), at=visit.now
            )
        except IncentivesError as refused:
            error = f"{refused.what[:1].upper()}{refused.what[1:]} {refused.remedy}".strip()
    if error is not None:
        return _act_page(visit, status, act, reason=reason, error=error)
    return RedirectResponse(f"/cycles/{pay_group}/{period}?done={act}", 303)


@router.get("/cycles/{pay_group}/{period}/checklist")
def checklist(visit: VisitDep, pay_group: str, period: str) -> Response:
    """Show what stands between a calculated cycle and its approval: how much, what money, since when, whose."""
    return _checklist_page(visit, pay_group, period)


@router.post("/cycles/{pay_group}/{period}/checklist")
def waive(visit: VisitDep, pay_group: str, period: str) -> Response:
    """Waive an item; when it is refused the page comes back with what was typed and why."""
    if visit.login is None:
        raise NotFoundError
    item, reason = visit.form.get("item", ""), visit.form.get("reason", "").strip()
    try:
        visit.portal.cycles.waive(visit.login, pay_group, period, item, reason=reason, at=visit.now)
    except IncentivesError as refused:
        words_of_it = f"{refused.what[:1].upper()}{refused.what[1:]} {refused.remedy or ''}".strip()
        return _checklist_page(visit, pay_group, period, error=words_of_it, item=item, reason=reason)
    return RedirectResponse(f"/cycles/{pay_group}/{period}/checklist", 303)


def _checklist_page(visit: Visit, pay_group: str, period: str, *, error: str = "", item: str = "", reason: str = "") -> Response:
    status = status_of(visit, pay_group, period)
    found = visit.portal.cycles.checklist(pay_group, period)
    if found is None or status.summary.state in ("locked", "exported"):
        raise NotFoundError
    asked = next((check for check in found.checks if check.name == QUESTIONS), None)
    return page(
        "checklist.html",
        visit,
        status=409 if error else 200,
        c=status,
        found=found,
        # What stops comes first, then what is waived or to be looked at, then what holds.
        items=sorted(found.items, key=lambda one: (one.count == 0, one.name in found.waived, not one.stops)),
        asked=asked,
        stops=sum(one.stops and one.name not in found.waived for one in found.items),
        can_waive=status.summary.state in ("calculated", "in_review"),
        error=error,
        item=item,
        reason=reason,
    )


@router.get("/cycles/{pay_group}/{period}/people")
def people(visit: VisitDep, pay_group: str, period: str, start: int = 0) -> Response:
    """List what each person is due, a page at a time; each look at a person's pay is logged."""
    summary = summary_of(visit, pay_group, period)
    rows = _people(visit, visit.portal.cycles.totals(summary))
    start = max(0, start)
    shown = rows[start : start + PAGE_PEOPLE]
    _log(visit, [row.person_id for row in shown], f"list of cycle {period}, {pay_group}")
    return page(
        "cycle_people.html",
        visit,
        c=summary,
        period=Period.parse(period),
        rows=shown,
        start=start,
        count=len(rows),
        people_count=len({row.person_id for row in rows}),
        page_people=PAGE_PEOPLE,
        next_start=start + PAGE_PEOPLE if start + PAGE_PEOPLE < len(rows) else None,
    )


@router.get("/cycles/{pay_group}/{period}/people/{associate_id}")
def person(visit: VisitDep, pay_group: str, period: str, associate_id: str, plan: str = "") -> Response:
    """Show a person's statement of a cycle with every step; the look is logged before anything is shown."""
    found = statements_of_person(visit, pay_group, period, associate_id)
    wanted = plan if plan in {view.number for view in found} else found[0].number
    chosen = visit.portal.cycles.statement(wanted)
    if chosen is None:
        raise NotFoundError
    return statement_page(
        visit, chosen, whose=visit.name_of(associate_id), back=f"/cycles/{pay_group}/{period}/people", others=found
    )


def statements_of_person(visit: Visit, pay_group: str, period: str, associate_id: str) -> tuple[StatementView, ...]:
    """Return a person's statements of a cycle, after the look is logged.

    Raises:
        NotFoundError: The cycle has none for this person.
    """
    summary_of(visit, pay_group, period)
    found = tuple(s for s in visit.portal.cycles.statements_of(associate_id) if s.pay_group == pay_group and s.period == period)
    if not found:
        raise NotFoundError
    if visit.sight.logged:
        _log(visit, [associate_id], f"statement of cycle {period}, {pay_group}")
    return found


def visible_cycles(visit: Visit) -> tuple[CycleSummary, ...]:
    """Return the cycles of the viewer's own pay groups."""
    return tuple(c for c in visit.portal.cycles.cycles() if visit.person.has_for("finance", c.pay_group))


def summary_of(visit: Visit, pay_group: str, period: str) -> CycleSummary:
    """Return a cycle as the list shows it.

    Raises:
        NotFoundError: There is no such cycle.
    """
    return _known(visit.portal.cycles.summary(pay_group, period))


def status_of(visit: Visit, pay_group: str, period: str) -> CycleStatus:
    """Return a cycle's status.

    Raises:
        NotFoundError: There is no such cycle.
    """
    return _known(visit.portal.cycles.status(pay_group, period))


def _known(found: _Found | None) -> _Found:
    if found is None:
        raise NotFoundError
    return found


def _act_page(visit: Visit, status: CycleStatus, act: str, *, reason: str, error: str | None) -> Response:
    return page(
        "act.html",
        visit,
        status=200 if error is None else 409,
        c=status,
        period=Period.parse(status.summary.period),
        act=act,
        reason=reason,
        needs_reason=act in REASON_ACTS,
        error=error,
        is_possible=act in status.possible,
    )


def _until(visit: Visit) -> datetime | None:
    """Return until when people may ask, as typed in the workspace's time zone; nothing typed is no such moment.

    Raises:
        InputError: It is no moment.
    """
    text = visit.form.get("until", "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=visit.portal.ws.zone())
    except ValueError as error:
        raise InputError(f"'{text}' is not a moment.", remedy="Choose a day and a time.") from error


def _people(visit: Visit, totals: Sequence[PersonTotal]) -> list[PersonRow]:
    sums: dict[tuple[str, str], int] = {}
    plans: dict[tuple[str, str], dict[str, None]] = {}
    for total in totals:
        key = (total.associate_id, total.currency)
        sums[key] = sums.get(key, 0) + total.due_minor
        plans.setdefault(key, {})[total.plan] = None
    rows = [
        PersonRow(person_id, visit.name_of(person_id), ", ".join(plans[(person_id, currency)]), currency, due)
        for (person_id, currency), due in sums.items()
    ]
    return sorted(rows, key=lambda row: (row.name.casefold(), row.person_id, row.currency))


def _log(visit: Visit, subjects: list[str], purpose: str) -> None:
    """Log a look at other people's pay; the page is not shown if that fails."""
    others = [subject for subject in dict.fromkeys(subjects) if subject != visit.person.person_id]
    if others:
        visit.portal.log.record(visit.person.person_id, others, purpose, visit.now)


def _before(period: str) -> str:
    return Period.parse(period).previous().label
