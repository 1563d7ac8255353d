"""Proration by working days, hours and leave, and money at yearly rates; the arithmetic stands in each test."""

from __future__ import annotations

import pytest
from support_bonus import Row, assigned, count, credit, day, line, only, pay, person, plan_of, target, worth
from support_bonus import inputs_of as given

from incentives.errors import InputError

FIXED = """
proration: {%s}
components:
  - id: goal
    measure: credited_revenue
    target: 1000
    payout: {curve: step, on_target: 3100, table: [{from: 0%%, factor: 1}]}
"""


def hours(who: str, on: str, *, scheduled: float = 8, worked: float = 0, leave: float = 0) -> Row:
    centi = {"scheduled_centi": round(scheduled * 100), "worked_centi": round(worked * 100), "leave_centi": round(leave * 100)}
    return {"associate_id": who, "work_date": day(on), **centi}


def test_working_days_are_those_of_the_places_calendar() -> None:
    plan = plan_of(FIXED % "by: working_days")
    # January 2026 has 22 days from Monday to Friday; hired on Monday the 19th, 10 of them are left.
    hired = {"people": [person("A", "2026-01-19")], "assignments": [assigned("A", "2026-01-19")]}
    usual = given([credit("A", "2026-01-20", "1.00")], **hired)
    # In the place's calendar Sunday the 25th is worked and Friday the 30th is not, and neither is Thursday the 1st: 21 days, 10 left.
    calendar = [
        {"location_id": "L-T1", "calendar_day": day(on), "is_working": works}
        for on, works in (("2026-01-25", True), ("2026-01-30", False), ("2026-01-01", False))
    ]
    elsewhere = [{"location_id": "L-T2", "calendar_day": day("2026-01-21"), "is_working": False}]
    own = given([credit("A", "2026-01-20", "1.00")], **hired, more={"working_days": calendar + elsewhere})

    # 3,100.00 x 10 / 22 = 1,409.0909; x 10 / 21 = 1,476.1904...
    assert worth(plan, usual) == {"A": 140909}
    assert worth(plan, own) == {"A": 147619}


def test_a_target_is_spread_over_working_days() -> None:
    text = "proration: {by: working_days}\ncomponents:\n  - {id: sales, measure: credited_revenue, target: individual, payout: {curve: tiers, table: [{from: 0%, rate: 10%}]}}\n"
    inputs = given(
        [credit("A", "2026-01-05", "500.00")],
        people=[person("A")],
        assignments=[assigned("A", team="T1"), assigned("A", "2026-01-12", team="T2")],
        targets=[target("A", "2026-01-01", "2026-02-01", "2200.00")],
        # T2 works on every day of its week in January but Monday the 12th.
        more={"working_days": [{"location_id": "L-T2", "calendar_day": day("2026-01-12"), "is_working": False}]},
    )

    # At T1 7 of 22 working days (1st, 2nd, 5th to 9th) carry 700.00; at T2 14 of its 21 carry 1,466.66...: in all 2,166.67.
    assert only(pay(plan_of(text), inputs)).components[0].target_value == 216667


def test_days_of_leave_lower_a_fixed_amount_by_their_hours_and_training_does_not() -> None:
    rows = [credit("A", "2026-01-20", "1.00")]
    # Ten whole days, and half of an eleventh: 20.5 of 31 days are left. Training is work.
    absent = [hours("A", f"2026-01-{number:02d}", leave=8) for number in range(5, 15)]
    absent += [hours("A", "2026-01-15", worked=4, leave=4), hours("A", "2026-01-16", worked=8)]

    def paid(proration: str) -> int:
        return worth(plan_of(FIXED % proration), given(rows, more={"attendance": absent}))["A"]

    assert paid("by: calendar_days, leave: exclude") == 205000
    assert paid("by: calendar_days") == 310000
    # By working days the two days of the weekend of the 10th and 11th are none: 8.5 of 22 are leave, 13.5 are left.
    assert paid("by: working_days, leave: exclude") == round(3100_00 * 135 / 220)


def test_hours_that_were_planned_and_not_worked_lower_a_fixed_amount() -> None:
    # 6 of 8 hours; 3 of 8 and 2 of leave; 10 of 8 raise nothing; 5 hours that nobody planned are a whole day.
    attendance = [
        hours("A", "2026-01-05", worked=6),
        hours("A", "2026-01-06", worked=3, leave=2),
        hours("A", "2026-01-07", worked=10),
        hours("A", "2026-01-08", scheduled=0, worked=5),
    ]

    def paid(proration: str) -> int:
        return worth(plan_of(FIXED % proration), given([credit("A", "2026-01-20", "1.00")], more={"attendance": attendance}))["A"]

    # Absent for 2/8 and 3/8 of a day: 31 - 5/8. With leave left out for another 2/8: 31 - 7/8.
    assert paid("by: hours") == 310000 - 6250
    assert paid("by: hours, leave: exclude") == 310000 - 8750


def test_who_is_on_leave_all_the_period_has_no_target_and_nobody_is_asked() -> None:
    text = "proration: {by: calendar_days, leave: exclude}\ncomponents:\n  - {id: sales, measure: credited_revenue, target: individual, payout: {curve: tiers, table: [{from: 0%, rate: 10%}]}}\n"
    away = [hours("A", f"2026-01-{number:02d}", leave=8) for number in range(1, 32)]

    result = pay(
        plan_of(text),
        given([], people=[person("A")], targets=[target("A", "2026-01-01", "2026-02-01", "100.00")], more={"attendance": away}),
    )

    assert [one.worth_minor for one in result.statements] == [0]
    assert result.exceptions == ()


def _rates(*rates: tuple[str, str, float]) -> list[Row]:
    return [
        {"rate_year": 2026, "from_currency": source, "to_currency": to, "rate_e9": round(rate * 10**9)}
        for source, to, rate in rates
    ]


def test_a_yearly_rate_turns_ratios_lines_and_counted_orders_into_the_plans_money() -> None:
    # 100.00 EUR and 20,000 JPY at 0.0065: 230.00 EUR.
    ordered = [credit("A", "2026-01-05", "100.00"), credit("A", "2026-01-06", "20000", currency="JPY")]
    lines = [
        line("A", "2026-01-05", "100.00", order=1, key=1),
        {**line("A", "2026-01-06", "200.00", order=2, key=2), "currency": "JPY", "credit_minor": 20000},
    ]
    more = {"ordered_measures": ordered, "ordered_credits": lines, "plan_rates": _rates(("JPY", "EUR", 0.0065))}
    # What stands converted at the rates of the days is another plan's.
    frozen = given([{**credit("A", "2026-01-05", "999.00"), "is_converted": True}], credits=lines[:1], more=more)

    def paid(rest: str) -> int:
        return worth(plan_of(f"fx: plan_rate\ncomponents:\n  - {{id: sales, {rest}}}\n"), frozen)["A"]

    whole = "{curve: tiers, table: [{from: 0, rate: 10%}]}"
    assert paid(f"measure: credited_revenue, payout: {whole}") == 2300
    assert paid(f"measure: credited_revenue, filter: {{sku: [S]}}, payout: {whole}") == 2300
    # By line: 100.00 reaches nothing, 130.00 reaches 120.00.
    assert paid("measure: credited_revenue, pays: per_line, payout: {curve: step, table: [{from: 120, amount: 7}]}") == 700
    assert paid("measure: credited_revenue, payout: {curve: spiff, each: order, amount: 5}") == 1000


def test_a_return_is_turned_at_the_rate_of_the_year_of_its_sale() -> None:
    ordered = [
        credit("A", "2025-12-30", "100.00", currency="USD"),
        credit("A", "2025-12-30", "-100.00", currency="USD", returned_on="2026-01-08"),
        credit("A", "2026-01-09", "100.00", currency="USD"),
    ]
    rates = [{**row, "rate_year": year} for year, rate in ((2025, 0.9), (2026, 0.8)) for row in _rates(("USD", "EUR", rate))]
    text = "valid_from: 2025-01-01\nfx: plan_rate\nreturns: return_period\ncomponents:\n  - {id: sales, measure: credited_revenue, payout: {curve: tiers, table: [{from: 0, rate: 100%}]}}\n"

    # 80.00 of January, less the 90.00 that December was paid for.
    assert worth(plan_of(text), given(ordered, more={"ordered_measures": ordered, "plan_rates": rates})) == {"A": -1000}


def test_a_currency_without_a_rate_of_the_year_is_refused() -> None:
    ordered = [credit("A", "2026-01-05", "100.00", currency="USD")]
    text = "fx: plan_rate\ncomponents:\n  - {id: sales, measure: credited_revenue, payout: {curve: tiers, table: [{from: 0, rate: 10%}]}}\n"

    with pytest.raises(InputError, match="there is no rate of 2026 from USD to EUR"):
        pay(plan_of(text), given(ordered, more={"ordered_measures": ordered}))


def test_units_of_a_line_count_once_however_many_currencies_pay_on_it() -> None:
    text = "components:\n  - {id: units, measure: credited_units, filter: {sku: [S]}, payout: {curve: per_unit, amount: 5}}\n"
    twice = [
        line("A", "2026-01-05", "100.00", order=1, key=1),
        {**line("A", "2026-01-05", "110.00", order=1, key=1), "currency": "USD"},
    ]

    assert worth(plan_of(text), given([count("A", "2026-01-05", 1, "credited_units")], credits=twice)) == {"A": 500}
