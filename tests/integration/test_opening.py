"""Opening balances: what a pay group's first lock posts of before, on both stores, and by the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from support_book import DRAWS, plan_draft
from support_build import KEY, deliver, line
from support_ledger import ANNA, APRIL, BORIS, MARCH, TERMS, Desk, desk, draft_statement
from support_portal import Browser, make_client
from support_shop import SELLER, TENTH, Shop
from support_stores import STORES, new_place

from incentives.errors import InputError
from incentives.ledger import publications
from incentives.ledger.integrity import verify
from incentives.ledger.opening import document_of, parse_opening

HEADER = "associate_id,currency,balance,amount\n"


@pytest.fixture(params=STORES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with desk(new_place(request.param, tmp_path)) as opened:
        yield opened


def _publish(office: Desk, body: str) -> None:
    document = document_of(TERMS.name)
    with office.ledger.act() as session:
        publications.propose(session, ANNA, document, body, at=office.tick(), reason="From the last system.")
        publications.confirm(session, BORIS, document, at=office.tick())


def _balances(office: Desk) -> dict[tuple[str, str], int]:
    query = text("select associate_id, account, sum(amount_minor) from postings group by 1, 2")
    with office.ledger.reading() as session:
        return {(who, account): int(amount) for who, account, amount in session.execute(query) if amount}


def test_the_first_lock_posts_what_was_owed_before_and_later_ones_nothing(office: Desk) -> None:
    # a1 is owed 40.00. a2 owes 30.00 and has 12.00 held, which finance releases. a3 owes 80.00 of a draw that tops up to 100.00: of 150.00 it
    # takes 50.00, in April of 200.00 the other 30.00. a4 has no statement and is owed 5.00.
    rows = (
        "a1,EUR,payable,40.00",
        "a2,EUR,carried_forward,30.00",
        "a2,EUR,held,12.00",
        f"{DRAWS},EUR,draw,80.00",
        "a4,EUR,payable,5",
    )
    _publish(office, HEADER + "\n".join(rows) + "\n")
    office.open()
    office.calculate([draft_statement("a1", 200_00), draft_statement("a2", 100_00), plan_draft(DRAWS, 150_00, MARCH)])
    office.instruct("release", "a2")
    office.review()
    office.approve()
    office.lock()
    march = office.export()
    april = office.whole_way([plan_draft(DRAWS, 200_00, APRIL)], APRIL)

    assert [(one.associate_id, one.pay_element, one.amount_minor) for one in march.lines] == [
        ("a1", "BONUS", 200_00),
        ("a1", "OPENING_BALANCE", 40_00),
        ("a2", "BONUS", 100_00),
        ("a2", "OPENING_BALANCE", -30_00),
        ("a2", "RELEASED", 12_00),
        (DRAWS, "BONUS", 150_00),
        (DRAWS, "DRAW_RECOVERY", -50_00),
        ("a4", "OPENING_BALANCE", 5_00),
    ]
    assert [(one.pay_element, one.amount_minor) for one in april.lines] == [("BONUS", 200_00), ("DRAW_RECOVERY", -30_00)]
    assert _balances(office) == {
        ("a1", "incentive_expense"): 200_00,
        ("a1", "opening_balances"): 40_00,
        ("a1", "payroll_clearing"): -240_00,
        ("a2", "incentive_expense"): 100_00,
        ("a2", "opening_balances"): -18_00,
        ("a2", "payroll_clearing"): -82_00,
        (DRAWS, "incentive_expense"): 350_00,
        (DRAWS, "opening_balances"): -80_00,
        (DRAWS, "payroll_clearing"): -270_00,
        ("a4", "opening_balances"): 5_00,
        ("a4", "payroll_clearing"): -5_00,
    }
    # A text that came into effect afterwards is none of theirs.
    _publish(office, HEADER + "a1,EUR,payable,99.00\n")
    with office.ledger.reading() as session:
        assert verify(session).findings == []


def test_what_is_in_effect_at_the_approval_is_posted(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 10_00)])
    _publish(office, HEADER + "a1,EUR,payable,1.00\n")
    office.review()
    office.approve()
    _publish(office, HEADER + "a1,EUR,payable,2.00\n")
    office.lock()

    assert _balances(office)["a1", "associate_payable"] == -11_00
    with office.ledger.reading() as session:
        assert verify(session).findings == []


@pytest.mark.parametrize(
    ("body", "words"),
    (
        ("associate_id,currency,amount\n", "opening/main.csv: it has no column balance. Its columns are"),
        (HEADER + ",EUR,payable,1.00\n", "opening/main.csv, line 2: it names nobody."),
        (HEADER + "a1,EUR,payable,1.00\na2,EUR,bonus,1.00\n", "opening/main.csv, line 3: 'bonus' is no balance."),
        (HEADER + "a1,EURO,payable,1.00\n", "line 2: 'EURO' is not an ISO 4217 currency code."),
        (HEADER + "a1,EUR,payable,1.005\n", "line 2: '1.005' has more than the 2 decimal digits of EUR."),
        (HEADER + "a1,EUR,payable,-1.00\n", "line 2: '-1.00' is not above zero."),
        (HEADER + "a1,EUR,payable,1.00\na1,EUR,payable,2.00\n", "line 3: a1 has a payable in EUR already."),
    ),
)
def test_a_line_that_says_nothing_is_named(body: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_opening(body, "opening/main.csv")

    assert words in str(refused.value)


@pytest.mark.slow
def test_opening_balances_are_put_into_effect_by_two_people_before_the_first_approval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # January: 100.00 for 1,000.00 sold, and 25.00 that the last system still owed.
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()
    shop.cycle("open", "2026-01")
    folder = shop.ws.root / "opening"
    folder.mkdir()
    path, (group,) = folder / "none.csv", shop.ws.config.pay_groups
    propose, confirm = ("--reason", "from the last system", "--actor", "omar"), ("--confirm", "--actor", "iris")
    path.write_text(HEADER + "nobody,EUR,payable,25.00\n")
    assert "'none' is not a pay group" in shop.command("publish", "opening/none.csv", *propose, code=2).err
    path.unlink()
    path, document = folder / f"{group}.csv", f"opening/{group}.csv"
    path.write_text(HEADER + "nobody,EUR,payable,25.00\n")
    assert f"{document}: nobody is known as nobody." in shop.command("publish", document, *propose, code=2).err
    path.write_text(HEADER + "lina,EUR,payable,25.00\n")
    shop.command("publish", document, *propose)
    assert "another person confirms it" in shop.command("publish", document, "--confirm", "--actor", "omar", code=2).err
    shop.command("publish", document, *confirm)

    shop.cycle("calculate", "2026-01")
    assert "opens with: 25.00 EUR payable of 1 person" in shop.command("cycle", "status", "2026-01").out
    shop.cycle("review", "2026-01")
    shop.cycle("approve", "2026-01", by="iris")
    path.write_text(HEADER + "lina,EUR,payable,26.00\n")
    assert "2026-01 is approved, and posts the opening balances" in shop.command("publish", document, *propose, code=2).err
    shop.cycle("lock", "2026-01", by="iris")
    assert "2026-01 is locked, and the opening balances with it" in shop.command("publish", document, *propose, code=2).err
    shop.cycle("export", "2026-01", by="iris")

    assert shop.exported("2026-01") == [("lina", "BONUS", "100.00"), ("lina", "OPENING_BALANCE", "25.00")]
    (added,) = shop.command("account", "add", "omar", "--role", "finance", "--format", "json").json()
    browser = Browser(make_client(shop.ws))
    assert browser.sign_in("omar", str(added["password"])).status_code == 303
    page = browser.get("/cycles/fr/2026-01").text
    assert "Owed to people from before" in page
    assert "€25.00" in page
    shop.command("verify")
