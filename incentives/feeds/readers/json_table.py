"""A delivered file of JSON objects as a table: one a line, or the elements of one array.

A column is a name; records may leave names out. Numbers stay the text that was delivered.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.readers.batches import Batch, Form, RowBuffer, fault_of_text
from incentives.feeds.readers.broken import FIELD_BYTES_MAX, Fault
from incentives.feeds.readers.delivered import DeliveredFile
from incentives.feeds.readers.json_values import JsonValue, Pairs, elements, lines
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.reading import COLUMNS_MAX, NAME_SHOWN_MAX, UNNAMED, Reading

_OTHERS = "(others)"


class JsonTable:
    """Objects of a JSON file.

    Args:
        path: The delivered file.
        reading: How files of the source and feed are read.
        rejects: Takes the records that cannot be placed.
        is_lines: The name says that it is JSON Lines; otherwise its first character tells.
    """

    def __init__(self, path: Path, reading: Reading, *, rejects: RejectsFile, is_lines: bool) -> None:
        self._file = DeliveredFile(path, encoding=reading.encoding, is_json=True)
        self._reading = reading
        self._rejects = rejects
        self._is_lines = is_lines
        self._written = reading.written
        self._places = {name: place for place, name in enumerate(self._written)}
        self._known = {column.name for column in reading.feed.columns}
        # Our name of each delivered one.
        self._names: dict[str, str] = {}
        self._found: set[str] = set()
        self._dropped: dict[str, int] = {}
        self.delivered = 0

    @property
    def form(self) -> Form:
        """In which form it was found."""
        return Form("JSON Lines" if self._is_lines else "JSON array", self._file.packing, self._file.encoding)

    @property
    def sha256(self) -> str:
        """Fingerprint of the delivered bytes."""
        return self._file.sha256

    @property
    def size(self) -> int:
        """Delivered bytes."""
        return self._file.size

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Name of each column that is not written, and how many values it held."""
        return tuple(self._dropped.items())

    def batches(self) -> Iterator[Batch]:
        """Yield the sound records.

        Raises:
            UnreadableFileError: No record is an object, or none has a required column.
        """
        rows = RowBuffer(self._written, keeps_unknown=self._reading.keep_unknown)
        objects = 0
        for text, value in self._values():
            self.delivered += 1
            fault = value if isinstance(value, Fault) else None
            if isinstance(value, Pairs):
                objects += 1
                fault = self._add(rows, value, text)
            elif fault is None:
                fault = Fault("not_an_object", "The record is no object of names and values.")
            if fault is not None:
                self._rejects.add(fault.at(text.encode("utf-8", "replace")).of(self.delivered))
            elif rows.is_full:
                yield rows.take()
        if self.delivered and not objects:
            raise UnreadableFileError("corrupt_json", f"None of the {self.delivered:,} records is a JSON object.")
        missing = [name for name in self._reading.required if name not in self._found]
        if objects and missing:
            self._reading.refuse_missing(self._found, missing, "list of names in all records")
        yield rows.take()

    def _values(self) -> Iterator[tuple[str, JsonValue]]:
        pieces = self._file.pieces()
        first = b""
        for piece in pieces:
            first += piece
            if first.strip():
                break
        if not first.strip():
            raise UnreadableFileError("no_header", "The file holds no record.")
        is_array = first.lstrip().startswith(b"[")
        if self._is_lines and is_array:
            raise UnreadableFileError("unsupported_format", "The file is one JSON array; name it .json.")
        self._is_lines = not is_array
        return (elements if is_array else lines)(_chained(first, pieces))

    def _add(self, rows: RowBuffer, record: Pairs, text: str) -> Fault | None:
        """Add a record; returns what makes it one that cannot be placed."""
        values: list[str | None] = [None] * len(self._written)
        unknown: dict[str, str] = {}
        named: set[str] = set()
        fault: Fault | None = None
        # Without escapes and length no value can be one that is not kept.
        is_short = len(text) * 4 <= FIELD_BYTES_MAX and "\\u" not in text and "\0" not in text
        for delivered, value in record:
            name = self._names.get(delivered) or self._name(delivered)
            if name in self._known:
                if name in named:
                    fault = fault or Fault("repeated_name", f"The record names {name} twice.")
                named.add(name)
            place = self._places.get(name)
            if place is None:
                self._drop(name, value, unknown)
            elif isinstance(value, list):
                fault = fault or Fault("nested_value", f"{name} holds a list or an object; one value is expected.")
            else:
                values[place] = _text(value)
                if not is_short and fault is None and isinstance(value, str):
                    fault = fault_of_text(value)
        self._found |= named
        both = sorted(named & self._reading.constants.keys())
        if both:
            raise UnreadableFileError(
                "duplicate_column", f"Records name {', '.join(both)}, for which the source's mapping gives a constant."
            )
        if fault is None:
            rows.add(self.delivered, values, unknown, len(text))
        return fault

    def _drop(self, name: str, value: JsonValue, unknown: dict[str, str]) -> None:
        if value is None or value == "":
            return
        shown = name[:NAME_SHOWN_MAX] or UNNAMED
        if shown not in self._dropped and len(self._dropped) >= COLUMNS_MAX:
            shown = _OTHERS
        self._dropped[shown] = self._dropped.get(shown, 0) + 1
        kept = None if isinstance(value, list) else _text(value)
        if kept is not None and self._reading.is_kept(name) and fault_of_text(kept) is None:
            unknown[name] = kept

    def _name(self, delivered: str) -> str:
        name = self._reading.name_of(delivered)
        if len(self._names) < COLUMNS_MAX:
            self._names[delivered] = name
        return name


def _text(value: JsonValue) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or value == "" else str(value)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
