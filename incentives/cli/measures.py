"""`incentives measures`: what is measured, and what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.cli.percent import decimal
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.measure_values import MeasureValue

LIST = ("measure", "subject", "unit", "adds_up", "payable", "least_cases", "meaning")
VALUES = ("measure", "value", "currency", "numerator", "denominator")


@click.group("measures")
def measures() -> None:
    """What is measured, with one definition each, and what it comes to."""


@measures.command("list")
@workspace_option
@format_option
def list_command(workspace: Workspace, output_format: OutputFormat) -> None:
    """List every measure: whose it is, its unit, how it adds up, whether plans may pay on it, and what it means."""
    from incentives.services.measure_values import registered_measures

    found = sorted(registered_measures(workspace).measures.values(), key=lambda measure: measure.name)
    rows: list[dict[str, Cell]] = [
        {
            "measure": one.name,
            "subject": one.subject,
            "unit": one.unit,
            "adds_up": one.additivity,
            "payable": one.payable,
            "least_cases": one.minimum_count or None,
            "meaning": one.description or "Delivered by another system in the scores feed.",
        }
        for one in found
    ]
    emit(rows, LIST if output_format != "table" else LIST[:-1], output_format)


@measures.command("show")
@click.argument("subject", metavar="SUBJECT")
@click.option("--period", "period_text", required=True, metavar="PERIOD", help="2026-03, 2026-Q1, 2026-H1 or 2026.")
@workspace_option
@format_option
def show(subject: str, period_text: str, workspace: Workspace, output_format: OutputFormat) -> None:
    """Show the measures of SUBJECT in PERIOD, by earned date: associate:ID, team:ID or location:ID.

    A ratio of fewer cases than its measure asks for is not shown as a score.
    """
    from incentives.periods import Period
    from incentives.services.measure_values import measure_values

    found = measure_values(workspace, subject, Period.parse(period_text))
    emit([_row(value) for value in found], VALUES, output_format)


def _row(found: MeasureValue) -> dict[str, Cell]:
    if found.value is None:
        value = "too few cases"
    elif found.currency is not None and found.unit == "money":
        value = format_minor(int(found.value), found.currency)
    else:
        value = decimal(found.value)
    return {
        "measure": found.measure,
        "value": value,
        "currency": found.currency,
        "numerator": found.numerator,
        "denominator": found.denominator,
    }
