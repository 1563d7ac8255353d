"""`incentives init`: a new workspace."""

from __future__ import annotations

import os
from pathlib import Path

import click

from incentives.periods import CALENDARS, Calendar
from incentives.workspace import KEY_VARIABLE, key_file


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="The retailer's name.", show_default="the folder's name")
@click.option("--demo", is_flag=True, help="For demo users and generated feeds only; cannot be changed later.")
@click.option("--currency", default="EUR", show_default=True, help="Currency in which people are paid (ISO 4217).")
@click.option("--country", default="FR", show_default=True, help="Country of the first pay group (ISO 3166 alpha-2).")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of the business date where there is no location.")
@click.option(
    "--calendar", type=click.Choice(CALENDARS), default="month", show_default=True, help="Calendar of its bonus cycles."
)
def init(directory: Path, name: str | None, demo: bool, currency: str, country: str, time_zone: str, calendar: Calendar) -> None:
    """Make a new workspace with commented examples in DIR, a new or an empty folder."""
    from incentives.services.workspaces import create_workspace

    workspace = create_workspace(
        directory,
        name=name or directory.expanduser().resolve().name,
        demo=demo,
        currency=currency,
        country=country,
        time_zone=time_zone,
        calendar=calendar,
    )
    if KEY_VARIABLE in os.environ:
        key = f"the environment, {KEY_VARIABLE}"
    else:
        key = f"{key_file(workspace.config.workspace.id)} (copy it to your secret store)"
    click.echo(f"""\
Workspace made: {workspace.root}
Key:            {key}

Next:
  1. Read incentives.toml; list your sources and the feeds that each may deliver.
  2. Put their files into inbox/<source>/, or land one by hand: incentives land FILE --workspace {directory}
  3. incentives build --workspace {directory}""")
