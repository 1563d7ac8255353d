"""`incentives verify`: whether everything that is kept still says what was recorded."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from incentives.cli.cycle_show import print_json
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import OutputFormat, emit
from incentives.errors import EXIT_CHECK_FAILED
from incentives.workspace import Workspace


@click.command()
@workspace_option
@format_option
def verify(workspace: Workspace, output_format: OutputFormat) -> None:
    """Check audit chain, acts, statements, postings, exports, frozen inputs, anchors, database guards and the snapshot.

    The first row that does not hold is named first. Exit code 1 where anything does not hold.
    """
    from incentives.services.verification import verify_workspace

    report = verify_workspace(workspace)
    if output_format == "json":
        print_json([asdict(report)])
    elif output_format == "csv":
        emit([{"place": row.place, "sentence": row.sentence} for row in report.findings], ("place", "sentence"), "csv")
    else:
        for finding in report.findings:
            click.echo(f"does not hold: {finding.place}: {finding.sentence}")
        looked = f"{report.events} events, {report.statements} statements, {report.entries} entries, {report.files} files"
        click.echo(f"{looked}: {'all hold' if not report.findings else f'{len(report.findings)} findings'}.")
        click.echo(f"chain head: {report.head or 'none yet'}")
    if report.findings:
        sys.exit(EXIT_CHECK_FAILED)
