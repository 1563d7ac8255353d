"""`incentives cycle adjustments`: what a cycle settles of locked periods, and the order lines behind it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from incentives.cli.acting import period_argument
from incentives.cli.cycle_show import print_json
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.periods import Period
    from incentives.services.adjustment_views import AdjustedLine

COLUMNS = ("number", "associate_id", "earned_period", "currency", "worth", "settled", "due", "lines")
SHOWN_MAX = 5


@click.command()
@period_argument
@click.option("--version", type=click.IntRange(min=1), help="Version; default: the current one.")
@workspace_option
@format_option
def adjustments(
    period: Period, pay_group: str | None, version: int | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """List what the cycle of PERIOD settles of locked periods, with the order lines that moved and why.

    The table shows the first lines of each; JSON carries every one, in minor units.
    """
    from incentives.services.adjustment_views import adjustments_of

    found = adjustments_of(workspace, period, pay_group, version=version)
    if output_format == "json":
        print_json([asdict(one) for one in found])
        return
    rows: list[dict[str, Cell]] = [
        {
            "number": one.number,
            "associate_id": one.associate_id,
            "earned_period": one.earned_period,
            "currency": one.currency,
            "worth": format_minor(one.worth_minor, one.currency),
            "settled": format_minor(one.settled_minor, one.currency),
            "due": format_minor(one.due_minor, one.currency),
            "lines": "; ".join(_lines(one.lines, SHOWN_MAX if output_format == "table" else len(one.lines))),
        }
        for one in found
    ]
    emit(rows, COLUMNS, output_format)


def _lines(lines: tuple[AdjustedLine, ...], shown: int) -> list[str]:
    words = [
        f"{line.cause} {line.source} {line.order_id}/{line.line_id}"
        f" {format_minor(line.settled_minor, line.currency)} -> {format_minor(line.now_minor, line.currency)} {line.currency}"
        for line in lines[:shown]
    ]
    return [*words, f"{len(lines) - shown} more"] if len(lines) > shown else words
