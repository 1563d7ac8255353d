"""Reading a prepared table with DuckDB, in batches of text columns.

Every option is stated; nothing is sniffed. DuckDB must find exactly the records that were counted before
it: another number means that the two disagree about the file, which is then refused rather than landed.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from incentives.feeds.readers.prepare import PreparedTable
from incentives.feeds.readers.unreadable import UnreadableFileError

if TYPE_CHECKING:
    import duckdb

ROWS_MAX = 122_880
ROWS_MIN = 1_024
BATCH_BYTES = 256 << 20
MEMORY_LIMIT = "1GB"


def connect() -> duckdb.DuckDBPyConnection:
    """Return a reader of bounded memory that fetches no extension."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    connection.execute("set temp_directory = ''")
    return connection


def read_batches(
    connection: duckdb.DuckDBPyConnection, table: PreparedTable, kept: Container[int] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield the table's records in order, in batches of one fixed number of rows.

    A batch has a text column for each contract column delivered, under its name, and a boolean column
    `dropped_<position>` for each other one: whether the record had a value there; the value itself where its
    position is among `kept`. Empty text is null.

    Raises:
        UnreadableFileError: DuckDB found other records than were counted.
    """
    import duckdb

    rows = max(ROWS_MIN, min(ROWS_MAX, BATCH_BYTES // max(table.longest, 1)))
    found = 0
    try:
        reader = connection.execute(_query(table, kept)).to_arrow_reader(rows)
        for batch in _of_exactly(rows, reader):
            found += batch.num_rows
            yield batch
    except duckdb.Error as error:
        raise UnreadableFileError("reader_disagrees", f"The reader refused the file: {str(error).splitlines()[0]}") from error
    if found != table.sound:
        raise UnreadableFileError("reader_disagrees", f"The reader found {found:,} records where {table.sound:,} were counted.")


def _query(table: PreparedTable, kept: Container[int]) -> str:
    dialect = table.dialect
    selected = [f'c{position} as "{name}"' for name, position in dialect.positions.items()]
    selected += [
        f"c{position}{'' if position in kept else ' is not null'} as dropped_{position}" for position, _ in dialect.dropped
    ]
    columns = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(dialect.width))
    options = [
        "auto_detect = false",
        "header = false",
        f"skip = {table.header_lines}",
        f"columns = {{{columns}}}",
        f"delim = {_literal(dialect.delimiter)}",
        "quote = '\"'",
        "escape = '\"'",
        r"new_line = '\n'",
        "nullstr = ''",
        "comment = ''",
        "compression = 'none'",
        "strict_mode = true",
        "null_padding = false",
        f"parallel = {str(not table.has_quoted_line_breaks).lower()}",
    ]
    # The path is a literal, since binding a parameter makes DuckDB import pandas (0.5 s); its last part is a name of ours.
    return f"select {', '.join(selected)} from read_csv({_literal(str(table.path))}, {', '.join(options)})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _of_exactly(rows: int, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Cut batches of whatever size into batches of exactly `rows` and a last one; an empty table gives one of none."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        held.append(batch)
        count += batch.num_rows
        while count >= rows:
            whole = _joined(held)
            yield whole.slice(0, rows)
            count -= rows
            held = [whole.slice(rows)] if count else []
    yield _joined(held) if held else pa.RecordBatch.from_pylist([], schema=reader.schema)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
