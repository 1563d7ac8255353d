"""A delivered CSV as a table: examined and parsed piece by piece, in one pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.readers.batches import Batch, Form, unknown_text
from incentives.feeds.readers.prepare import PreparedText, SoundRecords
from incentives.feeds.readers.records import RecordParser
from incentives.feeds.reading import Reading

ROWS_MAX = 122_880
BATCH_BYTES = 64 << 20
# About a batch.
_PIECES_AHEAD = 20


class CsvTable:
    """Rows of delimited text. Opening it reads the header."""

    def __init__(self, path: Path, reading: Reading, *, rejects: RejectsFile) -> None:
        self._text = PreparedText(path, reading, rejects)
        dialect = self._text.dialect
        self._kept = {position: name for position, name in dialect.dropped if reading.is_kept(name)}
        self._keeps_unknown = reading.keep_unknown
        self._parser = RecordParser(dialect, self._kept)
        self._values = dict.fromkeys((position for position, _ in dialect.dropped), 0)
        self._is_begun = False

    @property
    def form(self) -> Form:
        """In which form it was found."""
        file = self._text.file
        return Form("CSV", file.packing, file.encoding, self._text.dialect.delimiter)

    @property
    def sha256(self) -> str:
        """Fingerprint of the delivered bytes."""
        return self._text.file.sha256

    @property
    def size(self) -> int:
        """Delivered bytes."""
        return self._text.file.size

    @property
    def delivered(self) -> int:
        """Records delivered, sound and broken."""
        return self._text.delivered

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Name of each column that is not written, and how many values it held."""
        return tuple((name, self._values[position]) for position, name in self._text.dialect.dropped)

    def batches(self) -> Iterator[Batch]:
        """Yield the sound records: a fixed number of them at a time, or fewer where they are long.

        Raises:
            UnreadableFileError: The file must be set aside.
        """
        held: list[pa.RecordBatch] = []
        numbers: list[npt.NDArray[np.int64]] = []
        rows = bytes_ = 0
        for records, parsed in self._parsed():
            held.append(parsed)
            numbers.append(records.numbers)
            rows += parsed.num_rows
            bytes_ += len(records.text)
            while rows >= ROWS_MAX or bytes_ >= BATCH_BYTES:
                whole, all_numbers = pa.concat_batches(held), np.concatenate(numbers)
                cut = min(rows, ROWS_MAX)
                yield self._batch(whole.slice(0, cut), all_numbers[:cut])
                held, numbers = ([whole.slice(cut)], [all_numbers[cut:]]) if rows > cut else ([], [])
                bytes_ = bytes_ * (rows - cut) // rows
                rows -= cut
        if held or not self._is_begun:
            yield self._batch(
                pa.concat_batches(held or [self._parser.nothing()]),
                np.concatenate(numbers or [np.empty(0, dtype=np.int64)]),
            )

    def _parsed(self) -> Iterator[tuple[SoundRecords, pa.RecordBatch]]:
        """Yield records and what they are parsed to; parsing runs beside examining, and beside whatever takes batches."""
        ahead: deque[tuple[SoundRecords, Future[pa.RecordBatch]]] = deque()
        with ThreadPoolExecutor(max_workers=1) as pool:
            try:
                for records in self._text.records():
                    ahead.append((records, pool.submit(self._parser.parse, records)))
                    if len(ahead) > _PIECES_AHEAD:
                        first, parsed = ahead.popleft()
                        yield first, parsed.result()
                for first, parsed in ahead:
                    yield first, parsed.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _batch(self, batch: pa.RecordBatch, numbers: npt.NDArray[np.int64]) -> Batch:
        self._is_begun = True
        for position in self._values:
            column = batch.column(f"dropped_{position}")
            held = len(column) - column.null_count if position in self._kept else pc.sum(column).as_py() or 0
            self._values[position] += held
        unknown = self._unknown(batch) if self._keeps_unknown else None
        return Batch(batch.select(list(self._text.dialect.positions)), numbers, unknown)

    def _unknown(self, batch: pa.RecordBatch) -> pa.Array:
        columns = {name: batch.column(f"dropped_{position}").to_pylist() for position, name in self._kept.items()}
        texts = [
            unknown_text({name: values[row] for name, values in columns.items() if values[row] is not None})
            for row in range(batch.num_rows)
        ]
        return pa.array(texts, pa.string())
