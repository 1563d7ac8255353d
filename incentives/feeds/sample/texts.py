"""Columns of text made from integers, whole columns at a time: ids, exact amounts, dates, timestamps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from incentives.feeds.sample.horizon import DAY, Horizon
from incentives.feeds.sample.randomness import Flags, Ints

_CENTS = pa.array([f"{cents:02d}" for cents in range(100)])
_SIGNS = pa.array(["", "-"])


@dataclass(frozen=True, slots=True)
class Clock:
    """Tables of date and time-of-day texts, from which timestamps are put together."""

    horizon: Horizon
    dates: pa.Array
    dates_t: pa.Array
    times: pa.Array

    @classmethod
    def of(cls, horizon: Horizon) -> Clock:
        """Make the tables of a horizon."""
        days = horizon.date_texts()
        times = [f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in range(DAY)]
        return cls(horizon, pa.array(days), pa.array([f"{day}T" for day in days]), pa.array(times))

    def days(self, numbers: Ints, known: Flags | None = None) -> pa.Array:
        """Return day numbers as `2026-03-05`."""
        return only(self.dates.take(pa.array(numbers - self.horizon.table_day)), known)

    def stamps(self, local: Ints, offset: Ints | None, known: Flags | None = None) -> pa.Array:
        """Return local times as ISO 8601 with their offset; without `offset`, bare local time."""
        day = np.clip(local // DAY - self.horizon.table_day, 0, len(self.dates_t) - 1)
        parts = [self.dates_t.take(pa.array(day)), self.times.take(pa.array(local % DAY))]
        if offset is not None:
            values, index = np.unique(offset, return_inverse=True)
            suffixes = pa.array([_suffix(int(value)) for value in values], pa.string())
            parts.append(suffixes.take(pa.array(index)))
        return only(pc.binary_join_element_wise(*parts, ""), known)

    def utc_stamps(self, local: Ints, offset: Ints, known: Flags | None = None) -> pa.Array:
        """Return local times as ISO 8601 in UTC, ending in Z."""
        return self.stamps(local - offset, np.zeros_like(local), known)


def amounts(minor: Ints, known: Flags | None = None) -> pa.Array:
    """Return minor units of a two-digit currency as exact decimal text, such as -1250.00."""
    magnitude = np.abs(minor)
    whole = pc.cast(pa.array(magnitude // 100), pa.string())
    text = pc.binary_join_element_wise(
        _SIGNS.take(pa.array((minor < 0).astype(np.int8))), whole, pa.scalar("."), _CENTS.take(pa.array(magnitude % 100)), ""
    )
    return only(text, known)


def ids(prefix: str, numbers: Ints, known: Flags | None = None) -> pa.Array:
    """Return numbers as ids with a prefix."""
    return only(pc.binary_join_element_wise(pa.scalar(prefix), pc.cast(pa.array(numbers), pa.string()), ""), known)


def joined(*parts: pa.Array) -> pa.Array:
    """Return texts put together element by element; plain strings stand for every element."""
    return pc.binary_join_element_wise(*[pa.scalar(part) if isinstance(part, str) else part for part in parts], "")


def chosen(words: Sequence[str | None], index: Ints, known: Flags | None = None) -> pa.Array:
    """Return the words at the given indexes."""
    return only(pa.array(list(words), pa.string()).take(pa.array(index)), known)


def only(texts: pa.Array, known: Flags | None) -> pa.Array:
    """Return the texts with those that are not known emptied."""
    return texts if known is None else pc.if_else(pa.array(known), texts, pa.scalar(None, pa.string()))


def either(condition: Flags, texts: pa.Array, others: pa.Array) -> pa.Array:
    """Return `texts` where the condition holds and `others` elsewhere."""
    return pc.if_else(pa.array(condition), texts, others)


def where(columns: dict[str, pa.Array], flags: Flags) -> dict[str, pa.Array]:
    """Return the rows of a table of columns where a flag is set."""
    if flags.all():
        return columns
    index = pa.array(np.flatnonzero(flags))
    return {name: column.take(index) for name, column in columns.items()}


def _suffix(offset: int) -> str:
    if offset == 0:
        return "Z"
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02d}:{abs(offset) // 60 % 60:02d}"
