"""Use case: say what landing a file would do, without landing anything.

The file is landed for real, by the same code, into a scratch workspace that sees what has landed before; so what is said
cannot differ from what happens. The scratch workspace lies in the system's temporary folder and is removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.contracts import FEEDS
from incentives.feeds.deliveries import deliveries_of
from incentives.feeds.delivery_counts import Refusal, refusal_sentence, refusals
from incentives.feeds.mappings.landed import Mappings
from incentives.services.landing import FileOutcome, land_deliveries
from incentives.services.scratch import scratch_workspace
from incentives.workspace import Workspace

# What a rewriting says about a value before the value itself; no part of it was delivered.
_SAID = re.compile(r"(not read [^:]*|skipped by the clock of [^:]*): ")


@dataclass(frozen=True, slots=True)
class ReasonFound:
    """Why rows would be quarantined: how many, the first of them, and the shape of what it holds.

    `example` has 9 for each digit, A and a for each letter, so that it can be shown to anybody.
    """

    reason: str
    column: str | None
    rows: int
    first_row: int
    example: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What landing a file would do.

    Attributes:
        outcome: What would become of it, with its four counts.
        reasons: Why rows would be quarantined, the most frequent first.
        dropped: Columns that would not be written, and how many values they hold.
    """

    outcome: FileOutcome
    reasons: tuple[ReasonFound, ...]
    dropped: tuple[tuple[str, int], ...]

    @property
    def is_clean(self) -> bool:
        """Whether every row would land."""
        return self.outcome.outcome in ("loaded", "known") and not self.outcome.quarantined


@dataclass(frozen=True, slots=True)
class FeedListed:
    """A feed, and who may deliver it."""

    feed: str
    meaning: str
    key: tuple[str, ...]
    required: tuple[str, ...]
    sources: tuple[str, ...]


def check_file(ws: Workspace, path: Path, *, source: str | None = None, now: datetime) -> FileCheck:
    """Return what landing a file would do now.

    Args:
        ws: The workspace; nothing in it changes.
        path: The file.
        source: Who delivers it; by default the folder of the inbox that it lies in, outside it `manual`.
        now: The moment.

    Raises:
        InputError: There is no such file, or the workspace key is missing.
    """
    if path.is_dir():
        raise InputError("this is a folder.", where=str(path), remedy="Name one file.")
    (delivery,) = deliveries_of(ws, [path], source)
    feed = Mappings.of(ws.root, [delivery.source]).named(delivery).feed
    with scratch_workspace(ws, [feed]) as scratch:
        before = BronzeIndex(scratch.bronze_index).last_load()
        (outcome,) = land_deliveries(scratch, [delivery], now=now).files
        index = BronzeIndex(scratch.bronze_index)
        landed = [file for file in index.files() if file.load_id > before and file.feed == feed]
        reasons = _reasons(scratch, landed)
        dropped = tuple((c.column_name, c.values_count) for c in index.dropped_columns() if c.load_id > before)
    return FileCheck(outcome, reasons, dropped)


def list_feeds(ws: Workspace) -> tuple[FeedListed, ...]:
    """Return every feed, and which sources of the workspace may deliver it."""
    return tuple(
        FeedListed(
            feed.name,
            feed.meaning,
            feed.key,
            tuple(column.name for column in feed.columns if column.required),
            tuple(name for name, section in ws.config.sources.items() if section.may_deliver(feed.name)),
        )
        for feed in FEEDS.values()
    )


def masked(value: str) -> str:
    """Return the shape of a value: 9 for a digit, A or a for a letter.

    >>> masked("12,50 €"), masked("not read with decimal comma: 12.5 EUR")
    ('99,99 €', 'not read with decimal comma: 99.9 AAA')
    """
    said = _SAID.match(value)
    start = said.end() if said else 0
    return value[:start] + "".join(_shape(character) for character in value[start:])


def _shape(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character


def _reasons(scratch: Workspace, landed: Sequence[IndexedFile]) -> tuple[ReasonFound, ...]:
    found = []
    for file in landed:
        found += [_of_broken(*row) for row in _broken(scratch.root, file)]
        if file.outcome == "loaded":
            found += [_of_refusal(refusal) for refusal in refusals(scratch, file.load_id)]
    return tuple(sorted(found, key=lambda reason: (-reason.rows, reason.first_row)))


def _of_refusal(refusal: Refusal) -> ReasonFound:
    shown = Refusal(refusal.reason, refusal.column, refusal.rows, refusal.first_row, masked(refusal.value))
    return ReasonFound(
        refusal.reason, refusal.column, refusal.rows, refusal.first_row, shown.value or None, refusal_sentence(shown)
    )


def _of_broken(reason: str, rows: int, first_row: int, sentence: str) -> ReasonFound:
    return ReasonFound(reason, None, rows, first_row, None, sentence)


def _broken(root: Path, file: IndexedFile) -> Iterator[tuple[str, int, int, str]]:
    if file.rejects_path is None:
        return
    import pyarrow.parquet as pq

    table = pq.read_table(root / file.rejects_path, columns=["file_row", "reason", "sentence"])
    by_reason: dict[str, list[tuple[int, str]]] = {}
    for row in table.to_pylist():
        by_reason.setdefault(row["reason"], []).append((row["file_row"], row["sentence"]))
    for reason, rows in by_reason.items():
        yield reason, len(rows), *min(rows)
