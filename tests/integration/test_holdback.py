"""A part of a payout waits until its return window is over; worked by hand, by the command line."""

from __future__ import annotations

import csv
import io
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop, returned

from incentives.bonus.holdback_terms import held_back, release_on
from incentives.ledger.draws import Drawn, DrawTerms, drawn
from incentives.ledger.holdbacks import waiting_of
from incentives.periods import Period
from incentives.plans.model import Holdback

FIFTH = TENTH + "    holdback: {share: 20%, until: return_window, days: 40}\n"
THREE_UNITS = TENTH + "    holdback: {share: 20%, until: gate, gate: credited_units, at_least: 3, days: 70}\n"


@pytest.mark.slow
def test_what_waits_pays_a_late_return_first_and_the_rest_when_its_window_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, FIFTH)
    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()

    # January is worth 100.00, of which 20.00 wait until 13 March.
    assert shop.calculated("2026-01") == {("lina", "2026-01"): ("100.00", "0.00", "100.00"), **_nobody_else("2026-01")}
    assert "of sales 20% waits: 20.00" in shop.command("explain", "payout", "2026-01/fr/lina").out
    assert shop.paid("2026-01") == [("lina", "BONUS", "100.00"), ("lina", "HOLDBACK", "-20.00")]
    assert _held_back(shop, "2026-01") == {"lina": "20.00"}

    # 150.00 of January come back: 15.00 less, taken from what waits. February is worth 50.00, of which 10.00 wait until 10 April.
    more = [returned("r1", "j1", "-150.00", "2026-02-05"), line("f1", "1", "500.00", day="2026-02-10", location_id="")]
    deliver(shop.ws, "till", "order_lines-2.csv", more)
    shop.land_and_build()
    assert shop.calculated("2026-02")["lina", "2026-01"] == ("85.00", "100.00", "-15.00")
    assert shop.paid("2026-02") == [
        ("lina", "ADJUSTMENT_2026-01", "-15.00"),
        ("lina", "BONUS", "50.00"),
        ("lina", "HOLDBACK", "-10.00"),
        ("lina", "HOLDBACK_RELEASED", "15.00"),
    ]
    assert _held_back(shop, "2026-02") == {"lina": "15.00"}

    # March ends after 13 March and before 10 April: January's last 5.00.
    shop.calculated("2026-03")
    assert shop.paid("2026-03") == [("lina", "HOLDBACK_RELEASED", "5.00")]
    assert _held_back(shop, "2026-03") == {"lina": "10.00"}
    shop.everything_holds("2026-01", "2026-02", "2026-03")


@pytest.mark.slow
def test_what_waits_for_a_measure_is_released_once_it_is_reached_and_forfeited_if_not_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, THREE_UNITS)
    sold = (("j1", "1000.00", "2026-01-10"), ("f1", "500.00", "2026-02-10"), ("m1", "300.00", "2026-03-10"))
    for name, amount, day in sold:
        deliver(shop.ws, "till", f"order_lines-{name}.csv", [line(name, "1", amount, day=day, location_id="")])
    shop.land_and_build()

    # A fifth of 100.00 waits for three units in January or later, until 12 April: there are one, two, and in March three.
    shop.calculated("2026-01")
    assert shop.paid("2026-01") == [("lina", "BONUS", "100.00"), ("lina", "HOLDBACK", "-20.00")]
    shop.calculated("2026-02")
    assert shop.paid("2026-02") == [("lina", "BONUS", "50.00"), ("lina", "HOLDBACK", "-10.00")]
    march = shop.calculated("2026-03")
    assert march["lina", "2026-01"] == ("100.00", "100.00", "0.00")
    said = shop.command("explain", "payout", "2026-03/fr/lina/2").out
    assert "credited_units has reached 3: what waits of sales is released" in said
    assert shop.paid("2026-03") == [
        ("lina", "BONUS", "30.00"),
        ("lina", "HOLDBACK", "-6.00"),
        ("lina", "HOLDBACK_RELEASED", "20.00"),
    ]
    assert _held_back(shop, "2026-03") == {"lina": "16.00"}

    # In April 20.00 of March come back: 2.00, from the 6.00. From February on there are two units, until 10 May: not yet decided.
    deliver(shop.ws, "till", "order_lines-r.csv", [returned("r1", "m1", "-20.00", "2026-04-05")])
    shop.land_and_build()
    shop.calculated("2026-04")
    assert shop.paid("2026-04") == []
    assert _held_back(shop, "2026-04") == {"lina": "14.00"}

    # May ends behind 10 May: February's 10.00 are lost. June ends behind 10 June: so are March's last 4.00.
    assert shop.calculated("2026-05")["lina", "2026-02"] == ("50.00", "50.00", "0.00")
    assert shop.paid("2026-05") == []
    assert _held_back(shop, "2026-05") == {"lina": "4.00"}
    shop.calculated("2026-06")
    said = shop.command("explain", "payout", "2026-06/fr/lina/2").out
    assert "credited_units has not reached 3 in time: what waits of sales is forfeited" in said
    assert shop.paid("2026-06") == []
    assert _held_back(shop, "2026-06") == {}
    journal = (shop.ws.exports / "journal-fr-2026-06-demo.csv").read_text()
    assert "forfeited_holdbacks" in journal
    shop.everything_holds("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
    shop.command("cycle", "replay", "2026-03", "--from-bronze")


def test_the_day_of_release_is_days_after_the_period_or_the_end_of_its_year() -> None:
    window = Holdback(share="20%", until="return_window", days=30)  # type: ignore[arg-type]
    year = Holdback(share="12.5%", until="year_end")  # type: ignore[arg-type]

    # January ends before 1 February; 30 days later is 3 March.
    assert release_on(window, Period.parse("2026-01")) == date(2026, 3, 3)
    assert release_on(year, Period.parse("2026-12")) == date(2027, 1, 1)
    # 12.5 % of 1,004 and of 996 minor units are 125.5 and 124.5: half to even. Nothing waits of what the person owes.
    assert [held_back(year, amount) for amount in (1_004, 996, -1_000)] == [126, 124, 0]


def test_no_more_waits_than_the_statement_is_worth() -> None:
    steps = [
        {"step": "holdback", "output": "60.00", "inputs": {"release_on": "2026-03-03"}},
        {"step": "holdback", "output": "60.00", "inputs": {"release_on": "2027-01-01"}},
    ]

    assert [part.amount_minor for part in waiting_of(steps, 100_00, "EUR")] == [60_00, 40_00]
    assert [part.amount_minor for part in waiting_of(steps, -5_00, "EUR")] == [0, 0]


def test_a_draw_takes_back_from_what_does_not_wait() -> None:
    # 3,000.00 were advanced; worth 2,000.00, of which 400.00 wait: 1,600.00 come back, 1,400.00 stay owed.
    terms = DrawTerms(1, "2026-01/fr/a1", "a1", "EUR", 2_000_00, 400_00, 3_000_00, "advance", True, True, Fraction(1), 0)

    assert drawn(terms, 0) == Drawn(0, 3_000_00, 1_600_00)


def _nobody_else(period: str) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {(who, period): ("0.00", "0.00", "0.00") for who in ("noor", "anna")}


def _held_back(shop: Shop, period: str) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(shop.command("cycle", "balances", period, "--format", "csv").out))
    return {row["associate_id"]: row["held_back"] for row in rows if row["held_back"] != "0.00"}
