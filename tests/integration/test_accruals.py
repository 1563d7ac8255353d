"""Accruals: expense of a period before its lock, posted by difference and taken back by the lock, on both stores."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from support_build import KEY, line
from support_build import deliver as deliver_rows
from support_ledger import NIGHTLY, Desk, desk, draft_statement
from support_shop import SELLER, TENTH, Shop
from support_stores import STORES, new_place

from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor
from incentives.ledger.integrity import verify
from incentives.ledger.states import StateError


@pytest.fixture(params=STORES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with desk(new_place(request.param, tmp_path)) as opened:
        yield opened


def _balances(office: Desk) -> dict[str, int]:
    query = text("select account, sum(amount_minor) from postings group by account having sum(amount_minor) <> 0")
    with office.ledger.reading() as session:
        return {str(account): int(amount) for account, amount in session.execute(query)}


def test_each_accrual_posts_the_difference_and_the_lock_takes_all_of_it_back(office: Desk) -> None:
    # 310.00 of two people are accrued; calculated again a1 has 290.00 and a2 none: 20.00 less. The lock leaves the pay alone.
    office.open()
    with pytest.raises(StateError, match="possible from its calculation to its lock"):
        office.accrue()
    office.calculate([draft_statement("a1", 300_00), draft_statement("a2", 10_00)])
    first = office.accrue()
    again = office.accrue()
    office.calculate([draft_statement("a1", 290_00)])
    second = office.accrue()
    before_lock = _balances(office)
    office.review()
    office.approve()
    office.lock()

    assert (first.number, first.posted_minor, first.accrued_minor) == (1, {"EUR": 310_00}, {"EUR": 310_00})
    assert (again.number, again.event_id, again.posted_minor) == (1, first.event_id, {})
    assert (second.number, second.posted_minor, second.accrued_minor) == (2, {"EUR": -20_00}, {"EUR": 290_00})
    assert before_lock == {"incentive_expense": 290_00, "incentive_accrued": -290_00}
    assert _balances(office) == {"incentive_expense": 290_00, "associate_payable": -290_00}
    with pytest.raises(StateError, match="the cycle is locked"):
        office.accrue()
    with office.ledger.reading() as session:
        assert verify(session).findings == []


def test_who_accrues(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 300_00)])
    with pytest.raises(AccessError, match="is a job"):
        office.accrue(NIGHTLY)
    with pytest.raises(AccessError, match="is paid by this cycle"):
        office.accrue(Actor("a1", "person"))


def test_the_journals_of_accrual_and_export_come_to_the_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # 10 % of 1,000.00 and 50.00: 105.00 are accrued. Both journals together: 105.00 of expense, all of it with payroll.
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    deliver_rows(
        shop.ws, "till", "order_lines-1.csv",
        [line("o1", "1", "1000.00", seller="noor", location_id=""), line("o2", "1", "50.00", location_id="")],
    )  # fmt: skip
    shop.land_and_build()
    shop.calculated("2026-03")
    done = shop.command("cycle", "accrue", "2026-03", "--actor", "omar", "--format", "json").json()
    journal = Path(str(done[0]["journal"]))
    written = journal.read_bytes()
    journal.unlink()
    again = shop.command("cycle", "accrue", "2026-03", "--actor", "omar", "--format", "json").json()
    shop.paid("2026-03")

    assert (done[0]["posted"], done[0]["accrued"], done[0]["people"]) == ("105.00", "105.00", 2)
    assert (again[0]["posted"], again[0]["accrued"]) == ("0.00", "105.00")
    assert journal.read_bytes() == written
    sums: dict[str, Decimal] = {}
    for path in (journal, shop.ws.exports / "journal-fr-2026-03-demo.csv"):
        with path.open(newline="") as handle:
            for row in csv.DictReader(handle):
                amount = Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
                sums[row["account"]] = sums.get(row["account"], Decimal(0)) + amount
    assert {account: cents for account, cents in sums.items() if cents} == {
        "incentive_expense": 105,
        "payroll_clearing": -105,
    }
    shop.everything_holds("2026-03")
