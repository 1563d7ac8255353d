"""What the tests of published bonus examples share: a registry of cases by id, and plans in a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from support_bonus import credit, plan_of, worth
from support_bonus import inputs_of as given

from incentives.plans.model import Plan

ORACLES = Path(__file__).parents[1] / "oracles"
Case = dict[str, Any]
Check = Callable[[dict[str, Any], dict[str, Any]], None]


class Cases:
    """Cases of one oracle file, and the checks that were written for them."""

    def __init__(self, file: str) -> None:
        text = (ORACLES / file).read_text(encoding="utf-8")
        self.by_id: dict[str, Case] = {case["id"]: case for case in json.loads(text, parse_float=Decimal)}
        self.checks: dict[str, Check] = {}

    def case(self, identity: str) -> Callable[[Check], Check]:
        """Register a check for a case."""

        def register(check: Check) -> Check:
            self.checks[identity] = check
            return check

        return register

    def run(self, identity: str) -> None:
        """Run a case's check on its inputs and expected figures."""
        found = self.by_id[identity]
        self.checks[identity](found["inputs"], found["expected"])


def component(body: str, measure: str = "credited_revenue", **keys: str) -> str:
    extra = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"components:\n  - id: pay\n    measure: {measure}\n{extra}    payout: {body}\n"


def percent(ratio: object) -> str:
    return f"{Decimal(str(ratio)) * 100}%"


def euros(amount: object) -> str:
    return str(Decimal(str(amount)).quantize(Decimal("0.01")))


def paid(plan: Plan, revenue: object, *, period: str = "2026-01") -> Decimal:
    """What one person with an amount of credited revenue in January is paid."""
    rows = [credit("A", "2026-01-15", euros(revenue))]
    return Decimal(worth(plan, given(rows), period).get("A", 0)) / 100


def bands(tiers: list[Any]) -> str:
    rows = [(tier["lo"], tier["rate"]) if isinstance(tier, dict) else (tier[0], tier[2]) for tier in tiers]
    return "[" + ", ".join(f"{{from: {start}, rate: {percent(rate)}}}" for start, rate in rows) + "]"


def marginal(tiers: list[Any], mode: str = "marginal") -> Plan:
    return plan_of(component(f"{{curve: tiers, mode: {mode}, table: {bands(tiers)}}}"))


def flat(rate: object) -> Plan:
    return plan_of(component(f"{{curve: tiers, table: [{{from: 0, rate: {percent(rate)}}}]}}"))
