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
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from incentives.errors import OutsideError
from incentives.feeds.bronze_files import sync_folders
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.deliveries import Delivery, authorised, deliveries_of
from incentives.feeds.erased_landing import erase_landed, open_search
from incentives.feeds.erasure_logs import erased_of
from incentives.feeds.landing import LandedFile, file_state, set_aside, work_folder
from incentives.feeds.mappings.landed import Mappings, land_mappings
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.services.landing_readers import CHANGED, Readers, Refused, Waits
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


class _Step(Enum):
    """How a delivery is read: at any time, or after the files before it, of which one may have the same bytes."""

    READ = auto()
    READ_AFTER = auto()


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
    if erased_of(ws):
        from incentives.services.erased_everywhere import forget_restored

        # What a restore brought back is not to land first.
        forget_restored(ws, now)
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
        self.search = open_search(ws)
        self._seen = index.seen()
        self._before: dict[tuple[str, str, int], list[IndexedFile]] = {}
        for row in index.files():
            self._keep(row)
        self._first: dict[tuple[str, str, int], Delivery] = {}
        self._digests: dict[tuple[str, str, int], set[str]] = {}
        self.seen: list[tuple[str, str, str]] = []

    def land_all(self, deliveries: Sequence[Delivery]) -> list[_Found]:
        """Return for each delivery what is new, the index's row of what is not, or that it has to wait."""
        if not deliveries:
            return []
        begun = [self._begin(delivery) for delivery in deliveries]
        asked = [delivery for delivery, step in zip(deliveries, begun, strict=True) if step is _Step.READ]
        with work_folder(self._ws) as folder, Readers(self._ws, self._mappings, folder, asked) as readers:
            found: list[_Found] = []
            for delivery, step in zip(deliveries, begun, strict=True):
                if self._progress:
                    self._progress(delivery.file_name)
                found.append(self._settle(delivery, step, readers, folder))
            return found

    def _begin(self, delivery: Delivery) -> _Found | Refused | _Step:
        """Return what becomes of a delivery if that is known without reading its rows, or how it is read."""
        if not delivery.path.is_file() or (delivery.path.is_symlink() and self._ws.inbox in delivery.path.parents):
            return _Deferred(delivery, "not_a_regular_file", "This is a link or a device; deliver the file itself.")
        if not os.access(delivery.path, os.R_OK):
            return _Deferred(delivery, "no_permission", "The file may not be read by this account.")
        mistakes = self._mappings.mistakes(delivery.source)
        if mistakes is not None:
            return _Deferred(delivery, "mapping_has_mistakes", mistakes)
        try:
            authorised(self._ws, delivery)
            return self._known(delivery) or (_Step.READ_AFTER if self._comes_again(delivery) else _Step.READ)
        except FileNotFoundError:
            return _deferred(delivery, CHANGED)
        except UnreadableFileError as refusal:
            return Refused(refusal.reason, refusal.sentence)

    def _settle(self, delivery: Delivery, begun: _Found | Refused | _Step, readers: Readers, folder: Path) -> _Found:
        """Return what became of a delivery; those before it are settled."""
        try:
            found: _Found | Refused | Waits | _Step = begun
            if found is _Step.READ_AFTER:
                found = self._known(delivery) or readers.read_here(delivery)
            elif found is _Step.READ:
                found = readers.read(delivery)
            if isinstance(found, Refused):
                return self._set_aside(delivery, found, folder)
        except FileNotFoundError:
            return _deferred(delivery, CHANGED)
        if isinstance(found, Waits):
            return _deferred(delivery, found)
        assert not isinstance(found, _Step)
        if isinstance(found, LandedFile) and found.row.outcome == "loaded":
            self._keep(found.row)
            self._remember(delivery, found.state, found.row.delivered_sha256)
        return found

    def _comes_again(self, delivery: Delivery) -> bool:
        """Whether a file before it in this landing, which is not read yet, may have the same bytes."""
        key = (delivery.source, delivery.feed, delivery.path.stat().st_size)
        if key not in self._first:
            self._first[key] = delivery
            return False
        if key not in self._digests:
            self._digests[key] = {self._fingerprint(self._first[key])}
        digest = self._fingerprint(delivery)
        if digest in self._digests[key]:
            return True
        self._digests[key].add(digest)
        return False

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

    def _set_aside(self, delivery: Delivery, refusal: Refused, folder: Path) -> _Found:
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
        return set_aside(self._ws, delivery, refusal.reason, refusal.sentence, folder)

    def _keep(self, row: IndexedFile) -> None:
        self._before.setdefault((row.source, row.feed, row.delivered_bytes), []).append(row)

    def _fingerprint(self, delivery: Delivery) -> str:
        state = file_state(delivery.path)
        remembered, digest = self._seen.get(str(delivery.path), ("", ""))
        if remembered == state:
            return digest
        with delivery.path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        self._remember(delivery, state, digest)
        return digest

    def _remember(self, delivery: Delivery, state: str, digest: str) -> None:
        self._seen[str(delivery.path)] = (state, digest)
        self.seen.append((str(delivery.path), state, digest))


def _deferred(delivery: Delivery, waits: Waits) -> _Deferred:
    return _Deferred(delivery, waits.reason, waits.sentence)


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
