"""Who sees whom: the one function that decides it, from person, role, scope, date and purpose.

Every route names a purpose (rules.py); what is not allowed here does not exist for the viewer. The facts about people
come from whoever keeps them and are asked for only when a rule needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from incentives.serving.people import ALWAYS, Span

ALL_PAY_GROUPS = "*"
MANAGER = "manager"
FINANCE = "finance"
LEAVER_YEARS = 2


class Purpose(StrEnum):
    """What a route is for."""

    ANYONE = "anyone"
    ACCOUNT = "own account"
    OWN_CREDIT = "own credit"
    OWN_PAY = "own pay"
    TEAM = "team led today"
    PERSON_CREDIT = "a person's credit"
    CYCLES = "cycles of any pay group"
    CYCLE = "one cycle"
    CYCLE_ACT = "act on a cycle"
    PERSON_PAY = "a person's pay"
    QUESTIONS = "questions: own, of the team led today, of own pay groups"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in force, and the pay group that it is limited to ("*" is all)."""

    role: str
    pay_group: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the person behind an account, with the roles in force now.

    `stamp` changes when the password or the roles do; sessions from before end with it.
    """

    person_id: str
    display_name: str
    grants: tuple[Grant, ...]
    stamp: str = ""

    def has(self, role: str) -> bool:
        """Whether the viewer holds a role for any pay group."""
        return any(grant.role == role for grant in self.grants)

    def has_for(self, role: str, pay_group: str) -> bool:
        """Whether the viewer holds a role for a pay group."""
        return any(grant.role == role and grant.pay_group in (ALL_PAY_GROUPS, pay_group) for grant in self.grants)


class Facts(Protocol):
    """What has to be known of people to decide."""

    def employment(self, person_id: str) -> tuple[date | None, date | None] | None:
        """Return first and last day worked, or None if the person is no associate."""

    def team_days(self, manager_id: str, person_id: str, today: date) -> Sequence[Span]:
        """Return the person's days in the team in which the manager leads them today; empty if they do not."""

    def leads_anyone(self, manager_id: str, today: date) -> bool:
        """Whether anybody is led by the manager today."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a purpose, about whom, in which pay group."""

    purpose: Purpose
    person_id: str | None = None
    pay_group: str | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """An allowed look: the days that may be shown, and whether it goes to the log of who read whose pay."""

    days: tuple[Span, ...]
    logged: bool = False


_EVERYTHING = Sight((ALWAYS,))


def decide(viewer: Viewer | None, question: Question, today: date, facts: Facts) -> Sight | None:
    """Return what the viewer may see for a purpose, or None: to them it does not exist.

    A manager sees the people whom they lead today, for the days in that team, and never pay. Finance sees pay in its
    own pay groups, and each look at another person's is logged. Somebody who left sees their own pay for two years.
    """
    if question.purpose is Purpose.ANYONE:
        return _EVERYTHING
    if viewer is None:
        return None
    match question.purpose:
        case Purpose.ACCOUNT:
            return _EVERYTHING
        case Purpose.OWN_CREDIT:
            return _EVERYTHING if _works(viewer.person_id, today, facts) else None
        case Purpose.OWN_PAY:
            return _EVERYTHING if _worked_lately(viewer.person_id, today, facts) else None
        case Purpose.TEAM:
            leads = viewer.has(MANAGER) and _may_lead(viewer, today, facts) and facts.leads_anyone(viewer.person_id, today)
            return _EVERYTHING if leads else None
        case Purpose.PERSON_CREDIT:
            return _person_credit(viewer, question.person_id, today, facts)
        case Purpose.CYCLES:
            return _EVERYTHING if viewer.has(FINANCE) else None
        case Purpose.CYCLE | Purpose.CYCLE_ACT:
            return _EVERYTHING if _in_scope(viewer, question.pay_group) else None
        case Purpose.PERSON_PAY:
            if not _in_scope(viewer, question.pay_group):
                return None
            return Sight((ALWAYS,), logged=question.person_id != viewer.person_id)
        case Purpose.QUESTIONS:
            ways = (Purpose.OWN_PAY, Purpose.TEAM, Purpose.CYCLES)
            return _EVERYTHING if any(decide(viewer, Question(way), today, facts) for way in ways) else None
    return None


def _person_credit(viewer: Viewer, person_id: str | None, today: date, facts: Facts) -> Sight | None:
    if person_id is None:
        return None
    if person_id == viewer.person_id:
        return _EVERYTHING if _works(person_id, today, facts) else None
    if not viewer.has(MANAGER) or not _may_lead(viewer, today, facts):
        return None
    days = tuple(facts.team_days(viewer.person_id, person_id, today))
    return Sight(days) if days else None


def _in_scope(viewer: Viewer, pay_group: str | None) -> bool:
    return pay_group is not None and viewer.has_for(FINANCE, pay_group)


def _works(person_id: str, today: date, facts: Facts) -> bool:
    employed = facts.employment(person_id)
    return employed is not None and (employed[1] is None or today <= employed[1])


def _worked_lately(person_id: str, today: date, facts: Facts) -> bool:
    employed = facts.employment(person_id)
    if employed is None:
        return False
    left_on = employed[1]
    return left_on is None or (today.year - LEAVER_YEARS, today.month, today.day) <= (left_on.year, left_on.month, left_on.day)


def _may_lead(viewer: Viewer, today: date, facts: Facts) -> bool:
    """Somebody who left leads nobody; a manager who is no associate of the feed leads as assigned."""
    employed = facts.employment(viewer.person_id)
    return employed is None or employed[1] is None or today <= employed[1]
