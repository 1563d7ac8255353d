"""Published worked examples of proration and of plans that change, by id; the others are in test_bonus_examples.py."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from support_bonus import assigned, credit, only, pay, person, plan_of, target, worth
from support_bonus import inputs_of as given
from support_bonus_cases import Cases, bands, component, euros

CASES = Cases("bonus_examples.json")
case = CASES.case


@case("PRO-JUN1")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    body = f"{{curve: tiers, mode: retroactive, on_target: {inputs['variable']}, table: [{{from: 0%, factor: 1}}]}}"
    plan = plan_of("valid_from: 2025-01-01\ncalendar: year\n" + component(body, target="individual"))
    rows = [credit("A", "2025-07-01", "469041.10")]
    statement = only(
        pay(
            plan,
            given(
                rows,
                people=[person("A", "2025-06-01")],
                assignments=[assigned("A", "2025-06-01")],
                targets=[target("A", "2025-01-01", "2026-01-01", euros(inputs["quota"]))],
            ),
            "2025",
        )
    )

    assert statement.components[0].target_value == 46904110
    assert statement.worth_minor == 4397260
    assert round(Fraction(46904110, 80000000), 4) == expected["factor"]


@case("GTP-8.1")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    versions = []
    for number, (segment, start) in enumerate(zip(inputs["segments"], ("2025-01-01", "2025-06-01"), strict=True), 1):
        head = f"version: {number}\nvalid_from: {start}\ncalendar: year\n"
        versions.append(
            plan_of(
                head
                + component(
                    f"{{curve: step, on_target: {segment['target']}, table: [{{from: 0, factor: 1}}]}}", on_change="reset"
                )
            )
        )
    statement = only(pay(versions, given([credit("A", day, "1.00") for day in ("2025-02-01", "2025-08-01")]), "2025"))

    parts = next(step.inputs for step in statement.trace if step.step == "parts")
    assert [round(Fraction(amount)) for amount in parts.values()] == expected["parts"]
    assert round(Fraction(statement.worth_minor, 100)) == expected["blended"]


@case("ORA-PLAN-SWITCH")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    for change, amount in (("reset", expected["with_reset"]), ("carry", expected["carry_forward"])):
        body = component(f"{{curve: tiers, mode: retroactive, table: {bands(inputs['tiers'])}}}", on_change=change)
        versions = [plan_of(body), plan_of("version: 2\nvalid_from: 2026-01-16\n" + body)]
        rows = [
            credit("A", "2026-01-10", euros(inputs["plan_a_sales"])),
            credit("A", "2026-01-20", euros(inputs["plan_b_sales"])),
        ]

        assert worth(versions, given(rows))["A"] / 100 == amount


@pytest.mark.parametrize("identity", CASES.checks)
def test_case(identity: str) -> None:
    CASES.run(identity)


def test_these_cases_are_run_here() -> None:
    assert set(CASES.checks) == {"PRO-JUN1", "GTP-8.1", "ORA-PLAN-SWITCH"}
