"""Use case: land quarantined rows again after their source's mapping was mended.

The delivered files are read anew with the mapping in force, and of each the rows that are open in quarantine and usable
now are landed, each load's in a load of their own and in their order. Which rows these are, landing itself says in a
scratch workspace; the others stay in quarantine, where they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from incentives.errors import InputError
from incentives.feeds.bronze_files import sync_folders
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.contracts import FEEDS
from incentives.feeds.deliveries import Delivery
from incentives.feeds.delivery_counts import count_deliveries, usable_rows
from incentives.feeds.erased_landing import open_search
from incentives.feeds.landing import ChangedWhileReadError, LandedFile, land_rows, place_name, work_folder
from incentives.feeds.mappings.landed import Mappings, land_mappings
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.reading import Reading
from incentives.feeds.tokens import Tokenizer
from incentives.services.scratch import scratch_workspace
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of the open rows of one delivered file.

    `outcome` is `loaded`; `unchanged` (read as when it landed, so nothing would differ), `still_refused` (no row is usable
    yet), or `missing` (its bytes are neither in the inbox nor set aside, or cannot be read any more).
    """

    file: str
    feed: str
    source: str
    open_rows: int
    accepted: int
    duplicate: int
    superseded: int
    still_refused: int
    outcome: str
    load_id: int | None = None
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Rows of a delivered file, and how they are read now."""

    file: IndexedFile
    path: Path
    reading: Reading
    rows: frozenset[int]

    @property
    def delivery(self) -> Delivery:
        return Delivery(self.path, self.file.source, self.file.feed, self.file.file_name)


def redrive(ws: Workspace, *, reason: str | None = None, source: str | None = None, now: datetime) -> tuple[Redriven, ...]:
    """Land the quarantined rows that the mappings in force make usable.

    Args:
        ws: The workspace; its last build says which rows are in quarantine.
        reason: Only rows refused for it.
        source: Only rows that this source delivered.
        now: The moment of landing.

    Raises:
        InputError: Nothing was built yet.
        DocumentError: A mapping has mistakes.
        BusyError: Another run works on the workspace; names it.
    """
    rows = _open_rows(ws, reason)
    with ws.writer_lock("redrive"):
        index = BronzeIndex(ws.bronze_index)
        files = index.files()
        affected = [file for file in files if (file.load_id, file.file_ordinal) in rows and source in (None, file.source)]
        mappings = Mappings.of(ws.root, {file.source for file in affected})
        for error in mappings.broken.values():
            raise error
        land_mappings(ws, mappings, now)
        places = {file.facts_path for file in files}
        done: list[Redriven] = []
        for _, load in groupby(affected, key=lambda file: file.load_id):
            chosen: list[_Chosen] = []
            for file in load:
                open_rows = rows[file.load_id, file.file_ordinal]
                reading = mappings.reading(file.source, FEEDS[file.feed])
                path = _bytes_of(ws, file)
                if Path(str(file.facts_path)).stem == place_name(file.delivered_sha256, reading, None):
                    done.append(_left(file, open_rows, "unchanged", "Its source's mapping is the one that it was landed with."))
                elif path is None:
                    done.append(
                        _left(file, open_rows, "missing", "The file is neither in the inbox nor set aside; deliver it again.")
                    )
                else:
                    chosen.append(_Chosen(file, path, reading, open_rows))
            done += _redrive(ws, index, chosen, places, now)
    return tuple(done)


def _redrive(
    ws: Workspace, index: BronzeIndex, chosen: Sequence[_Chosen], places: set[str | None], now: datetime
) -> Iterator[Redriven]:
    """Land what is usable of files that one load brought."""
    if not chosen:
        return
    tokenizer = Tokenizer(ws.key())
    with scratch_workspace(ws, {file.file.feed for file in chosen}) as scratch:
        tried, refusals = _landed(scratch, chosen, tokenizer)
        load_id = _add(scratch, [landed for _, landed in tried], now)
        usable = usable_rows(scratch, load_id) if tried else {}
    kept: list[_Chosen] = []
    for ordinal, (file, _) in enumerate(tried, 1):
        rows = usable.get(ordinal, frozenset())
        place = f"bronze/facts/{file.file.feed}/{place_name(file.file.delivered_sha256, file.reading, rows)}.parquet"
        if rows and place not in places:
            kept.append(_Chosen(file.file, file.path, file.reading, rows))
        else:
            said = "They were landed already; the next build closes them." if rows else None
            yield _left(file.file, file.rows, "unchanged" if rows else "still_refused", said)
    for file, sentence in refusals:
        yield _left(file.file, file.rows, "missing", sentence)
    if not kept:
        return
    landed, _ = _landed(ws, kept, tokenizer)
    sync_folders((place for _, file in landed for place in file.places(ws)), ws.root)
    load_id = _add(ws, [file for _, file in landed], now)
    counts = count_deliveries(ws, load_id)
    asked = {(file.file.load_id, file.file.file_ordinal): len(file.rows) for file in chosen}
    for ordinal, (file, _) in enumerate(landed, 1):
        count = counts[load_id, ordinal]
        open_rows = asked[file.file.load_id, file.file.file_ordinal]
        yield Redriven(
            file.file.file_name,
            file.file.feed,
            file.file.source,
            open_rows,
            count.accepted,
            count.duplicate,
            count.superseded,
            open_rows - count.accepted - count.duplicate - count.superseded,
            "loaded",
            load_id,
        )


def _landed(
    ws: Workspace, chosen: Sequence[_Chosen], tokenizer: Tokenizer
) -> tuple[list[tuple[_Chosen, LandedFile]], list[tuple[_Chosen, str]]]:
    """Bring chosen rows into bronze; returns what landed, and what could not be read any more, with the reason."""
    landed: list[tuple[_Chosen, LandedFile]] = []
    refused: list[tuple[_Chosen, str]] = []
    search = open_search(ws)
    with work_folder(ws) as folder:
        for file in chosen:
            try:
                found = land_rows(
                    ws,
                    file.delivery,
                    file.reading,
                    tokenizer=tokenizer,
                    folder=folder,
                    only=file.rows,
                    search=search,
                )
                if file.file.rows_delivered not in (found.records, len(file.rows)):
                    refused.append((file, "With the mapping in force the file has other records, so its rows cannot be told."))
                else:
                    landed.append((file, found))
            except (UnreadableFileError, ChangedWhileReadError, FileNotFoundError) as error:
                refused.append((file, str(error)))
            for left in folder.iterdir():
                left.unlink()
    return landed, refused


def _add(ws: Workspace, landed: Sequence[LandedFile], now: datetime) -> int:
    index = BronzeIndex(ws.bronze_index)
    load_id = index.last_load() + 1
    if landed:
        rows = [file.in_load(load_id, ordinal) for ordinal, file in enumerate(landed, 1)]
        index.add_load(load_id, now, [row for row, _ in rows], [column for _, columns in rows for column in columns])
    return load_id


def _open_rows(ws: Workspace, reason: str | None) -> Mapping[tuple[int, int], frozenset[int]]:
    """Return by load and file the rows that the last build has in quarantine and no later delivery mended."""
    import duckdb

    if not ws.warehouse.is_file():
        raise InputError("nothing was built yet.", where=str(ws.root), remedy="Run `incentives build` first.")
    with closing(duckdb.connect(str(ws.warehouse), read_only=True)) as connection:
        found = connection.execute(
            "select load_id, file_ordinal, reason, delivered_row from marts.quarantined_rows where closed_by_load is null"
        ).fetchall()
    rows: dict[tuple[int, int], set[int]] = {}
    for load_id, ordinal, why, number in found:
        if reason in (None, why):
            rows.setdefault((load_id, ordinal), set()).add(number)
    return {place: frozenset(numbers) for place, numbers in rows.items()}


def _bytes_of(ws: Workspace, file: IndexedFile) -> Path | None:
    """Return where the bytes of a delivered file are: under its name or another in its source's inbox, or set aside."""
    folder = ws.inbox / file.source
    named = [folder / file.file_name, ws.set_aside / file.delivered_sha256 / Path(file.file_name).name]
    others = sorted(path for path in folder.rglob("*") if path not in named) if folder.is_dir() else []
    for path in (*named, *others):
        if path.is_file() and not path.is_symlink() and path.stat().st_size == file.delivered_bytes:
            with path.open("rb") as handle:
                if hashlib.file_digest(handle, "sha256").hexdigest() == file.delivered_sha256:
                    return path
    return None


def _left(file: IndexedFile, rows: frozenset[int], outcome: str, sentence: str | None) -> Redriven:
    return Redriven(file.file_name, file.feed, file.source, len(rows), 0, 0, 0, len(rows), outcome, None, sentence)
