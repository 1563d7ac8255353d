"""The suite `payable`: whether to believe what is about to be paid, before a cycle is approved.

Frames:

- `statements`: one row per statement of one pay group and period. associate_id, plan, currency (text); worth_minor;
  explained_minor (the components, after the steps that follow them); over_cap_minor (worth beyond the plan's cap, 0 where
  there is none); is_own_currency, is_known, is_usual (1 or 0: paid in the group's currency; the person has a record; worth
  at most ten times the plan's median).
- `conservation`: one row per currency of the period. currency; credited_minor, net_minor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from quality.checks import Check
from quality.evaluation import evaluate
from quality.outcomes import CheckOutcome

if TYPE_CHECKING:
    import pandas as pd

SUITE = "payable"
USUAL_TIMES = 10
_WHO = ("associate_id", "plan", "currency")


def check_payable_frames(frames: Mapping[str, pd.DataFrame]) -> tuple[CheckOutcome, ...]:
    """Return the outcome of every check of the suite.

    Args:
        frames: As the module states.

    Raises:
        InputError: A frame or column is missing.
    """
    return evaluate(SUITE, payable_checks(), frames)


def payable_checks() -> tuple[Check, ...]:
    """Return the checks of the suite, in the order in which they are read."""
    return (
        Check(
            "credits_equal_net_sales",
            "conservation",
            True,
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "credited_minor", "column_B": "net_minor"},
            "currencies",
            "the credits of the period to sum to its net sales, to the minor unit, in every currency",
            "Money was created or lost on the way to credits; nothing may be paid on it. Report it with the build.",
            ("currency",),
        ),
        Check(
            "somebody_is_paid",
            "statements",
            False,
            "ExpectTableRowCountToBeBetween",
            {"min_value": 1},
            "statements",
            "at least one statement",
            "No plan covers anybody of this pay group in this period: look at the plans' eligibility and dates.",
        ),
        Check(
            "one_statement_for_each_person_plan_and_currency",
            "statements",
            True,
            "ExpectCompoundColumnsToBeUnique",
            {"column_list": ["associate_id", "plan", "currency"]},
            "statements",
            "one statement for each person, plan and currency",
            "Somebody would be paid twice for the same.",
            _WHO,
        ),
        _flag("everyone_paid_is_known", "is_known", "every person to have an associate record", "Ask human resources for it."),
        _flag(
            "everyone_is_paid_in_the_groups_currency",
            "is_own_currency",
            "every statement in the pay group's currency",
            "Look at the plan's currency and at the currency of the person's assignment.",
        ),
        _money("worth_is_not_negative", "worth_minor", "no statement below zero", "A return may have been charged twice.", low=0),
        Check(
            "components_sum_to_worth",
            "statements",
            True,
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "explained_minor", "column_B": "worth_minor"},
            "statements",
            "the components and the steps after them to sum to each statement's worth",
            "The statement would not add up for whoever reads it.",
            _WHO,
        ),
        _money(
            "worth_is_within_the_cap", "over_cap_minor", "no statement above its plan's cap", "The cap was not applied.", high=0
        ),
        _flag(
            "no_worth_is_far_from_the_usual",
            "is_usual",
            f"no statement above {USUAL_TIMES} times the median of its plan",
            "It may be right; somebody should look at it before it is approved.",
            blocking=False,
        ),
    )


def _flag(name: str, column: str, expected: str, remedy: str, *, blocking: bool = True) -> Check:
    arguments: dict[str, str | int | list[str]] = {"column": column, "min_value": 1}
    return Check(name, "statements", blocking, "ExpectColumnValuesToBeBetween", arguments, "statements", expected, remedy, _WHO)


def _money(name: str, column: str, expected: str, remedy: str, *, low: int | None = None, high: int | None = None) -> Check:
    bounds = {"min_value": low, "max_value": high}
    arguments: dict[str, str | int | list[str]] = {"column": column, **{k: v for k, v in bounds.items() if v is not None}}
    return Check(name, "statements", True, "ExpectColumnValuesToBeBetween", arguments, "statements", expected, remedy, _WHO)
