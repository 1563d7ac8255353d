"""Published worked examples of bonus and commission calculation, by id: each as a plan, inputs and the figure that its source states.

Cases that the plan language cannot say are in `NOT_SAID`, each with its reason; together they are all cases.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from support_bonus import assigned, count, credit, line, only, pay, person, plan_of, target, worth
from support_bonus import inputs_of as given
from support_bonus_cases import Cases, bands, component, euros, flat, marginal, paid, percent

from incentives.bonus import PayGroup
from incentives.plans.model import Plan

CASES = Cases("bonus_examples.json")
case = CASES.case

NOT_SAID = {
    "ACC-340-CAP": "accounting of a capitalised commission after it was paid; no payout",
    "ACC-340-STRAIGHT": "accounting of a capitalised commission after it was paid; no payout",
    "XAC-ATTAIN-MEASURE": "a measure that depends on the order of processing; here every order gives the same",
    "JDE-ITD-MULTI": "growth and recapture lower the base by amounts of their own; the language has no such key",
    "CENTIFY-PAIDONLY": "payment in instalments is not part of a bonus plan",
    "POS-EXCHANGE-OWNER": "a rule of crediting, tested there: the return goes to who was credited for the sale",
    "SGM-SPLIT": "a rule of crediting, tested there: shares of a line's sellers",
}
# Cases about proration and changes of plan; test_bonus_examples_over_time.py runs them.
OVER_TIME = {"PRO-JUN1", "GTP-8.1", "ORA-PLAN-SWITCH"}
# Tested through the ledger, by the command line: tests/integration/test_draws.py.
AFTER_WORTH = {"VIS-DRAW", "ORA-DRAW-1997", "XAC-DRAW-REC", "ORA-DRAW-DELAYED"}


# Attainment


def hunter(inputs: dict[str, Any]) -> Plan:
    table = ", ".join(f"{{from: {percent(start)}, factor: {factor}}}" for start, _, factor in inputs["tiers"])
    return plan_of(
        "calendar: year\n"
        + component(
            f"{{curve: tiers, on_target: {inputs['target_bonus']}, table: [{table}]}}", target=str(inputs["annual_target"])
        )
    )


@case("GTP-1.1")
@case("GTP-1.3")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert paid(hunter(inputs), inputs["actual"], period="2026") == expected["vp"]


@case("GTP-1.5")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(
        component(
            f"{{curve: tiers, mode: retroactive, on_target: {inputs['allocation']}, table: [{{from: 0%, factor: 1}}]}}",
            target="1000000",
            threshold=percent(inputs["gate"]),
        )
    )

    assert paid(plan, inputs["att"] * 1000000) == expected["vp"]


@case("GTP-1.6")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    body = f"{{curve: tiers, on_target: {inputs['target_bonus']}, table: [{{from: 0%, factor: 1}}]}}"
    plan = plan_of(component(body, target="1000000", threshold=percent(inputs["gate"]), excess_only="true"))

    assert paid(plan, inputs["att"] * 1000000) == expected["vp"]


@case("GTP-7.1")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    body = f"{{curve: tiers, on_target: {inputs['target_bonus']}, table: [{{from: 0%, factor: 1}}, {{from: 100%, factor: 1.4}}]}}"
    plan = plan_of(
        component(body, target=str(inputs["annual_target"]), interval="year", on_change="carry", target_over="interval")
    )
    months = [credit("A", f"2026-0{month}-10", euros(amount)) for month, amount in ((1, 100000), (2, 100000), (3, 300000))]
    rest = [credit("A", "2026-10-10", euros(500000)), credit("A", "2026-11-10", euros(inputs["nov"]["ytd"] - 1000000))]

    assert [worth(plan, given(months), f"2026-0{month}")["A"] / 100 for month in (1, 2, 3)] == expected["monthly"]
    assert worth(plan, given([*months, *rest]), "2026-11")["A"] / 100 == expected["nov"]


@case("GTP-10.1")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(component("{curve: tiers, on_target: 1000, table: [{from: 0%, factor: 1}]}", target="individual"))
    result = pay(
        plan,
        given([credit("A", "2026-01-05", euros(inputs["actual"]))], targets=[target("A", "2026-01-01", "2026-02-01", "0.00")]),
    )

    assert only(result).worth_minor == expected["vp"]
    assert [found.kind for found in result.exceptions] == ["target_zero"]


@case("SEC-MIBP-EX1")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    text = "calendar: quarter\n" + (
        "components:\n"
        "  - {id: mbo, payout: {curve: goal, on_target: 2500, weights: {mbo: 100}}}\n"
        "  - {id: income, measure: credited_revenue_advisor, target: 1000000, payout: {curve: linear, on_target: 2500, table: [{from: 0%, factor: 0}, {from: 100%, factor: 1}]}}\n"
        "  - {id: income_over, measure: credited_revenue_advisor, target: 1000000, payout: {curve: linear, on_target: 2500, slope: 1, table: [{from: 100%, factor: 0}]}}\n"
        "  - {id: revenue, measure: credited_revenue, target: 1000000, payout: {curve: linear, on_target: 2500, table: [{from: 90%, factor: 0.6}, {from: 100%, factor: 0.85}]}}\n"
        "modifiers:\n  - {applies_to: [income_over], gate_attainment: revenue, at_least: 100%}\n"
    )
    reached = inputs["performance"]
    rows = [
        count("A", "2026-02-01", int(100 * reached["mbo"]), "mbo"),
        credit("A", "2026-02-01", euros(reached["operating_income"] * 1000000), measure="credited_revenue_advisor"),
        credit("A", "2026-02-01", euros(reached["revenue"] * 1000000)),
    ]
    goal = target("A", "2026-01-01", "2026-04-01", "100", measure="mbo", currency=None)

    statement = only(pay(plan_of(text), given(rows, targets=[goal]), "2026-Q1"))

    amounts = {part.component: part.amount_minor / 100 for part in statement.components}
    assert amounts == {
        "mbo": expected["mbo"],
        "income": expected["operating_income"],
        "income_over": 0,
        "revenue": expected["revenue"],
    }
    assert statement.worth_minor / 100 == expected["total"]


# Currency


@case("GTP-9.1")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    whole = "{curve: tiers, table: [{from: 0, rate: 100%}]}"
    plan = plan_of(f"currency: INR\nfx: plan_rate\n{component(whole)}")
    rate = {"rate_year": 2026, "from_currency": "USD", "to_currency": "INR", "rate_e9": inputs["rate"] * 10**9}
    ordered = [credit("A", "2026-01-05", euros(inputs["usd"]), currency="USD")]

    frozen = given(ordered, assignments=[assigned("A", currency="INR")], more={"ordered_measures": ordered, "plan_rates": [rate]})

    assert worth(plan, frozen, group=PayGroup("india", "month", "INR", is_default=True))["A"] / 100 == expected["local"]


# Curves


@case("BPC-CURVE")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    bonus = inputs["target_bonus"]
    body = f"{{curve: linear, on_target: {bonus}, slope: {inputs['accel']}, table: [{{from: {percent(inputs['threshold'])}, factor: 0}}, {{from: 100%, factor: 1}}]}}"
    plan = plan_of(component(body, target="1000000", cap=str(bonus * inputs["cap_pct"])))

    assert [paid(plan, reached * 1000000) for reached in inputs["attainment"]] == expected["payout"]
    assert paid(plan, 9000000) == bonus * inputs["cap_pct"]


@case("ORA-INTERP-PCT12")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    points = ["{from: 0%, amount: 0}", *(f"{{from: {tier['hi']}%, amount: {tier['amount']}}}" for tier in inputs["tiers"])]
    plan = plan_of(component(f"{{curve: linear, table: [{', '.join(points)}]}}", target="10000"))

    assert paid(plan, inputs["attainment_pct"] * 100) == expected["amount"]


@case("ORA-INTERP-INDIV")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    # The source interpolates each tier's amount and adds the tiers below: its points are sums.
    points, height = ["{from: 0, amount: 0}"], 0
    for tier in inputs["tiers"]:
        height += tier["amount"]
        points.append(f"{{from: {tier['hi']}, amount: {height}}}")
    plan = plan_of(component(f"{{curve: linear, table: [{', '.join(points)}]}}", pays="per_line"))
    sales = [
        line("A", "2026-01-10", euros(amount), order=number, key=number)
        for number, amount in enumerate(inputs["transactions"], 1)
    ]

    statement = only(pay(plan, given(credits=sales)))

    lines = sorted(Decimal(step.output) for step in statement.trace if step.step == "curve")
    assert lines == sorted(expected["commissions"])
    assert statement.worth_minor / 100 == expected["total"]


@case("ORA-24B-SPLIT-B")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert paid(marginal(inputs["tiers"]), inputs["amount"]) == inputs["amount"] * expected["blended_rate"]


@case("EHOW-7K")
@case("HF-30K")
@case("REF-15K")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert paid(marginal(inputs["tiers"]), inputs["amount"]) == expected["commission"]


@case("SPF-TAXBRACKET")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    statement = only(pay(marginal(inputs["tiers"]), given([credit("A", "2026-01-05", euros(inputs["amount"]))])))

    assert [Decimal(step.inputs["measure"]) for step in statement.trace if step.step == "row"] == expected["alloc"]
    assert statement.worth_minor / 100 == expected["total"]


@case("ORA-STEP-ALLOC")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = marginal(inputs["tiers"])
    statements = [only(pay(plan, given([credit("A", "2026-01-05", euros(amount))]))) for amount in inputs["amounts"]]

    rows = [[Decimal(step.inputs["measure"]) for step in statement.trace if step.step == "row"] for statement in statements]
    assert rows == expected["allocations"]
    assert [statement.worth_minor / 100 for statement in statements] == expected["commission_derived"]


@case("NS-MARG-PERIOD")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(component(f"{{curve: tiers, table: {bands(inputs['tiers'])}}}", interval="quarter", on_change="carry"))
    rows = [credit("A", f"2026-0{month}-10", euros(amount)) for month, amount in enumerate(inputs["transactions"], 1)]

    assert [worth(plan, given(rows), f"2026-0{month}")["A"] / 100 for month in (1, 2)] == expected["commission"]


@case("FB-LEVEL")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert paid(marginal(inputs["tiers"], "retroactive"), inputs["net_sales"]) == expected["commission"]


@case("ORA-BOUNDARY-1.5M")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    table = bands(inputs["tiers"])
    higher = plan_of(component(f"{{curve: tiers, mode: retroactive, table: {table}}}"))
    lower = plan_of(component(f"{{curve: tiers, mode: retroactive, boundary: lower, table: {table}}}"))

    assert paid(higher, inputs["amount"]) == inputs["amount"] * expected["rate_lower_inclusive"]
    assert paid(lower, inputs["amount"]) == inputs["amount"] * expected["rate_upper_inclusive"]


@case("GTP-4.3")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert paid(flat(inputs["rate"]), inputs["base"]) == expected["gross"]


@case("GTP-4.2")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(
        component(f"{{curve: tiers, table: [{{from: 0, rate: {percent(inputs['rate'])}}}]}}", threshold=str(inputs["min_tcv"]))
    )

    assert paid(plan, inputs["tcv"]) == expected["gross"]
    assert paid(plan, inputs["min_tcv"]) == inputs["min_tcv"] * inputs["rate"]


@case("K12-SPLIT")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    rows = [credit(who, "2026-01-05", euros(inputs["base"] * share)) for who, share in zip("AB", inputs["splits"], strict=True)]

    assert [amount / 100 for _, amount in sorted(worth(flat(inputs["rate"]), given(rows)).items())] == expected["shares"]


@case("STORE-PROD")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    for staff, commission in zip(inputs["staff"], expected["commission"], strict=True):
        table = f"[{{from: 0, amount: 0}}, {{from: 180, amount: {staff['rate_per_hour']}}}]"
        plan = plan_of(
            component(f"{{curve: per_unit, amount_by: {{measure: csat_points, table: {table}}}}}", measure="hours_worked")
        )
        per_hour = Fraction(staff["sales"], staff["hours"])
        rows = [
            count("A", "2026-01-05", staff["hours"], "hours_worked"),
            count("A", "2026-01-05", per_hour.numerator, "csat_points", denominator=per_hour.denominator),
        ]

        assert worth(plan, given(rows))["A"] / 100 == float(commission)


# Spiffs, pools, guarantees, returns


@case("GTP-6.1")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    body = f"{{curve: tiers, mode: retroactive, on_target: {inputs['software_ote']}, table: [{{from: 0%, factor: {inputs['rate']}}}]}}"
    plan = plan_of(component(body, pays="per_line", target=str(inputs["target"]), threshold=str(inputs["min_deal"])))
    deals = [line("A", "2026-01-10", euros(inputs["deal"]), order=1, key=1), line("A", "2026-01-11", "399999.99", order=2, key=2)]

    assert worth(plan, given(credits=deals))["A"] / 100 == expected["spiff"]


@case("XAC-SPIFF-QTY")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(
        component(
            f"{{curve: step, table: [{{from: {inputs['min_qty']}, amount: {inputs['amount']}}}]}}",
            measure="credited_units",
            pays="per_line",
        )
    )
    for units, amount in zip(inputs["order_qty"], expected["payout"], strict=True):
        sale = line("A", "2026-01-10", "100.00", order=1, key=1, units=units)

        assert worth(plan, given(credits=[sale]))["A"] / 100 == amount


@case("POOL-1PCT")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(
        component(f"{{curve: pool, rate: {percent(inputs['pct'])}, share_by: equal}}", measure="team_credited_revenue")
    )
    rows = [credit("T1", "2026-01-10", euros(inputs["turnover"]), measure="team_credited_revenue")]

    amounts = worth(plan, given(rows, people=[person(who) for who in "ABC"]))

    assert sum(amounts.values()) / 100 == expected["pool"]
    assert amounts == {"A": 4000000, "B": 4000000, "C": 4000000}


@case("STORE-POOL")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    cut = Decimal(inputs["pool"]) * inputs["manager_pct"]
    text = (
        "components:\n"
        f"  - {{id: lead, measure: team_credited_revenue, payout: {{curve: pool, amount: {cut}, share_by: equal, among: {{roles: [manager]}}}}}}\n"
        f"  - {{id: team, measure: team_credited_revenue, payout: {{curve: pool, amount: {inputs['pool'] - cut}, share_by: credited_revenue}}}}\n"
    )
    rows = [credit(who, "2026-01-10", euros(share * 10000)) for who, share in inputs["shares"].items()]
    rows.append(credit("T1", "2026-01-10", "10000.00", measure="team_credited_revenue"))
    placed = [assigned("manager", role="manager"), assigned("you"), assigned("coworker")]

    result = pay(plan_of(text), given(rows, assignments=placed))

    amounts = {
        statement.associate_id: {part.component: part.amount_minor / 100 for part in statement.components}
        for statement in result.statements
    }
    assert amounts["manager"]["lead"] == expected["manager_cut"]
    assert (
        {who: parts["team"] for who, parts in amounts.items()} == {"you": 450, "coworker": 75, "manager": 225} == expected["paid"]
    )


@case("SBL-DRAW-800")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(
        component("{curve: tiers, table: [{from: 0, rate: 100%}]}") + f"total: {{guarantee: {{amount: {inputs['draw']}}}}}\n"
    )

    assert paid(plan, inputs["gross"]) == expected["net"] == inputs["gross"] + expected["topup"]


@case("QC-DRAW-NONREC")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(
        component("{curve: tiers, table: [{from: 0, rate: 100%}]}") + f"total: {{guarantee: {{amount: {inputs['draw']}}}}}\n"
    )

    assert [paid(plan, earned) for earned in inputs["earned"]] == expected["paid"]


@case("RET-RETURN")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = flat(inputs["rate"])
    sale = credit("A", "2026-01-10", euros(inputs["sale"]))
    back = credit("A", "2026-01-10", euros(-inputs["returned"]), returned_on="2026-02-03")

    before, after = worth(plan, given([sale]))["A"], worth(plan, given([sale, back]))["A"]

    assert before / 100 == expected["earned"]
    assert (after - before) / 100 == expected["next_pay_adjustment"]
    assert after / 100 == expected["net"]


@case("RET-EXCHANGE")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = flat(inputs["rate"])
    for new, commission, adjustment in zip(inputs["exchange_to"], expected["commission"], expected["adjustment"], strict=True):
        sale = credit("A", "2026-01-10", euros(inputs["sale"]))
        back, again = credit("A", "2026-01-10", euros(-inputs["sale"])), credit("A", "2026-01-12", euros(new))

        after = worth(plan, given([sale, back, again]))["A"] / 100

        assert (after, after - worth(plan, given([sale]))["A"] / 100) == (commission, adjustment)


@pytest.mark.parametrize("identity", CASES.checks)
def test_case(identity: str) -> None:
    CASES.run(identity)


def test_every_case_is_run_or_listed_with_its_reason() -> None:
    assert set(CASES.checks) | set(NOT_SAID) | OVER_TIME | AFTER_WORTH == set(CASES.by_id)
    assert not set(CASES.checks) & set(NOT_SAID)
