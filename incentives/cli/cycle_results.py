"""`incentives cycle results`: what payroll says of an exported cycle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import acting_options, period_argument, who_acts
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import InputError
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.periods import Period

COLUMNS = ("accepted", "refused", "known", "waiting", "accepted_amount", "refused_amount")


@click.command()
@period_argument
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--accept-rest", is_flag=True, help="Every payment without a result was accepted.")
@acting_options
@workspace_option
@format_option
def results(
    period: Period,
    pay_group: str | None,
    file: Path | None,
    accept_rest: bool,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Record what payroll says of PERIOD's payments: FILE is a CSV of person_id, currency, result (accepted, refused) and reason.

    A refused payment is owed again, and the next cycle that is exported pays it. The same result again changes nothing.
    """
    from incentives.services.payroll_results import record_payroll_results

    if file is None and not accept_rest:
        raise InputError("which results?", remedy="Name payroll's FILE, or say --accept-rest.")
    by = who_acts(workspace, token, actor)
    done = record_payroll_results(workspace, period, file, pay_group=pay_group, by=by, now=clock.now(), accept_rest=accept_rest)
    row: dict[str, Cell] = {
        "accepted": done.accepted,
        "refused": done.refused,
        "known": done.known,
        "waiting": done.waiting,
        "accepted_amount": _amounts(done.accepted_minor),
        "refused_amount": _amounts(done.refused_minor),
    }
    emit([row], COLUMNS, output_format)


def _amounts(sums: dict[str, int]) -> str:
    return ", ".join(f"{format_minor(minor, currency)} {currency}" for currency, minor in sorted(sums.items()))
