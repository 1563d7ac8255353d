"""`incentives retention`: how long things are kept, and removing what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import acting_options, who_acts
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.retention_due import Kept

COLUMNS = ("store", "kept", "oldest", "due", "rule")


@click.group("retention")
def retention() -> None:
    """How long things are kept, by [retention] of incentives.toml, and removing what is due."""


@retention.command("show")
@workspace_option
@format_option
def show(workspace: Workspace, output_format: OutputFormat) -> None:
    """Say of every store how much is there, since when, and how much of it is no longer needed.

    As the last build knows it: what landed since is not due.
    """
    from incentives.services.retention import show_retention

    emit([_row(store) for store in show_retention(workspace, now=clock.now())], COLUMNS, output_format)


@retention.command("apply")
@acting_options
@workspace_option
@format_option
def apply(token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Remove what is due, and say what that was. Counts, credits, statements and replays stay as they are.

    It needs the token of a privacy officer and cannot be undone. `incentives retention show` says beforehand what would go.
    """
    from incentives.services.retention import apply_retention

    by = who_acts(workspace, token, actor)
    emit([_row(store) for store in apply_retention(workspace, by=by, now=clock.now())], COLUMNS, output_format)


def _row(store: Kept) -> dict[str, Cell]:
    return {
        "store": store.store,
        "kept": store.kept,
        "oldest": store.oldest.isoformat() if store.oldest else None,
        "due": store.due,
        "rule": store.rule,
    }
