"""JSON as delivered: numbers keep their digits, names keep their order, and nothing passes through a binary float."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator

from incentives.feeds.readers.broken import RECORD_BYTES_MAX, TOO_LONG, Fault
from incentives.feeds.readers.unreadable import UnreadableFileError

JsonValue = object
_BLANK = " \t\n\r"


class Pairs(list[tuple[str, JsonValue]]):
    """Names and values of an object, in order, names that stand twice included."""


class _NotJsonError(ValueError):
    """NaN and infinities, which Python's reader would take."""


def _refuse_constant(word: str) -> None:
    raise _NotJsonError(f"{word} is no JSON value")


DECODER = json.JSONDecoder(object_pairs_hook=Pairs, parse_float=str, parse_int=str, parse_constant=_refuse_constant, strict=False)
Found = tuple[str, JsonValue]


def lines(pieces: Iterator[bytes]) -> Iterator[Found]:
    """Yield text and value of each line that is not blank; of one that is no JSON, what is wrong with it."""
    carried = b""
    is_skipping = False
    for piece in pieces:
        *whole, carried = (carried + piece).split(b"\n")
        for line in whole:
            if is_skipping:
                is_skipping = False
            elif line.strip():
                yield _line(line, is_last=False)
        if is_skipping:
            carried = b""
        elif len(carried) > RECORD_BYTES_MAX:
            yield carried[:RECORD_BYTES_MAX].decode("utf-8", "replace"), TOO_LONG
            carried, is_skipping = b"", True
    if carried.strip() and not is_skipping:
        yield _line(carried, is_last=True)


def _line(line: bytes, *, is_last: bool) -> Found:
    text = line.decode("utf-8").strip()
    if len(line) > RECORD_BYTES_MAX:
        return text, TOO_LONG
    try:
        return text, DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        if is_last and text.startswith("{") and not text.endswith("}"):
            return text, Fault(
                "row_cut_off", "The last record is no whole object, and the file ends without a line end: it is cut off."
            )
        return text, Fault("bad_json", f"The record is not JSON: {_said(error)}.")


def elements(pieces: Iterator[bytes]) -> Iterator[Found]:
    """Yield text and value of each element of an array; of one that is no JSON, what is wrong with it.

    Raises:
        UnreadableFileError: The array does not end, or what stands between or after its elements is no JSON.
    """
    return _ArrayReader(pieces).elements()


class _ArrayReader:
    """Reads an array element by element; holds at most one of them and a piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._is_last = False
        self._count = 0

    def elements(self) -> Iterator[Found]:
        self._expect("[")
        if self._next() == "]":
            self._end()
            return
        while True:
            self._next()
            yield self._element()
            self._count += 1
            if self._next() == "]":
                self._end()
                return
            self._expect(",")

    def _element(self) -> Found:
        while True:
            fault: Fault | None = None
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
                # What ends a number may lie in the next piece.
                if end < len(self._text) or self._is_last:
                    text = self._text[self._at : end]
                    self._at = end
                    return (text, TOO_LONG) if len(text) > RECORD_BYTES_MAX else (text, value)
            except (ValueError, RecursionError) as error:
                fault = Fault("bad_json", f"The record is not JSON: {_said(error)}.")
                if self._is_last:
                    return self._passed_over(), fault
            if len(self._text) - self._at > RECORD_BYTES_MAX:
                return self._passed_over(), TOO_LONG
            self._more()

    def _passed_over(self) -> str:
        """Pass over an element that is no JSON, to the comma or bracket after it; return how it begins."""
        begins = self._text[self._at : self._at + RECORD_BYTES_MAX]
        depth, in_text = 0, False
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if in_text:
                    if character == "\\":
                        self._at += 1
                    in_text = character != '"'
                elif character == '"':
                    in_text = True
                elif character in "{[":
                    depth += 1
                elif depth == 0 and character in ",]":
                    return begins
                elif character in "}]":
                    depth -= 1
                self._at += 1
            overrun = self._at - len(self._text)
            if not self._more():
                raise self._broken("its last record does not end")
            self._at = overrun

    def _next(self) -> str:
        """Return the next character that is not blank, without passing it."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANK:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                raise self._broken("it ends before its closing bracket")

    def _expect(self, character: str) -> None:
        if self._next() != character:
            raise self._broken(f"'{character}' is missing after record {self._count}")
        self._at += 1

    def _end(self) -> None:
        self._at += 1
        while self._text[self._at :].strip(_BLANK) == "":
            if not self._more():
                return
        raise self._broken("something stands after its closing bracket")

    def _more(self) -> bool:
        """Take up the next piece and let go of what was passed; False where there is none."""
        piece = next(self._pieces, b"")
        self._text = self._text[self._at :] + self._decoder.decode(piece, not piece)
        self._at = 0
        if not piece:
            self._is_last = True
        return bool(piece)

    def _broken(self, why: str) -> UnreadableFileError:
        return UnreadableFileError("corrupt_json", f"The array of JSON cannot be followed to its end: {why}.")


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).split(":", 1)[0].lower() if isinstance(error, json.JSONDecodeError) else str(error)
