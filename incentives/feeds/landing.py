"""Landing one delivery: from a delivered file, or a policy's text, to files of bronze.

Nothing here takes the writer's lock or decides which files are landed; the services do. A file's place in
bronze depends on its delivered bytes alone, so landing it again after a kill writes the same bytes to the
same place.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from incentives.errors import InputError
from incentives.feeds.bronze_files import RejectsFile, RowsFiles, put, sync_folders, write_text
from incentives.feeds.bronze_index import BronzeIndex, DroppedColumn, IndexedFile
from incentives.feeds.deliveries import Delivery
from incentives.feeds.erased_text import TextSearch
from incentives.feeds.erasure_log import NOTHING
from incentives.feeds.readers.formats import open_table
from incentives.feeds.reading import Reading
from incentives.feeds.rewriting import in_our_words
from incentives.feeds.tokens import Tokenizer
from incentives.workspace import Workspace

WORK_FOLDER = ".landing"
WORKSPACE_SOURCE = "workspace"


class ChangedWhileReadError(InputError):
    """A delivered file changed while it was read: its delivery is not finished."""


@dataclass(frozen=True, slots=True)
class LandedFile:
    """What became of a file.

    Attributes:
        row: Its row of the index, without a load yet.
        dropped: Name of each column that was not written, and how many values it held.
        form: As what it was read.
        holds_erased: Whether rows of it are of people who were forgotten; nothing of theirs was written.
        records: Records in the file, those that were not chosen included.
        state: Of the delivered file while it was read.
    """

    row: IndexedFile
    dropped: tuple[tuple[str, int], ...] = ()
    form: str | None = None
    holds_erased: bool = False
    records: int = 0
    state: str = ""

    def places(self, ws: Workspace) -> Iterator[Path]:
        """Yield where its files lie."""
        row = self.row
        if row.outcome == "set_aside":
            yield ws.set_aside / row.delivered_sha256 / Path(row.file_name).name
        for place in (row.facts_path, row.personal_path, row.rejects_path):
            if place is not None:
                yield ws.root / place

    def in_load(self, load_id: int, ordinal: int) -> tuple[IndexedFile, tuple[DroppedColumn, ...]]:
        """Return the rows of the index once the load has its number."""
        columns = tuple(DroppedColumn(load_id, ordinal, name, values) for name, values in self.dropped)
        return replace(self.row, load_id=load_id, file_ordinal=ordinal), columns


def file_state(path: Path) -> str:
    """Return what changes whenever anybody writes a file, moves another to its place, or sets its times back."""
    stat = path.stat()
    return f"{stat.st_dev}:{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}"


@contextmanager
def work_folder(ws: Workspace) -> Iterator[Path]:
    """Give a folder for unfinished files, emptied of what a killed run left there, and remove it at the end."""
    folder = ws.bronze / WORK_FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    # A reader of a killed run may write for another moment.
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def land_rows(
    ws: Workspace,
    delivery: Delivery,
    reading: Reading,
    *,
    tokenizer: Tokenizer,
    folder: Path,
    only: frozenset[int] | None = None,
    search: TextSearch | None = None,
) -> LandedFile:
    """Bring the rows of a delivered file into bronze.

    Args:
        ws: The workspace.
        delivery: The file.
        reading: How files of its source and feed are read.
        tokenizer: Makes tokens with the workspace's key.
        folder: A folder for unfinished files; what is left in it is of no use.
        only: Numbers of the records to land; all where none are given.
        search: Finds people who were forgotten; no clear value of theirs is written.

    Raises:
        UnreadableFileError: The file must be set aside; nothing of it is in bronze.
        ChangedWhileReadError: Somebody still writes it; nothing of it is in bronze.
    """
    before = file_state(delivery.path)
    rejects = RejectsFile(folder / "rejects.parquet", only, search=search)
    feed = reading.feed
    try:
        table = open_table(delivery.path, Path(delivery.file_name).name, reading, rejects=rejects)
        erased = search.erased if search else NOTHING
        with RowsFiles(feed, tokenizer, folder, keeps_unknown=reading.keep_unknown, erased=erased) as rows:
            for batch in table.batches():
                chosen = batch if only is None else batch.only(only)
                rows.add(in_our_words(chosen.columns, reading), chosen.numbers, chosen.unknown)
    finally:
        rejects_path = rejects.close()
        if file_state(delivery.path) != before:
            raise ChangedWhileReadError("the file changed while it was read.", where=delivery.file_name)
    name = place_name(table.sha256, reading, only)
    places = {kind: ws.bronze / kind / feed.name / f"{name}.parquet" for kind in ("facts", "personal", "rejects")}
    if rejects_path:
        put(rejects_path, places["rejects"])
    if rows.personal_path:
        put(rows.personal_path, places["personal"])
    facts_sha256 = put(rows.facts_path, places["facts"])
    relative = {kind: place.relative_to(ws.root).as_posix() for kind, place in places.items()}
    row = IndexedFile(
        load_id=0,
        file_ordinal=0,
        source=delivery.source,
        feed=feed.name,
        file_name=delivery.file_name,
        delivered_sha256=table.sha256,
        delivered_bytes=table.size,
        outcome="loaded",
        rows_delivered=table.delivered if only is None else len(only),
        rows_rejected=rejects.count,
        facts_path=relative["facts"],
        facts_sha256=facts_sha256,
        personal_path=relative["personal"] if rows.personal_path else None,
        rejects_path=relative["rejects"] if rejects_path else None,
    )
    return LandedFile(row, table.dropped, str(table.form), bool(rows.erased or rejects.erased), table.delivered, before)


def place_name(sha256: str, reading: Reading, only: frozenset[int] | None) -> str:
    """Return under which name the rows of a file lie in bronze: its fingerprint, and how and how much of it was read.

    The same bytes read with another mapping are other rows, and what lies in bronze is never changed.
    """
    if not reading.digest and only is None:
        return sha256
    chosen = "" if only is None else ",".join(map(str, sorted(only)))
    return hashlib.sha256(f"{sha256}\0{reading.digest}\0{chosen}".encode()).hexdigest()


def set_aside(ws: Workspace, delivery: Delivery, reason: str, sentence: str, folder: Path) -> LandedFile:
    """Copy a refused file to the set-aside folder, byte for byte."""
    digest = hashlib.sha256()
    size = 0
    copy = folder / "set_aside"
    with delivery.path.open("rb") as source, copy.open("wb") as target:
        while piece := source.read(1 << 20):
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    put(copy, ws.set_aside / digest.hexdigest() / delivery.path.name)
    row = IndexedFile(
        load_id=0,
        file_ordinal=0,
        source=delivery.source,
        feed=delivery.feed,
        file_name=delivery.file_name,
        delivered_sha256=digest.hexdigest(),
        delivered_bytes=size,
        outcome="set_aside",
        reason=reason,
        sentence=sentence,
    )
    return LandedFile(row)


def land_text(ws: Workspace, feed: str, name: str, text: str, now: datetime) -> int | None:
    """Land the text of a policy, of the settings or of a mapping where it differs from the one that landed last under its name.

    The caller holds the writer's lock.

    Args:
        ws: The workspace.
        feed: `policies`, `settings` or `mappings`.
        name: Name of the file.
        text: All of it; empty where the file was withdrawn.
        now: The moment of landing.

    Returns:
        The number of the new load, or None where the text is not new.
    """
    index = BronzeIndex(ws.bronze_index)
    delivered = hashlib.sha256(text.encode()).hexdigest()
    last = index.last_text(feed, name)
    if last is not None and last.delivered_sha256 == delivered:
        return None
    # Two files may have the same text: the place is named after both name and text.
    place = hashlib.sha256(f"{name}\0{text}".encode()).hexdigest()
    final = ws.bronze / "facts" / feed / f"{place}.parquet"
    with work_folder(ws) as folder:
        temporary = folder / "text.parquet"
        write_text(temporary, name, text)
        facts_sha256 = put(temporary, final)
    sync_folders([final], ws.root)
    row = IndexedFile(
        load_id=index.last_load() + 1,
        file_ordinal=1,
        source=WORKSPACE_SOURCE,
        feed=feed,
        file_name=name,
        delivered_sha256=delivered,
        delivered_bytes=len(text.encode()),
        outcome="loaded",
        rows_delivered=1,
        facts_path=final.relative_to(ws.root).as_posix(),
        facts_sha256=facts_sha256,
    )
    index.add_load(row.load_id, now, [row])
    return row.load_id
