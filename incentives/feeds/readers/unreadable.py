"""The one error of a file that cannot be read as a whole, and its reasons."""

from __future__ import annotations

from incentives.errors import InputError

# Stable codes: people filter by them, and the reference lists them.
REASONS = {
    "source_not_listed": "The source is not listed in `incentives.toml`.",
    "feed_not_listed": "The source may not deliver this feed.",
    "unknown_feed": "Neither the file's name nor its folder's begins with the name of a feed, and no pattern of the source's mapping fits.",
    "unsupported_format": "A format that is not read, or another one than the name says.",
    "zero_bytes": "Nothing in it.",
    "truncated_gzip": "The gzip data end too early.",
    "corrupt_gzip": "The gzip data are damaged, or followed by something else.",
    "truncated_zstd": "The zstd data end too early.",
    "corrupt_zstd": "The zstd data are damaged, or followed by something else.",
    "archive_too_large": "It unpacks to far more than any delivery does.",
    "undecodable_text": "Neither UTF-8 nor UTF-16 with a byte order mark, nor in the encoding that the source's mapping names.",
    "html_page": "A web page.",
    "spreadsheet_file": "A spreadsheet or a zip archive whose name says otherwise, or one of a kind that is not read.",
    "corrupt_spreadsheet": "The spreadsheet is damaged, cut off, or no XLSX.",
    "xml_entities": "The spreadsheet's XML declares a document type or entities; none that an office program writes does.",
    "corrupt_parquet": "The Parquet file is damaged, cut off, or encrypted.",
    "unsupported_column_type": "A column that is read is of a Parquet type that no text stands for exactly.",
    "corrupt_json": "Not one record of JSON, or an array that is cut off or cannot be followed to its end.",
    "no_header": "The first line is no header of the feed.",
    "missing_required_column": "The header, or every record, lacks a required column.",
    "duplicate_column": "A column of the feed is delivered twice, or delivered although the source's mapping gives it one value.",
    "too_many_columns": "The header names more columns than are read.",
    "reader_disagrees": "Two readers found different records; nothing is landed on a guess.",
}


class UnreadableFileError(InputError):
    """A delivered file is refused whole; landing sets it aside, byte for byte.

    Args:
        reason: One of REASONS.
        sentence: The same for people, naming what was found.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        assert reason in REASONS, reason
        self.reason = reason
        self.sentence = sentence
        super().__init__(sentence)
