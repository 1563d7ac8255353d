"""`incentives connect`: pull or receive what sources hold, as files of the inbox."""

from __future__ import annotations

from pathlib import Path

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.workspace import Workspace

LIST_COLUMNS = ("name", "kind", "source", "feeds", "warnings")
RUN_COLUMNS = ("connector", "feed", "rows")


@click.group("connect")
def connect() -> None:
    """Pull or receive what sources hold, as files of the inbox; `incentives land` takes them from there."""


@connect.command("run")
@click.argument("name")
@click.option("--again", is_flag=True, help="Forget the position and read everything once more; landing knows equal rows.")
@workspace_option
@format_option
def run(name: str, again: bool, workspace: Workspace, output_format: OutputFormat) -> None:
    """Pull what is new in a connector's source into the inbox.

    A run that is cut off goes on from its last page when it is started again.
    """
    from incentives.services import connecting

    report = connecting.run(workspace, name, again=again)
    emit([{"connector": name, "feed": feed, "rows": rows} for feed, rows in report.rows.items()], RUN_COLUMNS, output_format)
    if output_format == "table":
        click.echo(f"{len(report.files)} files for the inbox; {report.unchanged} rows read again, unchanged.", err=True)


@connect.command("list")
@workspace_option
@format_option
def list_command(workspace: Workspace, output_format: OutputFormat) -> None:
    """List the connectors of the workspace: the files connectors/*.yaml."""
    from incentives.services import connecting

    emit([_row(described) for described in connecting.list_connectors(workspace)], LIST_COLUMNS, output_format)


@connect.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@workspace_option
@format_option
def check(file: Path, workspace: Workspace, output_format: OutputFormat) -> None:
    """Check a connector's file, without speaking to its source.

    Every mistake is named with file, line and key. Warnings do not fail the check.
    """
    from incentives.services import connecting

    described = connecting.check(workspace, file)
    emit([_row(described)], LIST_COLUMNS, output_format)
    for warning in connecting.warnings(described):
        click.echo(f"warning: {file}: {warning}", err=True)


def _row(described: object) -> dict[str, Cell]:
    from incentives.services import connecting

    assert isinstance(described, connecting.Described)
    connector = described.connector
    return {
        "name": described.name,
        "kind": connector.kind,
        "source": connector.source,
        "feeds": " ".join(dict.fromkeys(output.feed for output in connector.deliver)),
        "warnings": len(connecting.warnings(described)),
    }
