"""The bytes of a delivered text file as UTF-8 in pieces: unpacked, decoded and fingerprinted in one pass.

Nothing is guessed: an encoding is UTF-8, or UTF-16 that says so in its first bytes, or the one that the
source's mapping names; anything else is refused. Memory is bounded by the piece, unpacked size by a ratio,
whatever a file claims.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from incentives.feeds.readers.packing import PIECE_BYTES, Packing, packing_of, unpacked
from incentives.feeds.readers.unreadable import UnreadableFileError

_FOREIGN = (
    (b"PK\x03\x04", "spreadsheet_file", "The file is a spreadsheet or a zip archive, whatever its name says."),
    (b"PAR1", "unsupported_format", "The file is Parquet; name it .parquet."),
    (b"%PDF", "unsupported_format", "The file is a PDF; deliver a table."),
    (b"\xd0\xcf\x11\xe0", "spreadsheet_file", "The file is an old or encrypted spreadsheet; save it as XLSX or CSV."),
    (b"BZh", "unsupported_format", "The file is packed with bzip2; deliver it as it is, or packed with gzip or zstd."),
)
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body")
_Decode = Callable[[bytes, bool], bytes]


class DeliveredFile:
    """One delivered text file, read once from its first byte to its last.

    Attributes:
        sha256: Fingerprint of the delivered bytes; whole after `pieces` has ended.
        size: Delivered bytes, read so far.
        is_plain: Whether the delivered bytes are the text itself: neither packed nor in another encoding than UTF-8.
        text_offset: Length of the byte order mark before the text.
        packing: How it is packed; known after the first piece.
        encoding: In which encoding the text is; known after the first piece.
    """

    def __init__(self, path: Path, *, encoding: str | None = None, is_json: bool = False) -> None:
        self.path = path
        self.size = 0
        self.is_plain = True
        self.text_offset = 0
        self.packing: Packing | None = None
        self.encoding = "utf-8"
        self._configured = encoding
        self._is_json = is_json
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Fingerprint of the bytes that were read."""
        return self._digest.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """Yield the text in UTF-8, without a byte order mark.

        Raises:
            UnreadableFileError: Empty, truncated, packed beyond the limits, not text, or in no encoding that is read.
        """
        bytes_ = self._bytes()
        first = next(bytes_, b"")
        if not first:
            raise UnreadableFileError("zero_bytes", "The file is empty.")
        self._refuse_foreign(first)
        decode, mark = self._decoder(first)
        self.text_offset = len(mark)
        position = 0
        try:
            text = decode(first[len(mark) :], False)
            if text:
                yield text
            position = len(first)
            for piece in bytes_:
                text = decode(piece, False)
                if text:
                    yield text
                position += len(piece)
            text = decode(b"", True)
        except UnicodeError as error:
            place = position + getattr(error, "start", 0)
            expected = (
                f"{self._configured}, which its source's mapping names" if self._configured else "UTF-16 with a byte order mark"
            )
            raise UnreadableFileError(
                "undecodable_text", f"Near byte {place + 1} the text is neither UTF-8 nor {expected}; export the file as UTF-8."
            ) from error
        if text:
            yield text

    def _bytes(self) -> Iterator[bytes]:
        with self.path.open("rb") as handle:
            packed = self._raw(handle.read)
            first = next(packed, b"")
            self.packing = packing_of(first)
            if self.packing is not None:
                self.is_plain = False
                yield from unpacked(self.packing, first, packed, lambda: self.size)
            elif first:
                yield first
                yield from packed

    def _raw(self, read: Callable[[int], bytes]) -> Iterator[bytes]:
        while piece := read(PIECE_BYTES):
            self._digest.update(piece)
            self.size += len(piece)
            yield piece

    def _refuse_foreign(self, first: bytes) -> None:
        for magic, reason, sentence in _FOREIGN:
            if first.startswith(magic):
                raise UnreadableFileError(reason, sentence)
        if packing_of(first) is not None:
            raise UnreadableFileError("unsupported_format", "The file is packed twice; pack it once.")
        start = first[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
        if start.startswith(_HTML):
            raise UnreadableFileError("html_page", "The file is a web page, perhaps a sign-in page saved in place of the export.")
        if start.startswith(b"<?xml"):
            raise UnreadableFileError("unsupported_format", "The file is XML, which is not read.")
        if start.startswith((b"{", b"[")) and not self._is_json:
            raise UnreadableFileError("unsupported_format", "The file is JSON; name it .json or .jsonl.")

    def _decoder(self, first: bytes) -> tuple[_Decode, bytes]:
        """Return what turns delivered pieces into UTF-8, and the byte order mark that said so."""
        if first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            raise UnreadableFileError("undecodable_text", "The text is UTF-32; export the file as UTF-8.")
        for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            if first.startswith(mark):
                self.is_plain, self.encoding = False, name
                return _from(name), mark
        if first.startswith(codecs.BOM_UTF8):
            return _checked_utf8(), codecs.BOM_UTF8
        if self._configured is not None:
            self.is_plain, self.encoding = False, self._configured
            return _configured(self._configured), b""
        return _checked_utf8(), b""


def _checked_utf8() -> _Decode:
    utf8 = codecs.getincrementaldecoder("utf-8")("strict")
    is_inside = False

    def check(piece: bytes, final: bool) -> bytes:
        # A sequence may be cut between two pieces: the decoder keeps its first bytes, the piece passes as it is.
        nonlocal is_inside
        if not is_inside and piece.isascii():
            return piece
        utf8.decode(piece, final)
        is_inside = bool(utf8.getstate()[0])
        return piece

    return check


def _from(name: str) -> _Decode:
    decoder = codecs.getincrementaldecoder(name)("strict")
    return lambda piece, final: decoder.decode(piece, final).encode("utf-8")


def _configured(name: str) -> _Decode:
    """Decode the encoding that a mapping names; text that could as well be UTF-8 is refused, not guessed.

    Accented text in a one-byte encoding is practically never valid UTF-8, while UTF-8 is always valid in a one-byte
    encoding, where it reads as garbage.
    """
    decode = _from(name)
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")("strict")
    is_ascii = True

    def check(piece: bytes, final: bool) -> bytes:
        nonlocal utf8, is_ascii
        is_ascii = is_ascii and piece.isascii()
        if utf8 is not None:
            try:
                utf8.decode(piece, final)
            except UnicodeDecodeError:
                utf8 = None
        if final and utf8 is not None and not is_ascii:
            raise UnreadableFileError(
                "undecodable_text",
                f"The whole text is valid UTF-8, and the source's mapping names {name}; which of them it is, is not guessed. "
                "Deliver UTF-8 with a byte order mark, or take `encoding` out of the mapping.",
            )
        return decode(piece, final)

    return check
