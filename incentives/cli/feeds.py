"""`incentives feeds`: which feeds there are, and what landing a file would do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import EXIT_CHECK_FAILED
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.feed_checks import FileCheck

LIST_COLUMNS = ("feed", "key", "required", "sources", "meaning")
CHECK_COLUMNS = ("file", "feed", "form", "outcome", "rows", "reason", "column", "first_row", "example", "sentence")


@click.group()
def feeds() -> None:
    """Feeds: which there are, and what landing a file would do."""


@feeds.command("list")
@workspace_option
@format_option
def list_command(workspace: Workspace, output_format: OutputFormat) -> None:
    """List every feed: its key, the columns that a file must have, and the sources that may deliver it."""
    from incentives.services.feed_checks import list_feeds

    rows: list[dict[str, Cell]] = [
        {
            "feed": feed.feed,
            "key": ", ".join(feed.key),
            "required": ", ".join(feed.required),
            "sources": ", ".join(feed.sources),
            "meaning": feed.meaning,
        }
        for feed in list_feeds(workspace)
    ]
    emit(rows, LIST_COLUMNS, output_format)


@feeds.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", help="Who delivers the file.", show_default="its folder in the inbox, or manual")
@workspace_option
@format_option
def check(file: Path, source: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Say what landing FILE would do, without landing it: its form, row counts, and reasons.

    Examples show the shape of a value only: 9 for a digit, A and a for letters. Exits with 1 where the file would be set
    aside or a row quarantined.
    """
    from incentives import clock
    from incentives.services.feed_checks import check_file

    found = check_file(workspace, file, source=source, now=clock.now())
    rows = _rows(found)
    if output_format == "table":
        outcome = found.outcome
        form = f", {outcome.form}" if outcome.form else ""
        click.echo(f"{outcome.file}: {outcome.feed or 'no feed'} from {outcome.source}{form}; {_would_be(outcome.outcome)}.")
        if outcome.sentence:
            click.echo(outcome.sentence)
        emit(rows, CHECK_COLUMNS[3:], output_format)
    else:
        emit(rows, CHECK_COLUMNS, output_format)
    if not found.is_clean:
        sys.exit(EXIT_CHECK_FAILED)


def _rows(found: FileCheck) -> list[dict[str, Cell]]:
    outcome = found.outcome
    head: dict[str, Cell] = {"file": outcome.file, "feed": outcome.feed, "form": outcome.form}
    if outcome.outcome not in ("loaded", "known"):
        return [{**head, "outcome": outcome.outcome, "rows": 0, "reason": outcome.reason, "sentence": outcome.sentence}]
    rows: list[dict[str, Cell]] = [
        {**head, "outcome": name, "rows": getattr(outcome, name)} for name in ("accepted", "duplicate", "superseded")
    ]
    rows += [
        {**head, "outcome": "quarantined", "rows": reason.rows, "reason": reason.reason, "column": reason.column}
        | {"first_row": reason.first_row, "example": reason.example, "sentence": reason.sentence}
        for reason in found.reasons
    ]
    return rows + [{**head, "outcome": "not written", "rows": values, "column": name} for name, values in found.dropped]


def _would_be(outcome: str) -> str:
    words = {"loaded": "would be loaded", "known": "came before, every row is a duplicate", "deferred": "would have to wait"}
    return words.get(outcome, "would be set aside")
