"""Cases worked by hand; the arithmetic stands in each test."""

from __future__ import annotations

from support_bonus import assigned, count, credit, only, pay, person, plan_of, target, worth
from support_bonus import inputs_of as given

YEAR_TO_DATE = """
components:
  - id: sales
    measure: credited_revenue
    interval: year
    on_change: carry
    payout: {curve: tiers, table: [{from: 0, rate: 5%}, {from: 10000, rate: 10%}]}
"""
MONTHLY = YEAR_TO_DATE.replace("    interval: year\n    on_change: carry\n", "")


def test_year_to_date_pays_700_and_300_and_a_late_return_of_january_moves_january_and_february() -> None:
    plan = plan_of(YEAR_TO_DATE)
    sales = [credit("A", "2026-01-10", "12000.00"), credit("A", "2026-02-10", "3000.00")]
    # January: 10,000 x 5 % + 2,000 x 10 % = 700. February: 3,000 x 10 % = 300.
    locked = {month: worth(plan, given(sales), month)["A"] for month in ("2026-01", "2026-02")}
    assert locked == {"2026-01": 70000, "2026-02": 30000}

    back = credit("A", "2026-01-10", "-3000.00", returned_on="2026-03-12")
    later = given([*sales, credit("A", "2026-03-05", "2000.00"), back])

    # January is now 9,000 x 5 % = 450; to February 12,000, 700 in all; to March 14,000, 900 in all.
    now = {month: worth(plan, later, month)["A"] for month in ("2026-01", "2026-02", "2026-03")}
    assert now["2026-03"] == 20000
    assert [now[month] - locked[month] for month in locked] == [-25000, -5000]
    assert sum(now.values()) == 90000


def test_hired_on_day_16_of_30_half_the_target_and_all_of_the_rate() -> None:
    plan = plan_of(
        """
components:
  - id: sales
    measure: credited_revenue
    target: individual
    payout: {curve: tiers, mode: retroactive, table: [{from: 0%, rate: 0%}, {from: 100%, rate: 1%}]}
"""
    )
    inputs = given(
        [credit("A", "2026-04-20", "10000.00")],
        people=[person("A", "2026-04-16")],
        assignments=[assigned("A", "2026-04-16")],
        targets=[target("A", "2026-04-01", "2026-05-01", "20000.00")],
    )

    statement = only(pay(plan, inputs, "2026-04"))

    assert statement.components[0].target_value == 1000000
    assert statement.components[0].attainment == 1
    assert statement.worth_minor == 10000


def test_the_cap_is_each_months_own() -> None:
    plan = plan_of(
        """
components:
  - id: sales
    measure: credited_revenue
    interval: year
    on_change: carry
    cap: 5000
    payout: {curve: tiers, table: [{from: 0, rate: 10%}]}
"""
    )
    inputs = given([credit("A", "2026-01-10", "60000.00"), credit("A", "2026-02-10", "20000.00")])

    assert [worth(plan, inputs, month)["A"] for month in ("2026-01", "2026-02")] == [500000, 200000]


def test_a_new_manager_in_the_middle_of_the_month_starts_no_new_part() -> None:
    inputs = given(
        [credit("A", "2026-01-10", "6000.00"), credit("A", "2026-01-20", "6000.00")],
        assignments=[assigned("A", "2025-01-01", "2026-01-15"), assigned("A", "2026-01-15", manager="N")],
    )

    assert worth(plan_of(MONTHLY), inputs) == {"A": 70000}


def test_who_nobody_answered_about_gets_the_missing_factor_and_not_the_lowest_band() -> None:
    plan = plan_of(
        MONTHLY
        + "modifiers:\n  - {applies_to: [sales], measure: csat_mean, missing: 1.0, table: [{from: 0, factor: 0.9}, {from: 8, factor: 1.0}, {from: 9.3, factor: 1.1}]}\n"
    )
    sales = [credit(who, "2026-01-10", "10000.00") for who in "ABCD"]
    # A: nobody; B: two answers, fewer than the three that the measure needs; C: 3 answers, mean 7; D: 3 answers, mean 9.5.
    answers = [count("B", "2026-01-11", 4, "csat_mean", denominator=2), count("C", "2026-01-11", 21, "csat_mean", denominator=3)]
    answers += [
        count("D", "2026-01-11", 19, "csat_mean", denominator=2),
        count("D", "2026-01-12", 19, "csat_mean", denominator=2),
    ]

    assert worth(plan, given([*sales, *answers])) == {"A": 50000, "B": 50000, "C": 45000, "D": 55000}


def test_a_return_of_an_earlier_month_lowers_no_other_month_unless_returns_count_in_their_own() -> None:
    rows = [credit("A", "2026-01-10", "1000.00"), credit("A", "2026-01-10", "-1000.00", returned_on="2026-02-10")]
    own = plan_of("returns: return_period\n" + MONTHLY)

    assert [worth(plan_of(MONTHLY), given(rows), month)["A"] for month in ("2026-01", "2026-02")] == [0, 0]
    # At its own date: January stays 1,000 x 5 % = 50, February is -50 and carries forward.
    assert [worth(own, given(rows), month)["A"] for month in ("2026-01", "2026-02")] == [5000, -5000]


def test_an_order_completed_after_leaving_is_paid() -> None:
    inputs = given([credit("A", "2026-02-10", "1000.00")], people=[person("A", "2025-01-01", "2026-01-31")])

    assert worth(plan_of("eligibility: {min_active_days: 10}\n" + MONTHLY), inputs, "2026-02") == {"A": 5000}


def test_who_is_there_fewer_days_than_the_plan_asks_for_is_paid_nothing_and_told_why() -> None:
    inputs = given([credit("A", "2026-01-30", "1000.00")], people=[person("A", "2026-01-25")])

    statement = only(pay(plan_of("eligibility: {min_active_days: 10}\n" + MONTHLY), inputs))

    assert statement.worth_minor == 0
    assert [step.label for step in statement.trace if step.step == "eligibility"] == ["7 active days, 10 needed: nothing is paid"]


def test_the_guarantee_holds_for_its_months_from_hire_and_is_prorated() -> None:
    plan = plan_of(MONTHLY + "total: {guarantee: {amount: 310.00, months_from_hire: 1}}\n")
    inputs = given([credit("A", "2026-01-20", "100.00")], people=[person("A", "2026-01-11")])

    # January: 21 of 31 days, 210.00. February: ten days of the first month are left of 28: 310 x 10 / 28 = 110.714...
    assert worth(plan, inputs) == {"A": 21000}
    assert worth(plan, inputs, "2026-02") == {"A": 11071}


def test_the_total_cap_takes_from_the_last_component_first() -> None:
    plan = plan_of(
        """
components:
  - {id: sales, measure: credited_revenue, payout: {curve: tiers, table: [{from: 0, rate: 10%}]}}
  - {id: clients, measure: new_clients, payout: {curve: per_unit, amount: 50.00}}
total: {cap: 120.00}
"""
    )
    rows = [credit("A", "2026-01-10", "1000.00"), count("A", "2026-01-10", 1, "new_clients", unit_key="c1")]

    statement = only(pay(plan, given(rows)))

    # 100.00 + 50.00 = 150.00; the cap takes 30.00 from the clients.
    assert {part.component: part.amount_minor for part in statement.components} == {"sales": 10000, "clients": 2000}
    assert statement.worth_minor == 12000


def test_a_half_cent_is_rounded_to_the_even_cent_once_and_per_component() -> None:
    plan = plan_of(
        "components:\n  - {id: sales, measure: credited_revenue, payout: {curve: tiers, table: [{from: 0, rate: 5%}]}}\n"
    )

    # 0.10 x 5 % = 0.005 -> 0.00; 0.30 x 5 % = 0.015 -> 0.02; rounding 0.10 three times apart would give 0.00.
    assert worth(plan, given([credit("A", "2026-01-10", "0.10")])) == {"A": 0}
    assert worth(plan, given([credit("A", f"2026-01-1{day}", "0.10") for day in range(3)])) == {"A": 2}
