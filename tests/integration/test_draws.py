"""Recoverable draws through the command line: published examples by id, and the ledger's own rules by hand."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support_build import KEY, deliver, line
from support_cli import run_here

from incentives.workspace import Workspace

pytestmark = pytest.mark.slow

CASES = {case["id"]: case for case in json.loads((Path(__file__).parents[1] / "oracles" / "bonus_examples.json").read_text())}
CONFIG = """
[workspace]
id = "000000000000000000000000000000d0"
name = "Maison Test"
time_zone = "Europe/Paris"
demo = true

[sources.till]
feeds = ["order_lines"]

[sources.hr]
feeds = ["associates", "assignments"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""
PLAN = """\
plan: {name}
version: 1
valid_from: 2026-01-01
calendar: month
currency: EUR
eligibility: {{roles: [{name}]}}
components:
  - id: sales
    measure: credited_revenue
    payout: {{curve: tiers, mode: marginal, basis: value, table: [{{from: 0, rate: 100%}}]}}
draw: {draw}
"""
PERIODS = ("2026-01", "2026-02", "2026-03")
ORACLE_DELAYED, ORACLE_1997, XACTLY = (CASES[name]["inputs"] for name in ("ORA-DRAW-DELAYED", "ORA-DRAW-1997", "XAC-DRAW-REC"))
ADVANCES = CASES["VIS-DRAW"]["inputs"]["cases"]
# Person and plan -> the draw, and what is earned in January, February and March.
PEOPLE: dict[str, tuple[str, list[int]]] = {
    "delayed": (
        f"{{amount: {ORACLE_DELAYED['minimum']}.00, kind: recoverable, form: top_up, recovery: {{start: 2026-04}}}}",
        ORACLE_DELAYED["earnings"],
    ),
    "oracle": (
        f"{{amount: {ORACLE_1997['minimum']}.00, kind: recoverable, form: top_up, recovery: {{start: 2026-04}}}}",
        ORACLE_1997["earnings"],
    ),
    "xactly": (f"{{amount: {XACTLY['draw']}.00, kind: recoverable, form: top_up}}", XACTLY["earned"]),
    "above": (f"{{amount: {ADVANCES[0]['draw']}.00, kind: recoverable, form: advance, periods: 1}}", [ADVANCES[0]["earned"]]),
    "below": (f"{{amount: {ADVANCES[1]['draw']}.00, kind: recoverable, form: advance, periods: 1}}", [ADVANCES[1]["earned"]]),
    # 300.00 on top for two months; from February at most half of a payout comes back, and 400.00 of it stay.
    "added": (
        "{amount: 300.00, kind: recoverable, form: additive, periods: 2, recovery: {start: 2026-02, ceiling: 50%, minimum: 400.00}}",
        [1000, 500, 1000],
    ),
}


class Books:
    """What the command line says after each of three locked months."""

    def __init__(self, root: Path) -> None:
        (root / "policies").mkdir(parents=True)
        (root / "plans").mkdir()
        (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
        (root / "policies" / "global.yaml").write_text("policy: global\nvalid_from: 2026-01-01\nroles: {seller: 100}\n")
        self.ws = Workspace.open(root)
        deliver(self.ws, "hr", "associates.csv", [{"associate_id": who, "hired_on": "2020-01-01"} for who in PEOPLE])
        assignment = {"valid_from": "2020-01-01", "currency": "EUR", "team_id": "t"}
        deliver(self.ws, "hr", "assignments.csv", [{"associate_id": who, "role": who, **assignment} for who in PEOPLE])
        sales = []
        for who, (draw, earned) in PEOPLE.items():
            (root / "plans" / f"{who}.yaml").write_text(PLAN.format(name=who, draw=draw))
            for period, amount in zip(PERIODS, earned, strict=False):
                sales.append(line(f"{who}-{period}", "1", f"{amount}.00", day=f"{period}-10", seller=who, location_id=""))
        deliver(self.ws, "till", "order_lines.csv", sales)
        self.command("land")
        self.command("build")
        self.paid: dict[str, dict[str, dict[str, str]]] = {}
        self.owed: dict[str, dict[str, str]] = {}
        self.bytes: dict[str, bytes] = {}
        for period in PERIODS:
            for act in ("open", "calculate", "review"):
                self.command("cycle", act, period, "--actor", "omar")
            self.command("cycle", "approve", period, "--actor", "iris")
            self.command("cycle", "lock", period, "--actor", "omar")
            self.command("cycle", "export", period, "--actor", "omar")
            text = (self.ws.exports / f"payroll-fr-{period}-demo.csv").read_text()
            self.paid[period] = {}
            for row in csv.DictReader(io.StringIO(text)):
                self.paid[period].setdefault(row["person_id"], {})[row["pay_element"]] = row["amount"]
            found = json.loads(self.command("cycle", "balances", period, "--format", "json"))
            self.owed[period] = {row["associate_id"]: row["draws_owed"] for row in found}

    def command(self, *arguments: str) -> str:
        return run_here(*arguments, "--workspace", self.ws.root).out

    def total(self, who: str) -> list[float]:
        """What a person is paid in each month."""
        return [sum(float(amount) for amount in self.paid[period].get(who, {}).values()) for period in PERIODS]

    def element(self, who: str, element: str) -> list[float]:
        return [float(self.paid[period].get(who, {}).get(element, 0)) for period in PERIODS]

    def balance(self, who: str) -> list[float]:
        return [float(self.owed[period].get(who, 0)) for period in PERIODS]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", KEY)
        return Books(tmp_path_factory.mktemp("draws") / "ws")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)


def _expected(case: str) -> dict[str, Any]:
    expected = CASES[case]["expected"]
    assert isinstance(expected, dict)
    return expected


def test_ora_draw_delayed_recovers_nothing_before_its_fourth_period(books: Books) -> None:
    expected = _expected("ORA-DRAW-DELAYED")

    assert books.element("delayed", "DRAW") == expected["draw"]
    assert books.element("delayed", "DRAW_RECOVERY") == expected["recovered"]
    assert books.total("delayed") == expected["paid"]
    assert books.balance("delayed") == expected["balance"]


def test_ora_draw_1997_tops_up_to_the_minimum(books: Books) -> None:
    expected = _expected("ORA-DRAW-1997")

    assert books.element("oracle", "DRAW")[:2] == expected["draw"]
    assert books.balance("oracle")[1] == expected["balance"]


def test_xac_draw_rec_is_given_back_from_a_better_month(books: Books) -> None:
    expected = _expected("XAC-DRAW-REC")

    assert books.total("xactly")[:2] == expected["paid"]
    assert books.balance("xactly")[:2] == expected["balance"]


def test_vis_draw_pays_at_the_months_end_what_lies_above_the_advance(books: Books) -> None:
    expected = _expected("VIS-DRAW")

    assert [books.total("above")[0], books.total("below")[0]] == expected["month_end"]
    assert [books.balance("above")[0], books.balance("below")[0]] == expected["owed"]


def test_an_additive_draw_comes_back_up_to_the_ceiling_and_leaves_the_minimum(books: Books) -> None:
    # January 1,000 + 300. February 500 + 300, of which half of 500 could come back, but 400 of it stay: 100. March: half of 1,000 could,
    # 500 of the 500 that are owed.
    assert books.element("added", "DRAW") == [300.0, 300.0, 0.0]
    assert books.element("added", "DRAW_RECOVERY") == [0.0, -100.0, -500.0]
    assert books.total("added") == [1300.0, 700.0, 500.0]
    assert books.balance("added") == [300.0, 500.0, 0.0]


def test_the_books_hold_and_are_proved_again(books: Books) -> None:
    books.command("verify")
    for period in PERIODS:
        books.command("cycle", "replay", period)
        before = (books.ws.exports / f"payroll-fr-{period}-demo.csv").read_bytes()
        books.command("cycle", "export", period, "--actor", "omar")
        assert (books.ws.exports / f"payroll-fr-{period}-demo.csv").read_bytes() == before


def test_a_restored_backup_of_the_ledger_replays_every_cycle(books: Books, tmp_path: Path) -> None:
    owed = books.command("cycle", "balances", "2026-03", "--format", "json")
    books.command("ledger", "backup", str(tmp_path / "ledger.tar.gz"))
    books.ws.ledger.unlink()
    shutil.rmtree(books.ws.manifests)

    books.command("ledger", "restore", str(tmp_path / "ledger.tar.gz"))

    books.command("verify")
    for period in PERIODS:
        books.command("cycle", "replay", period)
    assert books.command("cycle", "balances", "2026-03", "--format", "json") == owed
