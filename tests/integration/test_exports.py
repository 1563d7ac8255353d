"""What leaves a cycle: payroll as CSV and workbook, the journal of the general ledger, statements on paper; opened by real readers."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop, returned

from incentives.ledger.engine import Ledger
from incentives.services.cycle_views import ComponentView, StatementView, TraceView
from incentives.services.statement_pdf import statements_pdf

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """January paid to lina and noor; February pays lina, less what came back of January."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", KEY)
        made = Shop(tmp_path_factory.mktemp("exports") / "ws", SELLER, TENTH)
        january = [
            line("j1", "1", "1000.00", day="2026-01-10", location_id=""),
            line("j2", "1", "333.33", day="2026-01-11", location_id="", seller="noor"),
        ]
        deliver(made.ws, "till", "order_lines-1.csv", january)
        made.land_and_build()
        made.calculated("2026-01")
        made.paid("2026-01")
        february = [returned("r1", "j1", "-400.00", "2026-02-05"), line("f1", "1", "2000.00", day="2026-02-06", location_id="")]
        deliver(made.ws, "till", "order_lines-2.csv", february)
        made.land_and_build()
        made.calculated("2026-02")
        made.paid("2026-02")
    return made


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)


def _postings(shop: Shop, period: str) -> dict[tuple[str, str], int]:
    """What the ledger posted in a cycle by kind and account, minor units, debit positive; read by SQL of the test's own."""
    from sqlalchemy import text

    with Ledger.open(shop.ws.ledger) as ledger, ledger.reading() as session:
        rows = session.execute(
            text(
                "select kind, account, sum(amount_minor) from postings join journal_entries using (entry_id) join cycles using (cycle_id) "
                "where period = :period group by 1, 2"
            ),
            {"period": period},
        )
        return {(kind, account): int(amount) for kind, account, amount in rows}


def test_the_workbook_has_the_rows_of_the_csv_as_typed_cells_and_its_totals(shop: Shop) -> None:
    text = (shop.ws.exports / "payroll-fr-2026-02-demo.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    book = load_workbook(shop.ws.exports / "payroll-fr-2026-02-demo.xlsx")
    cells = list(book["Payroll"].iter_rows(min_row=2))
    control = dict(book["Control"].iter_rows(values_only=True))

    assert [[str(cell.value) for cell in row[:5]] for row in cells] == [list(row.values())[:5] for row in rows]
    assert [row[5].data_type for row in cells] == ["n"] * len(rows)
    assert [Decimal(str(row[5].value)) for row in cells] == [Decimal(row["amount"]) for row in rows]
    # 2,000.00 at 10 %, less 10 % of the 400.00 of January.
    assert [(row[3].value, row[5].value) for row in cells] == [("ADJUSTMENT_2026-01", -40), ("BONUS", 200)]
    assert control["total EUR"] == "160.00"
    assert (
        control["sha256"]
        == hashlib.sha256(text.encode().replace(b"\n", b"\r\n") if "\r" not in text else text.encode()).hexdigest()
    )


def test_the_journal_balances_and_is_what_the_ledger_posted(shop: Shop) -> None:
    rows = list(csv.DictReader(io.StringIO((shop.ws.exports / "journal-fr-2026-02-demo.csv").read_text())))
    control = json.loads((shop.ws.exports / "journal-fr-2026-02-demo.control.json").read_text())

    told: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row["entry"], row["account"])
        told[key] = told.get(key, 0) + int(Decimal(row["debit"] or "0") * 100) - int(Decimal(row["credit"] or "0") * 100)
    assert told == _postings(shop, "2026-02")
    assert told == {
        ("earning", "incentive_expense"): 200_00,
        ("earning", "associate_payable"): -200_00,
        ("adjustment", "incentive_expense"): -40_00,
        ("adjustment", "associate_payable"): 40_00,
        ("payment", "associate_payable"): 160_00,
        ("payment", "payroll_clearing"): -160_00,
    }
    assert control["totals"] == {"EUR": {"debit": "400.00", "credit": "400.00"}}
    assert "lina" not in (shop.ws.exports / "journal-fr-2026-02-demo.csv").read_text()


def test_everything_that_is_written_again_has_the_same_bytes_and_pays_nothing_again(shop: Shop, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in shop.ws.exports.iterdir()}
    posted = _postings(shop, "2026-02")
    assert {Path(name).suffix for name in before} == {".csv", ".json", ".xlsx"}
    for path in shop.ws.exports.iterdir():
        path.unlink()
    shop.cycle("export", "2026-01")
    shop.cycle("export", "2026-02")
    for folder in ("one", "two"):
        shop.command("cycle", "pdf", "2026-02", str(tmp_path / folder))

    assert {path.name: path.read_bytes() for path in shop.ws.exports.iterdir()} == before
    assert _postings(shop, "2026-02") == posted
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in ("one", "two"))
    assert one == two


def test_a_statement_on_paper_has_every_step_and_its_totals_agree_with_the_ledger(shop: Shop, tmp_path: Path) -> None:
    shop.command("cycle", "pdf", "2026-02", str(tmp_path))
    control = json.loads((tmp_path / "statements-fr-2026-02.control.json").read_text())
    words = " ".join(page.extract_text() for page in PdfReader(tmp_path / "statement-fr-2026-02-lina.pdf").pages)
    words = " ".join(words.split())

    assert control["due"] == {"EUR": "160.00"}
    assert sorted(control["files"]) == [
        "statement-fr-2026-02-anna.pdf",
        "statement-fr-2026-02-lina.pdf",
        "statement-fr-2026-02-noor.pdf",
    ]
    for expected in (
        "lina: 200.00 EUR",
        "Final.",
        "Plan tenth, version 1",
        "sales credited_revenue 2000.00",
        "correction of 2026-01",
        "Worth by now 60.00, settled so far 100.00 EUR",
        "rounded once, half to even, to the minor unit",
    ):
        assert expected in words, expected
    steps = shop.command("cycle", "statements", "2026-02", "--format", "json").json()
    for label in (step["label"] for row in steps if row["associate_id"] == "lina" for step in row["trace"]):
        assert " ".join(str(label).split()) in words
    alone = tmp_path / "alone"
    shop.command("cycle", "pdf", "2026-02", str(alone), "--associate", "noor")
    assert sorted(path.suffix for path in alone.iterdir()) == [".json", ".pdf"]
    assert (
        "there is no statement to write"
        in shop.command("cycle", "pdf", "2026-02", str(alone), "--associate", "nobody", code=2).err
    )


def test_letters_that_the_fonts_of_paper_do_not_have_are_spelled_out() -> None:
    part = ComponentView("vente-privée", "credited_revenue", "money", "2026-01-01", "2026-02-01", 10000, None, None, 1000)
    step = TraceView(1, "total", "worth", "<b>5 & 6</b>", {}, "10", "money")
    view = StatementView(
        "n", "李", "fr", "2026-01", "2026-01", "locked", 1, "p", 1, "accord – 2026", "EUR", 1000, 0, 1000, "d", (part,), (step,)
    )

    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(statements_pdf([view]))).pages)

    for expected in ("vente-privée", "accord – 2026", "\\u674e", "<b>5 & 6</b>", "10.00 EUR"):
        assert expected in words, expected
