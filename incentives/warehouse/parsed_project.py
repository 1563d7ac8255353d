"""Keeps the dbt project as dbt parsed it, so that a build parses only a project that this machine's user never built before.

Kept in this process, and in the user's folder for caches (`$XDG_CACHE_HOME/incentives`, by default `~/.cache/incentives`):
whatever is there can be removed at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from incentives.warehouse.fingerprint import code_fingerprint

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_KEPT_FILES_MAX = 4
_PREFIX, _SUFFIX = "parsed-", ".msgpack"
_parsed: dict[str, bytes] = {}


def parsed_name(project: Path, database: Path) -> str:
    """Return the name of a parsed project: another one for other files, another place, other settings of dbt or another database's name."""
    digest = hashlib.sha256()
    for text in (code_fingerprint(project), str(project.resolve()), version("dbt-core"), database.stem):
        digest.update(f"{text}\n".encode())
    digest.update((project / "profiles.yml").read_bytes())
    return f"{_PREFIX}{digest.hexdigest()[:32]}"


def parsed_project(name: str) -> Manifest | None:
    """Return the project as it was parsed before, a copy of its own for each run; None where it was not, or cannot be read."""
    if name not in _parsed:
        with contextlib.suppress(OSError):
            _remember(name, _path(name).read_bytes())
    if name not in _parsed:
        return None
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        return Manifest.from_msgpack(_parsed[name], decoder=extended_mashumuro_decoder)
    except Exception:  # dbt names no error for a file that is not its own; to parse again is always right
        del _parsed[name]
        return None


def keep_parsed(name: str, written: Path) -> None:
    """Keep what dbt wrote of a project that it parsed; a folder for caches that cannot be written is done without."""
    if name in _parsed or not written.is_file():
        return
    content = written.read_bytes()
    _remember(name, content)
    with contextlib.suppress(OSError):
        path = _path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=_SUFFIX)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
        Path(beside).replace(path)
        kept = sorted(path.parent.glob(f"{_PREFIX}*{_SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in kept[_KEPT_FILES_MAX:]:
            old.unlink(missing_ok=True)


def _remember(name: str, content: bytes) -> None:
    _parsed.clear()
    _parsed[name] = content


def _path(name: str) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "incentives" / f"{name}{_SUFFIX}"
