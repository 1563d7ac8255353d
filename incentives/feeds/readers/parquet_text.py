"""Columns of Parquet as columns of text, exactly, and which of their rows hold what no text can stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from incentives.feeds.readers.batches import fault_of_text
from incentives.feeds.readers.broken import Fault
from incentives.feeds.readers.exact_text import DOUBLE_DIGITS, SINGLE_DIGITS, float_text, plain_decimal
from incentives.feeds.readers.unreadable import UnreadableFileError

_BEYOND = Fault(
    "number_beyond_precision",
    "A binary number has more digits than its kind keeps exactly; deliver decimals or text.",
)
_NOT_TEXT = Fault("bad_text", "The record holds bytes that are not UTF-8.")


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column as text.

    Attributes:
        values: Text, null where there is none; the distinct values once, and their places.
        faults: What is wrong with a value, by its place among the distinct ones.
    """

    values: pa.DictionaryArray
    faults: dict[int, Fault]

    def decoded(self) -> pa.Array:
        """Return the values, one for each row."""
        values = self.values
        if self.faults:
            distinct = values.dictionary.to_pylist()
            cleared = [None if place in self.faults else value for place, value in enumerate(distinct)]
            values = pa.DictionaryArray.from_arrays(values.indices, pa.array(cleared, pa.string()))
        return values.cast(pa.string())

    def faulty_rows(self) -> dict[int, Fault]:
        """Return what is wrong, by row."""
        if not self.faults:
            return {}
        places = pc.fill_null(self.values.indices, -1).to_numpy()
        rows = np.flatnonzero(np.isin(places, list(self.faults)))
        return {int(row): self.faults[int(places[row])] for row in rows}


def has_text(kind: pa.DataType) -> bool:
    """Whether text stands exactly for every value of a type of Parquet."""
    if pa.types.is_dictionary(kind):
        return has_text(kind.value_type)
    checks: tuple[Callable[[pa.DataType], bool], ...] = (
        pa.types.is_null,
        pa.types.is_boolean,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_date,
        pa.types.is_timestamp,
        is_bytes,
    )
    return any(check(kind) for check in checks)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a type is text or bytes of any length."""
    return any(
        check(kind)
        for check in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_binary_view,
        )
    )


def as_text(array: pa.Array, name: str) -> TextColumn:
    """Return a column as text.

    Integers and decimals keep every digit, decimals lose the zeros that only their column's scale writes; an instant
    gets the offset Z, a local time none; a float becomes the shortest decimal that reads back to it. Empty text is null.

    Raises:
        UnreadableFileError: No text stands exactly for values of the type.
    """
    if not has_text(array.type):
        raise UnreadableFileError(
            "unsupported_column_type", f"{name} is of the Parquet type {array.type}, for which no text stands exactly."
        )
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    if pa.types.is_null(array.type):
        coded = pa.DictionaryArray.from_arrays(pa.nulls(len(array), pa.int32()), pa.array([], pa.string()))
    distinct, faults = _texts(coded.dictionary)
    return TextColumn(pa.DictionaryArray.from_arrays(coded.indices, pa.array(distinct, pa.string())), faults)


def _texts(values: pa.Array) -> tuple[list[str | None], dict[int, Fault]]:
    kind = values.type
    if is_bytes(kind):
        return _decoded(values.cast(pa.large_binary()).to_pylist())
    if pa.types.is_floating(kind):
        digits = DOUBLE_DIGITS if kind == pa.float64() else SINGLE_DIGITS
        texts = [None if value is None else float_text(str(value), digits) for value in values.to_numpy(zero_copy_only=False)]
        return texts, {place: _BEYOND for place, text in enumerate(texts) if text is None}
    if pa.types.is_decimal(kind):
        return [None if value is None else plain_decimal(Decimal(value)) for value in values.to_pylist()], {}
    texts = values.cast(pa.string()).to_pylist()
    if pa.types.is_timestamp(kind):
        # Arrow writes 2026-02-03 09:00:00.000Z for an instant and the same without Z for a local time.
        utc = values.cast(pa.timestamp(kind.unit, "UTC")) if kind.tz else values
        texts = [None if text is None else text.replace(" ", "T") for text in utc.cast(pa.string()).to_pylist()]
    return texts, {}


def _decoded(values: list[bytes | None]) -> tuple[list[str | None], dict[int, Fault]]:
    texts: list[str | None] = []
    faults: dict[int, Fault] = {}
    for place, value in enumerate(values):
        try:
            text = value.decode() if value else None
        except UnicodeDecodeError:
            text, faults[place] = None, _NOT_TEXT
        fault = None if text is None else fault_of_text(text)
        if fault is not None:
            faults[place] = fault
        texts.append(text)
    return texts, faults
