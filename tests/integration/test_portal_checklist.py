"""The close checklist in the portal: finance sees what stops an approval, and waives it with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

from support_portal import House

from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.ledger.engine import Ledger
from incentives.ledger.integrity import verify

CYCLE = "/cycles/main/2026-03"
LIST = f"{CYCLE}/checklist"


def _land_late(house: House) -> None:
    late = IndexedFile(
        9, 1, "till", "order_lines", "order_lines-late.csv", "1" * 64, 1, "loaded",
        rows_delivered=3, facts_path="bronze/late.parquet", facts_sha256="2" * 64,
    )  # fmt: skip
    BronzeIndex(house.ws.bronze_index).add_load(9, datetime(2026, 4, 2, tzinfo=UTC), [late])


def test_what_stops_an_approval_is_waived_with_a_reason_by_who_will_not_approve(house: House) -> None:
    omar = house.signed_in("omar")
    assert "Nothing on the list stops the approval" in omar.get(LIST).text
    _land_late(house)

    assert LIST in omar.get(CYCLE).text
    assert "Files landed after this calculation: 1" in omar.get(CYCLE).text
    page = omar.get(LIST).text
    assert "1 thing stops the approval" in page
    assert "Files that landed after the calculation" in page
    assert "order_lines: order_lines-late.csv" in page

    without = omar.post(LIST, LIST, item="nothing_landed_after_load_9", reason=" ")
    assert without.status_code == 409
    assert "reason is needed" in without.text
    assert omar.post(LIST, LIST, item="nothing_landed_after_load_9", reason="It is <April's>.").status_code == 303

    page = omar.get(LIST).text
    assert "Nothing on the list stops the approval" in page
    assert "Waived:" in page
    assert "It is &lt;April" in omar.get(CYCLE).text
    with Ledger.open(house.ws.ledger) as ledger, ledger.reading() as session:
        assert verify(session).findings == []


def test_nobody_else_waives(house: House) -> None:
    anna = house.signed_in("anna")

    assert anna.post("/team", LIST, item="nothing_landed_after_load_9", reason="Mine.").status_code == 404


def test_an_exported_cycle_says_what_payroll_has_not_answered(house: House) -> None:
    page = house.signed_in("omar").get("/cycles/main/2026-02").text

    # February pays 9.00 and 5.00, and payroll said nothing yet.
    assert "What payroll says" in page
    assert "No answer yet" in page
    assert "€14.00" in page
    # What was approved long ago has no checklist any more.
    assert house.signed_in("omar").get("/cycles/main/2026-02/checklist").status_code == 404
