"""What was paid too much is taken back up to the plan's ceiling, before draws; worked by hand, by the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support_book import DRAWS, plan_draft
from support_build import KEY, deliver, line
from support_ledger import MARCH, Desk, desk, draft_statement
from support_shop import SELLER, TENTH, Shop, returned

from incentives.ledger.drafts import StatementDraft
from incentives.ledger.integrity import verify
from incentives.ledger.models import Posting
from incentives.periods import Period

JANUARY, FEBRUARY = Period.parse("2026-01"), Period.parse("2026-02")
HALF_AT_MOST = TENTH + "draw: {amount: 20.00, kind: recoverable, form: top_up, recovery: {ceiling: 50%}}\n"


@pytest.mark.slow
def test_a_ceiling_leaves_the_rest_of_an_overpayment_to_the_next_payouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, HALF_AT_MOST)
    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()

    # January is worth 100.00.
    shop.calculated("2026-01")
    assert _of_lina(shop.paid("2026-01")) == {"BONUS": "100.00"}

    # 800.00 of January come back: 80.00 less. February is worth 100.00, of which at most half may go: 30.00 are left to later payouts.
    more = [returned("r1", "j1", "-800.00", "2026-02-05"), line("f1", "1", "1000.00", day="2026-02-10", location_id="")]
    deliver(shop.ws, "till", "order_lines-2.csv", more)
    deliver(shop.ws, "till", "order_lines-3.csv", [line("m1", "1", "400.00", day="2026-03-10", location_id="")])
    shop.land_and_build()
    shop.calculated("2026-02")
    paid = _of_lina(shop.paid("2026-02"))
    assert paid == {"ADJUSTMENT_2026-01": "-80.00", "BONUS": "100.00", "OVERPAYMENT_DEFERRED": "30.00"}
    assert _balances(shop, "2026-02") == {"payable": "0.00", "draws_owed": "0.00", "overpaid": "30.00"}

    # March is worth 40.00: half of it may go, and 20.00, which is what the draw tops up to, stay.
    shop.calculated("2026-03")
    assert _of_lina(shop.paid("2026-03")) == {"BONUS": "40.00", "OVERPAYMENT_RECOVERED": "-20.00"}
    assert _balances(shop, "2026-03")["overpaid"] == "10.00"

    # April brings nothing: the draw pays 20.00, nothing can be taken. Finance gives up both.
    shop.calculated("2026-04")
    shop.cycle("write-off", "2026-04", "lina", "--reason", "They leave.")
    assert _of_lina(shop.paid("2026-04")) == {"DRAW": "20.00"}
    assert _balances(shop, "2026-04") == {}
    shop.everything_holds("2026-01", "2026-02", "2026-03", "2026-04")


def test_who_is_under_no_such_plan_any_more_is_charged_as_everybody(office: Desk) -> None:
    office.whole_way([plan_draft(DRAWS, 100_00, JANUARY)], JANUARY)

    # 90.00 too much for January; of February's 160.00 100.00 stay: 60.00 go, 30.00 are left.
    office.whole_way([plan_draft(DRAWS, 160_00, FEBRUARY), _less_of_january(10_00)], FEBRUARY)
    assert _sums(office)["overpayments_receivable"] == 30_00
    # March is worth 20.00 under another plan: all of it goes, and 10.00 are carried forward.
    office.whole_way([draft_statement(DRAWS, 20_00)], MARCH)

    sums = _sums(office)
    assert (sums["overpayments_receivable"], sums["associate_payable"]) == (0, 10_00)
    with office.ledger.reading() as session:
        assert verify(session).findings == []


def test_what_was_locked_before_there_was_a_ceiling_is_proved_by_its_own_rules(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("incentives.ledger.overpayments.LOCK_RULES", 1)
        before.setattr("incentives.ledger.cycles.LOCK_RULES", 1)
        office.whole_way([plan_draft(DRAWS, 100_00, JANUARY)], JANUARY)
        office.whole_way([plan_draft(DRAWS, 160_00, FEBRUARY), _less_of_january(10_00)], FEBRUARY)

    with office.ledger.reading() as session:
        assert verify(session).findings == []
    # 160.00 - 90.00 were paid at once.
    assert _sums(office)["payroll_clearing"] == -(100_00 + 70_00)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "ledger.db") as opened:
        yield opened


def _less_of_january(worth_minor: int) -> StatementDraft:
    return replace(draft_statement(DRAWS, worth_minor, period=JANUARY), settled_minor=100_00)


def _sums(office: Desk) -> dict[str, int]:
    with office.ledger.reading() as session:
        rows = session.execute(select(Posting.account, func.sum(Posting.amount_minor)).group_by(Posting.account))
        return {account: int(amount) for account, amount in rows}


def _of_lina(rows: list[tuple[str, str, str]]) -> dict[str, str]:
    return {element: amount for who, element, amount in rows if who == "lina"}


def _balances(shop: Shop, period: str) -> dict[str, str]:
    rows = shop.command("cycle", "balances", period, "--format", "json").json()
    return {
        name: str(row[name]) for row in rows if row["associate_id"] == "lina" for name in ("payable", "draws_owed", "overpaid")
    }
