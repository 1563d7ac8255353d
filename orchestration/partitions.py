"""How runs are divided: bonus by calendar month."""

from __future__ import annotations

import dagster as dg

FIRST_MONTH = "2020-01-01"

# The running month is a partition too (end_offset): its figures are drafts, of which nothing is paid.
plan_months = dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH, end_offset=1)
