"""Where records begin and end, told with certainty before any reader parses them.

Every byte of a delivered table passes here once. What leaves is a table in which each record has the
header's number of fields and well-formed quotes (RFC 4180), ended by LF; the records that break this are
handed out apart, as they were delivered, with their number and reason. A record that cannot be closed is
taken line by line, so an unbalanced quote never swallows the good records after it.

Pieces without trouble are examined with vector instructions (0.7 s a GB); the others record by record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from incentives.feeds.readers.broken import (
    FIELD_BYTES_MAX,
    RECORD_BYTES_MAX,
    TOO_LONG,
    BrokenRecord,
    Fault,
    RecordRules,
    quote_fault,
)

_QUOTE, _LF, _CR = 34, 10, 13
Positions = npt.NDArray[np.intp]


@dataclass(slots=True)
class Examined:
    """What became of the bytes examined.

    Attributes:
        clean: The sound records, each ended by LF.
        broken: The others, in order.
    """

    clean: bytes = b""
    broken: list[BrokenRecord] = field(default_factory=list)


class RecordScanner:
    """Examines a table piece by piece; keeps only the record that a piece cuts.

    Args:
        delimiter: One ASCII character.
        width: Fields that each record must have.
        newline: LF (an optional CR before it belongs to the line end) or CR.
        kept: Positions of the fields that are written; these must not exceed FIELD_BYTES_MAX.
    """

    def __init__(self, delimiter: str, width: int, newline: bytes, kept: frozenset[int]) -> None:
        self._delimiter = delimiter.encode("ascii")
        self._width = width
        self._newline = newline
        self._rules = RecordRules(self._delimiter, width, kept)
        d = re.escape(self._delimiter)
        cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^"' + d + rb"\r\n]*+)"
        self._record = re.compile(cell + rb"(?:" + d + cell + rb")*+")
        self._carried = b""
        self._is_skipping = False
        self.records = 0
        self.sound = 0

    def examine(self, piece: bytes) -> Examined:
        """Examine the next piece of the table."""
        return self._examine(piece, is_last=False)

    def finish(self) -> Examined:
        """Examine what the last piece left over: a record without a line end."""
        return self._examine(b"", is_last=True)

    def _examine(self, piece: bytes, *, is_last: bool) -> Examined:
        text = self._carried + piece
        if self._is_skipping:
            end = text.find(self._newline)
            if end < 0:
                self._carried = b""
                return Examined()
            text = text[end + 1 :]
            self._is_skipping = False
        examined, end = self._examine_at_once(text)
        self._carried = text[end:]
        if self._carried and (is_last or len(self._carried) > RECORD_BYTES_MAX):
            rest, end = self._examine_each(self._carried, is_last=is_last)
            self._carried = self._carried[end:]
            examined = Examined(examined.clean + rest.clean, examined.broken + rest.broken)
        return examined

    def _examine_at_once(self, text: bytes) -> tuple[Examined, int]:
        """Examine all whole records of the text; those of a text with any irregular quote, one by one."""
        bytes_ = np.frombuffer(text, dtype=np.uint8)
        newline, other = (_LF, _CR) if self._newline == b"\n" else (_CR, _LF)
        ends = np.flatnonzero(bytes_ == newline)
        quotes = np.flatnonzero(bytes_ == _QUOTE) if b'"' in text else None
        breaks_within = False
        if quotes is not None:
            outside = _outside(ends, quotes)
            breaks_within = outside.size < ends.size
            ends = outside
        if not ends.size:
            return Examined(), 0
        end = int(ends[-1]) + 1
        bytes_ = bytes_[:end]
        if quotes is not None:
            quotes = quotes[quotes < end]
            breaks_within = breaks_within and bool(_inside(np.flatnonzero(bytes_ == newline), quotes).any())
        starts = np.concatenate((np.zeros(1, dtype=np.intp), ends[:-1] + 1))
        lengths = ends - starts
        others = np.flatnonzero(bytes_ == other) if (b"\r" if other == _CR else b"\n") in text else np.zeros(0, dtype=np.intp)
        if quotes is not None:
            others = _outside(others, quotes)
        is_plain = (
            (quotes is None or self._are_quotes_sound(bytes_, quotes, newline))
            and (not others.size or (other == _CR and bool((bytes_[others + 1] == _LF).all())))
            and int(lengths.max()) <= FIELD_BYTES_MAX
            and b"\0" not in text
        )
        if not is_plain:
            return self._examine_each(text, is_last=False)
        wrong = self._widths(bytes_, starts, ends, quotes) != self._width
        blank = lengths == 0
        if others.size:
            blank |= (lengths == 1) & (bytes_[starts] == _CR)
        wrong &= ~blank
        if breaks_within and wrong.any():
            return self._examine_each(text, is_last=False)
        return self._parted(text, bytes_, starts, ends, wrong, blank, others), end

    def _are_quotes_sound(self, bytes_: npt.NDArray[np.uint8], quotes: Positions, newline: int) -> bool:
        """Whether each quote opens a field, closes one, or is one of a pair within a field."""
        delimiter = self._delimiter[0]
        opening, closing = quotes[0::2], quotes[1::2]
        before = bytes_[opening - 1]
        after = bytes_[closing + 1]
        opens = (opening == 0) | (before == delimiter) | (before == newline) | (before == _QUOTE)
        closes = (after == delimiter) | (after == newline) | (after == _QUOTE)
        if newline == _LF:
            closes |= after == _CR
        return bool(opens.all() and closes.all())

    def _widths(
        self, bytes_: npt.NDArray[np.uint8], starts: Positions, ends: Positions, quotes: Positions | None
    ) -> npt.NDArray[np.intp]:
        is_delimiter = bytes_ == self._delimiter[0]
        if quotes is None:
            return np.add.reduceat(is_delimiter, starts, dtype=np.intp) + 1
        delimiters = _outside(np.flatnonzero(is_delimiter), quotes)
        return np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1

    def _parted(
        self,
        text: bytes,
        bytes_: npt.NDArray[np.uint8],
        starts: Positions,
        ends: Positions,
        wrong: npt.NDArray[np.bool_],
        blank: npt.NDArray[np.bool_],
        others: Positions,
    ) -> Examined:
        numbers = np.cumsum(~blank) + self.records
        before = self.records
        self.records = int(numbers[-1])
        broken = [
            self._rules.misfit(text[starts[index] : ends[index]].removesuffix(b"\r")).of(int(numbers[index]))
            for index in np.flatnonzero(wrong)
        ]
        self.sound += self.records - before - len(broken)
        left_out = np.flatnonzero(wrong | blank)
        if not left_out.size and not others.size and self._newline == b"\n":
            return Examined(text[: len(bytes_)], broken)
        keep = np.ones(len(bytes_), dtype=np.bool_)
        keep[others] = False
        for index in left_out:
            keep[starts[index] : ends[index] + 1] = False
        if self._newline != b"\n":
            bytes_ = bytes_.copy()
            bytes_[ends] = _LF
        return Examined(bytes_[keep].tobytes(), broken)

    def _examine_each(self, text: bytes, *, is_last: bool) -> tuple[Examined, int]:
        """Examine record by record; returns what became of them and where the first unfinished one starts."""
        clean: list[bytes] = []
        broken: list[BrokenRecord] = []
        position = 0
        for start, stop, fault in self._each(text, is_last):
            position = stop
            raw = text[start:stop].removesuffix(self._newline)
            if self._newline == b"\n":
                raw = raw.removesuffix(b"\r")
            if not raw:
                continue
            self.records += 1
            is_cut = is_last and stop == len(text) and not text.endswith(self._newline)
            fault = fault or self._rules.fault_of(raw, is_cut=is_cut)
            if fault is None:
                self.sound += 1
                clean.append(raw + b"\n")
            else:
                broken.append(fault.at(raw).of(self.records))
        return Examined(b"".join(clean), broken), position

    def _each(self, text: bytes, is_last: bool) -> Iterator[tuple[int, int, Fault | None]]:
        """Yield start, end (with the line end) and the fault in its quotes, if any, of each record."""
        start = 0
        while start < len(text):
            line_end = text.find(self._newline, start)
            stop = line_end + 1 if line_end >= 0 else len(text)
            is_open = line_end < 0 and not is_last
            is_long = len(text) - start > RECORD_BYTES_MAX
            if is_open and is_long:
                self._is_skipping = True
                yield start, len(text), TOO_LONG
                return
            if is_open:
                return
            if b'"' not in text[start:stop]:
                yield start, stop, None
                start = stop
                continue
            match = self._record.match(text, start)
            end = match.end() if match else start
            after = text[end : end + 2]
            is_unclosed = after[:1] == b'"' and (end == start or text[end - 1 : end] == self._delimiter)
            if (is_unclosed or end == len(text)) and not is_last and not is_long:
                return
            if end == len(text) and is_last:
                stop, fault = end, None
            elif after[:1] == self._newline:
                stop, fault = end + 1, None
            elif after == b"\r\n" and self._newline == b"\n":
                stop, fault = end + 2, None
            else:
                fault = quote_fault(text[start:stop])
            if fault is None and stop - start > RECORD_BYTES_MAX:
                fault = TOO_LONG
            if fault is None and self._is_swallowed(text[start:stop]):
                # Several lines that do not fit the header: more likely one lost quote than one record.
                stop = text.find(self._newline, start) + 1
                fault = quote_fault(text[start:stop])
            yield start, stop, fault
            start = stop

    def _is_swallowed(self, record: bytes) -> bool:
        return self._newline in record.rstrip(b"\r\n") and self._rules.width_of(record) != self._width


def _inside(positions: Positions, quotes: Positions) -> npt.NDArray[np.bool_]:
    return (np.searchsorted(quotes, positions) & 1).astype(np.bool_)


def _outside(positions: Positions, quotes: Positions) -> Positions:
    return positions[~_inside(positions, quotes)]
