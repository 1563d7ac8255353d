"""`incentives cycle checklist`: what stands between a calculated cycle and its approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from incentives.cli.acting import period_argument
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import EXIT_CHECK_FAILED
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.periods import Period

COLUMNS = ("item", "state", "count", "money", "oldest", "owner", "sentence", "subjects")
SHOWN = ("item", "state", "count", "money", "oldest", "owner", "subjects")


@click.command()
@period_argument
@workspace_option
@format_option
def checklist(period: Period, pay_group: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """List what stops the approval of the cycle of PERIOD, or should be looked at before: how much, what money, since when, whose.

    Exit 1 if something stops it that is not waived: `incentives cycle waive PERIOD ITEM --reason ...`.
    """
    from incentives.services.cycle_outcomes import checklist as look
    from incentives.services.cycle_reads import require_before_approval

    require_before_approval(workspace, period, pay_group)
    found = look(workspace, period, pay_group)
    rows: list[dict[str, Cell]] = [
        {
            "item": item.name,
            "state": _state(item.count == 0, item.blocking, item.name in found.waived),
            "count": item.count,
            "money": ", ".join(f"{format_minor(minor, currency)} {currency}" for currency, minor in item.money),
            "oldest": item.oldest.isoformat() if item.oldest else None,
            "owner": item.owner,
            "sentence": item.sentence,
            "subjects": "; ".join(item.subjects),
        }
        for item in found.items
    ]
    rows += [
        {
            "item": check.name,
            "state": _state(check.passed, check.blocking, check.name in found.waived),
            "count": None,
            "money": None,
            "oldest": None,
            "owner": "finance",
            "sentence": check.sentence,
            "subjects": "; ".join(check.subjects),
        }
        for check in found.checks
    ]
    emit(rows, SHOWN if output_format == "table" else COLUMNS, output_format)
    if output_format == "table":
        for row in rows:
            if row["state"] != "holds":
                click.echo(f"{row['item']}: {row['sentence']}", err=True)
    if any(row["state"] == "stops" for row in rows):
        raise click.exceptions.Exit(EXIT_CHECK_FAILED)


def _state(holds: bool, blocking: bool, waived: bool) -> str:
    if holds:
        return "holds"
    if not blocking:
        return "look at"
    return "waived" if waived else "stops"
