"""`incentives kpis`: key figures by month, of people, teams and locations."""

from __future__ import annotations

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.cli.percent import decimal
from incentives.errors import InputError
from incentives.money import format_minor
from incentives.workspace import Workspace

COLUMNS = ("month", "subject", "measure", "value", "currency", "numerator", "denominator")
BY_CHANNEL = ("month", "subject", "channel", "credited", "as_seller", "currency", "orders")


@click.command()
@click.option("--period", "period_text", required=True, metavar="PERIOD", help="2026-03, 2026-Q1, 2026-H1 or 2026.")
@click.option("--subject", metavar="SUBJECT", help="associate:ID, team:ID or location:ID; default: everybody.")
@click.option(
    "--by-channel", is_flag=True, help="Credit of people by the channel of the order line: a report, which nothing is paid by."
)
@workspace_option
@format_option
def kpis(period_text: str, subject: str | None, by_channel: bool, workspace: Workspace, output_format: OutputFormat) -> None:
    """Show key figures by month (of the business date), of people, of teams and locations with those assigned to them.

    A ratio of fewer cases than its measure asks for is not shown as a score.
    """
    from incentives.periods import Period
    from incentives.services.kpis import channel_figures, key_figures

    period = Period.parse(period_text)
    if by_channel:
        kind, _, associate_id = (subject or "associate:").partition(":")
        if kind != "associate":
            raise InputError("channels are shown for people.", where="--subject", remedy="Write associate:ID, or leave it out.")
        rows: list[dict[str, Cell]] = [
            {
                "month": f"{found.month:%Y-%m}",
                "subject": f"associate:{found.associate_id}",
                "channel": found.channel,
                "credited": format_minor(found.credited_minor, found.currency),
                "as_seller": format_minor(found.credited_as_seller_minor, found.currency),
                "currency": found.currency,
                "orders": found.orders,
            }
            for found in channel_figures(workspace, period, associate_id or None)
        ]
        emit(rows, BY_CHANNEL, output_format)
        return
    figures: list[dict[str, Cell]] = []
    for figure in key_figures(workspace, period, subject):
        if figure.value is None:
            value = "too few cases"
        elif figure.denominator is None and figure.currency is not None:
            value = format_minor(int(figure.value), figure.currency)
        else:
            value = decimal(figure.value)
        figures.append(
            {
                "month": f"{figure.month:%Y-%m}",
                "subject": f"{figure.subject_type}:{figure.subject_id}",
                "measure": figure.measure,
                "value": value,
                "currency": figure.currency,
                "numerator": figure.numerator,
                "denominator": figure.denominator,
            }
        )
    emit(figures, COLUMNS, output_format)
