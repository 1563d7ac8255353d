"""A delivered Parquet file as a table.

Its statistics are not believed: whole columns are read, nothing is skipped for what a footer says about it.
Text columns are read as their distinct values, so that a value repeated a million times is held once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.readers.batches import ROWS_MAX, Batch, Form, raw_of, unknown_text
from incentives.feeds.readers.packing import PIECE_BYTES
from incentives.feeds.readers.parquet_text import TextColumn, as_text, has_text, is_bytes
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.reading import Reading

MAGIC = b"PAR1"
# A constant column costs nothing a row, an id at least a bit: more rows than this are a bomb.
ROWS_PER_BYTE_MAX = 100
ROWS_FREE = 1_000_000
_FOOTER_BYTES_MAX = 64 << 20


class ParquetTable:
    """Rows of a Parquet file. Opening it reads the file once, for its fingerprint, and its footer."""

    def __init__(self, path: Path, reading: Reading, *, rejects: RejectsFile) -> None:
        self._path = path
        self._reading = reading
        self._rejects = rejects
        self.form = Form("Parquet")
        self.sha256, self.size = _fingerprint(path)
        self.delivered = 0
        with self._opened() as file:
            self._schema = file.schema_arrow
            rows = file.metadata.num_rows
        if rows > max(ROWS_FREE, ROWS_PER_BYTE_MAX * self.size):
            raise UnreadableFileError(
                "archive_too_large", f"The file claims {rows:,} rows in {self.size:,} bytes; no delivery does that."
            )
        self._columns = reading.columns_of(self._schema.names, "schema")
        self._values = dict.fromkeys((position for position, _ in self._columns.dropped), 0)

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Name of each column that is not written, and how many values it held."""
        return tuple((name, self._values[position]) for position, name in self._columns.dropped)

    def batches(self) -> Iterator[Batch]:
        """Yield the sound records.

        Raises:
            UnreadableFileError: A page is damaged, or a column is of a type for which no text stands.
        """
        is_any = False
        with self._opened() as file:
            for batch in file.iter_batches(batch_size=ROWS_MAX, use_threads=False):
                is_any = True
                yield self._batch(batch)
        if not is_any:
            yield self._batch(pa.RecordBatch.from_pylist([], schema=self._schema))

    def _batch(self, batch: pa.RecordBatch) -> Batch:
        texts = {name: as_text(batch.column(place), name) for name, place in self._columns.positions.items()}
        for position in self._values:
            self._values[position] += batch.num_rows - batch.column(position).null_count
        numbers = np.arange(self.delivered + 1, self.delivered + batch.num_rows + 1, dtype=np.int64)
        unknown = self._unknown(batch) if self._reading.keep_unknown else None
        self.delivered += batch.num_rows
        faulty = {}
        for text in texts.values():
            faulty.update({row: fault for row, fault in text.faulty_rows().items() if row not in faulty})
        found = Batch(
            pa.RecordBatch.from_arrays([text.decoded() for text in texts.values()], names=list(texts)), numbers, unknown
        )
        if not faulty:
            return found
        for row, fault in sorted(faulty.items()):
            record = {name: batch.column(place)[row] for name, place in self._columns.positions.items()}
            raw = raw_of({name: _shown(value) for name, value in record.items() if value.is_valid})
            self._rejects.add(fault.at(raw).of(int(numbers[row])))
        keep = np.ones(batch.num_rows, dtype=np.bool_)
        keep[list(faulty)] = False
        return found.where(keep)

    def _unknown(self, batch: pa.RecordBatch) -> pa.Array:
        kept = {
            name: as_text(batch.column(position), name)
            for position, name in self._columns.dropped
            if self._reading.is_kept(name) and has_text(batch.column(position).type)
        }
        columns = {name: _values(text) for name, text in kept.items()}
        texts = [
            unknown_text({name: value for name, values in columns.items() if (value := values[row]) is not None})
            for row in range(batch.num_rows)
        ]
        return pa.array(texts, pa.string())

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        """Open the file anew; whatever goes wrong within Parquet is a damaged file, not an error of the landing."""
        try:
            text_columns = self._text_columns()
            with self._path.open("rb") as handle:
                yield pq.ParquetFile(
                    handle,
                    read_dictionary=text_columns,
                    page_checksum_verification=True,
                    thrift_string_size_limit=_FOOTER_BYTES_MAX,
                    thrift_container_size_limit=1_000_000,
                )
        except UnreadableFileError:
            raise
        except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise UnreadableFileError("corrupt_parquet", "The Parquet file is damaged, cut off, or encrypted.") from error

    def _text_columns(self) -> list[str]:
        with self._path.open("rb") as handle:
            schema = pq.ParquetFile(handle, thrift_string_size_limit=_FOOTER_BYTES_MAX).schema_arrow
        return [field.name for field in schema if is_bytes(field.type)]


def _values(text: TextColumn) -> list[str | None]:
    values: list[str | None] = text.decoded().to_pylist()
    return values


def _shown(value: pa.Scalar) -> object:
    try:
        return value.as_py()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return "(not text)"


def _fingerprint(path: Path) -> tuple[str, int]:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as handle:
        while piece := handle.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    if not size:
        raise UnreadableFileError("zero_bytes", "The file is empty.")
    with path.open("rb") as handle:
        if handle.read(len(MAGIC)) != MAGIC:
            raise UnreadableFileError("corrupt_parquet", "The file does not begin as a Parquet file does.")
    return digest.hexdigest(), size
