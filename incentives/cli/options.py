"""Options that every command shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from incentives.workspace import Workspace

CommandT = TypeVar("CommandT", bound=Callable[..., object])


def workspace_option(command: CommandT) -> CommandT:
    """Add `--workspace DIR` (default: the current folder); the command receives an opened Workspace."""
    return click.option(
        "--workspace",
        "workspace",
        default=".",
        envvar="INCENTIVES_WORKSPACE",
        show_default="the current folder",
        metavar="DIR",
        callback=lambda _context, _parameter, value: Workspace.open(Path(value)),
        help="The workspace.",
    )(command)


def format_option(command: CommandT) -> CommandT:
    """Add `--format table|json|csv`; the command receives it as `output_format`."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        help="How to print.",
    )(command)
