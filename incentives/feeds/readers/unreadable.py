"""The one error of a file that cannot be read as a whole, and its reasons."""

from __future__ import annotations

from incentives.errors import InputError

# Stable codes: people filter by them, and the reference lists them.
REASONS = {
    "source_not_listed": "The source is not listed in `incentives.toml`.",
    "feed_not_listed": "The source may not deliver this feed.",
    "unknown_feed": "Neither the file's name nor its folder's begins with the name of a feed.",
    "unsupported_format": "Not CSV: by its name, or by its first bytes.",
    "zero_bytes": "Nothing in it.",
    "truncated_gzip": "The gzip data end too early.",
    "corrupt_gzip": "The gzip data are damaged, or followed by something else.",
    "archive_too_large": "It unpacks to far more than any delivery does.",
    "undecodable_text": "Neither UTF-8 nor UTF-16 with a byte order mark.",
    "html_page": "A web page.",
    "spreadsheet_file": "A spreadsheet or a zip archive.",
    "no_header": "The first line is no header of the feed.",
    "missing_required_column": "The header lacks a required column.",
    "duplicate_column": "The header names a column of the feed twice.",
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
