"""A locked period is restated by two people; the difference is shown first and carried by the next cycle. Worked by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import HALF, SELLER, TENTH, Shop, returned

pytestmark = pytest.mark.slow


def test_a_wrong_rate_is_put_right_by_two_people_and_nothing_locked_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()
    shop.calculated("2026-01")
    assert shop.paid("2026-01") == [("lina", "BONUS", "100.00")]
    locked = {path.name: path.read_bytes() for path in shop.ws.exports.iterdir()}

    # The agreement says 12 %. Mending the plan alone moves nothing of January.
    (shop.ws.plans / "only.yaml").write_text(TENTH.replace("rate: 10%", "rate: 12%"), encoding="utf-8")
    assert ("lina", "2026-01") not in shop.calculated("2026-02")

    # January would be worth 120.00: shown, and posted by nobody.
    shown = shop.cycle("restate", "2026-01", "--reason", "the agreement says 12 %", "--format", "json").json()[0]
    assert shown["state"] == "proposed"
    assert shown["differences"] == [
        {
            "associate_id": "lina",
            "plan": "tenth",
            "currency": "EUR",
            "settled_minor": 100_00,
            "worth_minor": 120_00,
            "causes": ["sales: amount 10000 -> 12000"],
        }
    ]
    shop.cycle("calculate", "2026-02")
    assert ("lina", "2026-01") not in shop.statements("2026-02")

    # Who proposed it does not confirm it, in the product or in the database; another person does, by its digest.
    assert "another person confirms it" in shop.command("cycle", "restate", "2026-01", "--confirm", "--actor", "omar", code=2).err
    with closing(sqlite3.connect(shop.ws.ledger, isolation_level=None)) as client:
        row = "select cycle_id, 2, 'confirmed', manifest, person_id, acted_at, event_id - 1 from restatements"
        with pytest.raises(sqlite3.DatabaseError, match="another person"):
            client.execute(f"insert into restatements {row}")
    shop.command("cycle", "restate", "2026-01", "--confirm", "--digest", "0123456789", "--actor", "iris", code=2)
    shop.cycle("restate", "2026-01", "--confirm", "--digest", str(shown["digest"])[:12], by="iris")

    shop.cycle("calculate", "2026-02")
    assert shop.statements("2026-02")["lina", "2026-01"] == ("120.00", "100.00", "20.00")
    assert "2026-01 is worth 120.00 by now" in shop.command("explain", "payout", "2026-02/fr/lina/2").out
    assert shop.paid("2026-02") == [("lina", "ADJUSTMENT_2026-01", "20.00")]
    assert {path.name: path.read_bytes() for path in shop.ws.exports.iterdir() if path.name in locked} == locked
    shop.everything_holds("2026-01", "2026-02")
    assert "confirmed by iris" in shop.command("cycle", "restate", "2026-01").out

    # A sale of January that comes late is paid by the restated plan: 100.00 at 12 %.
    deliver(shop.ws, "till", "order_lines-2.csv", [line("j2", "1", "100.00", day="2026-01-12", location_id="")])
    shop.land_and_build()
    assert shop.calculated("2026-03")["lina", "2026-01"] == ("132.00", "120.00", "12.00")
    listed = shop.command("cycle", "adjustments", "2026-03", "--format", "json").json()
    assert [(row["associate_id"], [part["order_id"] for part in row["lines"]]) for row in listed] == [("lina", ["j2"])]


def test_the_lines_of_a_locked_period_are_divided_anew_by_two_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    talk = {
        "source": "till",
        "interaction_id": "i1",
        "kind": "conversation",
        "channel": "chat",
        "associate_id": "noor",
        "customer_id": "c1",
        "started_at": "2026-01-09T10:00:00Z",
    }
    deliver(shop.ws, "desk", "interactions-1.csv", [talk])
    sales = [
        line("j1", "1", "1000.00", day="2026-01-10", location_id="", customer_id="c1"),
        line("j2", "1", "300.00", day="2026-01-11", location_id="", seller="anna"),
    ]
    deliver(shop.ws, "till", "order_lines-1.csv", sales)
    shop.land_and_build()
    shop.calculated("2026-01")
    assert shop.paid("2026-01") == [("anna", "BONUS", "30.00"), ("lina", "BONUS", "100.00")]

    # The policy should have given half to advice: neither mending it nor restating without dividing anew moves a line of January.
    (shop.ws.policies / "only.yaml").write_text(HALF, encoding="utf-8")
    shop.land_and_build()
    plain = shop.cycle("restate", "2026-01", "--reason", "the policy", "--format", "json").json()[0]
    assert plain["differences"] == []

    # Divided anew: half of j1 is noor's, and half of j2, whose customer nobody knows, is the house's.
    anew = ("restate", "2026-01", "--reason", "half is the advisor's", "--divide-anew", "--format", "json")
    shown = shop.cycle(*anew).json()[0]
    moved = {(row["associate_id"], row["settled_minor"], row["worth_minor"]) for row in shown["differences"]}  # type: ignore[attr-defined]
    assert moved == {("lina", 100_00, 50_00), ("noor", 0, 50_00), ("anna", 30_00, 15_00)}
    before = shop.command("credits", "--period", "2026-01", "--format", "csv").out
    shop.cycle("restate", "2026-01", "--confirm", "--digest", str(shown["digest"])[:12], by="iris")
    assert shop.command("credits", "--period", "2026-01", "--format", "csv").out == before

    # Nothing is calculated from what does not know it yet; the next build does, as an increment and as a whole.
    shop.cycle("open", "2026-02")
    assert "divided anew" in shop.command("cycle", "calculate", "2026-02", "--actor", "omar", code=2).err
    shop.command("build")
    shop.command("audit", "build")
    shop.cycle("calculate", "2026-02")
    adjustments = {who: row for (who, earned), row in shop.statements("2026-02").items() if earned == "2026-01"}
    assert adjustments == {
        "lina": ("50.00", "100.00", "-50.00"),
        "noor": ("50.00", "0.00", "50.00"),
        "anna": ("15.00", "30.00", "-15.00"),
    }
    assert shop.paid("2026-02") == [("noor", "ADJUSTMENT_2026-01", "50.00")]

    # What comes back of j1 is taken from both, as it is divided now.
    deliver(shop.ws, "till", "order_lines-2.csv", [returned("r1", "j1", "-400.00", "2026-03-05")])
    shop.land_and_build()
    march = shop.calculated("2026-03")
    assert (march["lina", "2026-01"][2], march["noor", "2026-01"][2]) == ("-20.00", "-20.00")
    shop.everything_holds("2026-01", "2026-02", "2026-03")


def test_an_open_cycle_is_not_restated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()
    shop.calculated("2026-01")

    refused = shop.command("cycle", "restate", "2026-01", "--reason", "too early", "--actor", "omar", code=2).err
    assert "only a locked one is restated" in refused
    assert "never restated" in shop.command("cycle", "restate", "2026-01", code=2).err
