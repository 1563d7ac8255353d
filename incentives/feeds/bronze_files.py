"""Writing bronze: the Parquet files of one delivered file, whole and durable before anything names them.

The same rows and key give the same bytes: one writer, row groups of a fixed number of rows, no clock, no
order of threads. Facts hold tokens where the delivery had a customer's identifier; the clear values go to
the personal file and nowhere else.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from incentives.feeds.columns import Column, ColumnType, Feed, Personal
from incentives.feeds.erased_rows import erased_rows, without
from incentives.feeds.erased_text import ERASED_TEXT, TextSearch
from incentives.feeds.erasure_log import NOTHING, Erased
from incentives.feeds.pulse import blank, pulse_rows, reduced
from incentives.feeds.tokens import Tokenizer

ROW_COLUMN = "delivered_row"
UNKNOWN_COLUMN = "unknown_columns"
REJECTS_BUFFERED = 8_192
REJECTS_SCHEMA = pa.schema([("file_row", pa.int64()), ("raw", pa.string()), ("reason", pa.string()), ("sentence", pa.string())])
TEXTS_SCHEMA = pa.schema([("file_name", pa.string()), ("text", pa.string())])
_PENDING_MAX = 2


class Rejected(Protocol):
    """A record that no reader could place."""

    @property
    def number(self) -> int:
        """Its number among all records delivered, from 1."""

    @property
    def raw(self) -> bytes:
        """Its text as delivered, in UTF-8."""

    @property
    def reason(self) -> str:
        """A stable code."""

    @property
    def sentence(self) -> str:
        """The same for people."""


class RejectsFile:
    """The Parquet file of broken records; there is none when nothing was added.

    Args:
        path: Where it is written.
        only: Numbers of the records that it takes; all where none are given.
        search: Finds people who were forgotten; the text of their records is not written.
    """

    def __init__(self, path: Path, only: frozenset[int] | None = None, *, search: TextSearch | None = None) -> None:
        self.path = path
        self.erased = 0
        self._search = search
        self.count = 0
        self._only = only
        self._rows: list[tuple[int, str, str, str]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, record: Rejected) -> None:
        """Add a record."""
        if self._only is not None and record.number not in self._only:
            return
        self.count += 1
        raw = record.raw.decode("utf-8", "replace")
        if self._search is not None and self._search.holds(raw):
            self.erased += 1
            raw = ERASED_TEXT
        self._rows.append((record.number, raw, record.reason, record.sentence))
        if len(self._rows) >= REJECTS_BUFFERED:
            self._flush()

    def close(self) -> Path | None:
        """Finish the file and return its path, or None where nothing was rejected."""
        if self._rows:
            self._flush()
        if self._writer is None:
            return None
        self._writer.close()
        return self.path

    def _flush(self) -> None:
        self._writer = self._writer or _writer(self.path, REJECTS_SCHEMA)
        columns = [
            pa.array(values, kind) for values, kind in zip(zip(*self._rows, strict=True), REJECTS_SCHEMA.types, strict=True)
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=REJECTS_SCHEMA))
        self._rows.clear()


class RowsFiles:
    """The facts file and the personal file of one delivered file.

    Writing runs beside reading and tokens, at most two batches behind. Columns of no contract that a source's mapping
    keeps may be about people, so they lie in the personal file.
    """

    def __init__(
        self, feed: Feed, tokenizer: Tokenizer, folder: Path, *, keeps_unknown: bool = False, erased: Erased = NOTHING
    ) -> None:
        self.feed = feed
        self.erased = 0
        self._erased = erased
        self.facts_path = folder / "facts.parquet"
        self.personal_path = folder / "personal.parquet" if feed.personal_columns or keeps_unknown else None
        self._keeps_unknown = keeps_unknown
        self._tokenizer = tokenizer
        self._facts_schema = pa.schema([(column.name, pa.string()) for column in feed.fact_columns] + [(ROW_COLUMN, pa.int64())])
        repeating = [column.name for column in feed.fact_columns if _repeats(feed, column)]
        self._facts = _writer(self.facts_path, self._facts_schema, repeating)
        self._personal_schema = pa.schema(
            [(ROW_COLUMN, pa.int64())]
            + [(column.name, pa.string()) for column in feed.personal_columns]
            + ([(UNKNOWN_COLUMN, pa.string())] if keeps_unknown else [])
        )
        self._personal = _writer(self.personal_path, self._personal_schema, False) if self.personal_path else None
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._pending: list[Future[None]] = []

    def add(self, batch: pa.RecordBatch, numbers: npt.NDArray[np.int64], unknown: pa.Array | None = None) -> None:
        """Add a batch of text columns named as in the contract; missing ones are null."""
        pulse = pulse_rows(self.feed, batch)
        if pulse is not None:
            batch, unknown = reduced(batch, pulse), None if unknown is None else blank(unknown, pulse)
        row_numbers = pa.array(numbers)
        facts = [self._fact(column, batch) for column in self.feed.fact_columns]
        self._write(self._facts, pa.RecordBatch.from_arrays([*facts, row_numbers], schema=self._facts_schema))
        if self._personal is not None:
            clear = [_delivered(batch, column.name) for column in self.feed.personal_columns]
            if self._keeps_unknown:
                clear.append(pa.nulls(batch.num_rows, pa.string()) if unknown is None else unknown)
            rows = pa.RecordBatch.from_arrays([row_numbers, *clear], schema=self._personal_schema)
            has_any = clear[0].is_valid()
            for values in clear[1:]:
                has_any = pc.or_(has_any, values.is_valid())
            rows = rows.filter(has_any)
            if self._erased:
                about = pa.RecordBatch.from_arrays(facts, schema=pa.schema(list(self._facts_schema)[:-1])).filter(has_any)
                forgotten = pc.fill_null(erased_rows(self.feed, about, self._erased), False)
                self.erased += int(pc.sum(forgotten).as_py() or 0)
                rows = without(self.feed, rows, forgotten)
            self._write(self._personal, rows)

    def __enter__(self) -> RowsFiles:
        return self

    def __exit__(self, *_: object) -> None:
        """Finish both files, also where reading failed and they will not be kept."""
        self._pool.shutdown()
        self._facts.close()
        if self._personal is not None:
            self._personal.close()
        for written in self._pending:
            written.result()

    def _write(self, writer: pq.ParquetWriter, batch: pa.RecordBatch) -> None:
        while len(self._pending) >= _PENDING_MAX:
            self._pending.pop(0).result()
        self._pending.append(self._pool.submit(writer.write_batch, batch))

    def _fact(self, column: Column, batch: pa.RecordBatch) -> pa.Array:
        values = _delivered(batch, column.name)
        if column.personal is None:
            return values
        if column.personal is Personal.BY_TYPE:
            return self._tokenizer.typed_column(_delivered(batch, "identifier_type"), values)
        return self._tokenizer.column(column.personal.value, values)


def write_text(path: Path, name: str, text: str) -> None:
    """Write the one-row Parquet file of a policy's or the settings' text."""
    with _writer(path, TEXTS_SCHEMA) as writer:
        writer.write_batch(pa.RecordBatch.from_pylist([{"file_name": name, "text": text}], schema=TEXTS_SCHEMA))


def put(temporary: Path, final: Path) -> str:
    """Move a finished file to its place at one instant, its bytes durable; returns their fingerprint."""
    digest = hashlib.sha256()
    with temporary.open("rb") as handle:
        while piece := handle.read(1 << 20):
            digest.update(piece)
        os.fsync(handle.fileno())
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(final)
    return digest.hexdigest()


def sync_folders(places: Iterable[Path], root: Path) -> None:
    """Make it durable that files lie in their places: once for each folder between them and the root."""
    folders = {folder for place in places for folder in place.parents if folder.is_relative_to(root)}
    for folder in sorted(folders):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _delivered(batch: pa.RecordBatch, name: str) -> pa.Array:
    return batch.column(name) if name in batch.schema.names else pa.nulls(batch.num_rows, pa.string())


def _repeats(feed: Feed, column: Column) -> bool:
    """Whether a column's values repeat enough for a dictionary of them; hashing the others costs a fifth of the writing."""
    return column.personal is None and column.type is not ColumnType.TIMESTAMP and column.name not in feed.key[1:2]


def _writer(path: Path, schema: pa.Schema, dictionaries: list[str] | bool = True) -> pq.ParquetWriter:
    # The Arrow schema is left out: it would repeat what Parquet says. Statistics of text cost a fifth of the writing
    # and prune nothing, since readers are given the files of a load by name.
    return pq.ParquetWriter(
        path, schema, compression="zstd", store_schema=False, write_statistics=False, use_dictionary=dictionaries
    )
