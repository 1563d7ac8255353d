"""Writes that survive a power cut: bytes and folder entries are on the disk before anything points at them."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

_CHUNK_BYTES = 4 << 20


def sync_file(path: Path) -> None:
    """Return when the file's bytes are on the disk."""
    _sync(path, os.O_RDONLY)


def sync_dir(path: Path) -> None:
    """Return when the folder's entries are on the disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def replace_text(path: Path, text: str) -> None:
    """Replace a file's text at one instant: readers find the old text or the new one, never a part."""
    replace_bytes(path, text.encode("utf-8"))


def replace_bytes(path: Path, content: bytes) -> None:
    """Replace a file's bytes at one instant, as `replace_text` does."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    sync_file(beside)
    beside.replace(path)
    sync_dir(path.parent)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def copy_hashed(source: Path, target: Path) -> str:
    """Copy a file and return the SHA-256 of what was copied, in hex."""
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as written, ThreadPoolExecutor(max_workers=1) as beside:
        # A chunk is digested while it is written and the next one is read.
        digested: Future[None] | None = None
        while chunk := read.read(_CHUNK_BYTES):
            if digested is not None:
                digested.result()
            digested = beside.submit(digest.update, chunk)
            written.write(chunk)
    return digest.hexdigest()


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
