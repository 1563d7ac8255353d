"""Coming in and going out: sessions, tokens, forms, and what an answer tells a stranger."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from support_portal import CONSOLE, PASSWORD, House

from incentives.ledger import access, access_log, sign_in
from incentives.ledger.access import Grant, Role
from incentives.ledger.engine import Ledger


def test_after_signing_in_one_is_where_one_wanted_to_go(house: House) -> None:
    browser = house.client()
    asked = browser.get("/credits?month=2026-02")
    page = browser.get(asked.headers["location"])
    wanted = re.search(r'name="next" value="([^"]+)"', page.text)
    assert wanted is not None

    answer = browser.post(asked.headers["location"], "/sign-in", login="lina", password=PASSWORD, next=wanted.group(1))

    assert answer.headers["location"] == "/credits?month=2026-02"


@pytest.mark.parametrize(
    "place", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "", "/a\nb"]
)
def test_nobody_is_led_to_another_site(house: House, place: str) -> None:
    answer = house.client().post("/sign-in", "/sign-in", login="lina", password=PASSWORD, next=place)

    assert answer.headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_account_read_the_same_and_keep_what_was_typed(house: House) -> None:
    wrong = house.client().sign_in("lina", "not the password")
    unknown = house.client().sign_in("nobody-here", "not the password")

    assert wrong.status_code == unknown.status_code == 401

    def said(text: str) -> str:
        found = re.search(r'role="alert">([^<]+)<', text)
        return found.group(1) if found else ""

    assert said(wrong.text) == said(unknown.text) != ""
    assert 'name="login" value="lina"' in wrong.text
    assert "not the password" not in wrong.text


def test_a_stranger_who_keeps_guessing_does_not_keep_the_owner_out(house: House) -> None:
    stranger, owner = house.client(from_address="203.0.113.9"), house.client(from_address="10.0.0.1")
    for _ in range(9):
        stranger.sign_in("lina", "a guess of a stranger")
        house.clock.pass_(seconds=61)
    stranger.sign_in("lina", "a guess of a stranger")
    house.clock.pass_(seconds=6)

    assert stranger.sign_in("lina").status_code == 429
    assert owner.sign_in("lina").headers["location"] == "/"


def test_a_form_from_another_site_is_refused_even_with_its_token(house: House) -> None:
    browser = house.signed_in("lina")
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', browser.get("/tokens").text)
    assert token is not None

    answer = browser.http.post(
        "/tokens", data={"csrf": token.group(1)}, headers={"sec-fetch-site": "cross-site"}, follow_redirects=False
    )

    assert answer.status_code == 403


def test_the_form_token_of_one_session_is_worth_nothing_in_another(house: House) -> None:
    lina, bea = house.signed_in("lina"), house.signed_in("bea")
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', lina.get("/tokens").text)
    assert token is not None

    assert bea.http.post("/tokens", data={"csrf": token.group(1)}, follow_redirects=False).status_code == 403


def test_a_session_of_before_a_new_password_is_over(house: House) -> None:
    browser = house.signed_in("lina")
    assert browser.get("/today").status_code == 200

    with Ledger.open(house.ws.ledger) as ledger, ledger.act() as session:
        sign_in.set_password(session, CONSOLE, "lina", "another-long-password", at=house.clock())

    assert browser.get("/today").status_code == 303


def test_a_revoked_role_and_a_revoked_account_count_from_the_next_page_on(house: House) -> None:
    omar, iris = house.signed_in("omar"), house.signed_in("iris")
    with Ledger.open(house.ws.ledger) as ledger, ledger.act() as session:
        access.change_role(session, CONSOLE, "omar", Grant(Role.FINANCE, "*"), "revoke", at=house.clock(), reason="moved")
        access.revoke_account(session, CONSOLE, "iris", at=house.clock(), reason="left")

    assert omar.get("/cycles").status_code == 303
    assert iris.get("/cycles").status_code == 303
    omar.sign_in("omar")
    assert omar.get("/cycles").status_code == 404


def test_a_token_reads_what_its_person_may_read_and_nothing_after_it_was_ended(house: House) -> None:
    browser = house.signed_in("lina")
    shown = browser.post("/tokens", "/tokens").text
    token = re.search(r'id="new-token">([^<]+)<', shown)
    assert token is not None
    bearer = {"authorization": f"Bearer {token.group(1)}"}
    program = house.client().http

    assert program.get("/api/v1/me", headers=bearer).json() == {
        "person_id": "lina",
        "roles": [{"role": "associate", "pay_group": "*"}],
    }
    assert program.get("/api/v1/credits/1", headers=bearer).json()["credit_minor"] == 2_100
    assert program.get("/api/v1/cycles", headers=bearer).status_code == 404
    assert program.get("/today", headers=bearer, follow_redirects=False).status_code == 303, "pages take no tokens"
    assert token.group(1) not in browser.get("/tokens").text, "it is shown once"

    browser.post("/tokens", "/tokens/1/end")

    assert program.get("/api/v1/me", headers=bearer).status_code == 401


def test_somebody_elses_token_cannot_be_ended(house: House) -> None:
    house.signed_in("lina").post("/tokens", "/tokens")

    assert house.signed_in("bea").post("/tokens", "/tokens/1/end").status_code == 404


def test_making_a_token_needs_a_fresh_sign_in(house: House) -> None:
    browser = house.signed_in("lina")
    house.clock.pass_(minutes=6)

    assert browser.post("/tokens", "/tokens").headers["location"] == "/confirm?next=/tokens"
    assert browser.post("/confirm", "/confirm", password="wrong", next="/tokens").status_code == 401
    assert browser.post("/confirm", "/confirm", password=PASSWORD, next="/tokens").headers["location"] == "/tokens"
    assert 'id="new-token"' in browser.post("/tokens", "/tokens").text


def test_a_device_that_others_use_is_left_after_ten_quiet_minutes(house: House) -> None:
    shared, own = house.client(), house.client()
    shared.sign_in("lina", shared="1")
    own.sign_in("lina")
    house.clock.pass_(minutes=11)

    assert shared.get("/today").status_code == 303
    assert own.get("/today").status_code == 200


def test_a_request_under_another_name_and_one_that_is_too_long_are_refused(house: House) -> None:
    browser = house.client()

    assert browser.http.get("/sign-in", headers={"host": "rebound.example"}).status_code == 400
    long = browser.http.post("/sign-in", data={"csrf": "0", "login": "x" * (2 << 20)}, follow_redirects=False)
    assert long.status_code == 413


def test_looks_older_than_twelve_months_are_forgotten_when_the_portal_starts(house: House) -> None:
    house.signed_in("omar").get("/cycles/main/2026-03/people/lina")
    house.clock.now += access_log.KEPT + timedelta(days=1)

    house.client()

    with Ledger.open(house.ws.ledger) as ledger, ledger.reading() as session:
        assert access_log.reads_about(session, "lina", house.clock() - timedelta(days=9_999)) == ()


def test_a_look_that_cannot_be_logged_is_not_given(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = house.signed_in("omar")
    browser.http = type(browser.http)(
        browser.http.app, base_url="http://127.0.0.1", raise_server_exceptions=False, cookies=browser.http.cookies
    )

    def fails(*_arguments: object, **_named: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(access_log, "record_reads", fails)
    answer = browser.get("/cycles/main/2026-03/people/lina")

    assert answer.status_code == 500
    assert "€" not in answer.text
    assert re.search(r"Reference [0-9A-F]{4}", answer.text)
