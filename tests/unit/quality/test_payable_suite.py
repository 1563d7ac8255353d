"""The suite `payable`: it holds on good frames, and each check fails on a frame with exactly its defect."""

from __future__ import annotations

import json
from dataclasses import asdict

import pandas as pd
import pytest
from support_quality import payable_frames

from quality.outcomes import stopping
from quality.payable import SUITE, check_payable_frames, payable_checks

WARNING = {"somebody_is_paid", "no_worth_is_far_from_the_usual"}
DEFECTS = {
    "credits_equal_net_sales": ("conservation", "credited_minor", 0, 10**13 - 1),
    "everyone_paid_is_known": ("statements", "is_known", 1, 0),
    "everyone_is_paid_in_the_groups_currency": ("statements", "is_own_currency", 0, 0),
    "components_sum_to_worth": ("statements", "explained_minor", 1, 125_001),
    "worth_is_within_the_cap": ("statements", "over_cap_minor", 1, 1),
    "no_worth_is_far_from_the_usual": ("statements", "is_usual", 1, 0),
}


def test_every_check_holds_on_good_frames() -> None:
    outcomes = check_payable_frames(payable_frames())

    assert [outcome.name for outcome in outcomes] == [check.name for check in payable_checks()]
    assert all(outcome.passed for outcome in outcomes)
    assert {outcome.suite for outcome in outcomes} == {SUITE}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_fails_its_check_alone_and_stops_the_approval_where_it_must(name: str) -> None:
    frame, column, row, value = DEFECTS[name]
    frames = payable_frames()
    frames[frame].loc[row, column] = value

    outcomes = check_payable_frames(frames)

    assert [outcome.name for outcome in outcomes if not outcome.passed] == [name]
    assert [outcome.name for outcome in stopping(outcomes)] == ([] if name in WARNING else [name])


def test_a_statement_below_zero_stops_the_approval() -> None:
    frames = payable_frames()
    frames["statements"].loc[0, ["worth_minor", "explained_minor"]] = -1

    assert [outcome.name for outcome in stopping(check_payable_frames(frames))] == ["worth_is_not_negative"]


def test_a_second_statement_for_the_same_plan_and_currency_stops_the_approval() -> None:
    frames = payable_frames()
    frames["statements"] = pd.concat([frames["statements"], frames["statements"].iloc[[1]]])

    outcomes = stopping(check_payable_frames(frames))

    assert [outcome.name for outcome in outcomes] == ["one_statement_for_each_person_plan_and_currency"]
    assert outcomes[0].subjects == ("a2 advisor EUR",)


def test_no_statement_at_all_is_a_warning() -> None:
    frames = payable_frames()
    frames["statements"] = frames["statements"].iloc[:0]

    outcomes = check_payable_frames(frames)

    assert [outcome.name for outcome in outcomes if not outcome.passed] == ["somebody_is_paid"]
    assert stopping(outcomes) == ()


def test_every_check_has_a_defect_that_breaks_it() -> None:
    elsewhere = {"worth_is_not_negative", "one_statement_for_each_person_plan_and_currency", "somebody_is_paid"}

    assert {check.name for check in payable_checks()} == {*DEFECTS, *elsewhere}
    assert {check.name for check in payable_checks() if not check.blocking} == WARNING


def test_no_outcome_holds_an_amount_of_anybody() -> None:
    planted = 987_654_321
    frames = payable_frames()
    for column in ("worth_minor", "over_cap_minor"):
        frames["statements"].loc[1, column] = planted
    frames["statements"].loc[0, "worth_minor"] = -planted

    outcomes = check_payable_frames(frames)

    assert len(stopping(outcomes)) == 3
    assert "987" not in json.dumps([asdict(outcome) for outcome in outcomes])
