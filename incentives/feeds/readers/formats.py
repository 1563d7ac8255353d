"""Which formats are read, told by the end of a file's name; its content has to agree, or the file is refused."""

from __future__ import annotations

from pathlib import Path

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.readers.batches import DeliveredTable
from incentives.feeds.reading import Reading

DELIMITED = (".csv", ".tsv", ".txt")
JSON = (".json", ".jsonl", ".ndjson")
BINARY = (".parquet", ".xlsx")
PACKED = (".gz", ".zst")


def format_of(name: str) -> str | None:
    """Return the end of a name that tells its format, without packing, or None where it is of no format that is read.

    >>> format_of("order_lines.CSV.gz"), format_of("order_lines.parquet"), format_of("order_lines.parquet.gz")
    ('.csv', '.parquet', None)
    """
    suffixes = [suffix.lower() for suffix in Path(name).suffixes[-2:]]
    if suffixes and suffixes[-1] in PACKED:
        return suffixes[0] if suffixes[0] in (*DELIMITED, *JSON) else None
    return suffixes[-1] if suffixes and suffixes[-1] in (*DELIMITED, *JSON, *BINARY) else None


def open_table(path: Path, name: str, reading: Reading, *, rejects: RejectsFile) -> DeliveredTable:
    """Return a delivered file as a table, ready to be read.

    Args:
        path: The delivered file; not changed.
        name: Its name, which tells the format.
        reading: How files of the source and feed are read.
        rejects: Takes the records that cannot be placed.

    Raises:
        UnreadableFileError: The file must be set aside.
    """
    match format_of(name):
        case ".json" | ".jsonl" | ".ndjson" as suffix:
            from incentives.feeds.readers.json_table import JsonTable

            return JsonTable(path, reading, rejects=rejects, is_lines=suffix != ".json")
        case ".parquet":
            from incentives.feeds.readers.parquet_table import ParquetTable

            return ParquetTable(path, reading, rejects=rejects)
        case ".xlsx":
            from incentives.feeds.readers.xlsx_table import XlsxTable

            return XlsxTable(path, reading, rejects=rejects)
        case _:
            from incentives.feeds.readers.csv_table import CsvTable

            return CsvTable(path, reading, rejects=rejects)
