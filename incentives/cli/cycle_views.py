"""The reading commands of `incentives cycle`: status, list, statements, pdf, balances, diff, replay."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import period_argument
from incentives.cli.cycle_show import SUMMARY_COLUMNS, print_json, show_acts, show_replay, show_status, summary_rows
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import EXIT_CHECK_FAILED
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.periods import Period

STATEMENT_COLUMNS = ("number", "associate_id", "plan", "earned_period", "currency", "worth", "settled", "due", "components")
PDF_COLUMNS = ("control_file", "people", "statements", "currency", "due")
BALANCE_COLUMNS = ("associate_id", "currency", "payable", "held", "held_back", "draws_owed", "overpaid")
DIFFERENCE_COLUMNS = ("associate_id", "plan", "earned_period", "currency", "before", "after", "causes")


@click.command()
@period_argument
@workspace_option
@format_option
def status(period: Period, pay_group: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Show where the cycle of PERIOD stands, who did what, and what landed since it was calculated."""
    from incentives.services.cycles import cycle_status

    found = cycle_status(workspace, period, pay_group)
    show_status(found, output_format)
    if output_format == "table":
        show_acts(found)


@click.command("list")
@workspace_option
@format_option
def list_command(workspace: Workspace, output_format: OutputFormat) -> None:
    """List every cycle."""
    from incentives.services.cycles import list_cycles

    found = list_cycles(workspace)
    if output_format == "json":
        print_json([asdict(summary) for summary in found])
    else:
        emit([row for summary in found for row in summary_rows(summary)], SUMMARY_COLUMNS, output_format)


@click.command()
@period_argument
@click.option("--version", type=click.IntRange(min=1), help="Version; default: the current one.")
@workspace_option
@format_option
def statements(
    period: Period, pay_group: str | None, version: int | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """List the statements of PERIOD; JSON carries components and trace."""
    from incentives.services.cycles import statements_of_cycle

    found = statements_of_cycle(workspace, period, pay_group, version=version, with_trace=output_format == "json")
    if output_format == "json":
        print_json([asdict(statement) for statement in found])
        return
    rows: list[dict[str, Cell]] = [
        {
            "number": row.number,
            "associate_id": row.associate_id,
            "plan": f"{row.plan} v{row.plan_version}",
            "earned_period": row.earned_period,
            "currency": row.currency,
            "worth": format_minor(row.worth_minor, row.currency),
            "settled": format_minor(row.settled_minor, row.currency),
            "due": format_minor(row.due_minor, row.currency),
            "components": ", ".join(
                f"{part.component} {format_minor(part.amount_minor, row.currency)}" for part in row.components
            ),
        }
        for row in found
    ]
    emit(rows, STATEMENT_COLUMNS, output_format)


@click.command()
@period_argument
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@click.option("--associate", metavar="ID", help="This person's alone.")
@workspace_option
@format_option
def pdf(
    period: Period, pay_group: str | None, folder: Path, associate: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Write the statements of PERIOD into FOLDER, one PDF for each person, with control totals; again gives the same bytes."""
    from incentives.services.statement_pdf import write_statement_pdfs

    report = write_statement_pdfs(workspace, period, folder, pay_group=pay_group, associate_id=associate)
    rows: list[dict[str, Cell]] = [
        {
            "control_file": report.control_file,
            "people": report.people,
            "statements": report.statements,
            "currency": currency,
            "due": format_minor(due, currency),
        }
        for currency, due in report.due_minor.items()
    ]
    emit(rows, PDF_COLUMNS, output_format)


@click.command()
@period_argument
@workspace_option
@format_option
def balances(period: Period, pay_group: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """List what people are still owed after the locked cycle of PERIOD, what waits, and what they owe of draws and overpayments.

    A negative payable is carried forward and taken from the next payment; what is overpaid is taken back by the terms of their plan.
    """
    from incentives.services.cycle_balances import balances_of

    rows: list[dict[str, Cell]] = [
        {
            "associate_id": row.associate_id,
            "currency": row.currency,
            "payable": format_minor(row.payable_minor, row.currency),
            "held": format_minor(row.held_minor, row.currency),
            "held_back": format_minor(row.held_back_minor, row.currency),
            "draws_owed": format_minor(row.draws_minor, row.currency),
            "overpaid": format_minor(row.overpaid_minor, row.currency),
        }
        for row in balances_of(workspace, period, pay_group)
    ]
    emit(rows, BALANCE_COLUMNS, output_format)


@click.command()
@period_argument
@click.option("--from", "before", type=click.IntRange(min=1), help="Earlier version; default: the one before --to.")
@click.option("--to", "after", type=click.IntRange(min=1), help="Later version; default: the current one.")
@workspace_option
@format_option
def diff(
    period: Period,
    pay_group: str | None,
    before: int | None,
    after: int | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Compare two versions of PERIOD, person by person, with what moved."""
    from incentives.services.cycles import cycle_differences, cycle_status

    later = after or cycle_status(workspace, period, pay_group).summary.version or 1
    found = cycle_differences(workspace, period, pay_group, before or max(later - 1, 1), later)
    if output_format == "json":
        print_json([asdict(difference) for difference in found])
        return
    rows: list[dict[str, Cell]] = [
        {
            "associate_id": row.associate_id,
            "plan": row.plan,
            "earned_period": row.earned_period,
            "currency": row.currency,
            "before": format_minor(row.before_minor, row.currency),
            "after": format_minor(row.after_minor, row.currency),
            "causes": "; ".join(row.causes),
        }
        for row in found
    ]
    emit(rows, DIFFERENCE_COLUMNS, output_format)


@click.command()
@period_argument
@click.option("--version", type=click.IntRange(min=1), help="Version; default: the current one.")
@click.option("--from-bronze", is_flag=True, help="Also rebuild the inputs from bronze as of the calculation's load (slow).")
@workspace_option
@format_option
def replay(
    period: Period,
    pay_group: str | None,
    version: int | None,
    from_bronze: bool,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Calculate PERIOD again from its frozen inputs; every statement must agree to the cent.

    Exit code 1 where one does not. Differences of inputs rebuilt from bronze are named and are no failure: identity
    merges and mended rules move them rightly.
    """
    from incentives.services.cycle_replay import replay_cycle

    report = replay_cycle(workspace, period, pay_group, version=version, from_bronze=from_bronze, now=clock.now())
    show_replay(report, output_format)
    if not report.agrees:
        sys.exit(EXIT_CHECK_FAILED)
