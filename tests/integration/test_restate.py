"""A locked period is restated by two people; the difference is shown first and carried by the next cycle. Worked by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop

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


def test_an_open_cycle_is_not_restated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()
    shop.calculated("2026-01")

    refused = shop.command("cycle", "restate", "2026-01", "--reason", "too early", "--actor", "omar", code=2).err
    assert "only a locked one is restated" in refused
    assert "never restated" in shop.command("cycle", "restate", "2026-01", code=2).err
