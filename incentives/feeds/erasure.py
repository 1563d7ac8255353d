"""Forgetting people in bronze: personal rows, the raw text of broken records, set-aside and delivered files.

Facts are never opened for writing: they hold tokens, and credits, totals and replays need nothing else. Everything
here gives the same when it is done again, so a run that was killed is finished by the next.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.columns import Feed, Personal
from incentives.feeds.contracts import FEEDS
from incentives.feeds.erased_rows import erased_rows, source_column, whole, without
from incentives.feeds.erased_text import TextSearch, name_token
from incentives.feeds.erasure_log import Erased, sync_places
from incentives.feeds.swept import Swept
from incentives.feeds.tokens import Tokenizer
from incentives.workspace import Workspace

ROW = "delivered_row"
REJECTED_ROW = "file_row"
# What stands in the place of a refused row's text once it is no longer needed.
EXPIRED_TEXT = "[expired]"


@dataclass(frozen=True, slots=True)
class BronzeErasure:
    """What was erased, in counts."""

    personal_rows: int = 0
    raw_texts: int = 0
    set_aside_files: int = 0
    delivered_files: int = 0


def names_in_bronze(ws: Workspace, erased: Erased, tokenizer: Tokenizer) -> frozenset[str]:
    """Return the tokens of the names that personal files still hold of forgotten customers."""
    found: set[str] = set()
    for file in BronzeIndex(ws.bronze_index).files():
        if file.feed == "customers" and file.personal_path is not None:
            _, personal, forgotten = _personal(ws, file, erased)
            found |= {
                token
                for name in personal.filter(forgotten).column("name").to_pylist()
                if name and (token := name_token(tokenizer, name))
            }
    return frozenset(found)


def erase_bronze(ws: Workspace, search: TextSearch, swept: Swept, remember: Callable[[Erased], object]) -> BronzeErasure:
    """Erase everybody whom the log names from the files of bronze, the set-aside folder and the inbox.

    The caller holds the writer's lock. Files that were swept as they stand are not opened. Which deliveries held
    somebody is remembered before anything is erased: afterwards nothing would tell that their files have to go.
    """
    files = BronzeIndex(ws.bronze_index).files()
    rows = {file: count for file in files if (count := _erase_personal(ws, file, search.erased, swept, write=False))}
    texts = {file: count for file in files if (count := _erase_raw(ws, file, search, swept, write=False))}
    aside = [path for path in _set_aside(ws, files, search, swept) if path.is_file()]
    held = frozenset(file.delivered_sha256 for file in (*rows, *texts)) | {path.parent.name for path in aside}
    if held - search.erased.files:
        remember(Erased(files=held))
    for file in rows:
        _erase_personal(ws, file, search.erased, swept, write=True)
    for file in texts:
        _erase_raw(ws, file, search, swept, write=True)
    for path in aside:
        _remove(path)
    _remove_unnamed(ws, files)
    gone = held | search.erased.files
    sizes = {file.delivered_bytes for file in files if file.delivered_sha256 in gone}
    delivered = remove_delivered(_inbox(ws), gone, sizes)
    return BronzeErasure(sum(rows.values()), sum(texts.values()), len(aside), delivered)


def _set_aside(ws: Workspace, files: Iterable[IndexedFile], search: TextSearch, swept: Swept) -> list[Path]:
    """Return the set-aside files that name somebody, once each."""
    named: dict[Path, None] = {}
    for file in files:
        path = ws.set_aside / file.delivered_sha256 / Path(file.file_name).name
        if file.outcome != "set_aside" or not path.is_file():
            continue
        if file.delivered_sha256 in search.erased.files or (not swept.holds(path) and search.file_holds(path)):
            named[path] = None
        else:
            swept.add(path)
    return list(named)


def remove_delivered(paths: Iterable[Path], fingerprints: frozenset[str] | set[str], sizes: set[int]) -> int:
    """Remove delivered files that hold somebody who was forgotten, and return how many."""
    removed = 0
    for path in paths:
        if path.stat().st_size not in sizes:
            continue
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        if digest in fingerprints:
            _remove(path)
            removed += 1
    return removed


def _inbox(ws: Workspace) -> list[Path]:
    return [path for path in ws.inbox.rglob("*") if path.is_file() and not path.is_symlink()] if ws.inbox.is_dir() else []


def _personal(ws: Workspace, file: IndexedFile, erased: Erased) -> tuple[Feed, pa.Table, pa.Array]:
    """Return the personal rows of a file and, beside each, whether its person was forgotten."""
    assert file.personal_path is not None
    assert file.facts_path is not None
    feed = FEEDS[file.feed]
    named = [column.name for column in feed.personal_columns if column.personal is not Personal.CLEAR_ONLY]
    columns = list(dict.fromkeys([*named, *([source_column(feed)] if named else []), ROW]))
    facts = pq.read_table(ws.root / file.facts_path, columns=columns)
    personal = pq.read_table(ws.root / file.personal_path)
    about = whole(facts.column(ROW)).filter(pc.fill_null(erased_rows(feed, facts, erased), False))
    return feed, personal, pc.is_in(whole(personal.column(ROW)), value_set=about)


def _erase_personal(ws: Workspace, file: IndexedFile, erased: Erased, swept: Swept, *, write: bool) -> int:
    if file.personal_path is None or not (ws.root / file.personal_path).is_file() or swept.holds(ws.root / file.personal_path):
        return 0
    feed, personal, forgotten = _personal(ws, file, erased)
    if feed.name == "associates":
        forgotten = pc.and_(forgotten, personal.column("customer_id").combine_chunks().is_valid())
    count = int(pc.sum(forgotten).as_py() or 0)
    if count and write:
        _rewrite(ws.root / file.personal_path, without(feed, personal, forgotten))
    if write or not count:
        swept.add(ws.root / file.personal_path)
    return count


def _erase_raw(ws: Workspace, file: IndexedFile, search: TextSearch, swept: Swept, *, write: bool) -> int:
    if file.rejects_path is None or not (ws.root / file.rejects_path).is_file() or swept.holds(ws.root / file.rejects_path):
        return 0
    path = ws.root / file.rejects_path
    table = pq.read_table(path)
    before = table.column("raw").to_pylist()
    after = [search.without(text) for text in before]
    count: int = sum(old != new for old, new in zip(before, after, strict=True))
    if count and write:
        _rewrite(path, table.set_column(table.schema.get_field_index("raw"), "raw", pa.array(after, pa.string())))
    if write or not count:
        swept.add(path)
    return count


def expire_raw(path: Path, rows: Collection[int]) -> int:
    """Take the text out of the broken records of one file, and return how many had one still.

    Args:
        path: The file of broken records.
        rows: Their numbers in the delivery.
    """
    table = pq.read_table(path)
    before, numbers = table.column("raw").to_pylist(), table.column(REJECTED_ROW).to_pylist()
    after = [EXPIRED_TEXT if number in rows else text for number, text in zip(numbers, before, strict=True)]
    count: int = sum(old != new for old, new in zip(before, after, strict=True))
    if count:
        _rewrite(path, table.set_column(table.schema.get_field_index("raw"), "raw", pa.array(after, pa.string())))
    return count


def _remove_unnamed(ws: Workspace, files: Iterable[IndexedFile]) -> None:
    """Remove personal files and raw texts that no load names: a landing that was killed left them."""
    named = {ws.root / path for file in files for path in (file.personal_path, file.rejects_path) if path is not None}
    for kind in ("personal", "rejects"):
        for path in (ws.bronze / kind).glob("*/*"):
            if path.is_file() and path not in named:
                _remove(path)


def _rewrite(path: Path, table: pa.Table) -> None:
    """Put a table in the place of a file, at one instant and as landing writes one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as handle:
        pq.write_table(table, handle, compression="zstd", store_schema=False, write_statistics=False)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync_places((path,))


def _remove(path: Path) -> None:
    path.unlink()
    sync_places((path,))
