"""What makes a record one that no reader can place, and the sentence that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

FIELD_BYTES_MAX = 8_192
RECORD_BYTES_MAX = 2_000_000
RAW_BYTES_MAX = 65_536
# Stable codes: people filter by them, and the reference lists them.
REASONS = {
    "wrong_field_count": "Not as many fields as the header names.",
    "row_cut_off": "The last record has too few fields, and the file ends without a line end.",
    "unbalanced_quotes": "A quote is opened and not closed, or closed and never opened.",
    "misplaced_quote": "A quote within a field that is not quoted, or text after a closing quote.",
    "stray_line_break": "A line break outside quotes that does not end the record.",
    "nul_byte": "A NUL character.",
    "field_too_long": f"A field that is kept is longer than {FIELD_BYTES_MAX:,} bytes.",
    "record_too_long": f"The record is longer than {RECORD_BYTES_MAX:,} bytes.",
    "bad_json": "The record is not JSON.",
    "not_an_object": "The record is JSON, but no object of names and values.",
    "nested_value": "A column that is read holds a list or an object.",
    "repeated_name": "The record names a column of the feed twice.",
    "bad_text": "A value that is no text: half a character, or bytes that are not UTF-8.",
    "number_beyond_precision": "A binary number with more digits than its kind keeps exactly (15; 6 in single precision).",
    "spreadsheet_formula": "A cell that is read holds a formula; its last result is not taken for a value.",
    "spreadsheet_error": "A cell that is read holds an error such as #N/A.",
}
_QUOTED = re.compile(rb'"[^"]*"')


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A record that no reader could place: its number among all records (1-based), its text, and why."""

    number: int
    raw: bytes
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a record, and the record's text (cut where it is very long)."""

    reason: str
    sentence: str
    raw: bytes = b""

    def __post_init__(self) -> None:
        assert self.reason in REASONS, self.reason

    def at(self, raw: bytes) -> Fault:
        """Return the fault of a record with this text."""
        return replace(self, raw=raw[:RAW_BYTES_MAX])

    def of(self, number: int) -> BrokenRecord:
        """Return the broken record once its number is known."""
        return BrokenRecord(number, self.raw, self.reason, self.sentence)


@dataclass(frozen=True, slots=True)
class RecordRules:
    """What a record must hold to: the header's width, and lengths that memory can bear.

    Attributes:
        delimiter: One ASCII character.
        width: Fields that the header names.
        kept: Positions of the fields that are written.
    """

    delimiter: bytes
    width: int
    kept: frozenset[int]

    def width_of(self, record: bytes) -> int:
        """Return how many fields a record has whose quotes are sound."""
        return _unquoted(record).count(self.delimiter) + 1

    def misfit(self, record: bytes, *, is_cut: bool = False) -> Fault:
        """Return the fault of a record that has not as many fields as the header."""
        width = self.width_of(record)
        found = f"The record has {width} field{'s' if width != 1 else ''}; the header names {self.width}"
        if is_cut and width < self.width:
            return Fault("row_cut_off", f"{found}, and the file ends without a line end: it is cut off.").at(record)
        return Fault("wrong_field_count", f"{found}.").at(record)

    def fault_of(self, record: bytes, *, is_cut: bool) -> Fault | None:
        """Return what is wrong with a record whose quotes are sound, or None.

        Args:
            record: Its text, without the line end.
            is_cut: Whether it is the file's last and has no line end.
        """
        bare = _unquoted(record)
        if b"\0" in record:
            return Fault("nul_byte", "The record holds a NUL character.")
        if b"\r" in bare or b"\n" in bare:
            return Fault("stray_line_break", "The record holds a line break outside quotes that does not end it.")
        if len(record) > RECORD_BYTES_MAX:
            return TOO_LONG
        if bare.count(self.delimiter) + 1 != self.width:
            return self.misfit(record, is_cut=is_cut)
        if len(record) > FIELD_BYTES_MAX:
            masked = _QUOTED.sub(lambda quoted: b"x" * len(quoted.group()), record)
            lengths = [len(cell) for cell in masked.split(self.delimiter)]
            if any(lengths[position] > FIELD_BYTES_MAX for position in self.kept):
                return Fault("field_too_long", f"A field that is kept is longer than {FIELD_BYTES_MAX:,} bytes.")
        return None


TOO_LONG = Fault("record_too_long", f"The record is longer than {RECORD_BYTES_MAX:,} bytes; its text here is cut.")


def quote_fault(line: bytes) -> Fault:
    """Return the fault of a line whose quotes are not sound."""
    if line.count(b'"') % 2:
        return Fault("unbalanced_quotes", "A quote is opened and not closed, or closed and never opened.")
    return Fault("misplaced_quote", "A quote stands within a field, or text stands after a closing quote.")


def _unquoted(record: bytes) -> bytes:
    return _QUOTED.sub(b"", record) if b'"' in record else record
