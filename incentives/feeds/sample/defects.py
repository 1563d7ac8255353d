"""What goes wrong on the way: bad rows of several kinds, late rows, repeats, open lines that complete later.

The sample keeps its own books of these; a test compares them with what the warehouse quarantined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentives.feeds.sample.customers import POS_GULF
from incentives.feeds.sample.lines import LineRows
from incentives.feeds.sample.randomness import Flags, Ints

BAD_SHARE = 0.005
LATE_SHARE = 0.01
REPEATED_SHARE = 0.001
CORRECTED_SHARE = 0.30

GOOD = 0
# Reason code of the quarantine -> number, in order_lines. Numbers are what the arrays hold.
LINE_DEFECTS = {
    "bad_amount": 1,
    "unknown_value": 2,
    "timestamp_without_offset": 3,
    "wrong_field_count": 4,
    "sign_contradicts_kind": 5,
    "amount_too_precise": 6,
    "unknown_currency": 7,
    "required_value_missing": 8,
}
TOUCH_DEFECTS = {
    "unknown_value": 1,
    "required_value_missing": 2,
    "bad_timestamp": 3,
    "wrong_field_count": 4,
    "timestamp_without_offset": 5,
}


@dataclass(frozen=True, slots=True)
class Fates:
    """What becomes of each row of a block: its defect, and whether it is late, repeated or corrected later."""

    defect: Ints
    late: Flags
    repeated: Flags
    corrected: Flags


def line_fates(rng: np.random.Generator, rows: LineRows, bad: int, bad_before: int, late: int, repeated: int) -> Fates:
    """Choose exactly so many bad, late and repeated rows, none of them twice and none of them open.

    The kinds of defect go on by turns from the `bad_before` of the blocks before.
    """
    eligible = rng.permutation(np.flatnonzero(~rows.is_open))
    defect = np.zeros(len(rows), dtype=np.int64)
    sale_first = eligible[np.argsort(rows.is_return[eligible], kind="stable")]
    chosen = sale_first[:bad]
    defect[chosen] = (bad_before + np.arange(len(chosen))) % len(LINE_DEFECTS) + 1
    # The tills of the Gulf write local time, and their source's time zone is configured: no offset is no defect there.
    bare = (defect == LINE_DEFECTS["timestamp_without_offset"]) & (rows.source == POS_GULF)
    defect[bare] = LINE_DEFECTS["bad_amount"]
    left = eligible[defect[eligible] == GOOD]
    is_late = np.zeros(len(rows), dtype=np.bool_)
    is_late[left[:late]] = True
    is_repeated = np.zeros(len(rows), dtype=np.bool_)
    is_repeated[left[late : late + repeated]] = True
    corrected = rows.is_open & (rng.random(len(rows)) < CORRECTED_SHARE)
    return Fates(defect, is_late, is_repeated, corrected)


def touch_defects(rng: np.random.Generator, count: int, bad: int, bad_before: int) -> Ints:
    """Choose exactly so many bad interactions; their kinds go on by turns from the blocks before."""
    defect = np.zeros(count, dtype=np.int64)
    chosen = rng.permutation(count)[:bad]
    defect[chosen] = (bad_before + np.arange(len(chosen))) % len(TOUCH_DEFECTS) + 1
    return defect


def tally(defect: Ints, names: dict[str, int]) -> dict[str, int]:
    """Return how many rows have each defect."""
    counts = np.bincount(defect, minlength=len(names) + 1)
    return {name: int(counts[number]) for name, number in names.items() if counts[number]}
