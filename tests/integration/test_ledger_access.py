"""Accounts, roles and tokens: who may act, who grants that, and what slows a guesser down."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support_cli import run_here

from incentives.errors import InputError
from incentives.ledger.engine import Ledger
from incentives.ledger.integrity import verify
from incentives.services.accounts import (
    AccessError,
    Person,
    Role,
    acting_person,
    add_account,
    add_demo_account,
    authenticate,
    change_password,
    confirm_account,
    issue_token,
    list_accounts,
    person_for_token,
    refuse_demo_accounts,
    revoke_account,
)
from incentives.services.workspaces import create_workspace
from incentives.workspace import Workspace

NOW = datetime(2026, 4, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "ws", name="Maison")


@pytest.fixture
def demo(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "demo", name="Maison", demo=True)


def _finance(ws: Workspace, *people: str) -> list[tuple[Person, str]]:
    """The first finance people, from the console, with their passwords."""
    found = []
    for person in people:
        password = add_account(ws, person, Role.FINANCE, by=None, now=NOW).password
        assert password is not None
        found.append((authenticate(ws, person, password, now=NOW), password))
    return found


def test_the_console_makes_two_finance_accounts_and_no_third(ws: Workspace) -> None:
    _finance(ws, "anna", "boris")

    with pytest.raises(AccessError, match="needs the token"):
        add_account(ws, "clara", Role.FINANCE, by=None, now=NOW)


def test_the_console_makes_nobody_else(ws: Workspace) -> None:
    with pytest.raises(AccessError, match="first two finance accounts"):
        add_account(ws, "clara", Role.ADMIN, by=None, now=NOW)


def test_a_third_finance_person_takes_two_people_and_the_password_goes_to_the_second(ws: Workspace) -> None:
    (anna, _), (boris, _) = _finance(ws, "anna", "boris")

    proposed = add_account(ws, "clara", Role.FINANCE, by=anna, now=NOW)
    with pytest.raises(AccessError, match="anna proposed"):
        confirm_account(ws, "clara", by=anna, now=NOW)
    (confirmed,) = confirm_account(ws, "clara", by=boris, now=NOW)

    assert (proposed.password, proposed.waits_for_second_person) == (None, True)
    assert confirmed.password is not None
    assert authenticate(ws, "clara", confirmed.password, now=NOW).holds(Role.FINANCE)


def test_a_role_that_moves_no_money_takes_one_person(ws: Workspace) -> None:
    (anna, _), _ = _finance(ws, "anna", "boris")

    added = add_account(ws, "A0001", Role.ASSOCIATE, by=anna, now=NOW, name="Aline")

    assert added.password is not None
    person = authenticate(ws, "A0001", added.password, now=NOW)
    assert (person.display_name, person.holds(Role.ASSOCIATE), person.holds(Role.FINANCE)) == ("Aline", True, False)


def test_an_associate_grants_nothing_and_nobody_grants_to_themself(ws: Workspace) -> None:
    (anna, _), _ = _finance(ws, "anna", "boris")
    password = add_account(ws, "A0001", Role.ASSOCIATE, by=anna, now=NOW).password
    associate = authenticate(ws, "A0001", password or "", now=NOW)

    with pytest.raises(AccessError, match="grants nothing"):
        add_account(ws, "A0002", Role.ASSOCIATE, by=associate, now=NOW)
    with pytest.raises(AccessError, match="to themself"):
        add_account(ws, "anna", Role.ADMIN, by=anna, now=NOW)


def test_a_role_can_be_limited_to_one_pay_group(ws: Workspace) -> None:
    (anna, _), _ = _finance(ws, "anna", "boris")
    add_account(ws, "m1", Role.MANAGER, by=anna, now=NOW, pay_group="main")

    (row,) = [row for row in list_accounts(ws) if row.person_id == "m1"]

    assert [(grant.role, grant.pay_group) for grant in row.roles] == [(Role.MANAGER, "main")]
    with pytest.raises(AccessError, match="not a pay group"):
        add_account(ws, "m2", Role.MANAGER, by=anna, now=NOW, pay_group="moon")


def test_a_password_does_not_belong_on_the_command_line(ws: Workspace) -> None:
    refused = run_here("account", "token", "anna", "--password", "hunter2-hunter2", "--workspace", ws.root, code=2)

    assert "does not belong on the command line" in refused.err
    assert "INCENTIVES_PASSWORD" in refused.err
    assert "hunter2" not in refused.err


def test_a_token_works_for_twelve_hours_and_is_kept_as_its_digest_only(ws: Workspace) -> None:
    (_, password), _ = _finance(ws, "anna", "boris")

    token, expires_at = issue_token(ws, "anna", password, now=NOW)

    assert expires_at == NOW + timedelta(hours=12)
    assert person_for_token(ws, token, now=expires_at - timedelta(seconds=1)).person_id == "anna"
    with pytest.raises(AccessError, match="has ended"):
        person_for_token(ws, token, now=expires_at)
    kept = b"".join(path.read_bytes() for path in ws.root.glob("ledger.db*"))
    assert token.encode() not in kept
    assert token[10:].encode() not in kept


def test_revoking_ends_password_tokens_and_roles_at_once(ws: Workspace) -> None:
    (anna, _), (_, password) = _finance(ws, "anna", "boris")
    token, _ = issue_token(ws, "boris", password, now=NOW)

    revoke_account(ws, "boris", by=anna, reason="Left the company.", now=NOW)

    with pytest.raises(AccessError, match="has ended"):
        person_for_token(ws, token, now=NOW)
    with pytest.raises(AccessError, match="password is wrong"):
        authenticate(ws, "boris", password, now=NOW)
    (row,) = [row for row in list_accounts(ws) if row.person_id == "boris"]
    assert row.roles == ()


def test_a_new_password_ends_the_old_one_and_the_tokens(ws: Workspace) -> None:
    (_, password), _ = _finance(ws, "anna", "boris")
    token, _ = issue_token(ws, "anna", password, now=NOW)

    with pytest.raises(AccessError, match="shorter than 12"):
        change_password(ws, "anna", password, "short", now=NOW)
    change_password(ws, "anna", password, "a much longer one", now=NOW)

    assert authenticate(ws, "anna", "a much longer one", now=NOW).person_id == "anna"
    for attempt in (lambda: authenticate(ws, "anna", password, now=NOW), lambda: person_for_token(ws, token, now=NOW)):
        with pytest.raises(AccessError):
            attempt()


def test_wrong_passwords_slow_the_next_attempt_down_and_lock_nobody_out(ws: Workspace) -> None:
    (_, password), _ = _finance(ws, "anna", "boris")
    for _ in range(3):
        with pytest.raises(AccessError, match="password is wrong"):
            authenticate(ws, "anna", "not this one", now=NOW)

    with pytest.raises(AccessError, match="too many wrong passwords"):
        authenticate(ws, "anna", password, now=NOW)

    assert authenticate(ws, "anna", password, now=NOW + timedelta(minutes=1)).person_id == "anna"


def test_an_unknown_person_and_a_wrong_password_are_answered_alike(ws: Workspace) -> None:
    _finance(ws, "anna", "boris")
    answers = set()
    for person in ("anna", "nobody"):
        with pytest.raises(AccessError) as refused:
            authenticate(ws, person, "not this one", now=NOW)
        answers.add(str(refused.value))

    assert len(answers) == 1


def test_an_act_needs_a_token_and_actor_is_refused_outside_a_demo(ws: Workspace) -> None:
    with pytest.raises(AccessError, match="needs a personal token"):
        acting_person(ws, token=None, actor=None, now=NOW)
    with pytest.raises(AccessError, match="demo workspaces only"):
        acting_person(ws, token=None, actor="anna", now=NOW)


def test_a_demo_takes_people_at_their_word(demo: Workspace) -> None:
    add_demo_account(demo, "A0001", (Role.ASSOCIATE,), name="Aline", now=NOW)

    assert acting_person(demo, token=None, actor="fay", now=NOW).holds(Role.FINANCE)
    assert not acting_person(demo, token=None, actor="A0001", now=NOW).holds(Role.FINANCE)


def test_demo_accounts_exist_in_demos_only(ws: Workspace, demo: Workspace) -> None:
    with pytest.raises(InputError, match="demo workspaces only"):
        add_demo_account(ws, "A0001", (Role.ASSOCIATE,), name=None, now=NOW)
    add_demo_account(demo, "A0001", (Role.ASSOCIATE,), name=None, now=NOW)
    refuse_demo_accounts(demo)
    ws.ledger.write_bytes(demo.ledger.read_bytes())

    with pytest.raises(AccessError, match="1 demo accounts are live"):
        refuse_demo_accounts(ws)


def test_every_grant_is_in_the_audit_chain_and_a_forged_one_is_named(ws: Workspace) -> None:
    _finance(ws, "anna", "boris")
    with closing(sqlite3.connect(ws.ledger, isolation_level=None)) as client:
        client.execute(
            "insert into role_grants values (99, 'mallory', 'finance', '*', 'grant', 'anna', '2026-04-02 09:00:00', 1)"
        )

    with Ledger.open(ws.ledger) as ledger, ledger.reading() as session:
        findings = verify(session).findings

    assert [finding.place for finding in findings] == ["role grant 99"]
