"""`incentives check`: every outcome of the two suites of checks."""

from __future__ import annotations

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import EXIT_CHECK_FAILED, InputError
from incentives.workspace import Workspace

COLUMNS = ("suite", "check", "outcome", "observed", "expected", "sentence", "subjects")


@click.command()
@click.option("--period", metavar="PERIOD", help="Also judge the calculated cycle of this period, such as 2026-03.")
@click.option("--pay-group", metavar="NAME", show_default="the default one", help="Pay group of the cycle.")
@workspace_option
@format_option
def check(period: str | None, pay_group: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Run the checks on what was delivered, and on what is about to be paid; print every outcome.

    Exit 1 if one fails that stops the publish or the approval.
    """
    from incentives.periods import Period
    from incentives.services.checks import check_delivered
    from incentives.warehouse.record import read_build
    from quality.outcomes import stopping

    build = read_build(workspace.build_record, workspace.warehouse)
    if build is None:
        raise InputError("nothing was built yet.", where=str(workspace.root), remedy="Run `incentives build` first.")
    outcomes = check_delivered(workspace, build)
    if period is not None:
        from incentives.services.cycle_outcomes import check_cycle

        outcomes += check_cycle(workspace, Period.parse(period), pay_group)
    rows: list[dict[str, Cell]] = [
        {
            "suite": outcome.suite,
            "check": outcome.name,
            "outcome": "holds" if outcome.passed else "fails" if outcome.blocking else "warns",
            "observed": outcome.observed,
            "expected": outcome.expected,
            "sentence": outcome.sentence,
            "subjects": "; ".join(outcome.subjects),
        }
        for outcome in outcomes
    ]
    shown = ("suite", "check", "outcome", "observed", "subjects") if output_format == "table" else COLUMNS
    emit(rows, shown, output_format)
    if output_format == "table":
        for outcome in outcomes:
            if not outcome.passed:
                click.echo(f"{outcome.name}: {outcome.sentence}", err=True)
    if stopping(outcomes):
        raise click.exceptions.Exit(EXIT_CHECK_FAILED)
