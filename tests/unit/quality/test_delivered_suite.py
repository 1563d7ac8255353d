"""The suite `delivered`: it holds on good frames, and each check fails on a frame with exactly its defect."""

from __future__ import annotations

import pytest
from support_quality import delivered_frames

from incentives.errors import InputError
from quality.delivered import SUITE, DeliveredTolerances, check_delivered_frames, delivered_checks
from quality.outcomes import stopping

STRICT = DeliveredTolerances(quarantine_share_max_percent=5, control_total_tolerance_minor=0)
BLOCKING = {
    "four_counts_add_up_to_rows_delivered",
    "quarantine_share_is_within_tolerance",
    "net_sales_agree_with_control_totals",
}
# Check -> frame, column, row, and the value that breaks it and nothing else.
DEFECTS = {
    "four_counts_add_up_to_rows_delivered": ("files", "accounted", 0, 99),
    "quarantine_share_is_within_tolerance": ("deliveries", "quarantined_bp", 1, 501),
    "quarantine_share_of_reference_feeds_is_within_tolerance": ("reference_deliveries", "quarantined_bp", 0, 501),
    "no_file_is_set_aside": ("files", "is_set_aside", 1, 1),
    "net_sales_agree_with_control_totals": ("control_totals", "difference_minor", 1, 1),
    "line_counts_agree_with_control_totals": ("control_totals", "lines_difference", 0, 1),
    "no_key_column_fell_empty": ("columns", "risen_bp", 0, 5_001),
    "lines_name_a_seller_or_a_customer": ("columns", "is_essential_empty", 0, 1),
    "no_source_fell_silent": ("days", "silent_days", 0, 1),
    "dates_are_plausible": ("days", "implausible_rows", 0, 3),
}


def test_every_check_holds_on_good_frames() -> None:
    outcomes = check_delivered_frames(delivered_frames(), STRICT)

    assert [outcome.name for outcome in outcomes] == [check.name for check in delivered_checks(STRICT)]
    assert all(outcome.passed for outcome in outcomes)
    assert {outcome.suite for outcome in outcomes} == {SUITE}
    assert stopping(outcomes) == ()


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_fails_its_check_alone_and_stops_the_publish_where_it_must(name: str) -> None:
    frame, column, row, value = DEFECTS[name]
    frames = delivered_frames()
    frames[frame].loc[row, column] = value

    outcomes = check_delivered_frames(frames, STRICT)

    assert [outcome.name for outcome in outcomes if not outcome.passed] == [name]
    assert [outcome.name for outcome in stopping(outcomes)] == ([name] if name in BLOCKING else [])


def test_nothing_delivered_fails_only_what_asks_for_a_delivery() -> None:
    frames = {name: frame.iloc[:0] for name, frame in delivered_frames().items()}

    outcomes = check_delivered_frames(frames, STRICT)

    assert [outcome.name for outcome in outcomes if not outcome.passed] == ["something_was_delivered"]
    assert stopping(outcomes) == ()


def test_every_check_has_a_defect_that_breaks_it() -> None:
    assert {check.name for check in delivered_checks(STRICT)} == {*DEFECTS, "something_was_delivered"}
    assert {check.name for check in delivered_checks(STRICT) if check.blocking} == BLOCKING


def test_a_failure_names_the_file_and_counts_it() -> None:
    frames = delivered_frames()
    frames["files"].loc[0, "accounted"] = 99

    outcome = check_delivered_frames(frames, STRICT)[1]

    assert outcome.subjects == ("till order_lines order_lines.csv 1",)
    assert outcome.observed == "1 of 2 files break it"
    assert "accepted + duplicate + superseded + quarantined = delivered" in outcome.sentence


def test_the_workspace_sets_the_tolerances() -> None:
    frames = delivered_frames()
    frames["deliveries"].loc[0, "quarantined_bp"] = 1_000
    frames["control_totals"].loc[0, "difference_minor"] = 50

    wide = check_delivered_frames(frames, DeliveredTolerances(quarantine_share_max_percent=10, control_total_tolerance_minor=50))
    narrow = check_delivered_frames(frames, DeliveredTolerances(quarantine_share_max_percent=9, control_total_tolerance_minor=49))

    assert stopping(wide) == ()
    assert {outcome.name for outcome in stopping(narrow)} == {
        "quarantine_share_is_within_tolerance",
        "net_sales_agree_with_control_totals",
    }


def test_a_missing_column_is_refused_and_one_with_gaps_too() -> None:
    missing = delivered_frames()
    missing["files"] = missing["files"].drop(columns="accounted")
    gaps = delivered_frames()
    gaps["control_totals"]["difference_minor"] = [0.0, None]

    with pytest.raises(InputError, match="accounted"):
        check_delivered_frames(missing, STRICT)
    with pytest.raises(InputError, match="without gaps"):
        check_delivered_frames(gaps, STRICT)
