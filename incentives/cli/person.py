"""`incentives person`: what is held about one person."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from incentives import clock
from incentives.cli.acting import acting_options, who_acts
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import OutputFormat, emit
from incentives.errors import InputError
from incentives.workspace import Workspace


@click.group()
def person() -> None:
    """What is held about one person, for that person."""


@person.command()
@click.option("--associate", metavar="ID", help="An associate.")
@click.option("--customer", metavar="ID", help="A customer: a customer id with --source, or an identifier.")
@click.option("--source", metavar="NAME", help="The source whose customer id it is.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE.zip",
    help="The archive to write.",
)
@click.option("--reason", required=True, help="Why; kept with the act.")
@acting_options
@workspace_option
@format_option
def export(
    associate: str | None,
    customer: str | None,
    source: str | None,
    target: Path,
    reason: str,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Write what is held about a person as a readable page and as JSON, in one archive.

    It needs the token of a privacy officer, or for --associate of the person. Other people are colleagues with a number.
    """
    from incentives.services.natural_persons import Named
    from incentives.services.person_export import export_associate, export_customer

    if (associate is None) == (customer is None):
        raise InputError("name one person: --associate ID or --customer ID.")
    by = who_acts(workspace, token, actor)
    if associate is not None:
        done = export_associate(workspace, associate, target, by=by, reason=reason, now=clock.now())
    else:
        done = export_customer(workspace, Named(customer or "", source), target, by=by, reason=reason, now=clock.now())
    emit([asdict(done)], ("file", "sections", "rows", "sha256"), output_format)
