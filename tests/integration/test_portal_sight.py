"""Who sees whom in the portal: every route, asked by every kind of person, about own, team's and others' figures.

Lina and Bea are in team Paris, which Anna leads; Sam is in Lyon, which Bruno leads; Noor was in Paris until the end of
February and has been in Lyon since. Omar is in finance. Line 1 credits Sam, Lina, Bea; 3 only Lina; 6 is Noor's of
February, 7 Noor's of March. What is refused is 404, the same as what does not exist; a visitor is sent to sign in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support_portal import House, build_house, copied

from incentives.portal.rules import RULES

VIEWERS = ("lina", "bea", "noor", "anna", "bruno", "omar")
EVERYBODY = set(VIEWERS)
ASSOCIATES = EVERYBODY - {"omar"}
MANAGERS = {"anna", "bruno"}
FINANCE = {"omar"}

# Route as declared -> for concrete paths of it, who gets an answer.
PAGES: dict[str, dict[str, set[str]]] = {
    "/today": {"/today": ASSOCIATES},
    "/credits": {"/credits": ASSOCIATES},
    "/credits/{order_line_key}": {
        "/credits/1": {"lina", "bea"},
        "/credits/3": {"lina"},
        "/credits/6": {"noor"},
        "/credits/999": set(),
    },
    "/pay": {"/pay": ASSOCIATES},
    "/pay/{number:path}/pdf": {
        "/pay/2026-03/main/lina/pdf": {"lina"},
        "/pay/2026-02/main/noor/pdf": {"noor"},
        "/pay/2026-03/main/nobody/pdf": set(),
    },
    "/pay/{number:path}": {
        "/pay/2026-03/main/lina": {"lina"},
        "/pay/2026-02/main/noor": {"noor"},
        "/pay/2026-03/main/nobody": set(),
    },
    "/questions": {"/questions": EVERYBODY},
    "/team": {"/team": MANAGERS},
    "/people/{associate_id}": {
        "/people/lina": {"lina", "anna"},
        "/people/sam": {"bruno"},
        "/people/noor": {"noor", "bruno"},
        "/people/nobody": set(),
    },
    "/people/{associate_id}/credits/{order_line_key}": {
        "/people/lina/credits/1": {"lina", "anna"},
        "/people/noor/credits/6": {"noor"},
        "/people/noor/credits/7": {"noor", "bruno"},
    },
    "/cycles": {"/cycles": FINANCE},
    "/cycles/{pay_group}/{period}": {
        "/cycles/main/2026-03": FINANCE,
        "/cycles/other/2026-03": set(),
        "/cycles/main/2020-01": set(),
    },
    "/cycles/{pay_group}/{period}/acts/{act}": {"/cycles/main/2026-03/acts/approve": FINANCE},
    "/cycles/{pay_group}/{period}/checklist": {
        "/cycles/main/2026-03/checklist": FINANCE,
        "/cycles/main/2020-01/checklist": set(),
    },
    "/cycles/{pay_group}/{period}/people": {"/cycles/main/2026-03/people": FINANCE},
    "/cycles/{pay_group}/{period}/people/{associate_id}": {
        "/cycles/main/2026-03/people/lina": FINANCE,
        "/cycles/main/2026-03/people/nobody": set(),
    },
    "/tokens": {"/tokens": EVERYBODY},
    "/confirm": {"/confirm": EVERYBODY},
    "/api/v1/openapi.json": {"/api/v1/openapi.json": EVERYBODY},
    "/api/v1/me": {"/api/v1/me": EVERYBODY},
    "/api/v1/credits": {"/api/v1/credits": ASSOCIATES},
    "/api/v1/credits/{order_line_key}": {"/api/v1/credits/1": {"lina", "bea"}, "/api/v1/credits/3": {"lina"}},
    "/api/v1/statements": {"/api/v1/statements": ASSOCIATES},
    "/api/v1/statements/{number:path}": {"/api/v1/statements/2026-03/main/lina": {"lina"}},
    "/api/v1/team": {"/api/v1/team": MANAGERS},
    "/api/v1/people/{associate_id}/credits": {
        "/api/v1/people/lina/credits": {"lina", "anna"},
        "/api/v1/people/sam/credits": {"bruno"},
    },
    "/api/v1/cycles": {"/api/v1/cycles": FINANCE},
    "/api/v1/cycles/{pay_group}/{period}": {"/api/v1/cycles/main/2026-03": FINANCE},
    "/api/v1/cycles/{pay_group}/{period}/people/{associate_id}": {"/api/v1/cycles/main/2026-03/people/lina": FINANCE},
}
FOR_ANYBODY = {"/", "/sign-in"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("INCENTIVES_KEY", "a key of these tests only")
        yield build_house(tmp_path_factory.mktemp("portal") / "ws")


def test_the_matrix_asks_for_every_route_that_answers_to_get() -> None:
    assert PAGES.keys() | FOR_ANYBODY == {path for method, path in RULES if method == "GET"}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_each_person_sees_what_is_theirs_to_see_and_nothing_else(house: House, viewer: str) -> None:
    browser = house.signed_in(viewer)
    expected = {path: 200 if viewer in allowed else 404 for pages in PAGES.values() for path, allowed in pages.items()}

    assert {path: browser.get(path).status_code for path in expected} == expected


def test_a_visitor_is_sent_to_sign_in_and_the_interface_answers_nothing(house: House) -> None:
    visitor = house.client()

    for pages in PAGES.values():
        for path in pages:
            answer = visitor.get(path)
            assert answer.status_code == (401 if path.startswith("/api/") else 303), path
            assert "/sign-in" in answer.headers.get("location", "/sign-in")


def test_what_is_refused_reads_like_what_does_not_exist(house: House) -> None:
    bea = house.signed_in("bea")

    refused, unknown = bea.get("/people/lina"), bea.get("/people/nobody")

    assert refused.status_code == unknown.status_code == 404
    assert refused.text.replace("lina", "") == unknown.text.replace("nobody", "")


def test_a_look_at_somebody_elses_pay_is_shown_to_that_person(house: House, tmp_path: Path) -> None:
    with copied(house, tmp_path) as own:
        before = own.signed_in("lina").get("/pay").text
        own.signed_in("iris").get("/cycles/main/2026-03/people/lina")
        after = own.signed_in("lina").get("/pay").text

    assert "<td>Iris</td>" not in before
    assert "<td>Iris</td>" in after


def test_an_act_without_the_pages_token_is_refused_and_does_nothing(house: House, tmp_path: Path) -> None:
    with copied(house, tmp_path) as own:
        iris = own.signed_in("iris")

        forged = [
            iris.http.post(path, data={"csrf": "0" * 64}, follow_redirects=False)
            for path in ("/cycles/main/2026-03/acts/approve", "/tokens", "/sign-out")
        ]

        assert {answer.status_code for answer in forged} == {403}
        assert iris.get("/api/v1/cycles/main/2026-03").json()["state"] == "in_review"
        assert "/end" not in iris.get("/tokens").text
        iris.post("/tokens", "/tokens")
        assert "/end" in iris.get("/tokens").text


def test_every_answer_forbids_scripts_frames_and_caches(house: House) -> None:
    lina = house.signed_in("lina")

    for path in ("/today", "/pay", "/api/v1/credits", "/people/nobody"):
        headers = lina.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
    assert "<script" not in lina.get("/today").text


def test_a_session_is_made_anew_at_sign_in_and_ends_at_sign_out(house: House) -> None:
    browser = house.signed_in("lina")
    first = dict(browser.http.cookies)
    browser.post("/today", "/sign-out")
    assert browser.get("/today").status_code == 303

    browser.sign_in("lina")

    assert dict(browser.http.cookies) != first
    browser.http.cookies.clear()
    for name, value in first.items():
        browser.http.cookies.set(name, value)
    assert browser.get("/today").status_code == 303
    set_cookie = house.client().sign_in("lina").headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert re.search("samesite=(lax|strict)", set_cookie)


def test_wrong_passwords_slow_the_next_try_down_and_lock_nobody_out(house: House, tmp_path: Path) -> None:
    with copied(house, tmp_path) as own:
        browser = own.client()
        for _ in range(4):
            assert browser.sign_in("lina", "not the password").status_code != 303
        assert browser.sign_in("lina").status_code != 303
        own.clock.pass_(minutes=2)
        assert browser.sign_in("lina").status_code == 303
