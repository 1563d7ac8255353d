"""The suite `delivered`: whether to believe what the sources delivered, before it is published.

Frames, all made by SQL from the built warehouse; no personal column is among them:

- `files`: one row per delivered file. load_id, source, feed, file_name; delivered, accounted (accepted + duplicate +
  superseded + quarantined), is_set_aside (1 where it was refused whole and not replaced since).
- `deliveries`, of order lines and interactions, and `reference_deliveries`, of every other feed: one row per source and
  feed, its latest delivery. source, feed; quarantined_bp (rows still in quarantine
  per 10,000 delivered, rounded up).
- `columns`: one row per source, feed and key column. empty_bp (rows without it per 10,000), risen_bp (how much more than
  in earlier deliveries), is_essential_empty (1 where more than 99 % of the latest rows are without it).
- `days`: one row per source that delivers order lines. silent_days (days without a line beyond the source's own rhythm),
  implausible_rows (lines dated in the future or before 2000).
- `control_totals`: one row per stated control total. difference_minor, lines_difference, both absolute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality.checks import Check
from quality.evaluation import evaluate
from quality.outcomes import CheckOutcome

if TYPE_CHECKING:
    import pandas as pd

SUITE = "delivered"
RISEN_BP_MAX = 5_000


@dataclass(frozen=True, slots=True)
class DeliveredTolerances:
    """What the workspace tolerates."""

    quarantine_share_max_percent: int = 5
    control_total_tolerance_minor: int = 0


def check_delivered_frames(frames: Mapping[str, pd.DataFrame], tolerances: DeliveredTolerances) -> tuple[CheckOutcome, ...]:
    """Return the outcome of every check of the suite.

    Args:
        frames: As the module states.
        tolerances: The workspace's.

    Raises:
        InputError: A frame or column is missing.
    """
    return evaluate(SUITE, delivered_checks(tolerances), frames)


def delivered_checks(tolerances: DeliveredTolerances) -> tuple[Check, ...]:
    """Return the checks of the suite, in the order in which they are read."""
    percent, minor = tolerances.quarantine_share_max_percent, tolerances.control_total_tolerance_minor
    return (
        Check(
            "something_was_delivered",
            "files",
            False,
            "ExpectTableRowCountToBeBetween",
            {"min_value": 1},
            "files",
            "at least one file",
            "Nothing was landed: look whether the inbox has the sources' folders.",
        ),
        Check(
            "four_counts_add_up_to_rows_delivered",
            "files",
            True,
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "delivered", "column_B": "accounted"},
            "files",
            "accepted + duplicate + superseded + quarantined = delivered in every file",
            "Rows were lost or counted twice; do not publish, and report it with the file.",
            ("source", "feed", "file_name", "load_id"),
        ),
        Check(
            "quarantine_share_is_within_tolerance",
            "deliveries",
            True,
            "ExpectColumnValuesToBeBetween",
            {"column": "quarantined_bp", "max_value": percent * 100},
            "deliveries",
            f"at most {percent} % of a delivery in quarantine",
            "See the reasons with `incentives quarantine`, have the source deliver the rows mended, then build again.",
            ("source", "feed"),
        ),
        Check(
            "quarantine_share_of_reference_feeds_is_within_tolerance",
            "reference_deliveries",
            False,
            "ExpectColumnValuesToBeBetween",
            {"column": "quarantined_bp", "max_value": percent * 100},
            "deliveries",
            f"at most {percent} % of a delivery in quarantine",
            "Who or what is without a valid row shows on the cycle's checklist; see the reasons with `incentives quarantine`.",
            ("source", "feed"),
        ),
        Check(
            "no_file_is_set_aside",
            "files",
            False,
            "ExpectColumnValuesToBeBetween",
            {"column": "is_set_aside", "max_value": 0},
            "files",
            "every file readable, or replaced since by one that is",
            "The file stands in set_aside/ with its reason; have the source deliver it again.",
            ("source", "file_name"),
        ),
        Check(
            "net_sales_agree_with_control_totals",
            "control_totals",
            True,
            "ExpectColumnValuesToBeBetween",
            {"column": "difference_minor", "max_value": minor},
            "control totals",
            f"net sales within {minor} minor units of what each source states, by day and currency",
            "See the days with `incentives reconcile`: lines are missing, late, quarantined or counted twice.",
            ("source", "business_date", "currency", "basis"),
        ),
        Check(
            "line_counts_agree_with_control_totals",
            "control_totals",
            False,
            "ExpectColumnValuesToBeBetween",
            {"column": "lines_difference", "max_value": 0},
            "control totals",
            "as many lines as each source states, by day and currency",
            "The amounts may agree by chance: compare the lines with `incentives reconcile`.",
            ("source", "business_date", "currency", "basis"),
        ),
        Check(
            "no_key_column_fell_empty",
            "columns",
            False,
            "ExpectColumnValuesToBeBetween",
            {"column": "risen_bp", "max_value": RISEN_BP_MAX},
            "key columns",
            f"no key column empty in {RISEN_BP_MAX // 100} points more of the rows than before",
            "The source's export may have changed; compare a file of before.",
            ("source", "feed", "column_name"),
        ),
        Check(
            "lines_name_a_seller_or_a_customer",
            "columns",
            False,
            "ExpectColumnValuesToBeBetween",
            {"column": "is_essential_empty", "max_value": 0},
            "key columns",
            "a seller or a customer on at least one line in a hundred of each source",
            "Nobody can be credited for these lines; the source may not export sellers and customers.",
            ("source", "feed", "column_name"),
        ),
        Check(
            "no_source_fell_silent",
            "days",
            False,
            "ExpectColumnValuesToBeBetween",
            {"column": "silent_days", "max_value": 0},
            "sources",
            "no stretch without lines longer than a week and three times the source's usual gap",
            "A delivery may be missing: ask the source for those days.",
            ("source", "first_silent_day", "last_silent_day"),
        ),
        Check(
            "dates_are_plausible",
            "days",
            False,
            "ExpectColumnValuesToBeBetween",
            {"column": "implausible_rows", "max_value": 0},
            "sources",
            "no line dated before 2000 or after the day of the delivery",
            "The source's clock or its date format may be wrong.",
            ("source",),
        ),
    )
