"""Unpacking gzip and zstd in pieces, every member and frame of a file, within bounds of size and ratio.

A packed file is told by its first bytes, not by its name. What follows the last member is an error: nothing
of a delivery is passed over.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from typing import Literal

from incentives.feeds.readers.unreadable import UnreadableFileError

Packing = Literal["gzip", "zstd"]
PIECE_BYTES = 1 << 20  # 1 MB stays in the processor's cache: scanning takes 0.7 s a GB, twice that in pieces of 4 MB.
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# CSV of a retailer packs 5 to 60 times. Deflate cannot pack more than 1,032 times; a bomb comes close to that.
RATIO_MAX = 200
RATIO_FREE_BYTES = 64 << 20
UNPACKED_BYTES_MAX = 256 << 30


def packing_of(first: bytes) -> Packing | None:
    """Return how a file is packed whose first bytes these are, or None where it is not."""
    if first.startswith(GZIP_MAGIC):
        return "gzip"
    return "zstd" if first.startswith(ZSTD_MAGIC) else None


def unpacked(packing: Packing, first: bytes, rest: Iterator[bytes], packed_size: Callable[[], int]) -> Iterator[bytes]:
    """Yield what a packed file holds.

    Args:
        packing: How it is packed.
        first: Its first piece.
        rest: Its other pieces.
        packed_size: Returns how many packed bytes were read so far.

    Raises:
        UnreadableFileError: The data end early, are damaged, are followed by something else, or unpack to too much.
    """
    total = 0
    for piece in _gunzip(first, rest) if packing == "gzip" else _unzstd(first, rest):
        total += len(piece)
        if total > UNPACKED_BYTES_MAX or (total > RATIO_FREE_BYTES and total > RATIO_MAX * packed_size()):
            raise UnreadableFileError(
                "archive_too_large",
                f"The file unpacks to more than {RATIO_MAX} times its size, or beyond {UNPACKED_BYTES_MAX >> 30} GB; "
                "no delivery does that.",
            )
        yield piece


def _gunzip(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack every member; what follows the last one may be zero bytes only."""
    member = zlib.decompressobj(wbits=31)
    total, pending = 0, first
    try:
        while True:
            piece = member.decompress(pending, PIECE_BYTES)
            if piece:
                total += len(piece)
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
                    "truncated_gzip", f"The gzip file ends before its data does, after {total:,} unpacked bytes."
                )
    except zlib.error as error:
        raise UnreadableFileError("corrupt_gzip", f"The gzip data are damaged after {total:,} unpacked bytes.") from error


def _unzstd(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack every frame, skippable ones passed over; a frame's window is at most 128 MB."""
    import pyarrow as pa

    total = 0
    stream = pa.CompressedInputStream(pa.PythonFile(io.BufferedReader(_Pieces(first, rest)), "r"), "zstd")
    while True:
        try:
            piece = stream.read(PIECE_BYTES)
        except OSError as error:
            if error.errno is not None:
                raise
            if "runcated" in str(error):
                raise UnreadableFileError(
                    "truncated_zstd", f"The zstd file ends before its data does, after {total:,} unpacked bytes."
                ) from error
            raise UnreadableFileError("corrupt_zstd", f"The zstd data are damaged after {total:,} unpacked bytes.") from error
        if not piece:
            return
        total += len(piece)
        yield piece


class _Pieces(io.RawIOBase):
    """Pieces as a stream."""

    def __init__(self, first: bytes, rest: Iterator[bytes]) -> None:
        self._held = memoryview(first)
        self._rest = rest

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with what comes next; 0 at the end."""
        if not self._held:
            self._held = memoryview(next(self._rest, b""))
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count
