"""Published worked examples through the command line alone: feeds and plans in, statements out.

One workspace, one cycle: every example is a role of its own with a plan of its own and one or two people.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from support_cli import run_here

pytestmark = pytest.mark.slow

PERIOD = "2026-02"
POLICY = "policy: global\nvalid_from: 2000-01-01\nroles: {seller: 100}\n"


@dataclass(frozen=True)
class Example:
    """One example: the component's YAML after its id and measure, what was sold on which day, and what is owed in cents."""

    sales: Sequence[tuple[str, str]]
    body: str
    owed: int
    target: str = ""
    hired: str = "2020-01-01"
    plan: str = ""
    returns: Sequence[tuple[int, str, str]] = ()


def tiers(*rows: str, mode: str = "marginal", more: str = "") -> str:
    return f"payout: {{curve: tiers, mode: {mode}, {more}table: [{', '.join(rows)}]}}"


EXAMPLES = {
    "ehow_7k": Example(
        [("2026-02-10", "7000.00")], tiers("{from: 0, rate: 5%}", "{from: 2000, rate: 10%}", "{from: 5000, rate: 15%}"), 70000
    ),
    "hf_30k": Example(
        [("2026-02-10", "30000.00")], tiers("{from: 0, rate: 5%}", "{from: 10000, rate: 7%}", "{from: 25000, rate: 10%}"), 205000
    ),
    "fb_level": Example(
        [("2026-02-10", "45000.00")],
        tiers("{from: 0, rate: 5%}", "{from: 10000, rate: 7%}", "{from: 50000, rate: 10%}", mode="retroactive"),
        315000,
    ),
    "ora_higher": Example(
        [("2026-02-10", "1500000.00")],
        tiers("{from: 0, rate: 1.75%}", "{from: 1500000, rate: 2.5%}", mode="retroactive"),
        3750000,
    ),
    "ora_lower": Example(
        [("2026-02-10", "1500000.00")],
        tiers("{from: 0, rate: 1.75%}", "{from: 1500000, rate: 2.5%}", mode="retroactive", more="boundary: lower, "),
        2625000,
    ),
    "gtp_4_2": Example([("2026-02-10", "40000.00")], "threshold: 50000, " + tiers("{from: 0, rate: 4%}"), 0),
    # 8,000 in January and 3,000 in February against a threshold of 10,000 in the quarter: 4 % of 1,000.
    "ns_quarter": Example(
        [("2026-01-10", "8000.00"), ("2026-02-10", "3000.00")],
        "interval: quarter, on_change: carry, " + tiers("{from: 0, rate: 0%}", "{from: 10000, rate: 4%}"),
        4000,
    ),
    # 85 % against an individual target: half way between 70 % and 100 %.
    "bpc_curve": Example(
        [("2026-02-10", "8500.00")],
        "target: individual, payout: {curve: linear, on_target: 10000, slope: 2, table: [{from: 70%, factor: 0}, {from: 100%, factor: 1}]}",
        500000,
        target="10000.00",
    ),
    "gtp_1_6": Example(
        [("2026-02-10", "9750.00")],
        "target: individual, threshold: 95%, excess_only: true, " + tiers("{from: 0%, factor: 1}", more="on_target: 15000, "),
        37500,
        target="10000.00",
    ),
    # Hired on day 15 of 28: 14 days, half of 20,000; 10,000 is 100 %, 1 % of it.
    "hired_late": Example(
        [("2026-02-20", "10000.00")],
        "target: individual, " + tiers("{from: 0%, rate: 0%}", "{from: 100%, rate: 1%}", mode="retroactive"),
        10000,
        target="20000.00",
        hired="2026-02-15",
    ),
    "ora_indiv": Example(
        [("2026-02-10", amount) for amount in ("200.00", "300.00", "1500.00", "1200.00", "2000.00", "4500.00")],
        "pays: per_line, payout: {curve: linear, table: [{from: 0, amount: 0}, {from: 1000, amount: 10}, {from: 3000, amount: 50}, {from: 8000, amount: 150}]}",
        14900,
    ),
    "store_watches": Example([("2026-02-10", "100.00")], "filter: {category: [watches]}, " + tiers("{from: 0, rate: 10%}"), 1000),
    # A return in February of a sale in February: 60 of 100 remain at 20 %.
    "returned": Example([("2026-02-10", "100.00")], tiers("{from: 0, rate: 20%}"), 1200, returns=[(0, "2026-02-20", "-40.00")]),
    "nonrecoverable": Example(
        [("2026-02-10", "800.00")], tiers("{from: 0, rate: 100%}"), 200000, plan="total: {guarantee: {amount: 2000.00}}\n"
    ),
}


def _write(folder: Path, feed: str, rows: Sequence[dict[str, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{feed}.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)


def _feeds(inbox: Path) -> None:
    lines: list[dict[str, str]] = []
    for name, example in EXAMPLES.items():
        for number, (day, amount) in enumerate(example.sales):
            lines.append(_line(name, f"{name}-{number}", "sale", day, amount, "1"))
        for sale, day, amount in example.returns:
            back = _line(name, f"{name}-back-{sale}", "return", day, amount, "0")
            lines.append({**back, "original_source": "manual", "original_order_id": f"{name}-{sale}", "original_line_id": "1"})
    _write(inbox, "order_lines", lines)
    _write(inbox, "associates", [{"associate_id": name, "hired_on": example.hired} for name, example in EXAMPLES.items()])
    _write(
        inbox,
        "assignments",
        [
            {
                "associate_id": name,
                "valid_from": example.hired,
                "team_id": "T1",
                "role": name,
                "location_id": "L1",
                "fte": "1",
                "currency": "EUR",
            }
            for name, example in EXAMPLES.items()
        ],
    )
    _write(
        inbox,
        "targets",
        [
            {
                "subject_type": "associate",
                "subject_id": name,
                "measure": "credited_revenue",
                "period_start": "2026-02-01",
                "period_end": "2026-03-01",
                "value": example.target,
                "currency": "EUR",
            }
            for name, example in EXAMPLES.items()
            if example.target
        ],
    )


def _line(name: str, order: str, kind: str, day: str, amount: str, quantity: str) -> dict[str, str]:
    return {
        "source": "manual",
        "order_id": order,
        "line_id": "1",
        "kind": kind,
        "channel": "any",
        "associate_id": name,
        "ordered_at": f"{day}T12:00:00Z",
        "completed_at": f"{day}T12:00:00Z",
        "sku": "S1",
        "category": "watches",
        "quantity": quantity,
        "currency": "EUR",
        "net_amount": amount,
    }


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    root = tmp_path_factory.mktemp("bonus") / "ws"
    run_here("init", root, "--name", "Examples", "--currency", "EUR", "--country", "FR")
    for old in (*(root / "policies").glob("*.yaml"), *(root / "plans").glob("*.yaml")):
        old.unlink()
    (root / "policies" / "global.yaml").write_text(POLICY)
    for name, example in EXAMPLES.items():
        (root / "plans" / f"{name}.yaml").write_text(
            f"plan: {name.replace('_', '-')}\nversion: 1\nvalid_from: 2026-01-01\ncalendar: month\ncurrency: EUR\n"
            f"eligibility: {{roles: [{name}]}}\ncomponents:\n  - {{id: pay, measure: credited_revenue, {example.body}}}\n{example.plan}"
        )
    _feeds(root / "inbox" / "manual")
    run_here("plan", "check", root / "plans", "--workspace", root)
    run_here("land", "--workspace", root)
    run_here("build", "--workspace", root)
    added = run_here("account", "add", "fatima", "--role", "finance", "--workspace", root, "--format", "json").json()
    secret = {"INCENTIVES_PASSWORD": str(added[0]["password"])}
    issued = run_here("account", "token", "fatima", "--workspace", root, "--format", "json", env=secret).json()
    token = {"INCENTIVES_TOKEN": str(issued[0]["token"])}
    run_here("cycle", "open", PERIOD, "--workspace", root, env=token)
    run_here("cycle", "calculate", PERIOD, "--workspace", root, env=token)
    found = run_here("cycle", "statements", PERIOD, "--workspace", root, "--format", "json").json()
    return {str(statement["associate_id"]): statement for statement in found}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_paid_what_its_source_states(name: str, statements: dict[str, dict[str, object]]) -> None:
    statement = statements[name]

    assert statement["worth_minor"] == EXAMPLES[name].owed


def test_every_person_has_a_statement(statements: dict[str, dict[str, object]]) -> None:
    assert set(statements) == set(EXAMPLES)
