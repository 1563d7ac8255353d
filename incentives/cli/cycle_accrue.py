"""`incentives cycle accrue`: what a cycle that is not locked is worth by now, as expense of its period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import acting_options, period_argument, who_acts
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.periods import Period

COLUMNS = ("accrual", "currency", "people", "posted", "accrued", "journal")


@click.command()
@period_argument
@acting_options
@workspace_option
@format_option
def accrue(
    period: Period, pay_group: str | None, token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Accrue what PERIOD is due by its current version, less what was accrued before.

    Dated the period's last day; the lock takes it back and posts the pay itself. The journal for the general ledger lies
    under exports/. Where nothing moved, nothing is posted.
    """
    from incentives.services.cycles import accrue_cycle

    by = who_acts(workspace, token, actor)
    done, journal = accrue_cycle(workspace, period, pay_group=pay_group, by=by, now=clock.now())
    rows: list[dict[str, Cell]] = [
        {
            "accrual": done.number,
            "currency": currency,
            "people": done.people,
            "posted": format_minor(done.posted_minor.get(currency, 0), currency),
            "accrued": format_minor(done.accrued_minor.get(currency, 0), currency),
            "journal": str(journal) if journal else None,
        }
        for currency in sorted(done.accrued_minor.keys() | done.posted_minor.keys())
    ]
    emit(rows, COLUMNS, output_format)
