"""From a delivered file to a table that any CSV reader reads in one way only.

The delivered bytes are read once: fingerprinted, unpacked, decoded, and examined record by record. Where
they are sound as they are, the delivered file itself is read on; otherwise a clean copy of its sound
records is. Broken records go to the rejects file in passing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.dialect import HEADER_BYTES_MAX, Dialect, tell_dialect
from incentives.feeds.readers.delivered import DeliveredFile
from incentives.feeds.readers.packing import PIECE_BYTES
from incentives.feeds.readers.structure import Examined, RecordScanner
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.reading import Reading


@dataclass(frozen=True, slots=True)
class PreparedTable:
    """A table of sound records, and what is known about the file that it came from.

    Attributes:
        path: What to read; named by us, so that no delivered name reaches a reader.
        header_lines: Lines to pass over before the first record.
        dialect: Its delimiter and columns. Records end with LF, quotes follow RFC 4180.
        sound: Records in the table.
        broken_numbers: Number (1-based, among all records delivered) of each record that is not in it.
        longest: Bytes of its longest record.
        has_quoted_line_breaks: Whether a record can span lines.
        delivered_file: What is known of the delivered bytes.
    """

    path: Path
    header_lines: int
    dialect: Dialect
    sound: int
    broken_numbers: npt.NDArray[np.int64]
    longest: int
    has_quoted_line_breaks: bool
    delivered_file: DeliveredFile

    @property
    def delivered(self) -> int:
        """Records delivered, sound and broken."""
        return self.sound + len(self.broken_numbers)

    def delivered_rows(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Return the number, among all records delivered, of the sound records start..stop (0-based, half-open)."""
        ordinals = np.arange(start, stop, dtype=np.int64)
        # Before the j-th broken record (0-based) lie its number - 1 - j sound ones.
        sound_before = self.broken_numbers - 1 - np.arange(len(self.broken_numbers), dtype=np.int64)
        return ordinals + 1 + np.searchsorted(sound_before, ordinals, side="right")


def prepare(path: Path, reading: Reading, folder: Path, rejects: RejectsFile) -> PreparedTable:
    """Read a delivered file whole and return a table of its sound records.

    Args:
        path: The delivered file; not changed.
        reading: How files of the source and feed are read.
        folder: Where a copy may be written.
        rejects: Takes the broken records.

    Raises:
        UnreadableFileError: The file must be set aside.
    """
    delivered = DeliveredFile(path, encoding=reading.encoding)
    pieces = delivered.pieces()
    start, line, newline, rest = _header(pieces)
    dialect = tell_dialect(reading, line, newline)
    scanner = RecordScanner(dialect.delimiter, dialect.width, newline, frozenset(dialect.positions.values()))
    header_end = delivered.text_offset + len(start)
    with _Copy(path, folder / "clean.csv", header_end) as copy:
        if not delivered.is_plain or start.count(newline) > 1:
            copy.begin()
        numbers: list[int] = []
        for examined in _examined(scanner, rest, pieces):
            copy.take(examined)
            for record in examined.broken:
                rejects.add(record)
                numbers.append(record.number)
        is_copied = copy.is_begun
    table = folder / "clean.csv"
    if not is_copied:
        table = folder / "delivered.csv"
        table.symlink_to(path.resolve())
    return PreparedTable(
        path=table,
        header_lines=0 if is_copied else 1,
        dialect=dialect,
        sound=scanner.sound,
        broken_numbers=np.asarray(numbers, dtype=np.int64),
        longest=scanner.longest,
        has_quoted_line_breaks=scanner.has_quoted_line_breaks,
        delivered_file=delivered,
    )


def _examined(scanner: RecordScanner, rest: bytes, pieces: Iterator[bytes]) -> Iterator[Examined]:
    if rest:
        yield scanner.examine(rest)
    for piece in pieces:
        yield scanner.examine(piece)
    yield scanner.finish()


def _header(pieces: Iterator[bytes]) -> tuple[bytes, bytes, bytes, bytes]:
    """Return the text up to the header's line end, the header line, its newline byte, and what follows it."""
    text = b""
    is_last = False
    while True:
        offset = len(text) - len(text.lstrip(b"\r\n"))
        feed_at, return_at = text.find(b"\n", offset), text.find(b"\r", offset)
        # A CR that ends what was read so far may be half of a CRLF.
        if feed_at >= 0 or is_last or 0 <= return_at < len(text) - 1 or len(text) > HEADER_BYTES_MAX:
            break
        piece = next(pieces, b"")
        is_last = not piece
        text += piece
    if return_at >= 0 and not 0 <= feed_at <= return_at + 1:
        newline, end = b"\r", return_at
    else:
        newline, end = b"\n", feed_at if feed_at >= 0 else len(text)
    line = text[offset:end].removesuffix(b"\r")
    if not line.strip() or len(line) > HEADER_BYTES_MAX:
        raise UnreadableFileError("no_header", "The file holds no header line.")
    return text[: end + 1], line, newline, text[end + 1 :]


class _Copy:
    """The clean copy, begun at the first byte that cannot stay as it was delivered."""

    def __init__(self, original: Path, target: Path, header_end: int) -> None:
        self._original = original
        self._target = target
        self._header_end = header_end
        self._exact_bytes = 0
        self._handle: BinaryIO | None = None

    def __enter__(self) -> _Copy:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            self._handle.close()

    @property
    def is_begun(self) -> bool:
        """Whether there is a copy."""
        return self._handle is not None

    def begin(self) -> None:
        """Open the copy and bring over the records that passed so far."""
        self._handle = self._target.open("wb")
        left = self._exact_bytes
        if left:
            with self._original.open("rb") as original:
                original.seek(self._header_end)
                while left and (piece := original.read(min(left, PIECE_BYTES))):
                    self._handle.write(piece)
                    left -= len(piece)

    def take(self, examined: Examined) -> None:
        """Add records: to the copy, or to what is sound as delivered."""
        if self._handle is None:
            if examined.is_exact and not examined.broken:
                self._exact_bytes += len(examined.clean)
                return
            self.begin()
        assert self._handle is not None
        self._handle.write(examined.clean)
