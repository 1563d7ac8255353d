"""Plans, policies and mappings take effect by two people; by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_cli import Ran, run_here
from support_shop import SELLER, TENTH, Shop

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """January, landed and built, in a workspace that is none for demonstration."""
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    made = Shop(tmp_path / "ws", SELLER, TENTH)
    path = made.ws.root / "incentives.toml"
    path.write_text(path.read_text().replace("demo = true\n", ""), encoding="utf-8")
    deliver(made.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    made.land_and_build()
    return made


def _tokens(shop: Shop, monkeypatch: pytest.MonkeyPatch, *people: str) -> dict[str, str]:
    tokens = {}
    for who in people:
        (added,) = shop.command("account", "add", who, "--role", "finance", "--format", "json").json()
        monkeypatch.setenv("INCENTIVES_PASSWORD", str(added["password"]))
        (issued,) = shop.command("account", "token", who, "--format", "json").json()
        tokens[who] = str(issued["token"])
    return tokens


def test_what_people_are_paid_by_is_put_into_effect_by_two_people_before_an_approval(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = _tokens(shop, monkeypatch, "omar", "iris")

    def by(who: str, *arguments: str, code: int = 0) -> Ran:
        return shop.command(*arguments, "--token", tokens[who], code=code)

    def states() -> dict[str, str]:
        return {str(row["document"]): str(row["state"]) for row in shop.command("publish", "--format", "json").json()}

    by("omar", "cycle", "open", "2026-01")
    by("omar", "cycle", "calculate", "2026-01")
    (cycle,) = shop.command("cycle", "status", "2026-01", "--format", "json").json()
    assert [row["subject_id"] for row in cycle["exceptions"]] == ["plans/only.yaml", "policies/only.yaml"]
    by("omar", "cycle", "review", "2026-01")
    refused = by("iris", "cycle", "approve", "2026-01", code=2)
    assert "is put into effect by two people; not so: plans/only.yaml, policies/only.yaml" in refused.err
    assert states() == {"plans/only.yaml": "new", "policies/only.yaml": "new"}

    by("omar", "publish", "policies/only.yaml", "--reason", "as last year")
    assert "another person confirms it" in by("omar", "publish", "policies/only.yaml", "--confirm", code=2).err
    assert (
        "digest named is not that" in by("iris", "publish", "policies/only.yaml", "--confirm", "--digest", "0" * 12, code=2).err
    )
    by("iris", "publish", "policies/only.yaml", "--confirm")
    by("omar", "publish", "plans/only.yaml", "--reason", "agreed")
    assert states() == {"plans/only.yaml": "proposed", "policies/only.yaml": "in effect"}
    assert "sooner than 30 days from today" in by("iris", "publish", "plans/only.yaml", "--confirm", code=2).err
    by("iris", "publish", "plans/only.yaml", "--confirm", "--waive-notice", "the first cycle")
    assert "in effect already" in by("omar", "publish", "plans/only.yaml", "--reason", "again", code=2).err
    by("iris", "cycle", "approve", "2026-01")

    # A text that was edited since is not what was agreed on: the cycle is sent back and calculated with the one that was.
    by("iris", "cycle", "send-back", "2026-01", "--reason", "look again")
    path = shop.ws.root / "plans" / "only.yaml"
    agreed = path.read_text()
    path.write_text(agreed.replace("10%", "12%"), encoding="utf-8")
    assert states()["plans/only.yaml"] == "changed"
    by("omar", "cycle", "calculate", "2026-01")
    by("omar", "cycle", "review", "2026-01")
    assert "not so: plans/only.yaml." in by("iris", "cycle", "approve", "2026-01", code=2).err
    path.write_text(agreed, encoding="utf-8")
    by("omar", "cycle", "calculate", "2026-01")
    by("omar", "cycle", "review", "2026-01")
    by("iris", "cycle", "approve", "2026-01")
    by("omar", "cycle", "lock", "2026-01")
    shop.everything_holds("2026-01")

    # Taken away without a word is not taken out of effect.
    path.unlink()
    assert states()["plans/only.yaml"] == "missing"
    by("omar", "publish", "plans/only.yaml", "--reason", "replaced", "--withdraw")
    assert states()["plans/only.yaml"] == "waits to be taken out"
    by("iris", "publish", "plans/only.yaml", "--confirm")
    assert "plans/only.yaml" not in states()
    shop.command("verify")


def test_a_text_with_mistakes_or_of_no_document_is_not_proposed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = _tokens(shop, monkeypatch, "omar")
    (shop.ws.root / "plans" / "only.yaml").write_text("plan: x\n", encoding="utf-8")

    def by(*arguments: str, code: int) -> str:
        return run_here(*arguments, "--token", tokens["omar"], "--workspace", shop.ws.root, code=code).err

    assert "plans/only.yaml:1: version: required, but missing" in by("publish", "plans/only.yaml", "--reason", "x", code=2)
    assert "this is no plan, policy, mapping or opening balance" in by("publish", "incentives.toml", "--reason", "x", code=2)
    assert "two people's acts" in by("publish", "plans/only.yaml", "--reason", "x", "--confirm", code=2)
    assert "nothing is proposed" in by("publish", "plans/only.yaml", "--confirm", code=2)
    assert "which file?" in by("publish", "--confirm", code=2)
