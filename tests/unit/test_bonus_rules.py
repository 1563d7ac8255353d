"""Rules of the calculation, one at a time, with figures written out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from support_bonus import GROUP, assigned, count, credit, only, pay, person, plan_of, target, worth
from support_bonus import inputs_of as given

from incentives.bonus import BonusInputs, PayGroup
from incentives.bonus.earned_rate import at_earned_rates
from incentives.errors import InputError

TEAM = "team_credited_revenue"
FLAT = "components:\n  - {id: sales, measure: credited_revenue, payout: {curve: tiers, table: [{from: 0, rate: 10%}]}}\n"


def component(body: str, measure: str = "credited_revenue", **keys: str) -> str:
    extra = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"components:\n  - {{id: pay, measure: {measure}{extra}, payout: {{{body}}}}}\n"


# Measures


def test_a_client_counts_once_however_many_days_brought_an_order() -> None:
    plan = plan_of(component("curve: per_unit, amount: 10.00, threshold: 2", "clients_served"))
    twice = [count("A", day, 1, "clients_served", unit_key="c1") for day in ("2026-01-10", "2026-01-20")]

    assert worth(plan, given(twice)) == {"A": 0}
    assert worth(plan, given([*twice, count("A", "2026-01-21", 1, "clients_served", unit_key="c2")])) == {"A": 2000}


def test_money_in_another_currency_is_never_added() -> None:
    rows = [credit("A", "2026-01-10", "100.00"), credit("A", "2026-01-10", "100.00", currency="USD")]

    result = pay(plan_of(FLAT), given(rows, assignments=[assigned("A"), assigned("B", currency="USD")]))

    assert only(result).worth_minor == 1000
    assert [(found.kind, found.subject_id, found.amount_minor, found.currency) for found in result.exceptions] == [
        ("other_currency", "A", 10000, "USD")
    ]


def test_money_that_was_converted_raises_no_question() -> None:
    rows = [{**credit("A", "2026-01-10", "190.00"), "is_converted": True}, credit("A", "2026-01-10", "100.00", currency="USD")]

    assert pay(plan_of(FLAT), given(rows)).exceptions == ()


def test_below_flat_takes_the_first_row_down_to_nothing() -> None:
    marginal = plan_of(component("curve: tiers, below: flat, table: [{from: 500, rate: 10%}, {from: 1000, rate: 20%}]"))

    assert worth(marginal, given([credit("A", "2026-01-10", "400.00")])) == {"A": 4000}
    assert worth(marginal, given([credit("A", "2026-01-10", "1100.00")])) == {"A": 12000}


# Targets


def test_a_target_that_was_not_delivered_pays_nothing_and_is_an_exception() -> None:
    plan = plan_of(component("curve: tiers, table: [{from: 0%, rate: 10%}]", target="individual"))

    result = pay(plan, given([credit("A", "2026-01-10", "100.00")]))

    assert only(result).worth_minor == 0
    assert [(found.kind, found.subject_id, found.component) for found in result.exceptions] == [("target_missing", "A", "pay")]


def test_a_target_in_another_currency_is_none_and_says_so() -> None:
    plan = plan_of(component("curve: tiers, table: [{from: 0%, rate: 10%}]", target="individual"))

    result = pay(
        plan,
        given([credit("A", "2026-01-10", "100.00")], targets=[target("A", "2026-01-01", "2026-02-01", "50.00", currency="USD")]),
    )

    assert only(result).worth_minor == 0
    assert [found.kind for found in result.exceptions] == ["target_currency"]


def test_a_target_longer_than_the_period_counts_with_its_days_inside_it() -> None:
    plan = plan_of(component("curve: tiers, table: [{from: 0%, rate: 10%}]", target="individual"))
    quarter = target("A", "2026-01-01", "2026-04-01", "9000.00")

    statement = only(pay(plan, given([credit("A", "2026-02-10", "100.00")], targets=[quarter]), "2026-02"))

    # 9,000 x 28 / 90 days
    assert statement.components[0].target_value == 280000


def test_a_full_time_target_is_lowered_by_fte_and_a_personal_one_not() -> None:
    body = component("curve: tiers, table: [{from: 0%, rate: 10%}]", target="individual")
    inputs = given(
        [credit("A", "2026-01-10", "100.00")],
        assignments=[assigned("A", fte=600)],
        targets=[target("A", "2026-01-01", "2026-02-01", "1000.00")],
    )

    def value(text: str) -> int | None:
        return only(pay(plan_of(text), inputs)).components[0].target_value

    assert value(body) == 100000
    assert value("proration: {given: full_time}\n" + body) == 60000


def test_without_proration_a_late_start_lowers_nothing() -> None:
    body = component("curve: step, on_target: 100.00, table: [{from: 0%, factor: 1}]", target="1000")
    inputs = given(
        [credit("A", "2026-01-20", "100.00")], people=[person("A", "2026-01-16")], assignments=[assigned("A", "2026-01-16")]
    )

    assert worth(plan_of("proration: {by: none}\n" + body), inputs) == {"A": 10000}
    # 16 of 31 days
    assert worth(plan_of(body), inputs) == {"A": 5161}


def test_by_months_the_starting_month_counts_whole_and_a_broken_last_one_not() -> None:
    body = "proration: {by: months}\ncalendar: quarter\n" + component(
        "curve: step, on_target: 300.00, table: [{from: 0, factor: 1}]"
    )
    rows = [credit("A", "2026-02-20", "100.00")]

    assert worth(plan_of(body), given(rows, people=[person("A", "2026-02-16")]), "2026-Q1") == {"A": 20000}
    assert worth(plan_of(body), given(rows, people=[person("A", None, "2026-03-20")]), "2026-Q1") == {"A": 20000}


def test_the_whole_intervals_target_counts_from_the_first_day() -> None:
    plan = plan_of(
        component(
            "curve: tiers, on_target: 12000, table: [{from: 0%, factor: 1}]",
            target="120000",
            interval="year",
            on_change="carry",
            target_over="interval",
        )
    )

    # 10,000 of 120,000 is a twelfth of 12,000.
    assert worth(plan, given([credit("A", "2026-01-10", "10000.00")])) == {"A": 100000}


# Gates, people, plans


def test_a_gate_on_attainment_shuts_what_depends_on_it() -> None:
    text = component("curve: tiers, table: [{from: 0%, rate: 10%}]", target="1000") + (
        "  - {id: extra, measure: new_clients, payout: {curve: per_unit, amount: 10.00}}\n"
        "modifiers:\n  - {applies_to: [extra], gate_attainment: pay, at_least: 80%}\n"
    )
    rows = [credit("A", "2026-01-10", "800.00"), credit("B", "2026-01-10", "799.99")]
    rows += [count(who, "2026-01-10", 1, "new_clients", unit_key=who) for who in "AB"]

    assert worth(plan_of(text), given(rows)) == {"A": 9000, "B": 8000}


def test_the_highest_f_stands_unless_it_may_fall() -> None:
    keys = {"target": "individual", "interval": "quarter", "on_change": "carry"}
    body = "curve: tiers, mode: retroactive, table: [{from: 0%, rate: 1%}, {from: 100%, rate: 2%}]"
    rows = [credit("A", "2026-01-10", "1000.00")]
    goals = [target("A", "2026-01-01", "2026-02-01", "1000.00"), target("A", "2026-02-01", "2026-03-01", "1000.00")]

    # To January 100 %, 20.00; to February 50 %, 10.00.
    assert worth(plan_of(component(body, **keys)), given(rows, targets=goals), "2026-02") == {"A": 0}
    falling = plan_of(component(body, **keys, may_fall="true") + "returns: return_period\n")
    assert worth(falling, given(rows, targets=goals), "2026-02") == {"A": -1000}


def test_a_person_without_a_plan_is_an_exception_with_the_money_at_stake() -> None:
    plan = plan_of("eligibility: {roles: [advisor]}\n" + FLAT)
    inputs = given([credit("A", "2026-01-10", "100.00")], assignments=[assigned("A", role="cashier")])

    result = pay(plan, inputs)

    assert len(result.statements) == 0
    assert [(found.kind, found.subject_id, found.amount_minor, found.currency) for found in result.exceptions] == [
        ("person_without_plan", "A", 10000, "EUR")
    ]


def test_two_plans_for_one_person_and_day_are_refused_unless_both_stack() -> None:
    other = FLAT.replace("10%", "1%")
    inputs = given([credit("A", "2026-01-10", "100.00")])

    with pytest.raises(InputError, match="associate A is under two plans on one day of 2026-01: advisor and extra"):
        pay([plan_of(FLAT), plan_of("plan: extra\n" + other)], inputs)
    assert worth([plan_of("stacks: true\n" + FLAT), plan_of("plan: extra\nstacks: true\n" + other)], inputs) == {"A": 1100}


def test_people_belong_to_the_group_that_their_record_names_or_to_the_default() -> None:
    inputs = given([credit(who, "2026-01-10", "100.00") for who in "AB"], people=[person("A", group="spain"), person("B")])

    assert worth(plan_of(FLAT), inputs, group=GROUP) == {"B": 1000}
    assert worth(plan_of(FLAT), inputs, group=PayGroup("spain", "month", "EUR")) == {"A": 1000}


def test_a_local_plan_pays_each_person_in_their_own_currency() -> None:
    plan = plan_of("currency: local\n" + component("curve: per_unit, amount: {EUR: 10.00, AED: 40.00}", "new_clients"))
    rows = [count(who, "2026-01-10", 1, "new_clients", unit_key=who) for who in "AB"]

    result = pay(plan, given(rows, assignments=[assigned("A"), assigned("B", currency="AED")]))

    assert [(one.associate_id, one.currency, one.worth_minor) for one in result.statements] == [
        ("A", "EUR", 1000),
        ("B", "AED", 4000),
    ]


def test_a_currency_without_minor_units_is_paid_in_whole_units() -> None:
    plan = plan_of("currency: JPY\n" + component("curve: tiers, table: [{from: 0, rate: 1.5%}]"))
    inputs = given([credit("A", "2026-01-10", "1001", currency="JPY")], assignments=[assigned("A", currency="JPY")])

    assert worth(plan, inputs) == {"A": 15}


def test_credit_in_a_gap_between_assignments_belongs_to_the_one_before() -> None:
    placed = [assigned("A", "2025-01-01", "2026-01-10"), assigned("A", "2026-02-01", role="cashier")]
    plan = plan_of("eligibility: {roles: [advisor]}\n" + FLAT)

    assert worth(plan, given([credit("A", "2026-01-20", "100.00")], assignments=placed)) == {"A": 1000}


# Inputs


def test_equal_inputs_have_equal_parquet_bytes_and_read_back_as_they_were(tmp_path: Path) -> None:
    rows = [credit("A", "2026-01-10", "100.00"), credit("B", "2026-01-10", "-5.00")]
    forth, back = given(rows), given(rows[::-1])

    first = [path.read_bytes() for path in forth.to_parquet(tmp_path / "one")]
    second = [path.read_bytes() for path in back.to_parquet(tmp_path / "two")]

    assert first == second
    again = BonusInputs.from_parquet(tmp_path / "one")
    assert list(pay(plan_of(FLAT), again).statements) == list(pay(plan_of(FLAT), forth).statements)


def test_the_trace_says_every_number_that_a_person_needs_to_recompute_it() -> None:
    plan = plan_of(
        component("curve: tiers, table: [{from: 0%, rate: 1%}, {from: 100%, rate: 1.5%}]", target="individual", cap="500.00")
    )
    inputs = given([credit("A", "2026-01-10", "12500.00")], targets=[target("A", "2026-01-01", "2026-02-01", "10000.00")])

    statement = only(pay(plan, inputs))

    assert [(step.step, step.label, step.output) for step in statement.trace] == [
        ("measure", "credited_revenue", "12500.00"),
        ("target", "target to date, prorated once", "10000.00"),
        ("attainment", "measure / target, about 125.00 %", "125%"),
        ("row", "row from 0%: 1% of 10000.00 in the band", "100.00"),
        ("row", "row from 100%: 1.5% of 2500.00 in the band", "37.50"),
        ("curve", "F to the end of the period", "137.50"),
        ("cap", "at most 500.00 in the period", "137.50"),
        ("rounding", "rounded once, half to even, to the minor unit", "137.50"),
        ("total", "sum of the components", "137.50"),
        ("worth", "worth: what is owed before holdback, draw and recovery", "137.50"),
    ]
    assert statement.trace[0].inputs == {
        "measure": "credited_revenue",
        "from": "2026-01-01",
        "to": "2026-01-31",
        "dates": "earned_date",
        "plan": "advisor v1",
        "currency": "EUR",
        "subject": "A",
    }
    assert statement.components[0].attainment == Fraction(5, 4)


def test_a_locked_payout_is_in_proportion_to_what_remains_and_by_the_curve_where_nothing_was_measured() -> None:
    plan = plan_of(
        "after_lock: earned_rate\n"
        + component("curve: tiers, mode: retroactive, table: [{from: 0, rate: 5%}, {from: 1000, rate: 10%}]")
    )

    def later(locked: str, now: str) -> int:
        before, after = (pay(plan, given([credit("A", "2026-01-10", amount)])).statements for amount in (locked, now))
        (statement,) = at_earned_rates(before, after, [plan])
        assert Fraction(statement.trace[-1].output) * 100 == statement.worth_minor
        return statement.worth_minor

    # 120.00 x 800 / 1,200; 120.00 x 1,500 / 1,200; more came back than was sold.
    assert later("1200.00", "800.00") == 8000
    assert later("1200.00", "1500.00") == 15000
    assert later("1200.00", "-100.00") == 0
    # Nothing, or less than nothing, was locked: 1,500.00 x 10 %.
    assert later("0.00", "1500.00") == 15000
    assert later("-100.00", "1500.00") == 15000
