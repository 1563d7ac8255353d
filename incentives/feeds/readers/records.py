"""Parsing sound records of delimited text into columns of text.

Every option is stated; nothing is sniffed. As many records must be parsed as were counted before: another number
means that the two disagree about the file, which is then refused rather than landed.
"""

from __future__ import annotations

from collections.abc import Container

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from incentives.feeds.dialect import Dialect
from incentives.feeds.readers.prepare import SoundRecords
from incentives.feeds.readers.unreadable import UnreadableFileError

# The parser takes a byte order mark off the start of what it is given, although a record may begin with one.
_MARK = b"\xef\xbb\xbf"


class RecordParser:
    """Parses the records of one file.

    Args:
        dialect: The file's delimiter and columns.
        kept: Positions of the columns without contract whose values are kept.
    """

    def __init__(self, dialect: Dialect, kept: Container[int] = ()) -> None:
        self._dialect = dialect
        self._kept = kept
        self._names = [f"c{position}" for position in range(dialect.width)]
        wanted = [*dialect.positions.values(), *(position for position, _ in dialect.dropped)]
        self._parsing = csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char='"',
            double_quote=True,
            escape_char=False,
            newlines_in_values=True,
            ignore_empty_lines=True,
        )
        self._converting = csv.ConvertOptions(
            # The text was decoded when it was read.
            check_utf8=False,
            column_types=dict.fromkeys(self._names, pa.string()),
            include_columns=[self._names[position] for position in wanted],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        )
        self._schema = pa.schema(
            [(name, pa.string()) for name in dialect.positions]
            + [(f"dropped_{position}", pa.string() if position in kept else pa.bool_()) for position, _ in dialect.dropped]
        )

    def parse(self, records: SoundRecords) -> pa.RecordBatch:
        """Return records as columns.

        A batch has a text column for each contract column delivered, under its name, and a boolean column
        `dropped_<position>` for each other one: whether the record had a value there; the value itself where its
        position is among the kept. Empty text is null.

        Raises:
            UnreadableFileError: Other records were found than were counted.
        """
        text = b"\n" + records.text if records.text.startswith(_MARK) else records.text
        options = csv.ReadOptions(column_names=self._names, use_threads=False, block_size=len(text) + 1)
        try:
            table = csv.read_csv(
                pa.BufferReader(text), read_options=options, parse_options=self._parsing, convert_options=self._converting
            ).combine_chunks()
        except pa.ArrowInvalid as error:
            raise UnreadableFileError("reader_disagrees", f"The reader refused the file: {str(error).splitlines()[0]}") from error
        if table.num_rows != len(records.numbers):
            raise UnreadableFileError(
                "reader_disagrees", f"The reader found {table.num_rows:,} records where {len(records.numbers):,} were counted."
            )
        arrays = [column.chunk(0) for column in table.columns]
        for index, (position, _) in enumerate(self._dialect.dropped, len(self._dialect.positions)):
            if position not in self._kept:
                arrays[index] = pc.is_valid(arrays[index])
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def nothing(self) -> pa.RecordBatch:
        """Return a batch without records."""
        return pa.RecordBatch.from_pylist([], schema=self._schema)
