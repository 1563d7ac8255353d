"""Plain arrays of a frame's columns: days as integers, text as codes, integers without missing values."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Days = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]

EPOCH = date(1970, 1, 1)
# Days before and after every date that a contract accepts: an open start and an open end.
OPEN_START = -(10**6)
OPEN_END = 10**7


def day_number(day: date) -> int:
    """Return a date as days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Return the date of a day number."""
    return EPOCH + timedelta(days=int(number))


def days(column: pd.Series, missing: int) -> Days:
    """Return a date column as day numbers; a missing date becomes `missing`."""
    array = pa.array(column, type=pa.date32())
    return np.asarray(pc.fill_null(array.cast(pa.int32()), missing).to_numpy(zero_copy_only=False), dtype=np.int64)


def integers(column: pd.Series, missing: int = 0) -> npt.NDArray[np.int64]:
    """Return an integer column; a missing value becomes `missing`."""
    array = pa.array(column, type=pa.int64())
    return np.asarray(pc.fill_null(array, missing).to_numpy(zero_copy_only=False), dtype=np.int64)


def present(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Return where a column has a value."""
    return np.asarray(column.notna().to_numpy(), dtype=np.bool_)


def texts(column: pd.Series) -> list[str | None]:
    """Return a text column as Python strings."""
    values: list[str | None] = pa.array(column, type=pa.string()).to_pylist()
    return values


def codes_in(column: pd.Series, known: pd.Index) -> Codes:
    """Return each text's position among the known ones, -1 where it is not among them or missing."""
    positions = known.get_indexer(pd.Index(column.astype(object).where(column.notna(), None)))
    return np.asarray(positions, dtype=np.int64)
