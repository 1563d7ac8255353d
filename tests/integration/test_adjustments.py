"""What order lines and overrides change of a locked period is settled by the next cycle; worked by hand, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import HALF, SELLER, TENTH, YEAR_TO_DATE, Shop, returned

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)


def test_year_to_date_with_a_late_return_is_900_in_all(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "ws", SELLER, YEAR_TO_DATE)
    sales = [
        line("j1", "1", "9000.00", day="2026-01-10", location_id=""),
        line("j2", "1", "3000.00", day="2026-01-20", location_id=""),
        line("f1", "1", "3000.00", day="2026-02-10", location_id=""),
    ]
    deliver(shop.ws, "till", "order_lines-1.csv", sales)
    shop.land_and_build()
    # January 12,000: 5 % of 10,000 and 10 % of 2,000. February to 15,000: 10 % of 3,000.
    assert shop.calculated("2026-01")["lina", "2026-01"] == ("700.00", "0.00", "700.00")
    assert shop.paid("2026-01") == [("lina", "BONUS", "700.00")]
    assert shop.calculated("2026-02")["lina", "2026-02"] == ("300.00", "0.00", "300.00")
    assert shop.paid("2026-02") == [("lina", "BONUS", "300.00")]
    locked = {path.name: path.read_bytes() for path in shop.ws.exports.iterdir()}

    march = [line("m1", "1", "2000.00", day="2026-03-10", location_id=""), returned("m2", "j2", "-3000.00", "2026-03-12")]
    deliver(shop.ws, "till", "order_lines-2.csv", march)
    shop.land_and_build()

    # January is 9,000 now: 450. February then goes from 9,000 to 12,000: 50 and 200. March to 14,000: 10 % of 2,000.
    found = {key: row for key, row in shop.calculated("2026-03").items() if key[0] == "lina"}
    assert found == {
        ("lina", "2026-03"): ("200.00", "0.00", "200.00"),
        ("lina", "2026-01"): ("450.00", "700.00", "-250.00"),
        ("lina", "2026-02"): ("250.00", "300.00", "-50.00"),
    }
    words = shop.command("explain", "payout", "2026-03/fr/lina/2").out
    assert "2026-01 is worth 450.00 by now, and 700.00 of it is settled" in words
    assert "till m2/1 (return): -3000.00 EUR" in words
    listed = shop.command("cycle", "adjustments", "2026-03", "--format", "csv").out
    assert "2026-03/fr/lina/2,lina,2026-01,EUR,450.00,700.00,-250.00,return till m2/1 0.00 -> -3000.00 EUR" in listed
    # 200 - 250 - 50 is less than nothing: nothing is paid, and April pays what is left. In all 700 + 300 - 100 = 900.
    assert shop.paid("2026-03") == []
    assert {path.name: path.read_bytes() for path in shop.ws.exports.iterdir() if path.name in locked} == locked
    shop.everything_holds("2026-01", "2026-02", "2026-03")

    deliver(shop.ws, "till", "order_lines-3.csv", [line("a1", "1", "4000.00", day="2026-04-10", location_id="")])
    shop.land_and_build()
    # April goes to 18,000: 400. Nothing else is open.
    assert {key: row for key, row in shop.calculated("2026-04").items() if key[0] == "lina"} == {
        ("lina", "2026-04"): ("400.00", "0.00", "400.00")
    }
    assert shop.paid("2026-04") == [("lina", "BONUS", "400.00"), ("lina", "CARRIED_FORWARD", "-100.00")]
    shop.everything_holds("2026-03", "2026-04")


def test_only_lines_and_overrides_move_a_locked_period_and_its_divisions_stay(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "ws", HALF, TENTH)
    first = [line(order, "1", "1000.00", day="2026-01-10", location_id="", customer_id=f"c-{order}") for order in ("j1", "j2")]
    deliver(shop.ws, "till", "order_lines-1.csv", first)
    shop.land_and_build()
    assert shop.calculated("2026-01")["lina", "2026-01"] == ("200.00", "0.00", "200.00")
    assert shop.paid("2026-01") == [("lina", "BONUS", "200.00")]

    # Came late: noor's word with the client of j1 before they bought, and a third January sale, which noor advised as well.
    touches = [
        {
            "source": "till",
            "interaction_id": order,
            "kind": "conversation",
            "channel": "chat",
            "associate_id": "noor",
            "customer_id": f"c-{order}",
            "started_at": "2026-01-09T10:00:00Z",
        }
        for order in ("j1", "j3")
    ]
    deliver(
        shop.ws, "till", "order_lines-2.csv", [line("j3", "1", "600.00", day="2026-01-11", location_id="", customer_id="c-j3")]
    )
    deliver(shop.ws, "desk", "interactions-1.csv", touches)
    # Decided after the lock: anna sold j2. And 400.00 of j1 come back: from lina alone, as it was divided.
    override = {
        "override_id": "1",
        "source": "till",
        "order_id": "j2",
        "line_id": "1",
        "associate_id": "anna",
        "reason": "wrong name on the till",
        "decided_at": "2026-02-03T09:00:00Z",
        "entered_by": "maud",
        "approved_by": "sam",
    }
    deliver(shop.ws, "office", "credit_overrides-1.csv", [override])
    deliver(shop.ws, "till", "order_lines-3.csv", [returned("r1", "j1", "-400.00", "2026-02-05")])
    shop.land_and_build()

    # lina: j1 600 and half of j3 300 = 900, 90.00. noor: half of j3, 30.00. anna: j2, 100.00.
    found = {key: row for key, row in shop.calculated("2026-02").items() if key[1] == "2026-01"}
    assert found == {
        ("lina", "2026-01"): ("90.00", "200.00", "-110.00"),
        ("noor", "2026-01"): ("30.00", "0.00", "30.00"),
        ("anna", "2026-01"): ("100.00", "0.00", "100.00"),
    }
    assert "as it was when 2026-01/fr was locked: what came later does not move it" in shop.command("explain", "order", "j1").out
    assert "was locked" not in shop.command("explain", "order", "j3").out
    words = shop.command("explain", "payout", "2026-02/fr/lina/2").out
    assert "till j2/1 as seller: 1000.00 EUR, now 0.00 EUR" in words
    assert "till j3/1 as seller: 0.00 EUR, now 300.00 EUR" in words
    assert "till r1/1 as seller: 0.00 EUR, now -400.00 EUR" in words
    assert "till j1/1 as seller" not in words
    listed = shop.command("cycle", "adjustments", "2026-02", "--format", "json").json()
    assert [
        (
            row["associate_id"],
            [(line["order_id"], line["cause"], line["settled_minor"], line["now_minor"]) for line in row["lines"]],
        )
        for row in listed
    ] == [
        ("anna", [("j2", "corrected", 0, 1_000_00)]),
        ("lina", [("j2", "corrected", 1_000_00, 0), ("j3", "late", 0, 300_00), ("r1", "return", 0, -400_00)]),
        ("noor", [("j3", "late", 0, 300_00)]),
    ]
    assert shop.paid("2026-02") == [("anna", "ADJUSTMENT_2026-01", "100.00"), ("noor", "ADJUSTMENT_2026-01", "30.00")]
    shop.everything_holds("2026-01", "2026-02")

    # Settled: March carries nothing of January again.
    assert {key for key in shop.calculated("2026-03") if key[1] == "2026-01"} == set()
