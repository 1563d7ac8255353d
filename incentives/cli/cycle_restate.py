"""`incentives cycle restate`: freeze a locked period anew, by two people, and show the difference by cause first."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import acting_options, period_argument, who_acts
from incentives.cli.cycle_show import print_json
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import InputError
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.periods import Period

COLUMNS = ("associate_id", "plan", "currency", "settled", "worth", "difference", "causes")


@click.command()
@period_argument
@click.option("--reason", help="Why; kept with the act. Proposes the restatement.")
@click.option(
    "--divide-anew",
    is_flag=True,
    help="With --reason: also divide its order lines by today's policies, touches, owners and customers.",
)
@click.option("--confirm", is_flag=True, help="Confirm what another person proposed.")
@click.option("--digest", metavar="DIGEST", help="With --confirm: digest of the proposal, or its first 8 characters or more.")
@acting_options
@workspace_option
@format_option
def restate(
    period: Period,
    pay_group: str | None,
    reason: str | None,
    divide_anew: bool,
    confirm: bool,
    digest: str | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Restate the locked cycle of PERIOD with the targets, assignments, plans and other inputs of today.

    With --reason it is proposed, with --confirm a second person confirms it; with neither the last one is shown. The
    locked cycle stays as it is: the difference is carried by the earliest cycle that is not locked.
    """
    from incentives.services import restating

    if confirm and reason:
        raise InputError("--reason proposes and --confirm confirms; these are two people's acts.")
    if divide_anew and not reason:
        raise InputError("--divide-anew needs a --reason; it takes as long as a full build.")
    if reason:
        by = who_acts(workspace, token, actor)
        found = restating.propose_restatement(
            workspace, period, pay_group=pay_group, by=by, now=clock.now(), reason=reason, divide_anew=divide_anew
        )
    elif confirm:
        by = who_acts(workspace, token, actor)
        found = restating.confirm_restatement(workspace, period, pay_group=pay_group, by=by, now=clock.now(), digest=digest)
    else:
        found = restating.restatement_of(workspace, period, pay_group)
    if output_format == "json":
        print_json([asdict(found)])
        return
    rows: list[dict[str, Cell]] = [
        {
            "associate_id": row.associate_id,
            "plan": row.plan,
            "currency": row.currency,
            "settled": format_minor(row.settled_minor, row.currency),
            "worth": format_minor(row.worth_minor, row.currency),
            "difference": format_minor(row.worth_minor - row.settled_minor, row.currency),
            "causes": "; ".join(row.causes),
        }
        for row in found.differences
    ]
    emit(rows, COLUMNS, output_format)
    if output_format == "table":
        click.echo(f"{found.period}/{found.pay_group}: {found.state} by {found.person_id}, digest {found.digest}")
