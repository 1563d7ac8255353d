"""Frames that every check of the two suites passes on, written by hand; a test spoils one cell at a time."""

from __future__ import annotations

import pandas as pd


def delivered_frames() -> dict[str, pd.DataFrame]:
    return {
        "files": pd.DataFrame(
            {
                "load_id": [1, 2],
                "source": ["till", "hr"],
                "feed": ["order_lines", "associates"],
                "file_name": ["order_lines.csv", "associates.csv"],
                "delivered": [100, 7],
                "accounted": [100, 7],
                "is_set_aside": [0, 0],
            }
        ),
        "deliveries": pd.DataFrame(
            {"source": ["till", "app"], "feed": ["order_lines", "interactions"], "quarantined_bp": [500, 0]},
        ),
        "reference_deliveries": pd.DataFrame({"source": ["hr"], "feed": ["associates"], "quarantined_bp": [500]}),
        "columns": pd.DataFrame(
            {
                "source": ["till"],
                "feed": ["order_lines"],
                "column_name": ["associate_id"],
                "empty_bp": [100],
                "risen_bp": [5_000],
                "is_essential_empty": [0],
            }
        ),
        "days": pd.DataFrame(
            {
                "source": ["till"],
                "silent_days": [0],
                "first_silent_day": ["2026-03-01"],
                "last_silent_day": ["2026-03-02"],
                "implausible_rows": [0],
            }
        ),
        "control_totals": pd.DataFrame(
            {
                "source": ["till", "till"],
                "business_date": ["2026-03-01", "2026-03-02"],
                "currency": ["EUR", "EUR"],
                "basis": ["completed", "completed"],
                "difference_minor": [0, 0],
                "lines_difference": [0, 0],
            }
        ),
    }


def payable_frames() -> dict[str, pd.DataFrame]:
    return {
        "statements": pd.DataFrame(
            {
                "associate_id": ["a1", "a2"],
                "plan": ["advisor", "advisor"],
                "currency": ["EUR", "EUR"],
                "worth_minor": [0, 125_000],
                "explained_minor": [0, 125_000],
                "over_cap_minor": [0, 0],
                "is_own_currency": [1, 1],
                "is_known": [1, 1],
                "is_usual": [1, 1],
            }
        ),
        "conservation": pd.DataFrame({"currency": ["EUR", "JPY"], "credited_minor": [10**13, -5], "net_minor": [10**13, -5]}),
    }
