"""Who sees whom, asked of the one function that decides it, with facts written by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI

from incentives.portal import rules
from incentives.portal.sight import Grant, Purpose, Question, Viewer, decide
from incentives.serving.people import ALWAYS, FAR_AWAY, Span

TODAY = date(2026, 3, 31)
SINCE_MARCH = Span(date(2026, 3, 1), FAR_AWAY)


@dataclass(frozen=True)
class KnownPeople:
    """Lina is led by Anna since March; Omar is no associate; whoever left did so on a day given."""

    left: dict[str, date] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset({"omar"})

    def employment(self, person_id: str) -> tuple[date | None, date | None] | None:
        return None if person_id in self.unknown else (date(2020, 1, 1), self.left.get(person_id))

    def team_days(self, manager_id: str, person_id: str, today: date) -> Sequence[Span]:
        return (SINCE_MARCH,) if (manager_id, person_id) == ("anna", "lina") and today >= SINCE_MARCH.start else ()

    def leads_anyone(self, manager_id: str, today: date) -> bool:
        return manager_id == "anna"


def person(name: str, *roles: str, pay_group: str = "*") -> Viewer:
    return Viewer(name, name, tuple(Grant(role, pay_group) for role in roles))


LINA, ANNA, OMAR = person("lina", "associate"), person("anna", "associate", "manager"), person("omar", "finance")


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.ANYONE])
def test_nobody_signed_in_sees_nothing(purpose: Purpose) -> None:
    assert decide(None, Question(purpose, "lina", "fr"), TODAY, KnownPeople()) is None


def test_a_person_without_any_role_sees_their_own_and_nothing_else() -> None:
    allowed = {purpose for purpose in Purpose if decide(person("bea"), Question(purpose, "lina", "fr"), TODAY, KnownPeople())}

    assert allowed == {Purpose.ANYONE, Purpose.ACCOUNT, Purpose.OWN_CREDIT, Purpose.OWN_PAY, Purpose.QUESTIONS}


def test_a_manager_sees_the_days_in_the_team_and_no_day_before() -> None:
    seen = decide(ANNA, Question(Purpose.PERSON_CREDIT, "lina"), TODAY, KnownPeople())

    assert seen is not None
    assert seen.days == (SINCE_MARCH,)


def test_leading_somebody_without_the_role_shows_nothing_and_the_role_without_leading_neither() -> None:
    assert decide(person("anna", "associate"), Question(Purpose.PERSON_CREDIT, "lina"), TODAY, KnownPeople()) is None
    assert decide(person("bruno", "manager"), Question(Purpose.PERSON_CREDIT, "lina"), TODAY, KnownPeople()) is None
    assert decide(person("bruno", "manager"), Question(Purpose.TEAM), TODAY, KnownPeople()) is None


def test_a_manager_never_sees_pay_of_the_team() -> None:
    assert decide(ANNA, Question(Purpose.PERSON_PAY, "lina", "fr"), TODAY, KnownPeople()) is None


def test_a_manager_who_left_leads_nobody() -> None:
    people = KnownPeople(left={"anna": date(2026, 3, 30)})

    assert decide(ANNA, Question(Purpose.PERSON_CREDIT, "lina"), TODAY, people) is None
    assert decide(ANNA, Question(Purpose.TEAM), TODAY, people) is None


def test_the_last_day_worked_is_a_day_worked() -> None:
    people = KnownPeople(left={"lina": TODAY})

    assert decide(LINA, Question(Purpose.OWN_CREDIT), TODAY, people) is not None
    assert decide(LINA, Question(Purpose.OWN_CREDIT), date(2026, 4, 1), people) is None


@pytest.mark.parametrize(("left", "sees"), [(date(2024, 3, 31), True), (date(2024, 3, 30), False)])
def test_who_left_sees_their_statements_for_two_years_and_no_day_longer(left: date, sees: bool) -> None:
    assert (decide(LINA, Question(Purpose.OWN_PAY), TODAY, KnownPeople(left={"lina": left})) is not None) is sees


def test_finance_sees_pay_in_its_own_pay_groups_only_and_each_look_at_others_is_logged() -> None:
    french = person("omar", "finance", pay_group="fr")

    seen = decide(french, Question(Purpose.PERSON_PAY, "lina", "fr"), TODAY, KnownPeople())

    assert seen is not None
    assert seen.logged
    assert decide(french, Question(Purpose.PERSON_PAY, "lina", "ae"), TODAY, KnownPeople()) is None
    assert decide(french, Question(Purpose.CYCLE, None, "ae"), TODAY, KnownPeople()) is None
    assert decide(french, Question(Purpose.CYCLE_ACT, None, "ae"), TODAY, KnownPeople()) is None


def test_a_look_at_ones_own_pay_is_not_logged() -> None:
    own = decide(OMAR, Question(Purpose.PERSON_PAY, "omar", "fr"), TODAY, KnownPeople())

    assert own is not None
    assert not own.logged


def test_finance_does_not_see_a_teams_page_or_a_persons_credits() -> None:
    assert decide(OMAR, Question(Purpose.PERSON_CREDIT, "lina"), TODAY, KnownPeople()) is None
    assert decide(OMAR, Question(Purpose.TEAM), TODAY, KnownPeople()) is None


def test_a_person_sees_of_themself_what_their_manager_sees() -> None:
    seen = decide(LINA, Question(Purpose.PERSON_CREDIT, "lina"), TODAY, KnownPeople())

    assert seen is not None
    assert seen.days == (ALWAYS,)


def test_a_question_about_nobody_or_no_pay_group_is_refused() -> None:
    assert decide(ANNA, Question(Purpose.PERSON_CREDIT), TODAY, KnownPeople()) is None
    assert decide(OMAR, Question(Purpose.CYCLE), TODAY, KnownPeople()) is None


def test_an_application_with_a_route_that_no_rule_covers_does_not_start() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/everybodys-pay", lambda: None)

    with pytest.raises(rules.RouteWithoutRuleError, match="everybodys-pay"):
        rules.check(app.routes)


def test_a_rule_without_its_route_is_found_too() -> None:
    with pytest.raises(rules.RouteWithoutRuleError, match="/today"):
        rules.check([])


def test_routes_that_cannot_be_looked_into_are_refused() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/inside", APIRouter())

    with pytest.raises(rules.RouteWithoutRuleError, match="no rule can cover"):
        rules.check(app.routes)


def test_the_page_on_who_sees_whom_names_every_address_and_purpose() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "explanation" / "who-sees-whom.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+) (\S+)` \| (.+) \|$", text, re.MULTILINE) == [
        (method, path, purpose.value) for (method, path), purpose in rules.RULES.items()
    ]
    assert [purpose.value for purpose in Purpose if f"| {purpose.value} | " not in text] == []
