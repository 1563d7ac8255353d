"""A delivered CSV as a table: prepared, then read by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.readers.batches import Batch, Form, unknown_text
from incentives.feeds.readers.prepare import prepare
from incentives.feeds.readers.records import read_batches
from incentives.feeds.reading import Reading

if TYPE_CHECKING:
    import duckdb


class CsvTable:
    """Rows of delimited text. Opening it reads the file once, whole."""

    def __init__(
        self, path: Path, reading: Reading, *, folder: Path, rejects: RejectsFile, reader: duckdb.DuckDBPyConnection
    ) -> None:
        self._table = prepare(path, reading, folder, rejects)
        self._reader = reader
        self._kept = {position: name for position, name in self._table.dialect.dropped if reading.is_kept(name)}
        self._keeps_unknown = reading.keep_unknown
        self._values = dict.fromkeys((position for position, _ in self._table.dialect.dropped), 0)

    @property
    def form(self) -> Form:
        """In which form it was found."""
        file = self._table.delivered_file
        return Form("CSV", file.packing, file.encoding, self._table.dialect.delimiter)

    @property
    def sha256(self) -> str:
        """Fingerprint of the delivered bytes."""
        return self._table.delivered_file.sha256

    @property
    def size(self) -> int:
        """Delivered bytes."""
        return self._table.delivered_file.size

    @property
    def delivered(self) -> int:
        """Records delivered, sound and broken."""
        return self._table.delivered

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Name of each column that is not written, and how many values it held."""
        return tuple((name, self._values[position]) for position, name in self._table.dialect.dropped)

    def batches(self) -> Iterator[Batch]:
        """Yield the sound records."""
        start = 0
        written = list(self._table.dialect.positions)
        for batch in read_batches(self._reader, self._table, self._kept):
            stop = start + batch.num_rows
            for position in self._values:
                column = batch.column(f"dropped_{position}")
                held = len(column) - column.null_count if position in self._kept else pc.sum(column).as_py() or 0
                self._values[position] += held
            unknown = self._unknown(batch) if self._keeps_unknown else None
            yield Batch(batch.select(written), self._table.delivered_rows(start, stop), unknown)
            start = stop

    def _unknown(self, batch: pa.RecordBatch) -> pa.Array:
        columns = {name: batch.column(f"dropped_{position}").to_pylist() for position, name in self._kept.items()}
        texts = [
            unknown_text({name: values[row] for name, values in columns.items() if values[row] is not None})
            for row in range(batch.num_rows)
        ]
        return pa.array(texts, pa.string())
