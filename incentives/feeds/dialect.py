"""The dialect of a delivered table, told from its header with certainty.

A delimiter is certain when splitting the first line with it gives every required column of the feed's
contract; a line that does so with no delimiter is refused. No record is looked at and nothing is guessed.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

from incentives.feeds.contracts import Feed
from incentives.feeds.readers.unreadable import UnreadableFileError

DELIMITERS = (",", ";", "\t", "|")
HEADER_BYTES_MAX = 1 << 20
COLUMNS_MAX = 2_000
NAME_SHOWN_MAX = 120


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


def tell_dialect(feed: Feed, line: bytes, newline: bytes) -> Dialect:
    """Return the dialect that a header line tells.

    Args:
        feed: Whose contract the columns are.
        line: The first line that is not blank, without its line end.
        newline: The byte that ended it.

    Raises:
        UnreadableFileError: No header, a required column missing, a contract column twice, too many columns.
    """
    text = line.decode("utf-8", errors="replace")
    if "\0" in text:
        raise UnreadableFileError("undecodable_text", "The header holds NUL characters; UTF-16 needs a byte order mark.")
    known = {column.name for column in feed.columns}
    required = [column.name for column in feed.columns if column.required]
    candidates = [(delimiter, _names(text, delimiter)) for delimiter in DELIMITERS]
    certain = [(delimiter, names) for delimiter, names in candidates if set(required) <= set(names)]
    if not certain:
        _, names = max(candidates, key=lambda candidate: len(known & set(candidate[1])))
        found = known & set(names)
        if not found:
            raise UnreadableFileError(
                "no_header",
                f"The first line names no column of {feed.name}; it must be the header, such as {', '.join(required)}.",
            )
        missing = [name for name in required if name not in found]
        raise UnreadableFileError(
            "missing_required_column",
            f"The header lacks {', '.join(missing)}, required in {feed.name}; it has {', '.join(sorted(found))}.",
        )
    # Several can be certain only where one column is required and stands alone: no record has a delimiter then.
    delimiter, names = max(certain, key=lambda candidate: len(candidate[1]))
    twice = sorted({name for name in names if name in known and names.count(name) > 1})
    if twice:
        raise UnreadableFileError("duplicate_column", f"The header names {', '.join(twice)} more than once.")
    if len(names) > COLUMNS_MAX:
        raise UnreadableFileError(
            "too_many_columns", f"The header names {len(names):,} columns; at most {COLUMNS_MAX:,} are read."
        )
    written = {column.name for column in feed.columns if column.written}
    return Dialect(
        delimiter=delimiter,
        newline=newline,
        positions={name: position for position, name in enumerate(names) if name in written},
        dropped=tuple(
            (position, name[:NAME_SHOWN_MAX] or "(unnamed)") for position, name in enumerate(names) if name not in written
        ),
        width=len(names),
    )


def _names(text: str, delimiter: str) -> list[str]:
    """Split a header; names are trimmed and folded to lower case, and a line that is not CSV has none."""
    try:
        fields = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return [field.strip().lower() for field in fields]
