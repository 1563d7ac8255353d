"""A workspace with three advisers, one policy and one plan, worked through the command line from delivery to payroll."""

from __future__ import annotations

import atexit
import csv
import io
import shutil
import tempfile
from functools import cache
from pathlib import Path
from unittest.mock import patch

from support_build import KEY, deliver, line
from support_cli import Ran, run_here

from incentives.workspace import Workspace

CONFIG = """
[workspace]
id = "000000000000000000000000000000cf"
name = "Maison Test"
time_zone = "Europe/Paris"
demo = true

[quality]
quarantine_share_max_percent = 100

[sources.till]
feeds = ["order_lines"]

[sources.desk]
feeds = ["interactions"]
delivers_for = ["till"]

[sources.hr]
feeds = ["associates", "assignments", "hours", "locations", "calendars"]

[sources.office]
feeds = ["credit_overrides", "fx_rates"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""
SELLER = "policy: global\nvalid_from: 2026-01-01\nroles: {seller: 100}\n"
HALF = (
    "policy: global\nvalid_from: 2026-01-01\nroles: {seller: 50, advisor: 50}\n"
    "advisor: {lookback_days: 30, weights: {conversation: 1}}\n"
)
YEAR_TO_DATE = """\
plan: year
version: 1
valid_from: 2026-01-01
calendar: month
currency: EUR
eligibility: {roles: [client_advisor]}
components:
  - id: sales
    measure: credited_revenue
    interval: year
    on_change: carry
    payout: {curve: tiers, mode: marginal, basis: value, table: [{from: 0, rate: 5%}, {from: 10000, rate: 10%}]}
"""
TENTH = """\
plan: tenth
version: 1
valid_from: 2026-01-01
calendar: month
currency: EUR
eligibility: {roles: [client_advisor]}
components:
  - id: sales
    measure: credited_revenue
    payout: {curve: tiers, mode: marginal, basis: value, table: [{from: 0, rate: 10%}]}
"""


class Shop:
    """A workspace of three advisers under one policy and one plan: built with nothing sold, so that what a test adds is an increment."""

    def __init__(self, root: Path, policy: str, plan: str) -> None:
        shutil.copytree(_opened_shop(), root)
        for folder, text in (("policies", policy), ("plans", plan)):
            (root / folder / "only.yaml").write_text(text, encoding="utf-8")
        self.ws = Workspace.open(root)

    def command(self, *arguments: str, code: int = 0) -> Ran:
        return run_here(*arguments, "--workspace", self.ws.root, code=code)

    def land_and_build(self) -> None:
        self.command("land")
        self.command("build")

    def cycle(self, *arguments: str, by: str = "omar") -> Ran:
        return self.command("cycle", *arguments, "--actor", by)

    def calculated(self, period: str) -> dict[tuple[str, str], tuple[str, str, str]]:
        """Open and calculate a cycle, and return (worth, settled, due) by person and earned period."""
        self.cycle("open", period)
        self.cycle("calculate", period)
        return self.statements(period)

    def statements(self, period: str) -> dict[tuple[str, str], tuple[str, str, str]]:
        rows = self.command("cycle", "statements", period, "--format", "json").json()
        return {
            (str(row["associate_id"]), str(row["earned_period"])): (
                _major(row["worth_minor"]),
                _major(row["settled_minor"]),
                _major(row["due_minor"]),
            )
            for row in rows
        }

    def paid(self, period: str) -> list[tuple[str, str, str]]:
        """Lock and export a calculated cycle, and return payroll's rows."""
        self.cycle("review", period)
        self.cycle("approve", period, by="iris")
        self.cycle("lock", period)
        self.cycle("export", period)
        return self.exported(period)

    def exported(self, period: str) -> list[tuple[str, str, str]]:
        """Payroll's rows of an exported cycle."""
        text = (self.ws.exports / f"payroll-fr-{period}-demo.csv").read_text()
        return [(row["person_id"], row["pay_element"], row["amount"]) for row in csv.DictReader(io.StringIO(text))]

    def everything_holds(self, *periods: str) -> None:
        self.command("verify")
        for period in periods:
            self.command("cycle", "replay", period)


@cache
def _opened_shop() -> Path:
    """Return a built workspace of the three, to be copied; a full build takes far longer than an increment."""
    folder = Path(tempfile.mkdtemp(prefix="shop-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    root = folder / "ws"
    for name, text in (("policies", SELLER), ("plans", TENTH)):
        (root / name).mkdir(parents=True)
        (root / name / "only.yaml").write_text(text, encoding="utf-8")
    (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
    ws = Workspace.open(root)
    people = ("lina", "noor", "anna")
    deliver(ws, "hr", "associates.csv", [{"associate_id": who, "hired_on": "2020-01-01"} for who in people])
    deliver(
        ws,
        "hr",
        "assignments.csv",
        [
            {"associate_id": who, "valid_from": "2020-01-01", "role": "client_advisor", "currency": "EUR", "team_id": "t"}
            for who in people
        ],
    )
    with patch.dict("os.environ", {"INCENTIVES_KEY": KEY}):
        run_here("land", "--workspace", root)
        run_here("build", "--workspace", root)
    # Each test begins its own books, wherever they are to lie.
    for place in root.glob("ledger.db*"):
        place.unlink()
    return root


def _major(minor: object) -> str:
    return f"{int(str(minor)) / 100:.2f}"


def returned(order: str, of: str, net: str, day: str) -> dict[str, str]:
    return line(
        order,
        "1",
        net,
        day=day,
        location_id="",
        kind="return",
        quantity="-1",
        original_source="till",
        original_order_id=of,
        original_line_id="1",
    )
