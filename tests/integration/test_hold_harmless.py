"""A plan that some try, and by which nobody loses, through the command line to payroll."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop

TRIED = """\
plan: tried
version: 1
valid_from: 2026-01-01
calendar: month
currency: EUR
hold_harmless: tenth
eligibility: {roles: [pilot]}
components:
  - id: sales
    measure: credited_revenue
    payout: {curve: tiers, table: [{from: 0, rate: 8%}]}
total: {cap: 50.00}
"""


@pytest.mark.slow
def test_who_tries_a_plan_is_paid_what_the_other_would_have_paid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    (shop.ws.plans / "tried.yaml").write_text(TRIED, encoding="utf-8")
    held = {"associate_id": "lina", "currency": "EUR", "team_id": "t"}
    roles = [
        {**held, "valid_from": "2020-01-01", "valid_to": "2026-03-01", "role": "client_advisor"},
        {**held, "valid_from": "2026-03-01", "valid_to": "", "role": "pilot"},
    ]
    deliver(shop.ws, "hr", "assignments-2.csv", roles)
    deliver(shop.ws, "till", "order_lines-1.csv", [line("m1", "1", "1000.00", day="2026-03-10", location_id="")])
    shop.land_and_build()

    # 8 % are 80.00, of which the cap leaves 50.00; the other plan pays 10 % of 1,000.00 and has no cap.
    assert shop.calculated("2026-03")["lina", "2026-03"] == ("100.00", "0.00", "100.00")
    assert "at least what tenth would have paid" in shop.command("explain", "payout", "2026-03/fr/lina").out
    assert shop.paid("2026-03") == [("lina", "BONUS", "100.00")]
    shop.everything_holds("2026-03")
