"""`incentives land`: delivered files into bronze."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import OutputFormat, emit

if TYPE_CHECKING:
    from incentives.services.landing import Progress
    from incentives.workspace import Workspace

COLUMNS = ("file", "feed", "delivered", "accepted", "duplicate", "superseded", "quarantined", "outcome", "reason")


@click.command()
@click.argument("paths", metavar="[PATH ...]", nargs=-1, type=click.Path(path_type=Path))
@click.option("--source", help="Who delivered files outside the inbox.", show_default="manual")
@workspace_option
@format_option
def land(paths: tuple[Path, ...], source: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Land delivered files, or folders of them, into bronze; without PATH everything in the workspace's inbox.

    A file's feed is its name up to the first character outside [a-z_], or its folder's name. Landing a file
    again is harmless: it is known by its bytes. Files stay where they are.
    """
    from incentives import clock
    from incentives.services.landing import land as land_files

    report = land_files(workspace, paths, source=source, now=clock.now(), progress=_progress())
    rows = [{column: getattr(file, column) for column in COLUMNS} for file in report.files]
    emit(rows, COLUMNS, output_format)
    for file in report.files:
        if file.sentence:
            click.echo(f"{file.outcome.replace('_', ' ')}: {file.file}: {file.sentence}", err=True)
    if output_format == "table":
        landed = "Nothing new was delivered." if report.load_id is None else f"Load {report.load_id} landed."
        click.echo(landed, err=True)


def _progress() -> Progress | None:
    """Return what shows each file's name on a terminal, or None where nobody watches."""
    if not sys.stderr.isatty():
        return None
    return lambda name: click.echo(f"landing {name} …", err=True)
