"""`incentives cycle goodwill`: an amount that a cycle pays somebody outside what their plan is worth."""

from __future__ import annotations

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

COLUMNS = ("associate_id", "currency", "amount", "by", "at", "in_force")


@click.command()
@period_argument
@click.argument("associate_id", metavar="ASSOCIATE")
@click.argument("amount", metavar="[AMOUNT]", required=False)
@click.option("--currency", metavar="CODE", help="Default: the pay group's.")
@click.option("--reason", required=True, help="Why; kept with the act.")
@click.option("--withdraw", is_flag=True, help="Take it back, as long as the cycle is not approved.")
@acting_options
@workspace_option
@format_option
def goodwill(
    period: Period,
    pay_group: str | None,
    associate_id: str,
    amount: str | None,
    currency: str | None,
    reason: str,
    withdraw: bool,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Pay ASSOCIATE the AMOUNT with the cycle of PERIOD, outside what their plan is worth.

    No cap, holdback, draw or later adjustment touches it. Whoever gave it does not approve the cycle.
    """
    from incentives.services.cycle_instructions import give_goodwill

    if withdraw == (amount is not None):
        raise InputError("how much?" if amount is None else "--withdraw takes back what was given, and no amount.")
    given = give_goodwill(
        workspace,
        period,
        associate_id,
        amount or "0",
        pay_group=pay_group,
        currency=currency,
        by=who_acts(workspace, token, actor),
        now=clock.now(),
        reason=reason,
        withdraw=withdraw,
    )
    row: dict[str, Cell] = {
        "associate_id": given.associate_id,
        "currency": given.currency,
        "amount": format_minor(given.amount_minor, given.currency),
        "by": given.person_id,
        "at": given.given_at.isoformat(),
        "in_force": not withdraw,
    }
    emit([row], COLUMNS, output_format)
