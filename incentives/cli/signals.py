"""`incentives signals`: what was agreed to be shown of how people work; nothing is credited, paid, scored or ranked by it."""

from __future__ import annotations

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.workspace import Workspace

LIST = ("signal", "on", "agreement", "meaning")
MONTHS = ("month", "associate", "hits", "cases", "earlier_hits", "earlier_cases", "agreement")
ROWS = ("day", "associate", "source", "order_id", "line_id", "interaction_source", "interaction_id", "with")


@click.group("signals")
def signals() -> None:
    """What was agreed to be shown of how people work: facts with their n, off until an agreement turns them on."""


@signals.command("list")
@workspace_option
@format_option
def list_command(workspace: Workspace, output_format: OutputFormat) -> None:
    """List every signal, whether it is on, and under which agreement."""
    from incentives.services.signals import SIGNALS

    section = workspace.config.signals
    rows: list[dict[str, Cell]] = [
        {
            "signal": name,
            "on": name in section.agreed,
            "agreement": section.agreement if name in section.agreed else None,
            "meaning": meaning,
        }
        for name, meaning in SIGNALS.items()
    ]
    emit(rows, LIST, output_format)


@signals.command("show")
@click.argument("name", metavar="SIGNAL")
@click.option("--period", "period_text", required=True, metavar="PERIOD", help="2026-03, 2026-Q1, 2026-H1 or 2026.")
@click.option("--rows", "with_rows", is_flag=True, help="The cases behind it instead of their number.")
@click.option("--associate", metavar="ID", help="With --rows: of this person.")
@workspace_option
@format_option
def show(
    name: str, period_text: str, with_rows: bool, associate: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Show what SIGNAL says of PERIOD: people with at least five cases in a month, beside their own six months before."""
    from incentives.periods import Period
    from incentives.services.signals import signal_rows, signals_of

    period = Period.parse(period_text)
    if with_rows:
        cases: list[dict[str, Cell]] = [
            {
                "day": row.day.isoformat(),
                "associate": row.associate_id,
                "source": row.source,
                "order_id": row.order_id,
                "line_id": row.line_id,
                "interaction_source": row.interaction_source,
                "interaction_id": row.interaction_id,
                "with": row.with_associate_id,
            }
            for row in signal_rows(workspace, name, period, associate)
        ]
        emit(cases, ROWS, output_format)
        return
    found: list[dict[str, Cell]] = [
        {
            "month": f"{one.month:%Y-%m}",
            "associate": one.associate_id,
            "hits": one.hits,
            "cases": one.cases,
            "earlier_hits": one.earlier_hits,
            "earlier_cases": one.earlier_cases,
            "agreement": one.agreement,
        }
        for one in signals_of(workspace, name, period)
    ]
    emit(found, MONTHS, output_format)
