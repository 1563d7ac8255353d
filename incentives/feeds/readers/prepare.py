"""From a delivered file to text that any CSV reader reads in one way only, piece by piece.

The delivered bytes are read once: fingerprinted, unpacked, decoded, and examined record by record. Sound records
go on to be parsed; broken ones go to the rejects file in passing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.dialect import HEADER_BYTES_MAX, tell_dialect
from incentives.feeds.readers.delivered import DeliveredFile
from incentives.feeds.readers.structure import Examined, RecordScanner
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.reading import Reading


@dataclass(frozen=True, slots=True)
class SoundRecords:
    """Some sound records of a file, in order.

    Attributes:
        text: The records, each with the header's number of fields, quoted by RFC 4180 and ended by LF.
        numbers: Number of each (1-based) among all records delivered.
    """

    text: bytes
    numbers: npt.NDArray[np.int64]


class PreparedText:
    """A delivered text file whose header is read.

    Args:
        path: The delivered file; not changed.
        reading: How files of the source and feed are read.
        rejects: Takes the broken records.

    Raises:
        UnreadableFileError: The file must be set aside.
    """

    def __init__(self, path: Path, reading: Reading, rejects: RejectsFile) -> None:
        self.file = DeliveredFile(path, encoding=reading.encoding)
        self._rejects = rejects
        self._pieces = self.file.pieces()
        line, newline, self._rest = _header(self._pieces)
        self.dialect = tell_dialect(reading, line, newline)
        self._scanner = RecordScanner(
            self.dialect.delimiter, self.dialect.width, newline, frozenset(self.dialect.positions.values())
        )

    @property
    def delivered(self) -> int:
        """Records delivered so far, sound and broken."""
        return self._scanner.records

    def records(self) -> Iterator[SoundRecords]:
        """Yield the sound records of piece after piece, once.

        Raises:
            UnreadableFileError: The file must be set aside.
        """
        before = 0
        for examined in self._examined():
            after = self._scanner.records
            numbers = np.arange(before + 1, after + 1, dtype=np.int64)
            if examined.broken:
                for record in examined.broken:
                    self._rejects.add(record)
                numbers = np.delete(numbers, [record.number - before - 1 for record in examined.broken])
            if examined.clean:
                yield SoundRecords(examined.clean, numbers)
            before = after

    def _examined(self) -> Iterator[Examined]:
        if self._rest:
            yield self._scanner.examine(self._rest)
            self._rest = b""
        for piece in self._pieces:
            yield self._scanner.examine(piece)
        yield self._scanner.finish()


def _header(pieces: Iterator[bytes]) -> tuple[bytes, bytes, bytes]:
    """Return the header line, its newline byte, and the text that follows it."""
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
    return line, newline, text[end + 1 :]
