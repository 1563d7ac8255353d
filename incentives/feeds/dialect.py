"""The dialect of a delivered table, told from its header with certainty.

A delimiter is certain when splitting the first line with it gives every required column of the feed's
contract; a line that does so with no delimiter is refused. No record is looked at and nothing is guessed.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.reading import Reading

DELIMITERS = (",", ";", "\t", "|")
HEADER_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file separates fields and records, and what its columns are.

    Attributes:
        delimiter: One character.
        newline: The byte that ends a record: LF (after an optional CR) or CR.
        positions: Position in the file of each contract column that was delivered.
        dropped: Position and name, as delivered, of each column that is not written.
        width: Number of columns delivered.
    """

    delimiter: str
    newline: bytes
    positions: dict[str, int]
    dropped: tuple[tuple[int, str], ...]
    width: int


def tell_dialect(reading: Reading, line: bytes, newline: bytes) -> Dialect:
    """Return the dialect that a header line tells.

    Args:
        reading: How files of the source and feed are read.
        line: The first line that is not blank, without its line end.
        newline: The byte that ended it.

    Raises:
        UnreadableFileError: No header, a required column missing, a contract column twice, too many columns.
    """
    text = line.decode("utf-8", errors="replace")
    if "\0" in text:
        raise UnreadableFileError("undecodable_text", "The header holds NUL characters; UTF-16 needs a byte order mark.")
    delimiters = DELIMITERS if reading.delimiter is None else (reading.delimiter,)
    required = set(reading.required)
    candidates = [
        (delimiter, names, {reading.name_of(name) for name in names})
        for delimiter in delimiters
        if (names := _names(text, delimiter)) is not None
    ]
    # Several can be certain only where one column is required and stands alone: no record has a delimiter then.
    certain = [candidate for candidate in candidates if required <= candidate[2]]
    if certain:
        delimiter, names, _ = max(certain, key=lambda candidate: len(candidate[1]))
    else:
        known = {column.name for column in reading.feed.columns}
        delimiter, names, _ = max(candidates, key=lambda candidate: len(known & candidate[2]), default=("", [], set()))
    columns = reading.columns_of(names)
    return Dialect(delimiter, newline, columns.positions, columns.dropped, columns.width)


def _names(text: str, delimiter: str) -> list[str] | None:
    """Split a header; None where the line is not CSV."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
