"""A lock of one writer across processes, which says who holds it.

The operating system's lock is released when its holder dies, however it dies; the text beside it only
tells people who that is.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout


class RunLock:
    """An exclusive lock on a workspace, with the holder's process, activity and start beside it."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(str(path))
        self._holder_path = path.with_suffix(".holder")

    def acquire(self, activity: str) -> str | None:
        """Take the lock and return None, or return who holds it."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return self._holder()
        since = datetime.now(UTC).replace(microsecond=0).isoformat()
        self._holder_path.write_text(json.dumps({"pid": os.getpid(), "activity": activity, "since": since}))
        return None

    def release(self) -> None:
        """Give the lock back."""
        with contextlib.suppress(FileNotFoundError):
            self._holder_path.unlink()
        self._lock.release()

    def _holder(self) -> str:
        try:
            holder = json.loads(self._holder_path.read_text())
            return f"`{holder['activity']}`, process {holder['pid']}, since {holder['since']}"
        except (OSError, ValueError, KeyError):
            return "a process that has just started"
