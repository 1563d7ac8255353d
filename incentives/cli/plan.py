"""`incentives plan`: check bonus plans."""

from __future__ import annotations

from pathlib import Path

import click

from incentives.cli.options import format_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.settings import CONFIG_NAME
from incentives.workspace import Workspace

COLUMNS = ("file", "plan", "version", "valid_from", "calendar", "currency", "components", "digest", "warnings")


@click.group("plan")
def plan() -> None:
    """Check bonus plans."""


@plan.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--workspace",
    "folder",
    envvar="INCENTIVES_WORKSPACE",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The workspace whose measures the plans may name; default: the current folder, if it is one.",
)
@format_option
def check(files: tuple[Path, ...], folder: Path | None, output_format: OutputFormat) -> None:
    """Check plan files, or folders of them, one by one and the versions of a plan against each other.

    Every mistake is named with file, line and key. Warnings do not fail the check: they name cliffs, rankings and
    filters that tempt people to work against the customer or each other.
    """
    from incentives.plans.registry import read_registry
    from incentives.services.plans import check_plans, workspace_registry

    place = folder or Path.cwd()
    ws = Workspace.open(place) if folder is not None or (place / CONFIG_NAME).is_file() else None
    registry = read_registry() if ws is None else workspace_registry(ws)
    rows: list[dict[str, Cell]] = []
    for checked in check_plans(files, registry):
        one = checked.text.plan
        rows.append(
            {
                "file": str(checked.text.path),
                "plan": one.plan,
                "version": one.version,
                "valid_from": one.valid_from.isoformat(),
                "calendar": one.calendar,
                "currency": one.currency,
                "components": " ".join(component.id for component in one.components),
                "digest": checked.text.digest[:12] if output_format == "table" else checked.text.digest,
                "warnings": len(checked.warnings) if output_format == "table" else "\n".join(checked.warnings),
            }
        )
        if output_format == "table":
            for warning in checked.warnings:
                click.echo(f"warning: {warning}", err=True)
    emit(rows, COLUMNS, output_format)
