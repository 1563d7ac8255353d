"""`incentives credits`: the published credits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.periods import Period

if TYPE_CHECKING:
    from incentives.workspace import Workspace

COLUMNS = (
    "source",
    "order_id",
    "line_id",
    "role",
    "recipient",
    "share",
    "credit_minor",
    "currency",
    "reason",
    "policy",
    "business_date",
    "earned_date",
)


@click.command("credits")
@click.option("--order", "order_id", metavar="ID", help="Only lines of this order, in every source.")
@click.option("--associate", "associate_id", metavar="ID", help="Only this recipient; `house` for what counts for nobody.")
@click.option("--period", "period_text", metavar="P", help="Only this period: 2026-03, 2026-Q1, 2026-H1 or 2026.")
@click.option(
    "--date",
    "basis",
    type=click.Choice(["business", "earned"]),
    default="business",
    show_default=True,
    help="The date that decides the period: business (net sales) or earned (pay).",
)
@workspace_option
@format_option
def credits_command(
    order_id: str | None,
    associate_id: str | None,
    period_text: str | None,
    basis: Literal["business", "earned"],
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """List credits by line, role and recipient; without filters, everything.

    The credits of a line sum to its net amount; `house` is nobody. Amounts are minor units of the currency.
    """
    from incentives.services.credits import list_credits

    period = Period.parse(period_text) if period_text else None
    found = list_credits(workspace, order_id=order_id, associate_id=associate_id, period=period, basis=basis)
    rows: list[dict[str, Cell]] = [
        {
            "source": credit.source,
            "order_id": credit.order_id,
            "line_id": credit.line_id,
            "role": credit.role,
            "recipient": credit.recipient,
            "share": credit.share,
            "credit_minor": credit.credit_minor,
            "currency": credit.currency,
            "reason": credit.reason,
            "policy": credit.policy,
            "business_date": credit.business_date.isoformat(),
            "earned_date": credit.earned_date.isoformat(),
        }
        for credit in found
    ]
    emit(rows, COLUMNS, output_format)
