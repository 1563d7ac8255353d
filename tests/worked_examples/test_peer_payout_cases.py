"""Cases from open-source commission systems' own tests, by id; those that this product does differently are listed with the reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support_bonus import assigned, credit, line, plan_of, worth
from support_bonus import inputs_of as given
from support_bonus_cases import Cases, component, euros, flat, paid, percent

from incentives.errors import DocumentError

CASES = Cases("peer_cases.json")
case = CASES.case

PEER_KINDS_ELSEWHERE = {
    "attribution": "a rule of crediting, tested there",
    "attribution_window": "a rule of crediting, tested there",
    "coverage": "a rule of crediting, tested there",
    "base_amount": "a rule of the order_lines feed: net is delivered",
    "idempotency": "a property of landing and building, tested there",
    "kpi_rfm": "a figure about customers, no payout",
    "settlement_period": "periods are calendar months, quarters, half-years and years",
    "refund": "a rule of crediting, tested there",
    "partial_payment": "revenue counts when the line completes; there are no deposits",
}
PEERS_NOT_SAID = {
    "idempiere-xls-customer1-orders": "a filter on one customer; a plan never names a customer",
    "ofbiz-demo-return-100": "a fixed fee on every transaction, returns too; here a return takes back what its sale earned",
    "dokan-category-default-10": "a marketplace's fee, not pay of a person",
    "dokan-price-below-fee": "a marketplace's fee, not pay of a person",
    "dokan-vendor-category-10pct-plus-5": "a marketplace's fee, not pay of a person",
    "dokan-rate-frozen-on-order-line": "rates belong to plan versions by date, not to order lines",
    "dokan-ship-house": "a marketplace's fee, not pay of a person",
    "mercur-and-across-dims-match": "filters know no store type; precedence between rules is not part of the language",
    "posnext-line-owner-beats-invoice-owner": "rates of each person and product group; crediting of the line's owner is tested there",
    "posnext-rate-fallback": "precedence between rules is not part of the language; components have filters",
    "posnext-rate-missing-dims": "precedence between rules is not part of the language; components have filters",
    "erpnext-team-sum-100.01": "a rule of the order_lines feed: sellers' shares sum to 100",
    "erpnext-target-variance-5050": "a variance, no payout; shares of a line are a rule of crediting",
    "oca-discount-band-0-10": "a filter on the discount of a line; the language has none",
}
# Tested through the ledger: tests/integration/test_ledger_cycle.py.
AFTER_WORTH = {"oca-negative-settlement-joined"}


@case("idempiere-below-threshold-positiveonly-True")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(
        component(
            f"{{curve: tiers, table: [{{from: {inputs['plan']['amt_subtract']}, rate: {percent(inputs['plan']['amt_multiplier'])}}}]}}"
        )
    )

    assert paid(plan, inputs["amt"]) == expected["commission"]


@case("oca-section-15100.0")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    (tier,) = inputs["tiers"]
    table = f"[{{from: {tier['lo']}, rate: {tier['pct']}%}}, {{from: {tier['hi']}, rate: 0%}}]"
    plan = plan_of(component(f"{{curve: tiers, mode: retroactive, boundary: lower, table: {table}}}"))

    assert paid(plan, inputs["base"]) == expected["commission"]


@case("posnext-item-override")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert paid(flat(inputs["pct"] / 100), inputs["net"]) == expected["incentive"]


@case("oca-fixed-10pct-unit")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert paid(flat(Decimal(inputs["pct"]) / 100), inputs["line"]["net"]) == expected["commission"]


@case("erpnext-partner-commission-100")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(component("{curve: tiers, table: [{from: 0, rate: 100%}]}", filter="{category: [eligible]}"))
    sales = [
        line("A", "2026-01-10", euros(inputs["lines"][0]["net"]), order=1, key=1, category="eligible"),
        line("A", "2026-01-10", "99.00", order=1, key=2, category="free"),
    ]

    assert worth(plan, given(credits=sales))["A"] / 100 == expected["commission"]


@case("oca-commission-free-product")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = plan_of(component(f"{{curve: tiers, table: [{{from: 0, rate: {inputs['pct']}%}}]}}", filter="{sku: [paying]}"))
    sale = line("A", "2026-01-10", euros(inputs["line"]["net"]), order=1, key=1, sku="free")

    assert worth(plan, given(credits=[sale]))["A"] == expected["commission"]


@case("erpnext-contribution-60-40")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    for member, row in zip(inputs["team"], expected["rows"], strict=True):
        assert paid(flat(Decimal(member["rate"]) / 100), inputs["eligible"] * member["pct"] / 100) == row["incentive"]


@case("mercur-fixed-usd")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    amounts = ", ".join(f"{name.upper()}: {amount}" for name, amount in inputs["fixed"].items())
    start = "{USD: 0, EUR: 0}"
    plan = plan_of("currency: local\n" + component(f"{{curve: step, table: [{{from: {start}, amount: {{{amounts}}}}}]}}"))
    rows = [credit("A", "2026-01-10", euros(inputs["net"]), currency="USD")]

    assert worth(plan, given(rows, assignments=[assigned("A", currency="USD")]))["A"] / 100 == float(expected["commission"])


@case("oca-criteria-category")
@case("oca-criteria-variant")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    text = (
        "components:\n"
        "  - {id: desks, measure: credited_revenue, pays: per_line, filter: {category: [Office Furniture], sku: [P5]}, payout: {curve: step, table: [{from: 0, amount: 20}]}}\n"
        "  - {id: steel, measure: credited_revenue, filter: {sku: ['Customizable Desk (Steel, White)']}, payout: {curve: tiers, table: [{from: 0, rate: 15%}]}}\n"
    )
    sold = inputs["line"]
    sale = line(
        "A",
        "2026-01-10",
        euros(sold["net"]),
        order=1,
        key=1,
        sku=sold.get("variant", sold["product"]),
        category=sold.get("category", "Desks"),
    )

    assert worth(plan_of(text), given(credits=[sale]))["A"] / 100 == float(expected["commission"])


@case("oca-product-rules-seq-product-first")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    text = (
        "components:\n"
        "  - {id: first, measure: credited_revenue, filter: {sku: [P1]}, payout: {curve: tiers, table: [{from: 0, rate: 2%}]}}\n"
        "  - {id: second, measure: credited_revenue, filter: {sku: [P2], category: [child]}, payout: {curve: tiers, table: [{from: 0, rate: 3%}]}}\n"
        "  - {id: rest, measure: credited_revenue, filter: {sku: [P3]}, payout: {curve: tiers, table: [{from: 0, rate: 1%}]}}\n"
    )
    sales = [
        line("A", "2026-01-10", euros(one["net"]), order=1, key=number, sku=one["sku"], category=one["category"])
        for number, one in enumerate(inputs["lines"], 1)
    ]

    assert worth(plan_of(text), given(credits=sales))["A"] / 100 == float(expected["total"])


@case("erpnext-rate-out-of-range--1")
@case("posnext-rate-range--1")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="expected 0% to 100%"):
        plan_of(component(f"{{curve: tiers, table: [{{from: 0, rate: {inputs['pct']}%}}]}}"))


@case("oca-section-invalid-range")
def _(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    tier = inputs["tier"]
    with pytest.raises(DocumentError, match="bounds strictly rise"):
        plan_of(
            component(
                f"{{curve: tiers, table: [{{from: {tier['lo']}, rate: {tier['pct']}%}}, {{from: {tier['hi']}, rate: 0%}}]}}"
            )
        )


@pytest.mark.parametrize("identity", CASES.checks)
def test_case(identity: str) -> None:
    CASES.run(identity)


def test_every_case_is_run_or_listed_with_its_reason() -> None:
    elsewhere = AFTER_WORTH | {identity for identity, found in CASES.by_id.items() if found["kind"] in PEER_KINDS_ELSEWHERE}

    assert set(CASES.checks) | set(PEERS_NOT_SAID) | elsewhere == set(CASES.by_id)
    assert not set(CASES.checks) & (set(PEERS_NOT_SAID) | elsewhere)
