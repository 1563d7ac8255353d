"""Holds, releases, write-offs and waivers: what finance says of a cycle before its approval, and what the lock posts of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from support_build import KEY, deliver, line
from support_ledger import ANNA, APRIL, BORIS, CLARA, MARCH, NIGHTLY, Desk, desk, draft_statement
from support_shop import SELLER, TENTH, Shop
from support_stores import STORES, change, drop_trigger, new_place, refusal

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.drafts import StatementDraft
from incentives.ledger.exports import PayrollFile
from incentives.ledger.integrity import verify
from incentives.ledger.states import StateError
from incentives.periods import Period

MAY = APRIL.next()


@pytest.fixture(params=STORES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with desk(new_place(request.param, tmp_path)) as opened:
        yield opened


def _calculated(office: Desk, statements: list[StatementDraft], period: Period = MARCH) -> None:
    office.open(period=period)
    office.calculate(statements, period=period)


def _finished(office: Desk, period: Period = MARCH) -> PayrollFile:
    office.review(period=period)
    office.approve(period=period)
    office.lock(period=period)
    return office.export(period=period)


def _rows(file: PayrollFile) -> list[tuple[str, str, int]]:
    return [(line.associate_id, line.pay_element, line.amount_minor) for line in file.lines]


def _balance(office: Desk, account: str, who: str) -> int:
    query = text("select coalesce(sum(amount_minor), 0) from postings where account = :account and associate_id = :who")
    with office.ledger.reading() as session:
        return int(session.execute(query, {"account": account, "who": who}).scalar_one())


def test_a_held_payout_delays_nobody_and_is_paid_with_the_cycle_that_releases_it(office: Desk) -> None:
    # March 300.00 of a1 is held; April 50.00 is paid without it; May releases it beside 20.00.
    _calculated(office, [draft_statement("a1", 300_00), draft_statement("a2", 10_00)])
    office.instruct("hold", "a1")
    march = _finished(office)
    april = office.whole_way([draft_statement("a1", 50_00, period=APRIL)], APRIL)
    held = _balance(office, "associate_held", "a1")
    _calculated(office, [draft_statement("a1", 20_00, period=MAY)], MAY)
    office.instruct("release", "a1", period=MAY)
    may = _finished(office, MAY)

    assert _rows(march) == [("a2", "BONUS", 10_00)]
    assert _rows(april) == [("a1", "BONUS", 50_00)]
    assert held == -300_00
    assert _rows(may) == [("a1", "BONUS", 20_00), ("a1", "RELEASED", 300_00)]
    assert _balance(office, "associate_held", "a1") == 0
    with office.ledger.reading() as session:
        assert verify(session).findings == []


def test_a_release_pays_somebody_who_has_no_statement_any_more_less_what_they_owe(office: Desk) -> None:
    # 300.00 held in March; -80.00 in April; May pays 300.00 - 80.00.
    _calculated(office, [draft_statement("a1", 300_00)])
    office.instruct("hold", "a1")
    _finished(office)
    office.whole_way([draft_statement("a1", 220_00, settled_minor=300_00)], APRIL)
    _calculated(office, [draft_statement("a2", 1, period=MAY)], MAY)
    office.instruct("release", "a1", period=MAY)

    assert _rows(_finished(office, MAY))[:2] == [("a1", "CARRIED_FORWARD", -80_00), ("a1", "RELEASED", 300_00)]


def test_a_hold_stays_through_another_calculation_and_can_be_withdrawn(office: Desk) -> None:
    _calculated(office, [draft_statement("a1", 300_00)])
    office.instruct("hold", "a1")
    office.calculate([draft_statement("a1", 310_00)])
    with pytest.raises(InputError, match="instructed before"):
        office.instruct("hold", "a1")
    office.instruct("hold", "a1", withdraw=True)

    assert _rows(_finished(office)) == [("a1", "BONUS", 310_00)]


def test_a_debt_is_written_off_by_an_act_and_asked_for_no_more(office: Desk) -> None:
    # -80.00 in March is carried; April has 30.00 and writes off the other 50.00; May pays its 20.00 whole.
    office.whole_way([draft_statement("a1", -80_00)])
    _calculated(office, [draft_statement("a1", 30_00, period=APRIL)], APRIL)
    office.instruct("write_off", "a1", period=APRIL)
    april = _finished(office, APRIL)
    may = office.whole_way([draft_statement("a1", 20_00, period=MAY)], MAY)

    assert _rows(april) == []
    assert _rows(may) == [("a1", "BONUS", 20_00)]
    assert _balance(office, "write_off_expense", "a1") == 50_00
    with office.ledger.reading() as session:
        assert verify(session).findings == []


def test_a_write_off_waits_for_the_export_before_it(office: Desk) -> None:
    _calculated(office, [draft_statement("a1", 80_00)])
    office.review()
    office.approve()
    office.lock()
    _calculated(office, [draft_statement("a1", -90_00, period=APRIL)], APRIL)
    office.instruct("write_off", "a1", period=APRIL)
    office.review(period=APRIL)
    office.approve(period=APRIL)

    with pytest.raises(StateError, match="2026-03 is locked and not exported"):
        office.lock(period=APRIL)


def test_who_instructed_does_not_approve(office: Desk) -> None:
    _calculated(office, [draft_statement("a1", 300_00)])
    office.instruct("hold", "a1", BORIS)
    office.review()

    with pytest.raises(AccessError, match="hold"):
        office.approve(BORIS)
    assert office.approve(CLARA).state.value == "approved"


def test_what_is_approved_takes_no_instruction_and_the_database_refuses_it_too(office: Desk) -> None:
    _calculated(office, [draft_statement("a1", 300_00)])
    office.instruct("hold", "a1")
    office.review()
    office.approve()

    with pytest.raises(StateError, match="the cycle is approved"):
        office.instruct("hold", "a1", withdraw=True)
    engine = office.ledger.engine
    row = "select cycle_id, 2, kind, subject, version, is_withdrawn, person_id, given_at, 1 from cycle_instructions"
    assert "before the cycle is approved" in refusal(engine, f"insert into cycle_instructions {row}")
    assert "never changed" in refusal(engine, "update cycle_instructions set is_withdrawn = not is_withdrawn")
    assert "never deleted" in refusal(engine, "delete from cycle_instructions")


def test_an_instruction_changed_without_the_guards_is_named(office: Desk) -> None:
    _calculated(office, [draft_statement("a1", 300_00), draft_statement("a2", 300_00)])
    office.instruct("hold", "a1")
    _finished(office)
    drop_trigger(office.ledger.engine, "cycle_instructions", "cycle_instructions_unchanged")
    change(office.ledger.engine, "update cycle_instructions set subject = 'a2'")

    with office.ledger.reading() as session:
        found = verify(session).findings

    assert (found[0].place, found[0].sentence) == (
        "instruction 1 of cycle 2026-03/main",
        "the hold of a2 is not what was recorded",
    )
    assert any(finding.place == "guard cycle_instructions_unchanged" for finding in found)


def test_nobody_holds_what_is_not_there_and_nobody_acts_on_their_own_pay(office: Desk) -> None:
    _calculated(office, [draft_statement("a1", 300_00)])

    with pytest.raises(InputError, match="no statement in this cycle"):
        office.instruct("hold", "a9")
    with pytest.raises(InputError, match="nothing is held of a1"):
        office.instruct("release", "a1")
    with pytest.raises(InputError, match="no `hold` of a1 to withdraw"):
        office.instruct("hold", "a1", withdraw=True)
    with pytest.raises(AccessError, match="own pay"):
        office.instruct("write_off", "anna", ANNA)
    with pytest.raises(AccessError, match="is for a person"):
        office.instruct("hold", "a1", NIGHTLY)


@pytest.mark.slow
def test_a_hold_and_its_release_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    sales = [
        line("j1", "1", "3000.00", day="2026-01-10", location_id=""),
        line("j2", "1", "500.00", day="2026-01-10", seller="noor", location_id=""),
        line("f1", "1", "1000.00", day="2026-02-10", location_id=""),
    ]
    deliver(shop.ws, "till", "order_lines.csv", sales)
    shop.land_and_build()
    shop.calculated("2026-01")
    words = shop.cycle("hold", "2026-01", "lina", "--reason", "her contract is being looked at").out
    assert "hold lina: her contract is being looked at (omar)" in words

    assert shop.paid("2026-01") == [("noor", "BONUS", "50.00")]
    balances = list(csv.DictReader(io.StringIO(shop.command("cycle", "balances", "2026-01", "--format", "csv").out)))
    assert [(row["associate_id"], row["payable"], row["held"]) for row in balances] == [("lina", "0.00", "300.00")]

    shop.calculated("2026-02")
    shop.cycle("release", "2026-02", "lina", "--reason", "the contract is signed")
    assert shop.paid("2026-02") == [("lina", "BONUS", "100.00"), ("lina", "RELEASED", "300.00")]
    shop.everything_holds("2026-01", "2026-02")
