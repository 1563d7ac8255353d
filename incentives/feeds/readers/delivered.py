"""The bytes of a delivered file as UTF-8 text in pieces: unpacked, decoded and fingerprinted in one pass.

Nothing is guessed: an encoding is UTF-8, or UTF-16 that says so in its first bytes; anything else is
refused. Memory is bounded by the piece, unpacked size by a ratio, whatever a file claims.
"""

from __future__ import annotations

import codecs
import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from incentives.feeds.readers.unreadable import UnreadableFileError

PIECE_BYTES = 1 << 20  # 1 MB stays in the processor's cache: scanning takes 0.7 s a GB, twice that in pieces of 4 MB.
GZIP_MAGIC = b"\x1f\x8b"
# CSV of a retailer packs 5 to 60 times. Deflate cannot pack more than 1,032 times; a bomb comes close to that.
RATIO_MAX = 200
RATIO_FREE_BYTES = 64 << 20
UNPACKED_BYTES_MAX = 256 << 30
_FOREIGN = (
    (b"PK\x03\x04", "spreadsheet_file", "The file is a spreadsheet or a zip archive, whatever its name says; deliver CSV."),
    (b"PAR1", "unsupported_format", "The file is Parquet; deliver CSV."),
    (b"%PDF", "unsupported_format", "The file is a PDF; deliver CSV."),
    (b"\xd0\xcf\x11\xe0", "spreadsheet_file", "The file is an old spreadsheet; deliver CSV."),
    (b"(\xb5/\xfd", "unsupported_format", "The file is packed with zstd; deliver CSV, as it is or packed with gzip."),
    (b"BZh", "unsupported_format", "The file is packed with bzip2; deliver CSV, as it is or packed with gzip."),
)
_Read = Callable[[int], bytes]
_Decode = Callable[[bytes, bool], bytes]
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body")


class DeliveredFile:
    """One delivered file, read once from its first byte to its last.

    Attributes:
        sha256: Fingerprint of the delivered bytes; whole after `pieces` has ended.
        size: Delivered bytes, read so far.
        is_plain: Whether the delivered bytes are the text itself: neither packed nor in UTF-16.
        text_offset: Length of the byte order mark before the text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.is_plain = True
        self.text_offset = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Fingerprint of the bytes that were read."""
        return self._digest.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """Yield the text in UTF-8, without a byte order mark.

        Raises:
            UnreadableFileError: Empty, truncated, packed beyond the limits, not text, not UTF-8 or UTF-16.
        """
        unpacked = self._unpacked()
        first = next(unpacked, b"")
        if not first:
            raise UnreadableFileError("zero_bytes", "The file is empty.")
        _refuse_foreign(first)
        decode, mark = _decoder(first)
        self.is_plain = self.is_plain and mark in (b"", codecs.BOM_UTF8)
        self.text_offset = len(mark)
        position = 0
        try:
            text = decode(first[len(mark) :], False)
            if text:
                yield text
            position = len(first)
            for piece in unpacked:
                text = decode(piece, False)
                if text:
                    yield text
                position += len(piece)
            text = decode(b"", True)
        except UnicodeError as error:
            place = position + getattr(error, "start", 0)
            raise UnreadableFileError(
                "undecodable_text",
                f"Near byte {place + 1} the text is neither UTF-8 nor UTF-16 with a byte order mark; export the file as UTF-8.",
            ) from error
        if text:
            yield text

    def _unpacked(self) -> Iterator[bytes]:
        with self.path.open("rb") as handle:
            packed = self._raw(handle.read)
            first = next(packed, b"")
            if first.startswith(GZIP_MAGIC):
                self.is_plain = False
                yield from self._gunzip(first, packed)
            elif first:
                yield first
                yield from packed

    def _raw(self, read: _Read) -> Iterator[bytes]:
        while piece := read(PIECE_BYTES):
            self._digest.update(piece)
            self.size += len(piece)
            yield piece

    def _gunzip(self, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
        """Unpack every member of a gzip file; what follows the last one may be zero bytes only."""
        member = zlib.decompressobj(wbits=31)
        unpacked, pending = 0, first
        try:
            while True:
                piece = member.decompress(pending, PIECE_BYTES)
                if piece:
                    unpacked += len(piece)
                    self._bound(unpacked)
                    yield piece
                if member.eof:
                    pending = member.unused_data.lstrip(b"\0")
                    while not pending:
                        following = next(rest, b"")
                        if not following:
                            return
                        pending = following.lstrip(b"\0")
                    member = zlib.decompressobj(wbits=31)
                    continue
                pending = member.unconsumed_tail or next(rest, b"")
                if not pending and not piece:
                    raise UnreadableFileError(
                        "truncated_gzip", f"The gzip file ends before its data does, after {unpacked:,} unpacked bytes."
                    )
        except zlib.error as error:
            raise UnreadableFileError("corrupt_gzip", f"The gzip data are damaged after {unpacked:,} unpacked bytes.") from error

    def _bound(self, unpacked: int) -> None:
        if unpacked > UNPACKED_BYTES_MAX or (unpacked > RATIO_FREE_BYTES and unpacked > RATIO_MAX * self.size):
            raise UnreadableFileError(
                "archive_too_large",
                f"The file unpacks to more than {RATIO_MAX} times its size, or beyond {UNPACKED_BYTES_MAX >> 30} GB; "
                "no delivery does that.",
            )


def _refuse_foreign(first: bytes) -> None:
    for magic, reason, sentence in _FOREIGN:
        if first.startswith(magic):
            raise UnreadableFileError(reason, sentence)
    start = first[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith(_HTML):
        raise UnreadableFileError("html_page", "The file is a web page, perhaps a sign-in page saved in place of the export.")
    if start.startswith((b"{", b"[", b"<?xml")):
        raise UnreadableFileError("unsupported_format", "The file is JSON or XML; deliver CSV.")


def _decoder(first: bytes) -> tuple[_Decode, bytes]:
    """Return what turns delivered pieces into UTF-8, and the byte order mark that said so."""
    if first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableFileError("undecodable_text", "The text is UTF-32; export the file as UTF-8.")
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if first.startswith(mark):
            return _from_utf16(name), mark
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

    return check, codecs.BOM_UTF8 if first.startswith(codecs.BOM_UTF8) else b""


def _from_utf16(name: str) -> _Decode:
    utf16 = codecs.getincrementaldecoder(name)("strict")
    return lambda piece, final: utf16.decode(piece, final).encode("utf-8")
