"""Use case: land what was delivered, as one load.

Which files are landed, under whose name, and in which order is decided here; how a file becomes bronze is
in `incentives.feeds.landing`. The load appears in the index last, at one instant: a run killed before leaves
nothing that counts, and the next one does the same work to the same bytes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from incentives.errors import IncentivesError, OutsideError
from incentives.feeds.bronze_files import sync_folders
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.deliveries import Delivery, authorised, deliveries_of
from incentives.feeds.erased_landing import erase_landed, open_search
from incentives.feeds.landing import ChangedWhileReadError, LandedFile, file_state, land_rows, set_aside, work_folder
from incentives.feeds.mappings.landed import Mappings, land_mappings
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.tokens import Tokenizer
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.feeds.delivery_counts import DeliveryCounts


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of a delivered file: the four counts add up to the rows delivered.

    `outcome` is `loaded`, `known` (these bytes came before; their rows are duplicates), `set_aside` (refused
    whole), or `deferred` (it changed while it was read, or its source's mapping has mistakes; it waits in the inbox).
    `form` says as what a file was read that landed now.
    """

    file: str
    feed: str
    delivered: int
    accepted: int
    duplicate: int
    superseded: int
    quarantined: int
    outcome: str
    reason: str | None
    source: str = ""
    sentence: str | None = None
    form: str | None = None


@dataclass(frozen=True, slots=True)
class LandingReport:
    """What one landing did; `load_id` is None where nothing new was delivered."""

    load_id: int | None
    files: tuple[FileOutcome, ...]


@dataclass(frozen=True, slots=True)
class _Deferred:
    """A file that could not be read now, and why."""

    delivery: Delivery
    reason: str
    sentence: str


_Found = LandedFile | IndexedFile | _Deferred
Progress = Callable[[str], None]


def land(
    ws: Workspace,
    paths: Sequence[Path] | None = None,
    *,
    source: str | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> LandingReport:
    """Land the files of the inbox, or given files and folders, as one load.

    Args:
        ws: The workspace.
        paths: Files and folders; all of the inbox where none is given.
        source: Who delivered files outside the inbox; `manual` where none is given.
        now: The moment of landing, recorded with the load.
        progress: Told each file's name before it is read.

    Raises:
        InputError: A path does not exist, or the workspace key is missing.
        BusyError: Another run works on the workspace; names it.
        OutsideError: The disk is full or fails; the load does not exist.
    """
    deliveries = sorted(
        deliveries_of(ws, paths, source), key=lambda delivery: (delivery.source, delivery.file_name, str(delivery.path))
    )
    return land_deliveries(ws, deliveries, now=now, progress=progress)


def land_deliveries(
    ws: Workspace, deliveries: Sequence[Delivery], *, now: datetime, progress: Progress | None = None
) -> LandingReport:
    """Land files of which it is known who delivered them, in the order given, as one load. Raises as `land` does."""
    mappings = Mappings.of(ws.root, {delivery.source for delivery in deliveries})
    deliveries = [mappings.named(delivery) for delivery in deliveries]
    with ws.writer_lock("land"):
        index = BronzeIndex(ws.bronze_index)
        landing = _Landing(ws, index, mappings, progress)
        try:
            land_mappings(ws, mappings, now)
            found = landing.land_all(deliveries)
            new = [file for file in found if isinstance(file, LandedFile)]
            sync_folders((place for file in new for place in file.places(ws)), ws.root)
        except OSError as error:
            raise OutsideError(
                f"the landing stopped: {error.strerror}; nothing of it counts.",
                where=str(error.filename or ws.bronze),
                remedy="Make room or give access, then land again.",
            ) from error
        load_id = index.last_load() + 1 if new else None
        if load_id is not None:
            rows = [file.in_load(load_id, ordinal) for ordinal, file in enumerate(new, 1)]
            index.add_load(load_id, now, [row for row, _ in rows], [column for _, columns in rows for column in columns])
        index.remember(landing.seen)
        if landing.search:
            erase_landed(ws, landing.search, zip((delivery.path for delivery in deliveries), found, strict=True), now)
        return LandingReport(load_id, _outcomes(ws, load_id, found))


class _Landing:
    """One run over the deliveries, in their order."""

    def __init__(self, ws: Workspace, index: BronzeIndex, mappings: Mappings, progress: Progress | None) -> None:
        self._ws = ws
        self._mappings = mappings
        self._progress = progress
        self._tokenizer: Tokenizer | None = None
        self.search = open_search(ws)
        self._seen = index.seen()
        self._before: dict[tuple[str, str, int], list[IndexedFile]] = {}
        for row in index.files():
            self._keep(row)
        self.seen: list[tuple[str, str, str]] = []

    def land_all(self, deliveries: Sequence[Delivery]) -> list[_Found]:
        """Return for each delivery what is new, the index's row of what is not, or that it has to wait."""
        if not deliveries:
            return []
        with work_folder(self._ws) as folder:
            found: list[_Found] = []
            for delivery in deliveries:
                if self._progress:
                    self._progress(delivery.file_name)
                found.append(self._land(delivery, folder))
                for left in folder.iterdir():
                    left.unlink()
            return found

    def _land(self, delivery: Delivery, folder: Path) -> _Found:
        if not delivery.path.is_file() or (delivery.path.is_symlink() and self._ws.inbox in delivery.path.parents):
            return _Deferred(delivery, "not_a_regular_file", "This is a link or a device; deliver the file itself.")
        if not os.access(delivery.path, os.R_OK):
            return _Deferred(delivery, "no_permission", "The file may not be read by this account.")
        mistakes = self._mappings.mistakes(delivery.source)
        if mistakes is not None:
            return _Deferred(delivery, "mapping_has_mistakes", mistakes)
        try:
            feed = authorised(self._ws, delivery)
            known = self._known(delivery)
            if known is not None:
                return known
            if self._tokenizer is None:
                self._tokenizer = Tokenizer(self._ws.key())
            reading = self._mappings.reading(delivery.source, feed)
            landed = land_rows(self._ws, delivery, reading, tokenizer=self._tokenizer, folder=folder, search=self.search)
        except (ChangedWhileReadError, FileNotFoundError):
            return _Deferred(
                delivery, "changed_while_read", "Somebody still writes or moves the file; it lands with the next landing."
            )
        except UnreadableFileError as refusal:
            return self._set_aside(delivery, refusal, folder)
        except (IncentivesError, OSError):
            raise
        except Exception as error:
            # A file that a reader did not expect must not keep the others from landing; nothing is said of what it holds.
            return _Deferred(
                delivery, "reader_failed", f"The reader failed with {type(error).__name__}; report it with the file."
            )
        self._keep(landed.row)
        self._remember(delivery, landed.row.delivered_sha256)
        return landed

    def _known(self, delivery: Delivery) -> _Found | None:
        """Return what is known of a file whose bytes the source delivered before for this feed, or None."""
        size = delivery.path.stat().st_size
        before = [row for row in self._before.get((delivery.source, delivery.feed, size), ()) if row.outcome != "set_aside"]
        if not before:
            return None
        digest = self._fingerprint(delivery)
        same = [row for row in before if row.delivered_sha256 == digest]
        if not same:
            return None
        again = next((row for row in same if row.file_name == delivery.file_name and row.load_id), None)
        if again is not None:
            return again
        row = replace(
            same[0],
            file_name=delivery.file_name,
            outcome="known",
            facts_path=None,
            facts_sha256=None,
            personal_path=None,
            rejects_path=None,
        )
        return LandedFile(row)

    def _set_aside(self, delivery: Delivery, refusal: UnreadableFileError, folder: Path) -> _Found:
        """Set a file aside, once for each reason."""
        size = delivery.path.stat().st_size
        before = [
            row
            for row in self._before.get((delivery.source, delivery.feed, size), ())
            if (row.file_name, row.reason) == (delivery.file_name, refusal.reason)
        ]
        if before:
            digest = self._fingerprint(delivery)
            for row in before:
                if row.delivered_sha256 == digest:
                    return row
        return set_aside(self._ws, delivery, refusal, folder)

    def _keep(self, row: IndexedFile) -> None:
        self._before.setdefault((row.source, row.feed, row.delivered_bytes), []).append(row)

    def _fingerprint(self, delivery: Delivery) -> str:
        stat, remembered = self._seen.get(str(delivery.path), ("", ""))
        if stat == file_state(delivery.path):
            return remembered
        with delivery.path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        self._remember(delivery, digest)
        return digest

    def _remember(self, delivery: Delivery, digest: str) -> None:
        self.seen.append((str(delivery.path), file_state(delivery.path), digest))


def _outcomes(ws: Workspace, load_id: int | None, found: Sequence[_Found]) -> tuple[FileOutcome, ...]:
    """Return one outcome for each file; the counts of new rows are those of the staging rules."""
    counts: dict[int, DeliveryCounts] = {}
    if load_id is not None and any(isinstance(file, LandedFile) and file.row.outcome == "loaded" for file in found):
        from incentives.feeds.delivery_counts import count_deliveries

        counts = {place[1]: count for place, count in count_deliveries(ws, load_id).items()}
    outcomes = []
    ordinal = 0
    for file in found:
        if isinstance(file, _Deferred):
            delivery = file.delivery
            outcomes.append(
                FileOutcome(
                    delivery.file_name, delivery.feed, 0, 0, 0, 0, 0, "deferred", file.reason, delivery.source, file.sentence
                )
            )
            continue
        row = file.row if isinstance(file, LandedFile) else file
        outcome: str = row.outcome if isinstance(file, LandedFile) or row.outcome == "set_aside" else "known"
        accepted = superseded = quarantined = 0
        duplicate = row.rows_delivered
        if isinstance(file, LandedFile):
            ordinal += 1
            if outcome == "loaded":
                count = counts[ordinal]
                accepted, duplicate = count.accepted, count.duplicate
                superseded, quarantined = count.superseded, count.quarantined
        outcomes.append(
            FileOutcome(
                file=row.file_name,
                feed=row.feed,
                delivered=row.rows_delivered,
                accepted=accepted,
                duplicate=duplicate,
                superseded=superseded,
                quarantined=quarantined,
                outcome=outcome,
                reason=row.reason,
                source=row.source,
                sentence=row.sentence,
                form=file.form if isinstance(file, LandedFile) else None,
            )
        )
    return tuple(outcomes)
