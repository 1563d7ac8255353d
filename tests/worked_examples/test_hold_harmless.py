"""Whoever tries a plan is paid the better of two; worked by hand."""

from __future__ import annotations

import pytest
from support_bonus import assigned, credit, person, plan_of
from support_bonus import inputs_of as given

from incentives.bonus import PayGroup
from incentives.bonus.calculate import calculate
from incentives.bonus.inputs import BonusInputs
from incentives.bonus.result import Statement
from incentives.errors import InputError
from incentives.periods import Period
from incentives.plans.model import Plan

ORDINARY = plan_of(
    """
plan: ordinary
eligibility: {roles: [advisor]}
components:
  - id: sales
    measure: credited_revenue
    payout: {curve: tiers, table: [{from: 0, rate: 10%}, {from: 1000, rate: 5%}]}
"""
)
TRIED = plan_of(
    """
plan: tried
eligibility: {roles: [pilot]}
hold_harmless: ordinary
components:
  - id: sales
    measure: credited_revenue
    payout: {curve: tiers, table: [{from: 0, rate: 8%}]}
"""
)
GROUP = PayGroup("main", "month", "EUR", True)


def _statements(
    inputs: BonusInputs, month: str = "2026-03", plans: tuple[Plan, ...] = (ORDINARY, TRIED)
) -> dict[str, list[Statement]]:
    found: dict[str, list[Statement]] = {}
    for statement in calculate(plans, inputs, Period.parse(month), GROUP).statements:
        found.setdefault(statement.associate_id, []).append(statement)
    return found


def test_the_better_of_both_is_worth_and_the_trace_shows_both() -> None:
    sales = [credit("A", "2026-03-10", "600.00"), credit("B", "2026-03-10", "3000.00"), credit("C", "2026-03-10", "600.00")]
    roles = {"A": "pilot", "B": "pilot", "C": "advisor"}
    inputs = given(
        sales, people=[person(who) for who in roles], assignments=[assigned(who, role=role) for who, role in roles.items()]
    )

    found = _statements(inputs)

    # A: 8 % of 600 is 48.00, by the other 60.00. B: 240.00, by the other 100 + 2,000 x 5 % = 200.00. C is under the other.
    assert {who: [(one.plan, one.worth_minor) for one in mine] for who, mine in found.items()} == {
        "A": [("tried", 60_00)],
        "B": [("tried", 240_00)],
        "C": [("ordinary", 60_00)],
    }
    (step,) = [step for step in found["A"][0].trace if step.step == "hold_harmless"]
    assert (step.inputs, step.output) == ({"this plan": "48.00", "that plan": "60.00"}, "60.00")
    assert found["A"][0].components[0].amount_minor == 48_00


def test_what_the_other_plan_pays_for_days_before_counts_towards_it() -> None:
    # An advisor until 15 March, in the pilot from then on: 500.00 sold before, 600.00 after.
    inputs = given(
        [credit("A", "2026-03-05", "500.00"), credit("A", "2026-03-20", "600.00")],
        people=[person("A")],
        assignments=[
            assigned("A", "2020-01-01", "2026-03-16", role="advisor"),
            assigned("A", "2026-03-16", role="pilot"),
        ],
    )

    found = {one.plan: one.worth_minor for one in _statements(inputs)["A"]}

    # The other alone: 10 % of 1,000 and 5 % of 100 = 105.00, of which it pays 50.00 anyway: 55.00 instead of 48.00.
    assert found == {"ordinary": 50_00, "tried": 55_00}


def test_each_period_stands_by_itself_and_a_return_moves_both() -> None:
    sales = [credit("A", "2026-03-10", "3000.00"), credit("A", "2026-04-10", "600.00")]
    people = {"people": [person("A")], "assignments": [assigned("A", role="pilot")]}

    assert [_statements(given(sales, **people), month)["A"][0].worth_minor for month in ("2026-03", "2026-04")] == [240_00, 60_00]
    back = credit("A", "2026-03-10", "-2000.00", returned_on="2026-04-02")
    # March is 1,000 by now: 80.00, by the other 100.00.
    assert _statements(given([*sales, back], **people))["A"][0].worth_minor == 100_00


@pytest.mark.parametrize(
    "plans, says",
    [
        ((TRIED,), "there is no plan 'ordinary'"),
        ((ORDINARY.model_copy(update={"calendar": "quarter"}), TRIED), "ordinary is paid by quarter"),
        ((ORDINARY.model_copy(update={"hold_harmless": "tried"}), TRIED), "is held harmless itself"),
    ],
)
def test_what_cannot_be_compared_is_refused(plans: tuple[Plan, ...], says: str) -> None:
    inputs = given([credit("A", "2026-03-10", "600.00")], people=[person("A")], assignments=[assigned("A", role="pilot")])

    with pytest.raises(InputError, match=says):
        _statements(inputs, plans=plans)
