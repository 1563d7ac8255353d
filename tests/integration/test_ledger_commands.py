"""The commands of cycles and accounts, as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_cli import run_here


@pytest.fixture
def root(tmp_path: Path) -> Path:
    run_here("init", tmp_path / "ws", "--name", "Maison")
    return tmp_path / "ws"


def test_an_act_without_a_token_is_refused_and_says_how_to_get_one(root: Path) -> None:
    refused = run_here("cycle", "open", "2026-03", "--workspace", root, env={"INCENTIVES_TOKEN": ""}, code=2)
    as_actor = run_here("cycle", "open", "2026-03", "--workspace", root, "--actor", "anna", code=2)

    assert "incentives account token PERSON" in refused.err
    assert "--actor works in demo workspaces only" in as_actor.err


def test_a_token_from_a_password_opens_a_cycle_and_status_shows_who_did(root: Path) -> None:
    (added,) = run_here("account", "add", "anna", "--role", "finance", "--workspace", root, "--format", "json").json()
    (issued,) = run_here(
        "account", "token", "anna", "--workspace", root, "--format", "json", env={"INCENTIVES_PASSWORD": str(added["password"])}
    ).json()
    opened = run_here("cycle", "open", "2026-03", "--workspace", root, env={"INCENTIVES_TOKEN": str(issued["token"])})
    (status,) = run_here("cycle", "status", "2026-03", "--workspace", root, "--format", "json").json()

    assert "next: calculate" in opened.out
    assert status["state"] == "open"
    assert [(act["act"], act["person_id"]) for act in status["acts"]] == [("open", "anna")]  # type: ignore[attr-defined]


def test_a_period_of_another_calendar_is_refused_with_the_right_one(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    run_here("init", root, "--name", "Maison", "--demo", "--calendar", "quarter")

    refused = run_here("cycle", "open", "2026-03", "--workspace", root, "--actor", "anna", code=2)
    before = run_here("cycle", "calculate", "2026-Q1", "--workspace", root, "--actor", "anna", code=2)

    assert "2026-Q1" in refused.err
    assert "incentives cycle open 2026-Q1" in before.err


def test_verify_says_what_it_looked_at(root: Path) -> None:
    verified = run_here("verify", "--workspace", root)

    assert "all hold" in verified.out
