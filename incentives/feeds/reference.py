"""The reference page of the feeds, written from their contracts.

`python -m incentives.feeds.reference` writes docs/reference/feeds.md; with `--check` it fails where the page
is not what it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from incentives.feeds.columns import Column, ColumnType, Feed, Personal
from incentives.feeds.contracts import FEEDS
from incentives.feeds.readers import broken, unreadable

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "feeds.md"
_INTRODUCTION = """\
# Feeds

Written from the contracts by `python -m incentives.feeds.reference`; do not edit by hand.

A *feed* is one kind of record. A source delivers it as files in its folder of the inbox,
`inbox/<source>/`, and may deliver the feeds that `incentives.toml` lists for it and no others. A file's feed
is its name up to the first character outside `[a-z_]` (`order_lines-2026-03.csv.gz`), or its folder's name.
`incentives land` lands what has arrived; landing the same bytes again changes nothing.

## Files

The end of a file's name says its format; content that does not agree is refused.

| name ends in | read as |
| --- | --- |
| `.csv` `.tsv` `.txt` | CSV (RFC 4180). The delimiter (comma, semicolon, tab or `\\|`) is told from the header, which must be the first line. |
| `.jsonl` `.ndjson`, `.json` | JSON objects, one a line or in one array. Numbers keep the digits that were delivered. A list or an object in a column that is read quarantines its record. |
| `.parquet` | Parquet, whole columns; statistics are not believed. Integers and decimals are exact; zeros at the end of a decimal are its column's scale and fall away. A timestamp with a zone is an instant, one without is a local time. A binary float is the shortest decimal that reads back to it; with more digits than every decimal keeps (15, in single precision 6) its row is quarantined. |
| `.xlsx` | The first sheet, its first row the header. Numbers have the 15 digits that spreadsheets show; a format of zeros only (`00000`) is honoured. Dates are local times without an offset. A formula in a column that is read quarantines its row, since its last result may be stale. A hidden first sheet is refused; other sheets are not read. |

- Text formats may be packed with gzip or zstd (`.gz`, `.zst`), in any number of members or frames.
- Text is UTF-8, with or without a byte order mark, or UTF-16 with one; files of one delivery may differ. Another encoding is read
  only where the source's mapping names it. Line ends are LF, CRLF or CR. Blank lines are no records.
- Names of columns are matched trimmed and in any case, after [the source's mapping](../how-to/map-a-source.md), if it has one.
- Columns may stand in any order. A column that the contract does not name is not written; its name and the
  number of its values are recorded, unless the source's mapping keeps it. Empty text is no value.
- Every feed may carry `source_updated_at` and `deleted`. Of two rows with one key the one with the greater
  `source_updated_at` is in force; without it, the later delivery.

## How values are read

{types}

A value that is not read so quarantines its row, and no other.

## What is personal

Personal columns are apart from the first byte: the facts hold a keyed token in place of the value, the clear
value lies in a file of its own. *Clear only* columns are in that file alone.

## What becomes of a delivered file

Each row delivered ends in exactly one place: accepted, duplicate, superseded or quarantined. A file that
cannot be read is set aside whole, byte for byte, in `set_aside/<sha256>/`, with one of these reasons:

{unreadable}

A record that no reader can place is quarantined with its text as delivered, its number and one of these
reasons; the records around it land:

{broken}

A file that is still written, a link, a file without permission, or one whose source's mapping has mistakes is
*deferred*: nothing is recorded, and the next landing tries again.
"""
_TYPES = {
    ColumnType.TEXT: "Text, as delivered.",
    ColumnType.ENUM: "One of the values listed.",
    ColumnType.TIMESTAMP: "ISO 8601 with an offset, `2026-03-01T10:00:00+01:00`; without one, in the time zone configured for the source.",
    ColumnType.DATE: "`2026-03-01`.",
    ColumnType.BOOLEAN: "`true` or `false`.",
    ColumnType.AMOUNT: "Decimal in major units of the row's currency, with at most its digits: `19.90`.",
    ColumnType.CURRENCY: "ISO 4217 code: `EUR`.",
    ColumnType.DECIMAL: "Decimal with at most the digits given.",
    ColumnType.INTEGER: "Whole number.",
    ColumnType.SELLERS: "One associate, several separated by `\\|`, or with shares that sum to 100: `a1:70\\|a2:30`.",
    ColumnType.TIME_ZONE: "IANA name: `Europe/Paris`.",
}


def render() -> str:
    """Return the page."""
    introduction = _INTRODUCTION.format(
        types=_table(("type", "read as"), [(kind.value, text) for kind, text in _TYPES.items()]),
        unreadable=_table(("reason", "meaning"), [(f"`{code}`", text) for code, text in unreadable.REASONS.items()]),
        broken=_table(("reason", "meaning"), [(f"`{code}`", text) for code, text in broken.REASONS.items()]),
    )
    return "\n".join([introduction, *(_section(feed) for feed in FEEDS.values())])


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is current; return the exit code."""
    page = render()
    if "--check" not in arguments:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    sys.stderr.write(f"{PAGE} is not current; run `python -m incentives.feeds.reference`.\n")
    return 1


def _section(feed: Feed) -> str:
    rows = [
        (f"`{column.name}`", _type(column), "yes" if column.required else "", _personal(column), _meaning(column))
        for column in feed.columns
    ]
    key = ", ".join(f"`{name}`" for name in feed.key)
    return (
        f"## {feed.name}\n\n{feed.meaning} Key: {key}.\n\n"
        + _table(("column", "type", "required", "personal", "meaning"), rows)
        + "\n"
    )


def _type(column: Column) -> str:
    if column.type is ColumnType.ENUM:
        return ", ".join(f"`{value}`" for value in column.values)
    if column.type is ColumnType.DECIMAL:
        return f"decimal, {column.scale} digits"
    return column.type.value


def _personal(column: Column) -> str:
    match column.personal:
        case None:
            return ""
        case Personal.CLEAR_ONLY:
            return "clear only"
        case Personal.BY_TYPE:
            return "token of the kind named"
        case _:
            return "token"


def _meaning(column: Column) -> str:
    return column.meaning.replace("|", r"\|")


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
