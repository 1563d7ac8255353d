"""The close checklist through the command line: what stops an approval, how much money hangs on it, whose it is, and waiving it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop

pytestmark = pytest.mark.slow

TARGETED = TENTH.replace("    payout:", "    target: individual\n    payout:").replace(
    "roles: [client_advisor]", "roles: [client_advisor, lead]"
)
OPEN = {"everyone_has_a_plan", "every_target_is_there", "nobody_unknown_has_money", "no_refused_line_has_money"}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """March: lina has a target, noor has none; zoe is unknown, paul sells without a plan, and two lines cannot be read."""
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    made = Shop(tmp_path / "ws", SELLER, TARGETED)
    config = made.ws.root / "incentives.toml"
    config.write_text(
        config.read_text()
        .replace('feeds = ["order_lines"]', 'feeds = ["order_lines"]\nowner = "Till desk, till@maison.example"')
        .replace('"calendars"]', '"calendars", "targets"]')
    )
    deliver(made.ws, "hr", "associates-2.csv", [{"associate_id": "paul", "hired_on": "2020-01-01"}])
    target = {"subject_type": "associate", "measure": "credited_revenue", "currency": "EUR", "value": "1000.00"}
    span = {"period_start": "2026-03-01", "period_end": "2026-04-01"}
    deliver(made.ws, "hr", "targets-1.csv", [{**target, **span, "subject_id": who} for who in ("lina", "anna")])
    sales = [
        line("o1", "1", "1000.00", day="2026-03-10", location_id=""),
        line("o2", "1", "70.00", day="2026-03-11", location_id="", seller="zoe"),
        line("o3", "1", "30.00", day="2026-03-12", location_id="", seller="zoe"),
        line("o4", "1", "250.00", day="2026-03-13", location_id="", seller="paul"),
        line("o5", "1", "80.00", day="2026-03-14", location_id="", quantity="two"),
        line("o6", "1", "15.00", day="2026-02-14", location_id="", quantity="two"),
    ]
    deliver(made.ws, "till", "order_lines-1.csv", sales)
    made.land_and_build()
    made.cycle("open", "2026-03")
    made.cycle("calculate", "2026-03")
    return made


def _items(shop: Shop, code: int) -> dict[str, tuple[str, object, str, str | None, str]]:
    rows = shop.command("cycle", "checklist", "2026-03", "--format", "json", code=code).json()
    return {
        str(row["item"]): (str(row["state"]), row["count"], str(row["money"] or ""), row["oldest"], str(row["owner"]))  # type: ignore[misc]
        for row in rows
    }


def test_each_item_says_how_much_what_money_since_when_and_whose_it_is(shop: Shop) -> None:
    items = _items(shop, 1)

    assert items["everyone_has_a_plan"] == ("stops", 1, "250.00 EUR", None, "finance")
    assert items["every_target_is_there"] == ("stops", 1, "", None, "hr")
    assert items["nobody_unknown_has_money"] == ("stops", 2, "100.00 EUR", "2026-03-11", "hr")
    # The line of February is February's; the one of March is 80.00.
    assert items["no_refused_line_has_money"] == ("stops", 1, "80.00 EUR", "2026-03-14", "till (Till desk, till@maison.example)")
    assert {name for name, item in items.items() if item[0] == "stops"} == OPEN
    assert items["credits_equal_net_sales"][0] == "holds"

    # A small amount in quarantine is within a tolerance.
    config = shop.ws.root / "incentives.toml"
    config.write_text(config.read_text().replace("[quality]\n", "[quality]\nquarantine_tolerance_minor = 8000\n"))
    assert _items(shop, 1)["no_refused_line_has_money"][0] == "look at"


def test_what_is_waived_with_a_reason_stops_no_longer_until_something_else_comes(shop: Shop) -> None:
    shop.cycle("review", "2026-03")
    refused = shop.command("cycle", "approve", "2026-03", "--actor", "iris", code=1).err
    assert all(name in refused for name in OPEN)
    for name in sorted(OPEN):
        shop.cycle("waive", "2026-03", name, "--reason", "Asked for; it is paid with April.")
    assert {name for name, item in _items(shop, 0).items() if item[0] == "waived"} == OPEN

    # A file lands: it stops the approval; left for the next cycle it does not, until another one lands.
    deliver(shop.ws, "till", "order_lines-2.csv", [line("o7", "1", "5.00", day="2026-03-20", location_id="")])
    shop.command("land")
    assert "nothing_landed_after_load_6" in shop.command("cycle", "approve", "2026-03", "--actor", "iris", code=1).err
    shop.cycle("waive", "2026-03", "nothing_landed_after_load_6", "--reason", "April's.")
    deliver(shop.ws, "till", "order_lines-3.csv", [line("o8", "1", "6.00", day="2026-03-21", location_id="")])
    shop.command("land")
    assert "nothing_landed_after_load_7" in shop.command("cycle", "approve", "2026-03", "--actor", "iris", code=1).err
    # 5.00 and 6.00 more are lina's, at 10 %: 1.10 in all, known once they are published.
    assert "once they are built and published" in shop.command("cycle", "checklist", "2026-03", code=1).err
    shop.command("build")
    said = shop.command("cycle", "checklist", "2026-03", code=1).err
    assert "Calculated again it would move 1.10 EUR for 1 person." in said
    assert _items(shop, 1)["nothing_landed_after_load_7"][2] == "1.10 EUR"
    shop.cycle("waive", "2026-03", "nothing_landed_after_load_7", "--reason", "April's.")
    shop.cycle("approve", "2026-03", by="iris")


def test_what_bears_on_pay_and_came_since_the_last_cycle_is_named(shop: Shop) -> None:
    for name in sorted(OPEN):
        shop.cycle("waive", "2026-03", name, "--reason", "Asked for.")
    shop.paid("2026-03")
    target = {"subject_type": "associate", "measure": "credited_revenue", "currency": "EUR", "value": "900.00"}
    span = {"period_start": "2026-04-01", "period_end": "2026-05-01"}
    deliver(shop.ws, "hr", "targets-2.csv", [{**target, **span, "subject_id": who} for who in ("lina", "noor", "anna")])
    shop.land_and_build()
    shop.cycle("open", "2026-04")
    shop.cycle("calculate", "2026-04")

    rows = shop.command("cycle", "checklist", "2026-04", "--format", "json", code=0).json()

    (item,) = [row for row in rows if row["item"] == "no_other_input_of_pay_came"]
    assert (item["state"], item["subjects"]) == ("look at", "3 rows of targets by hr")
