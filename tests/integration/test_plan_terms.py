"""Terms of plans that look at leaving, leave, yearly rates and what a locked payout earned; worked by hand, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop, returned

pytestmark = pytest.mark.slow
STEEP = TENTH.replace("[{from: 0, rate: 10%}]", "[{from: 0, rate: 5%}, {from: 1000, rate: 10%}]").replace(
    "mode: marginal", "mode: retroactive"
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)


def test_a_late_return_takes_back_its_part_of_the_locked_payout_or_reprices_all_of_it(tmp_path: Path) -> None:
    due = {}
    for after_lock in ("earned_rate", "reprice"):
        shop = Shop(tmp_path / after_lock, SELLER, STEEP + f"after_lock: {after_lock}\n")
        first = [
            line("j1", "1", "800.00", day="2026-01-10", location_id=""),
            line("j2", "1", "400.00", day="2026-01-11", location_id=""),
        ]
        deliver(shop.ws, "till", "order_lines-1.csv", first)
        shop.land_and_build()
        # 1,200.00 x 10 %.
        assert shop.calculated("2026-01")["lina", "2026-01"] == ("120.00", "0.00", "120.00")
        assert shop.paid("2026-01") == [("lina", "BONUS", "120.00")]
        deliver(shop.ws, "till", "order_lines-2.csv", [returned("r1", "j2", "-400.00", "2026-02-05")])
        shop.land_and_build()
        due[after_lock] = shop.calculated("2026-02")["lina", "2026-01"]
        shop.cycle("review", "2026-02")
        shop.everything_holds("2026-01", "2026-02")
        if after_lock == "earned_rate":
            words = shop.command("explain", "payout", "2026-02/fr/lina/2").out
            assert "locked payout x today's measure / locked measure" in words

    # 120.00 x 800 / 1,200; repriced, 800.00 x 5 %.
    assert due == {"earned_rate": ("80.00", "120.00", "-40.00"), "reprice": ("40.00", "120.00", "-80.00")}


def test_who_left_forfeits_what_completes_later_and_is_charged_for_so_many_days(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "ws", SELLER, TENTH + "leavers: {charge_days: 5, after_leaving: forfeit}\n")
    people = [{"associate_id": who, "hired_on": "2020-01-01", "left_on": ""} for who in ("noor", "anna")]
    deliver(
        shop.ws, "hr", "associates.csv", [{"associate_id": "lina", "hired_on": "2020-01-01", "left_on": "2026-01-20"}, *people]
    )
    first = [
        line("j1", "1", "1000.00", day="2026-01-10", location_id=""),
        line("j2", "1", "500.00", day="2026-01-10", location_id="", completed_at="2026-01-25T10:00:00Z"),
        line("n1", "1", "1000.00", day="2026-01-10", location_id="", seller="noor"),
    ]
    deliver(shop.ws, "till", "order_lines-1.csv", first)
    shop.land_and_build()
    # j2 was bought while lina worked there, and completed after her last day.
    assert shop.calculated("2026-01")["lina", "2026-01"] == ("100.00", "0.00", "100.00")
    assert shop.paid("2026-01") == [("lina", "BONUS", "100.00"), ("noor", "BONUS", "100.00")]
    gone = [returned("r1", "j1", "-1000.00", "2026-02-05"), returned("r2", "n1", "-1000.00", "2026-02-05")]
    deliver(shop.ws, "till", "order_lines-2.csv", gone)
    shop.land_and_build()

    # February begins more than five days after the 20th of January.
    found = shop.calculated("2026-02")
    assert ("lina", "2026-01") not in found
    assert found["noor", "2026-01"] == ("0.00", "100.00", "-100.00")
    (cycle,) = shop.command("cycle", "status", "2026-02", "--format", "json").json()
    (listed,) = [row for row in cycle["exceptions"] if row["kind"] == "leaver_not_charged"]
    assert (listed["subject_id"], listed["amount_minor"]) == ("lina", -100_00)
    shop.cycle("review", "2026-02")
    shop.everything_holds("2026-02")


def test_orders_at_the_rate_of_the_year_and_a_target_without_the_days_of_leave(tmp_path: Path) -> None:
    plan = (
        TENTH.replace("measure: credited_revenue\n", "measure: credited_revenue\n    target: 3100\n")
        .replace(
            "basis: value, table: [{from: 0, rate: 10%}]",
            "basis: attainment, table: [{from: 0%, rate: 5%}, {from: 100%, rate: 10%}]",
        )
        .replace("mode: marginal", "mode: retroactive")
    )
    shop = Shop(tmp_path / "ws", SELLER, plan + "fx: plan_rate\nproration: {by: calendar_days, leave: exclude}\n")
    sales = [
        line("j1", "1", "1000.00", day="2026-01-10", location_id="", currency="GBP"),
        line("j2", "1", "800.00", day="2026-01-11", location_id=""),
    ]
    deliver(shop.ws, "till", "order_lines-1.csv", sales)
    rates = [
        {"rate_date": day, "from_currency": "GBP", "to_currency": "EUR", "rate": rate}
        for day, rate in (("2026-01-01", "1.2"), ("2026-01-10", "1.1"))
    ]
    deliver(shop.ws, "office", "fx_rates.csv", rates)
    leave = [
        {"associate_id": "lina", "work_date": f"2026-01-{day:02d}", "activity": "leave", "hours": "8", "scheduled_hours": "8"}
        for day in range(15, 26)
    ]
    deliver(shop.ws, "hr", "hours.csv", leave)
    shop.land_and_build()

    # 1,000.00 GBP x 1.2 and 800.00 EUR are 2,000.00; 3,100.00 x 20 of 31 days are 2,000.00 too: all at 10 %.
    assert shop.calculated("2026-01")["lina", "2026-01"] == ("200.00", "0.00", "200.00")
    shop.everything_holds("2026-01")
    shop.command("cycle", "replay", "2026-01", "--from-bronze")

    deliver(shop.ws, "till", "order_lines-2.csv", [line("j3", "1", "10.00", day="2026-01-12", location_id="", currency="USD")])
    shop.land_and_build()
    refused = shop.command("cycle", "calculate", "2026-01", "--actor", "omar", code=2)
    assert "there is no rate of 2026 from USD to EUR" in refused.err
    assert "rate_date 2026-01-01" in refused.err
