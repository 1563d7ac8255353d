"""`incentives build`: the warehouse from what was landed, checked and published."""

from __future__ import annotations

import sys

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.workspace import Workspace

COLUMNS = ("build", "last_load", "as_of", "changed", "kind", "lines_again", "full_because", "models", "seconds", "publication")


@click.command()
@click.option("--full-refresh", is_flag=True, help="Make the warehouse anew, even where nothing changed.")
@click.option(
    "--as-of-load",
    type=click.IntRange(min=1),
    metavar="N",
    help="Build what was known after load N, into a file of its own; nothing is published.",
)
@workspace_option
@format_option
def build(full_refresh: bool, as_of_load: int | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Build the warehouse from what was landed, check it, and publish the snapshot that readers read.

    Where nothing changed since the last build, nothing is done. New deliveries change what they touch in the last warehouse
    (an increment); a new policy, setting or version of the product makes it anew (a full build). A failed test or check leaves the last warehouse
    and the last snapshot in place (exit 1).
    """
    from incentives import clock
    from incentives.services.pipeline import run_pipeline
    from incentives.services.warehouse import build_warehouse

    now = clock.now()
    say = _say if sys.stderr.isatty() else None
    if as_of_load is not None:
        done = build_warehouse(workspace, now=now, full_refresh=full_refresh, as_of_load=as_of_load)
        publication = None
    else:
        report = run_pipeline(workspace, now=now, land=False, full_refresh=full_refresh, say=say)
        done, publication = report.build, report.snapshot.publication
    row: dict[str, Cell] = {
        "build": done.build_id,
        "last_load": done.last_load,
        "as_of": done.as_of.isoformat(),
        "changed": done.changed,
        "kind": "kept" if not done.changed else "full" if done.increment is None else "increment",
        "lines_again": done.increment,
        "full_because": done.full_because,
        "models": done.models,
        "seconds": f"{done.seconds:.1f}",
        "publication": publication,
    }
    emit([row], COLUMNS, output_format)
    if output_format == "table":
        if not done.changed:
            click.echo("Nothing changed since the last build.", err=True)
        elif as_of_load is not None:
            click.echo(f"Built into {done.database}; the live warehouse stays as it is.", err=True)


def _say(line: str) -> None:
    click.echo(line, err=True)
