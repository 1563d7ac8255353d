"""What payroll says of an export clears or reverses its payments; worked by hand, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop

from incentives.ledger.engine import Ledger

pytestmark = pytest.mark.slow


def _balances(shop: Shop) -> dict[tuple[str, str], int]:
    """What stands on each account with each person, minor units, debit positive; read by SQL of the test's own."""
    with Ledger.open(shop.ws.ledger) as ledger, ledger.reading() as session:
        rows = session.execute(text("select account, associate_id, sum(amount_minor) from postings group by 1, 2"))
        return {(account, who): int(amount) for account, who, amount in rows if amount}


def test_a_refused_payment_is_owed_again_and_the_next_cycle_pays_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    sales = [
        line(order, "1", "1000.00", day=day, location_id="", seller=who)
        for order, day, who in (("j1", "2026-01-10", "lina"), ("j2", "2026-01-10", "noor"), ("f1", "2026-02-10", "lina"))
    ]
    deliver(shop.ws, "till", "order_lines-1.csv", sales)
    shop.land_and_build()
    shop.calculated("2026-01")
    answer = tmp_path / "answer.csv"
    answer.write_text("person_id,currency,result,reason\nlina,EUR,refused,the account was closed\n")
    assert shop.paid("2026-01") == [("lina", "BONUS", "100.00"), ("noor", "BONUS", "100.00")]
    before = {path.name: path.read_bytes() for path in shop.ws.exports.iterdir()}

    # Before payroll answers, both payments stand with it.
    assert _balances(shop)["payroll_clearing", "lina"] == -100_00
    (first,) = shop.command("cycle", "results", "2026-01", str(answer), "--actor", "omar", "--format", "json").json()
    assert (first["accepted"], first["refused"], first["waiting"], first["refused_amount"]) == (0, 1, 1, "100.00 EUR")
    said = shop.command("cycle", "status", "2026-01").out
    assert "payroll: 100.00 EUR of 1 person refused, and owed again" in said
    assert "payroll: 100.00 EUR of 1 person without an answer yet" in said
    (rest,) = shop.command("cycle", "results", "2026-01", "--accept-rest", "--actor", "omar", "--format", "json").json()
    assert (rest["accepted"], rest["waiting"]) == (1, 0)
    (again,) = shop.command("cycle", "results", "2026-01", str(answer), "--actor", "omar", "--format", "json").json()
    assert (again["accepted"], again["refused"], again["known"]) == (0, 0, 1)
    assert _balances(shop) == {
        ("incentive_expense", "lina"): 100_00,
        ("incentive_expense", "noor"): 100_00,
        ("associate_payable", "lina"): -100_00,
        ("payroll_paid", "noor"): -100_00,
    }

    # February's own 100.00, and the 100.00 that were refused.
    shop.calculated("2026-02")
    assert shop.paid("2026-02") == [("lina", "BONUS", "100.00"), ("lina", "CARRIED_FORWARD", "100.00")]
    shop.command("cycle", "results", "2026-02", "--accept-rest", "--actor", "omar")
    assert ("associate_payable", "lina") not in _balances(shop)
    assert _balances(shop)["payroll_paid", "lina"] == -200_00
    # January's files are the ones that payroll has.
    shop.cycle("export", "2026-01")
    assert {name: (shop.ws.exports / name).read_bytes() for name in before} == before
    shop.everything_holds("2026-01", "2026-02")

    for words, rows in (
        ("nothing was exported for nobody in EUR", "nobody,EUR,accepted,"),
        ("lina in EUR stands twice", "lina,EUR,accepted,\nlina,EUR,accepted,"),
        ("the refusal of lina in EUR has no reason", "lina,EUR,refused, "),
        ("lina in EUR was recorded as accepted before", "lina,EUR,refused,late"),
        ("answer.csv:2: result: 'paid' is neither accepted nor refused", "lina,EUR,paid,"),
    ):
        answer.write_text(f"person_id,currency,result,reason\n{rows}\n")
        assert words in shop.command("cycle", "results", "2026-02", str(answer), "--actor", "omar", code=2).err
    answer.write_text("person,currency\nlina,EUR\n")
    assert (
        "the columns person_id, result are missing"
        in shop.command("cycle", "results", "2026-02", str(answer), "--actor", "omar", code=2).err
    )
    assert "Name payroll's FILE" in shop.command("cycle", "results", "2026-02", "--actor", "omar", code=2).err
    shop.cycle("open", "2026-03")
    assert (
        "payroll answers what was exported"
        in shop.command("cycle", "results", "2026-03", "--accept-rest", "--actor", "omar", code=2).err
    )


def test_a_result_changed_behind_the_ledgers_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()
    shop.calculated("2026-01")
    shop.paid("2026-01")
    shop.command("cycle", "results", "2026-01", "--accept-rest", "--actor", "omar")
    with Ledger.open(shop.ws.ledger) as ledger, ledger.engine.connect() as connection:
        for name in ("postings_unchanged", "postings_kept", "journal_entries_kept"):
            connection.execute(text(f"drop trigger if exists {name}"))
        connection.execute(text("update postings set amount_minor = amount_minor * 2 where account = 'payroll_paid'"))
        connection.commit()

    found = shop.command("verify", code=1).out
    assert "payroll_accepted of lina" in found
