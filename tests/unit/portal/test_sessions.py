"""Sessions: who holds the cookie is the person, until it ends; guessing is slow and locks nobody out."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incentives.portal.sessions import FRESH, IDLE, LIFETIME, Sessions

NOON = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
KEY = b"a key of these tests"
SECOND = timedelta(seconds=1)


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "portal.db", KEY)


def test_a_cookie_leads_back_to_its_session(sessions: Sessions) -> None:
    session = sessions.start("lina", "lina", "s1", NOON, shared_device=False)

    assert sessions.resume(sessions.cookie_of(session.token), NOON) == session


def test_a_changed_cookie_and_one_signed_with_another_key_are_worth_nothing(sessions: Sessions, tmp_path: Path) -> None:
    token = sessions.start("lina", "lina", "s1", NOON, shared_device=False).token
    cookie = sessions.cookie_of(token)

    changed = ("y" if cookie[0] == "x" else "x") + cookie[1:]
    assert sessions.resume(changed, NOON) is None
    assert sessions.resume(token, NOON) is None
    assert sessions.resume(Sessions(tmp_path / "other.db", b"another key").cookie_of(token), NOON) is None
    assert sessions.resume(None, NOON) is None


def test_the_store_never_holds_what_the_cookie_holds(sessions: Sessions, tmp_path: Path) -> None:
    token = sessions.start("lina", "lina", "s1", NOON, shared_device=False).token

    with sqlite3.connect(tmp_path / "portal.db") as store:
        dump = "".join(store.iterdump())

    assert token not in dump
    assert (tmp_path / "portal.db").stat().st_mode & 0o077 == 0


def test_a_session_ends_after_its_lifetime_however_busy(sessions: Sessions) -> None:
    cookie = sessions.cookie_of(sessions.start("lina", "lina", "s1", NOON, shared_device=False).token)

    now = NOON
    while now + timedelta(hours=1) <= NOON + LIFETIME:
        now += timedelta(hours=1)
        assert sessions.resume(cookie, now) is not None
    assert sessions.resume(cookie, NOON + LIFETIME + SECOND) is None


@pytest.mark.parametrize(("shared", "idle"), [(False, IDLE), (True, timedelta(minutes=10))])
def test_a_quiet_session_ends_sooner_on_a_device_that_others_use(sessions: Sessions, shared: bool, idle: timedelta) -> None:
    cookie = sessions.cookie_of(sessions.start("lina", "lina", "s1", NOON, shared_device=shared).token)

    assert sessions.resume(cookie, NOON + idle) is not None
    assert sessions.resume(cookie, NOON + idle + idle + SECOND) is None
    assert sessions.resume(cookie, NOON + idle) is None, "what has ended does not come back"


def test_proving_it_again_gives_a_new_token_and_ends_the_old_one(sessions: Sessions) -> None:
    old = sessions.start("lina", "lina", "s1", NOON, shared_device=False)
    later = NOON + FRESH + SECOND
    assert not old.is_fresh(later)

    new = sessions.renew(old, later)

    assert new.is_fresh(later)
    assert sessions.resume(sessions.cookie_of(old.token), later) is None
    assert sessions.resume(sessions.cookie_of(new.token), later) == new


def test_each_session_has_a_form_token_of_its_own(sessions: Sessions) -> None:
    assert sessions.csrf("one") != sessions.csrf("two")
    assert sessions.csrf("one") == sessions.csrf("one")


def failures(sessions: Sessions, count: int, login: str = "lina", address: str = "10.0.0.1") -> None:
    for _ in range(count):
        sessions.failed(login, address, NOON)


def test_three_mistakes_are_free_and_each_further_one_doubles_the_wait(sessions: Sessions) -> None:
    waits = []
    for _ in range(10):
        waits.append(sessions.wait_s("lina", "10.0.0.1", NOON))
        failures(sessions, 1)

    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60]


def test_a_stranger_elsewhere_slows_the_owner_by_seconds_at_most(sessions: Sessions) -> None:
    failures(sessions, 200, address="203.0.113.9")

    assert sessions.wait_s("lina", "203.0.113.9", NOON) == 60
    assert sessions.wait_s("lina", "10.0.0.1", NOON) == 5


def test_one_address_that_tries_many_accounts_is_slowed_for_all_of_them(sessions: Sessions) -> None:
    for number in range(40):
        failures(sessions, 1, login=f"person-{number}", address="203.0.113.9")

    assert sessions.wait_s("never-tried", "203.0.113.9", NOON) == 60
    assert sessions.wait_s("never-tried", "10.0.0.1", NOON) == 0


def test_failures_are_forgotten_by_a_success_and_by_time(sessions: Sessions) -> None:
    failures(sessions, 5)

    assert sessions.wait_s("lina", "10.0.0.1", NOON + timedelta(minutes=16)) == 0
    sessions.succeeded("lina", "10.0.0.1")
    assert sessions.wait_s("lina", "10.0.0.1", NOON) == 0


def test_the_spelling_of_an_account_does_not_start_the_count_again(sessions: Sessions) -> None:
    failures(sessions, 5, login="lina")

    assert sessions.wait_s("LINA", "10.0.0.1", NOON) > 0
