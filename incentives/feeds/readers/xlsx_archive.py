"""What is looked at of a delivered XLSX before anything parses it: its fingerprint, its parts, what they unpack to."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from incentives.feeds.readers.packing import PIECE_BYTES
from incentives.feeds.readers.unreadable import UnreadableFileError

MAGIC = b"PK\x03\x04"
PARTS_MAX = 5_000
UNPACKED_FREE_BYTES = 16 << 20
# A full sheet of a million rows is about 500 MB of XML; shared text is held in memory whole.
UNPACKED_BYTES_MAX = 1 << 30
SHARED_TEXT_BYTES_MAX = 256 << 20
WORKBOOK = "xl/workbook.xml"
_SHARED_TEXT = "xl/sharedstrings.xml"


def fingerprint(path: Path) -> tuple[str, int]:
    """Return fingerprint and size of the delivered bytes.

    Raises:
        UnreadableFileError: Nothing in it, or no zip archive.
    """
    digest = hashlib.sha256()
    size = 0
    first = b""
    with path.open("rb") as handle:
        while piece := handle.read(PIECE_BYTES):
            first = first or piece
            digest.update(piece)
            size += len(piece)
    if not size:
        raise UnreadableFileError("zero_bytes", "The file is empty.")
    if not first.startswith(MAGIC):
        raise UnreadableFileError(
            "corrupt_spreadsheet", "The file does not begin as an XLSX file does; it is none, or encrypted."
        )
    return digest.hexdigest(), size


def refuse_unsafe(path: Path, size: int, ratio_max: int) -> None:
    """Refuse an archive that unpacks to more than a table does.

    What a part claims to unpack to binds its reader: no more is ever read of it.

    Raises:
        UnreadableFileError: No XLSX, damaged, too many parts, or too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError) as error:
        raise UnreadableFileError("corrupt_spreadsheet", "The spreadsheet's archive is damaged or cut off.") from error
    unpacked = sum(part.file_size for part in parts)
    shared = sum(part.file_size for part in parts if part.filename.lower() == _SHARED_TEXT)
    if (
        len(parts) > PARTS_MAX
        or unpacked > UNPACKED_BYTES_MAX
        or shared > SHARED_TEXT_BYTES_MAX
        or (unpacked > UNPACKED_FREE_BYTES and unpacked > ratio_max * size)
    ):
        raise UnreadableFileError(
            "archive_too_large", f"The spreadsheet unpacks to {unpacked:,} bytes in {len(parts):,} parts; no delivery does that."
        )
    if WORKBOOK not in {part.filename for part in parts}:
        raise UnreadableFileError("corrupt_spreadsheet", "The archive holds no workbook of XLSX.")
