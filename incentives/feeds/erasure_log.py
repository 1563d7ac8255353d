"""The erasure log: whom the workspace has forgotten, as tokens and nothing else.

One line for each erasure, added and never changed. Landing reads it before it writes a clear value, and everything
that was restored from a copy is brought in line with it, so it is kept apart from the copies that it corrects.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from incentives.errors import OutsideError

LOG_NAME = "erasures.jsonl"


@dataclass(frozen=True, slots=True)
class Erased:
    """Who and what must not come back.

    Attributes:
        records: Source and token of the customer id, of each record of a forgotten person.
        identifiers: Tokens of their emails, phones, loyalty numbers, handles and accounts.
        names: Tokens of their names; these find text, never rows, since people share names.
        files: Fingerprints of delivered files that held them.
    """

    records: frozenset[tuple[str, str]] = frozenset()
    identifiers: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anybody was forgotten."""
        return bool(self.records or self.identifiers)

    def __or__(self, other: Erased) -> Erased:
        """Return both together."""
        return Erased(
            self.records | other.records,
            self.identifiers | other.identifiers,
            self.names | other.names,
            self.files | other.files,
        )


NOTHING = Erased()


def read_log(path: Path) -> Erased:
    """Return everything that a log names; nothing where there is no log.

    Raises:
        OutsideError: A line cannot be read; nothing is landed or restored on a guess.
    """
    if not path.is_file():
        return NOTHING
    erased = NOTHING
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            tree = json.loads(line)
            erased |= Erased(
                frozenset((str(source), str(token)) for source, token in tree["records"]),
                frozenset(map(str, tree["identifiers"])),
                frozenset(map(str, tree["names"])),
                frozenset(map(str, tree["files"])),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise OutsideError(
                "the erasure log cannot be read.",
                where=f"{path}:{number}",
                remedy="Restore the log from its newest copy; without it forgotten customers would come back.",
            ) from error
    return erased


def append_log(path: Path, erased: Erased, at: datetime) -> None:
    """Add what a log does not name yet; on the disk when this returns."""
    before = read_log(path)
    new = Erased(
        erased.records - before.records,
        erased.identifiers - before.identifiers,
        erased.names - before.names,
        erased.files - before.files,
    )
    if not (new or new.names or new.files):
        return
    line = json.dumps(
        {
            "at": at.isoformat(),
            "records": sorted(map(list, new.records)),
            "identifiers": sorted(new.identifiers),
            "names": sorted(new.names),
            "files": sorted(new.files),
        }
    )
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as handle:
        temporary.chmod(0o600)
        handle.write(f"{kept}{line}\n")
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync_places((path,))


def sync_places(paths: Iterable[Path]) -> None:
    """Make it durable which files lie in the folders of these."""
    for folder in sorted({path.parent for path in paths}):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
