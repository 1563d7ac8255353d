"""Goodwill: what a cycle pays outside worth, on both stores; and a ledger with it and with instructions moved between stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from support_ledger import ANNA, APRIL, BORIS, CLARA, NIGHTLY, Desk, desk, draft_statement
from support_stores import SQLITE, STORES, change, drop_trigger, new_place, refusal

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor
from incentives.ledger.copying import copy_ledger
from incentives.ledger.exports import PayrollFile
from incentives.ledger.integrity import verify
from incentives.ledger.states import StateError
from incentives.periods import Period

MAY = APRIL.next()


@pytest.fixture(params=STORES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with desk(new_place(request.param, tmp_path)) as opened:
        yield opened


def _finished(office: Desk, period: Period | None = None) -> list[tuple[str, str, int]]:
    more = {} if period is None else {"period": period}
    office.review(**more)
    office.approve(**more)
    office.lock(**more)
    file: PayrollFile = office.export(**more)
    return [(line.associate_id, line.pay_element, line.amount_minor) for line in file.lines]


def _balances(office: Desk, who: str) -> dict[str, int]:
    query = text("select account, sum(amount_minor) from postings where associate_id = :who group by account")
    with office.ledger.reading() as session:
        return {str(account): int(amount) for account, amount in session.execute(query, {"who": who})}


def test_goodwill_is_paid_beside_worth_and_no_later_adjustment_takes_it_back(office: Desk) -> None:
    # March: 300.00 of worth and 25.00 of goodwill. In April March is worth 280.00: 20.00 go back, the goodwill stays.
    office.open()
    office.calculate([draft_statement("a1", 300_00)])
    office.goodwill("a1", 25_00)
    march = _finished(office)
    office.open(period=APRIL)
    office.calculate(
        [draft_statement("a1", 100_00, period=APRIL), draft_statement("a1", 280_00, settled_minor=300_00)], period=APRIL
    )
    april = _finished(office, APRIL)

    assert march == [("a1", "BONUS", 300_00), ("a1", "GOODWILL", 25_00)]
    assert april == [("a1", "ADJUSTMENT_2026-03", -20_00), ("a1", "BONUS", 100_00)]
    # 300.00 - 20.00 + 100.00 of worth, 25.00 of goodwill, all of it on its way to payroll.
    assert _balances(office, "a1") == {
        "incentive_expense": 380_00,
        "goodwill_expense": 25_00,
        "associate_payable": 0,
        "payroll_clearing": -405_00,
    }
    with office.ledger.reading() as session:
        assert verify(session).findings == []


def test_a_debt_is_taken_from_goodwill_and_a_hold_holds_it(office: Desk) -> None:
    # March -80.00. April: nothing of worth for a1 and 50.00 of goodwill, which the debt takes; a2 is held with 10.00 and 5.00.
    office.whole_way([draft_statement("a1", -80_00), draft_statement("a2", 1_00)])
    office.open(period=APRIL)
    office.calculate([draft_statement("a2", 10_00, period=APRIL)], period=APRIL)
    office.goodwill("a1", 50_00, period=APRIL)
    office.goodwill("a2", 5_00, period=APRIL)
    office.instruct("hold", "a2", period=APRIL)
    april = _finished(office, APRIL)

    assert april == []
    assert _balances(office, "a1")["associate_payable"] == 30_00
    assert _balances(office, "a2")["associate_held"] == -15_00
    with office.ledger.reading() as session:
        assert verify(session).findings == []


def test_who_gives_and_who_gets(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 300_00)])

    with pytest.raises(InputError, match="no statement of this pay group in CHF"):
        office.goodwill("a1", 1, currency="CHF")
    with pytest.raises(InputError, match="no statement of this pay group"):
        office.goodwill("nobody", 1)
    with pytest.raises(InputError, match="above zero"):
        office.goodwill("a1", 0)
    with pytest.raises(AccessError, match="is a job"):
        office.goodwill("a1", 1, NIGHTLY)
    with pytest.raises(AccessError, match="is paid by this cycle"):
        office.goodwill("a1", 1, Actor("a1", "person"))
    office.goodwill("a1", 5_00, BORIS)
    with pytest.raises(InputError, match="has goodwill in EUR in this cycle already"):
        office.goodwill("a1", 5_00)
    office.review()
    with pytest.raises(AccessError, match=r"boris made an act in this cycle \(goodwill\)"):
        office.approve(BORIS)
    office.goodwill("a1", 0, CLARA, withdraw=True)
    office.approve(Actor("dora", "person"))
    with pytest.raises(StateError, match="the cycle is approved"):
        office.goodwill("a1", 5_00)
    office.lock()
    assert _balances(office, "a1") == {"incentive_expense": 300_00, "associate_payable": -300_00}


def test_the_database_refuses_what_the_product_would_not_do(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 300_00)])
    office.goodwill("a1", 5_00)
    engine = office.ledger.engine
    columns = "cycle_id, 2, {who}, currency, {amount}, question_id, is_withdrawn, {by}, given_at, 1"

    def row(who: str = "associate_id", amount: str = "amount_minor", by: str = "person_id") -> str:
        return f"insert into goodwills select {columns.format(who=who, amount=amount, by=by)} from goodwills"

    assert "nobody gives goodwill to themself" in refusal(engine, row(by="associate_id"))
    assert "ck_goodwills_amount" in refusal(engine, row(amount="0"))
    assert "never changed" in refusal(engine, "update goodwills set amount_minor = 9")
    assert "never deleted" in refusal(engine, "delete from goodwills")
    office.review()
    office.approve()
    assert "before the cycle is approved" in refusal(engine, row())


def test_goodwill_changed_behind_the_products_back_is_found(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 300_00)])
    office.goodwill("a1", 5_00)
    _finished(office)
    drop_trigger(office.ledger.engine, "goodwills", "goodwills_unchanged")
    change(office.ledger.engine, "update goodwills set amount_minor = 900")

    with office.ledger.reading() as session:
        places = [found.place for found in verify(session).findings]
    assert "goodwill 1 of cycle 2026-03/main" in places
    assert "guard goodwills_unchanged" in places


@pytest.mark.parametrize("store", STORES)
def test_a_ledger_with_instructions_and_goodwill_moves_to_another_store(store: str, tmp_path: Path) -> None:
    # What is said of a cycle before its approval is taken by the guards although the cycle is exported by now.
    (tmp_path / "other").mkdir()
    with desk(new_place(SQLITE, tmp_path)) as office, desk(new_place(store, tmp_path / "other")) as moved:
        office.open()
        office.calculate([draft_statement("a1", 300_00), draft_statement("a2", 10_00)])
        office.instruct("hold", "a2")
        office.goodwill("a1", 5_00, ANNA)
        rows = _finished(office)
        copy_ledger(office.ledger, moved.ledger, "the other store")

        assert rows == [("a1", "BONUS", 300_00), ("a1", "GOODWILL", 5_00)]
        assert _balances(moved, "a1") == _balances(office, "a1")
        with moved.ledger.reading() as session:
            assert verify(session).findings == []
