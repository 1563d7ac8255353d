"""Pools, ranks, goals, spiffs and lines, one rule at a time, with figures written out."""

from __future__ import annotations

from support_bonus import assigned, count, credit, line, only, pay, person, plan_of, target, worth
from support_bonus import inputs_of as given

TEAM = "team_credited_revenue"
FLAT = "components:\n  - {id: sales, measure: credited_revenue, payout: {curve: tiers, table: [{from: 0, rate: 10%}]}}\n"


def component(body: str, measure: str = "credited_revenue", **keys: str) -> str:
    extra = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"components:\n  - {{id: pay, measure: {measure}{extra}, payout: {{{body}}}}}\n"


# Pools and ranks


def test_a_pool_is_divided_by_weight_and_leaves_no_rest() -> None:
    plan = plan_of(component("curve: pool, rate: 1%, share_by: hours_worked", TEAM))
    rows = [credit("T1", "2026-01-10", "1000.01", measure=TEAM)]
    rows += [count(who, "2026-01-10", hours, "hours_worked") for who, hours in (("A", 1), ("B", 1), ("C", 1))]

    # 1 % of 1,000.01 is 10.0001, 10.00 once rounded; three equal parts: 3.34, 3.33, 3.33.
    assert worth(plan, given(rows)) == {"A": 334, "B": 333, "C": 333}


def test_a_pool_that_nobody_has_a_weight_in_pays_nothing_and_is_an_exception() -> None:
    plan = plan_of(component("curve: pool, amount: 100, share_by: hours_worked", TEAM))

    result = pay(plan, given([credit("T1", "2026-01-10", "1.00", measure=TEAM)], people=[person("A")]))

    assert only(result).worth_minor == 0
    assert [(found.kind, found.subject_id) for found in result.exceptions] == [("pool_without_weight", "T1")]


def test_who_is_not_eligible_has_no_weight_and_the_others_share_the_whole_pool() -> None:
    plan = plan_of("eligibility: {min_active_days: 10}\n" + component("curve: pool, amount: 100, share_by: equal", TEAM))
    rows = [credit("T1", "2026-01-10", "1.00", measure=TEAM)]

    assert worth(plan, given(rows, people=[person("A"), person("B", "2026-01-29"), person("C")])) == {
        "A": 5000,
        "B": 0,
        "C": 5000,
    }


def test_a_pool_by_fte_takes_the_mean_of_the_days_on_the_team() -> None:
    plan = plan_of(component("curve: pool, amount: 300, share_by: fte", TEAM))
    placed = [assigned("A", fte=1000), assigned("B", "2025-01-01", fte=1000), assigned("B", "2026-01-16", fte=0)]
    rows = [credit("T1", "2026-01-10", "1.00", measure=TEAM)]

    # B: 15 of 31 days at 1, the rest at 0: 15/31. 300 x 31/46 = 202.173..., 300 x 15/46 = 97.826...
    assert worth(plan, given(rows, people=[person("A"), person("B")], assignments=placed)) == {"A": 20217, "B": 9783}


def test_a_team_component_starts_a_new_part_where_the_team_changes() -> None:
    plan = plan_of(component("curve: tiers, table: [{from: 0, rate: 1%}, {from: 1000, rate: 2%}]", TEAM))
    rows = [
        credit(team, day, "900.00", measure=TEAM)
        for team, day in (("T1", "2026-01-05"), ("T2", "2026-01-20"), ("T2", "2026-01-05"))
    ]
    placed = [assigned("A", "2025-01-01", team="T1"), assigned("A", "2026-01-16", team="T2")]

    # 900 of T1 while on it, 900 of T2 while on it, each in the first band.
    assert worth(plan, given(rows, people=[person("A")], assignments=placed)) == {"A": 1800}


def test_ties_in_a_rank_share_the_places_they_occupy() -> None:
    plan = plan_of(
        component(
            "curve: step, basis: rank, rank_in: team, table: [{from: 1, amount: 500}, {from: 2, amount: 300}, {from: 3, amount: 0}]",
            pays="per_period",
        )
    )
    rows = [credit(who, "2026-01-10", amount) for who, amount in (("A", "50.00"), ("B", "50.00"), ("C", "10.00"), ("D", "90.00"))]
    placed = [assigned(who) for who in "ABC"] + [assigned("D", team="T2")]

    assert worth(plan, given(rows, assignments=placed)) == {"A": 40000, "B": 40000, "C": 0, "D": 50000}


# Goals, spiffs, lines, filters


def test_goals_are_weighed_and_each_counts_100_percent_at_most() -> None:
    plan = plan_of(
        "components:\n  - {id: growth, payout: {curve: goal, on_target: 300.00, weights: {training_completed: 60, key_results: 40}}}\n"
    )
    rows = [count("A", "2026-01-10", 3, "training_completed"), count("A", "2026-01-10", 9, "key_results")]
    goals = [
        target("A", "2026-01-01", "2026-02-01", value, measure=name, currency=None)
        for name, value in (("training_completed", "4"), ("key_results", "6"))
    ]

    # 300 x (60 % x 3/4 + 40 % x 1) = 255
    assert worth(plan, given(rows, targets=goals)) == {"A": 25500}


def test_a_goal_without_a_target_pays_nothing_and_is_an_exception() -> None:
    plan = plan_of("components:\n  - {id: growth, payout: {curve: goal, on_target: 300.00, weights: {key_results: 100}}}\n")

    result = pay(plan, given([count("A", "2026-01-10", 9, "key_results")]))

    assert only(result).worth_minor == 0
    assert [found.kind for found in result.exceptions] == ["target_missing"]


def test_a_spiff_counts_orders_between_its_dates_and_one_that_came_back_not() -> None:
    plan = plan_of(
        component("curve: spiff, amount: 25.00, each: order, from: 2026-01-10, to: 2026-01-20", filter="{sku: [W-100]}")
    )
    sold = [
        line("A", day, "90.00", order=number, key=number, sku="W-100")
        for number, day in enumerate(("2026-01-09", "2026-01-10", "2026-01-20", "2026-01-21"), 1)
    ]
    sold += [
        line("A", "2026-01-12", "90.00", order=5, key=5, sku="W-100"),
        line("A", "2026-01-12", "-90.00", order=6, key=6, root=5, sku="W-100"),
    ]
    sold[-1]["order_key"] = 5

    assert worth(plan, given(credits=sold)) == {"A": 5000}


def test_a_spiff_paid_once_is_paid_once() -> None:
    plan = plan_of(component("curve: spiff, amount: 25.00, each: once"))

    assert worth(plan, given([credit("A", "2026-01-10", "1.00"), credit("A", "2026-01-11", "1.00")])) == {"A": 2500}


def test_a_spiff_paid_once_between_two_days_is_paid_once_in_all_of_their_periods() -> None:
    plan = plan_of(component("curve: spiff, amount: 59.00, each: once, from: 2026-01-01, to: 2026-02-28"))
    inputs = given(
        [credit("A", day, "1.00") for day in ("2026-01-10", "2026-02-10")] + [credit("B", "2026-02-20", "1.00")],
        people=[person("B", "2026-02-01")],
    )

    assert worth(plan, inputs) == {"A": 5900}
    # B is there for 28 of the 59 days.
    assert worth(plan, inputs, "2026-02") == {"A": 0, "B": 2800}


def test_per_line_judges_each_line_with_what_its_returns_have_left_of_it() -> None:
    plan = plan_of(component("curve: step, table: [{from: 100, amount: 5.00}]", pays="per_line"))
    sold = [
        line("A", "2026-01-10", "100.00", order=1, key=1),
        line("A", "2026-01-10", "150.00", order=2, key=2),
        line("A", "2026-01-10", "-60.00", order=3, key=3, root=2),
    ]

    assert worth(plan, given(credits=sold)) == {"A": 500}


def test_a_filter_counts_the_lines_of_its_categories_only() -> None:
    plan = plan_of(component("curve: tiers, table: [{from: 0, rate: 10%}]", filter="{category: [watches], role: [seller]}"))
    sold = [
        line("A", "2026-01-10", "100.00", order=1, key=1, category="watches"),
        line("A", "2026-01-10", "100.00", order=1, key=2, category="belts"),
        line("A", "2026-01-10", "100.00", order=2, key=3, category="watches", role="advisor"),
    ]

    assert worth(plan, given(credits=sold)) == {"A": 1000}
