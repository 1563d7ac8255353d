"""`incentives ledger`: back up what cannot be rebuilt, and put it back."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from incentives import clock
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import OutputFormat, emit
from incentives.errors import EXIT_CHECK_FAILED
from incentives.workspace import Workspace

COLUMNS = ("file", "sha256", "events", "head", "objects")


@click.group("ledger")
def ledger() -> None:
    """Back up the ledger with the frozen inputs of its cycles, and restore it."""


@ledger.command("backup")
@click.argument("target", metavar="FILE.tar.gz", type=click.Path(path_type=Path, dir_okay=False))
@workspace_option
@format_option
def backup(target: Path, workspace: Workspace, output_format: OutputFormat) -> None:
    """Write the ledger, its anchors and the frozen inputs that it names into FILE; others may go on acting.

    The rest of a workspace follows from what was delivered: keep `inbox` or `bronze`, and the workspace key, as well.
    """
    from incentives.services.ledger_backup import backup_ledger

    emit([asdict(backup_ledger(workspace, target, now=clock.now()))], COLUMNS, output_format)


@ledger.command("restore")
@click.argument("source", metavar="FILE.tar.gz", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--lose-later-acts", is_flag=True, help="Restore although the anchors name locks or exports that it does not hold.")
@workspace_option
@format_option
def restore(source: Path, lose_later_acts: bool, workspace: Workspace, output_format: OutputFormat) -> None:
    """Put the backup FILE in the place of the workspace's ledger, and verify everything.

    Every file in it is checked before anything is touched; the ledger that was there stays beside it as
    `ledger-before-TIME.db`. Exit code 1 where something does not hold afterwards.
    """
    from incentives.services.ledger_backup import restore_ledger

    restored, verified = restore_ledger(workspace, source, now=clock.now(), lose_later_acts=lose_later_acts)
    emit([asdict(restored)], COLUMNS, output_format)
    for finding in verified.findings:
        click.echo(f"does not hold: {finding.place}: {finding.sentence}", err=True)
    if verified.findings:
        sys.exit(EXIT_CHECK_FAILED)
