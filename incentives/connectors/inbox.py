"""Writing a page's rows into the inbox: durable, whole, under a name that tells its content.

A file is named after feed, connector, page and content. The same rows written again, after a kill or after
the state was lost, are the same file; different ones never replace it.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from incentives.connectors.mapping import MappedRow
from incentives.connectors.outputs import Output
from incentives.connectors.state import State, read_state, sync_folder, write_durably, write_state
from incentives.errors import InputError
from incentives.workspace import Workspace

# Rows that a run remembers to have delivered. What an overlap reads again beyond them is delivered again,
# and counted as duplicate by landing. The state of 20,000 rows is under 1 MB.
RECENT_ROWS = 20_000
_DIGEST_BYTES = 8


@dataclass(slots=True)
class Delivered:
    """What a run has delivered so far: files, rows by feed, and records that were read again unchanged."""

    files: list[Path] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0


class Inbox:
    """One connector's way into its source's inbox, and its state; used by one process at a time."""

    def __init__(self, ws: Workspace, name: str, source: str, *, packed: bool = False) -> None:
        self.delivered = Delivered()
        self._name = name
        self._packed = packed
        self._folder = ws.inbox / source
        self._state_path = state_path(ws, name)
        self.state = read_state(self._state_path)

    def begin(self, reads: Sequence[str], *, again: bool) -> Mapping[str, str]:
        """Return the position from which to read.

        Args:
            reads: What is read; a position is good for nothing else.
            again: Forget the position and read everything once more.

        Raises:
            InputError: The position is one in something else.
        """
        reads_now = _digest(reads)
        if again:
            self.state = State(self.state.sequence, reads_now)
        elif self.state.reads and self.state.reads != reads_now:
            raise InputError(
                f"{self._name} reads something else now than in its last run, so its position means nothing.",
                where=str(self._state_path),
                remedy=f"Read everything again: `incentives connect run {self._name} --again`.",
            )
        else:
            self.state = State(self.state.sequence, reads_now, self.state.position, self.state.recent)
        return self.state.position

    def deliver(self, rows: Iterable[MappedRow], position: Mapping[str, str]) -> None:
        """Write a page's rows into the inbox, then advance to the position behind it."""
        recent = dict(self.state.recent)
        # By identity: two outputs of one feed may have different columns, and a model has no hash.
        files: dict[int, tuple[Output, list[Sequence[str]]]] = {}
        for row in rows:
            key = _digest((row.output.feed, *row.key))
            digest = _digest((*row.output.header, *row.values))
            if recent.get(key) == digest:
                self.delivered.unchanged += 1
                continue
            recent.pop(key, None)
            recent[key] = digest
            files.setdefault(id(row.output), (row.output, []))[1].append(row.values)
        sequence = self.state.sequence + 1 if files else self.state.sequence
        for output, values in files.values():
            self.delivered.files.append(self.write(output.feed, sequence, csv_bytes(output.header, values)))
            self.delivered.rows[output.feed] = self.delivered.rows.get(output.feed, 0) + len(values)
        kept = dict(list(recent.items())[-RECENT_ROWS:])
        self._become(State(sequence, self.state.reads, dict(position), kept))

    def advance(self, position: Mapping[str, str]) -> None:
        """Advance to a position; whatever it stands for is durable already."""
        self._become(State(self.state.sequence, self.state.reads, dict(position), self.state.recent))

    def open_folder(self) -> Path:
        """Return the folder of the source's deliveries."""
        _make_folder(self._folder)
        return self._folder

    def write(self, feed: str, sequence: int, content: bytes) -> Path:
        """Write one delivery file and return where it is."""
        folder = self.open_folder()
        digest = hashlib.sha256(content).hexdigest()[:12]
        suffix = ".csv.gz" if self._packed else ".csv"
        path = folder / f"{feed}-{self._name}-{sequence:08d}-{digest}{suffix}"
        write_durably(path, folder / f".{self._name}.part", gzip.compress(content, 6, mtime=0) if self._packed else content)
        return path

    def _become(self, state: State) -> None:
        if state != self.state:
            write_state(self._state_path, state)
        self.state = state


def state_path(ws: Workspace, name: str) -> Path:
    """Return where the state of a connector lies."""
    return ws.root / "connectors" / f"{name}.json"


def _make_folder(folder: Path) -> None:
    """Make a folder, durably, where it is missing."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV (RFC 4180) in UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8", "replace")


def _digest(texts: Iterable[str]) -> str:
    # The length before each text: no two lists of texts are one.
    written = "".join([f"{len(text)}:{text}" for text in texts])
    return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
