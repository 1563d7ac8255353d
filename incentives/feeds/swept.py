"""Which stored files were searched for forgotten people since they were last written.

A file is known by size, inode, and the times of its content and of its place. Nothing that restores a file can set the
last of them, so what came out of a backup is searched again, and what nobody touched is not.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from incentives.feeds.erasure_log import Erased

NAME = ".erasures-swept.json"


class Swept:
    """The files of one workspace that are known to hold nobody whom the log names."""

    def __init__(self, root: Path, erased: Erased) -> None:
        self._root = root
        self._path = root / NAME
        people = json.dumps([sorted(map(list, erased.records)), sorted(erased.identifiers), sorted(erased.names)])
        self._people = hashlib.sha256(people.encode()).hexdigest()
        self._before = self._read()
        self._now: dict[str, str] = {}

    def holds(self, path: Path) -> bool:
        """Whether a file was searched as it stands; it then stays known."""
        name = str(path.relative_to(self._root))
        state = _state(path)
        if self._before.get(name) != state:
            return False
        self._now[name] = state
        return True

    def add(self, path: Path) -> None:
        """Remember that a file was searched, and is without them now."""
        if path.is_file():
            self._now[str(path.relative_to(self._root))] = _state(path)

    def write(self) -> None:
        """Keep what is known for the next run; losing it costs a search and nothing else."""
        if self._now == self._before:
            return
        temporary = self._path.with_name(f"{NAME}.{os.getpid()}")
        temporary.write_text(json.dumps({"people": self._people, "files": self._now}), encoding="utf-8")
        temporary.chmod(0o600)
        temporary.replace(self._path)

    def _read(self) -> dict[str, str]:
        try:
            tree = json.loads(self._path.read_text(encoding="utf-8"))
            known = tree["files"] if tree["people"] == self._people else {}
            return {str(name): str(state) for name, state in known.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}


def _state(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_ino}:{stat.st_mtime_ns}:{stat.st_ctime_ns}"
