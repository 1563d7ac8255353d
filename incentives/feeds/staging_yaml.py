"""The YAML beside the staging models: sources, descriptions, and the tests that their rows must pass."""

from __future__ import annotations

from incentives.feeds.columns import Feed
from incentives.feeds.contracts import FEEDS
from incentives.feeds.staging_columns import typed_columns
from incentives.feeds.staging_sql import key_columns

_HEADER = "# Generated from the contracts by `python -m incentives.feeds.staging_models`: change the contract, not this file.\nversion: 2\n\n"
_PLACE = "load_id, file_ordinal and delivered_row say which delivered row it is."


def sources_yaml() -> str:
    """Return the sources of staging: bronze as the build service shows it."""
    lines = [
        "sources:",
        "  - name: bronze",
        "    schema: bronze",
        "    description: What was landed, unchanged; amounts and times are text as delivered.",
        "    tables:",
        *_table("loads", "One row per load: when it was landed."),
        *_table("files", "One row per delivered file: source, feed, rows, and what became of the file."),
        *_table("rejects", "One row per delivered row that is no record at all: wrong number of fields, bad quoting."),
    ]
    for feed in FEEDS.values():
        lines += _table(feed.name, f"{feed.meaning} Every row delivered; identifiers of customers are tokens.")
    return _HEADER + "\n".join(lines) + "\n"


def models_yaml() -> str:
    """Return descriptions and tests of the generated models."""
    lines = ["models:"]
    for feed in FEEDS.values():
        lines += [
            *_model(
                f"parsed_{feed.name}",
                f"One row per row delivered of {feed.name}, typed, with its first fault (reason, column, value). {_PLACE}",
            ),
            *_model(f"row_outcomes_{feed.name}", f"One row per row delivered of {feed.name} and where it ended. {_PLACE}"),
            "    columns:",
            "      - name: outcome",
            "        description: accepted (in force), duplicate, superseded or quarantined; fault says why.",
            *_model(
                f"quarantine_{feed.name}", f"One row per refused row of {feed.name}, with its reason and a sentence. {_PLACE}"
            ),
            *_model(
                f"stg_{feed.name}", f"{feed.meaning} The version in force; withdrawn ones stay, with is_withdrawn. Times are UTC."
            ),
            "    columns:",
        ]
        for key in key_columns(feed):
            lines += _column(key, "Integer key of the parts that name it.", "bigint", feed)
        meanings = {column.name: column.meaning for column in feed.fact_columns}
        for typed in typed_columns(feed):
            lines += _column(typed.name, _meaning(feed, typed.name, meanings), typed.data_type, feed)
    return _HEADER + "\n".join(lines) + "\n"


def _table(name: str, description: str) -> list[str]:
    return [f"      - name: {name}", f"        description: {_quoted(description)}"]


def _model(name: str, description: str) -> list[str]:
    return [f"  - name: {name}", f"    description: {_quoted(description)}"]


def _column(name: str, meaning: str, data_type: str, feed: Feed) -> list[str]:
    lines = [f"      - name: {name}", f"        data_type: {data_type}", f"        description: {_quoted(meaning)}"]
    if name == "order_line_key" and feed.name == "order_lines":
        # Also the gate on collisions of the hash: the rows are one per natural key by construction.
        lines.append("        data_tests: [not_null, unique]")
    return lines


def _meaning(feed: Feed, name: str, meanings: dict[str, str]) -> str:
    if name in meanings:
        return meanings[name]
    if name == "is_withdrawn":
        return "Whether the source withdrew the record."
    stem = name.rsplit("_", 1)[0]
    unit = {"minor": "minor units of the currency", "milli": "thousandths", "centi": "hundredths", "e9": "billionths"}[
        name.rsplit("_", 1)[1]
    ]
    return f"{meanings.get(f'{stem}_amount') or meanings.get(stem, '')} In {unit}."


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
