"""Employees' answers about their work, reduced before anything of them is written: to a team and a week, never a person."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from incentives.feeds.columns import Feed

FEED, KIND = "feedback", "employee_pulse"
_KEPT = frozenset({"source", "feedback_id", "kind", "score", "team_id", "deleted"})
_MOMENTS = frozenset({"given_at", "source_updated_at"})
# The middle of the week's Monday is that day in nearly every time zone.
_NOON = "T12:00:00Z"


def pulse_rows(feed: Feed, batch: pa.RecordBatch) -> pa.Array | None:
    """Return which rows of a delivered batch of text columns are employees' answers; None where none are."""
    if feed.name != FEED or "kind" not in batch.schema.names:
        return None
    is_pulse = pc.fill_null(pc.equal(pc.utf8_lower(pc.utf8_trim_whitespace(batch.column("kind"))), KIND), False)
    return is_pulse if pc.any(is_pulse).as_py() else None


def reduced(batch: pa.RecordBatch, is_pulse: pa.Array) -> pa.RecordBatch:
    """Return a batch whose employees' answers name neither who answered nor when within the week; other rows stay as they are.

    A moment that is no ISO date stays for staging to refuse.
    """
    columns = []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if name in _MOMENTS:
            values = pc.if_else(is_pulse, _weeks(values), values)
        elif name not in _KEPT:
            values = blank(values, is_pulse)
        columns.append(values)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def blank(values: pa.Array, rows: pa.Array) -> pa.Array:
    """Return values without those of some rows."""
    return pc.if_else(rows, pa.scalar(None, values.type), values)


def _weeks(values: pa.Array) -> pa.Array:
    days = pc.strptime(pc.utf8_slice_codeunits(values, 0, 10), format="%Y-%m-%d", unit="s", error_is_null=True)
    mondays = pc.strftime(pc.floor_temporal(days, unit="week"), format="%Y-%m-%d")
    return pc.coalesce(pc.binary_join_element_wise(mondays, _NOON, ""), values)
