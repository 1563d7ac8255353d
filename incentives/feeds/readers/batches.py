"""What every reader hands on: records in order, as columns of text under our names, each with its number.

A reader that goes record by record collects them here; batches are cut after a fixed number of rows or bytes, so
that the same file gives the same row groups of bronze.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from incentives.feeds.readers.broken import FIELD_BYTES_MAX, Fault

ROWS_MAX = 32_768
BATCH_BYTES = 64 << 20
UNKNOWN_BYTES_MAX = 65_536
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of a file, in order.

    Attributes:
        columns: A text column for each contract column delivered, under our name; empty text is null.
        numbers: Number of each record (1-based) among all records delivered.
        unknown: JSON text of the kept values that the contract does not name; None where none are kept.
    """

    columns: pa.RecordBatch
    numbers: npt.NDArray[np.int64]
    unknown: pa.Array | None = None

    def only(self, numbers: Collection[int]) -> Batch:
        """Return the records of these numbers."""
        return self.where(np.isin(self.numbers, list(numbers)))

    def where(self, keep: npt.NDArray[np.bool_]) -> Batch:
        """Return the records for which `keep` holds."""
        mask = pa.array(keep)
        unknown = None if self.unknown is None else self.unknown.filter(mask)
        return Batch(self.columns.filter(mask), self.numbers[keep], unknown)


@dataclass(frozen=True, slots=True)
class Form:
    """In which form a file was found, for people: format, packing, encoding, delimiter."""

    format: str
    packing: str | None = None
    encoding: str | None = None
    delimiter: str | None = None

    def __str__(self) -> str:
        names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|"}
        delimiter = None if self.delimiter is None else names.get(self.delimiter, self.delimiter)
        return ", ".join(part for part in (self.format, delimiter, self.encoding, self.packing) if part)


class DeliveredTable(Protocol):
    """One delivered file while it is read. All but `batches` is known once `batches` has ended."""

    @property
    def form(self) -> Form:
        """In which form it was found."""

    @property
    def sha256(self) -> str:
        """Fingerprint of the delivered bytes."""

    @property
    def size(self) -> int:
        """Delivered bytes."""

    @property
    def delivered(self) -> int:
        """Records delivered, sound and broken."""

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Name of each column that is not written, and how many values it held."""

    def batches(self) -> Iterator[Batch]:
        """Yield the sound records; at least one batch, empty where there are none."""


class RowBuffer:
    """Collects records until a batch is full.

    Args:
        names: Our names of the columns, in order.
        keeps_unknown: Whether values of no contract are kept.
    """

    def __init__(self, names: Sequence[str], *, keeps_unknown: bool) -> None:
        self._schema = pa.schema([(name, pa.string()) for name in names])
        self._rows: list[Sequence[str | None]] = []
        self._numbers: list[int] = []
        self._unknown: list[str | None] | None = [] if keeps_unknown else None
        self._bytes = 0

    def add(self, number: int, values: Sequence[str | None], unknown: Mapping[str, str] | None = None, size: int = 0) -> None:
        """Add a record: its number, its values in the order of the names, and about how many bytes it has."""
        self._rows.append(values)
        self._numbers.append(number)
        self._bytes += size
        if self._unknown is not None:
            self._unknown.append(unknown_text(unknown))

    @property
    def is_full(self) -> bool:
        """Whether a batch should be taken."""
        return len(self._rows) >= ROWS_MAX or self._bytes >= BATCH_BYTES

    def take(self) -> Batch:
        """Return the collected records and start anew."""
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._schema)
        arrays = [pa.array(values, pa.string()) for values in columns]
        batch = Batch(
            pa.RecordBatch.from_arrays(arrays, schema=self._schema),
            np.asarray(self._numbers, dtype=np.int64),
            None if self._unknown is None else pa.array(self._unknown, pa.string()),
        )
        self._rows, self._numbers, self._bytes = [], [], 0
        self._unknown = None if self._unknown is None else []
        return batch


def unknown_text(values: Mapping[str, str] | None) -> str | None:
    """Return kept values as JSON; None where there are none, or more than anybody keeps."""
    text = json.dumps(values, ensure_ascii=False) if values else None
    return None if text is None or len(text) > UNKNOWN_BYTES_MAX else text


def fault_of_text(value: str) -> Fault | None:
    """Return what makes a decoded value one that cannot be kept, or None."""
    if "\0" in value:
        return Fault("nul_byte", "The record holds a NUL character.")
    if len(value) * 4 > FIELD_BYTES_MAX or not value.isascii():
        if any(ord(character) in _SURROGATES for character in value):
            return Fault("bad_text", "The record holds half a character, which no text can hold.")
        if len(value.encode()) > FIELD_BYTES_MAX:
            return Fault("field_too_long", f"A field that is kept is longer than {FIELD_BYTES_MAX:,} bytes.")
    return None


def raw_of(values: Mapping[str, object]) -> bytes:
    """Return a record that has no text of its own as JSON, for whoever mends it."""
    return json.dumps(dict(values), ensure_ascii=False, default=str).encode("utf-8", "replace")
