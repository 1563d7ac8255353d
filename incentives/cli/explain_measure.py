"""`incentives explain measure`: what a measure is made of, down to the lines, orders or days behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.cli.percent import decimal
from incentives.money import format_minor

if TYPE_CHECKING:
    from incentives.services.measure_explanations import MeasureExplanation, Part
    from incentives.services.measure_values import MeasureValue
    from incentives.workspace import Workspace

COLUMNS = ("earned_date", "business_date", "source", "order_id", "line_id", "role", "person", "value", "of", "currency")
_KINDS = {
    "sum": "It adds up over days.",
    "ratio": "Both parts add up over days; the ratio is of the sums.",
    "distinct": "Each is counted once.",
    "last": "The last day's counts.",
}


@click.command("measure")
@click.argument("subject", metavar="SUBJECT")
@click.argument("name", metavar="MEASURE")
@click.option(
    "--period", "period_text", required=True, metavar="PERIOD", help="2026-03, 2026-Q1, 2026-H1 or 2026; by earned date."
)
@workspace_option
@format_option
def measure(subject: str, name: str, period_text: str, workspace: Workspace, output_format: OutputFormat) -> None:
    """Say what MEASURE of SUBJECT (associate:ID, team:ID or location:ID) is made of: every line, order or day behind it.

    Read from the published figures, not computed again.
    """
    from incentives.periods import Period
    from incentives.services.measure_explanations import explain_measure

    period = Period.parse(period_text)
    found = explain_measure(workspace, subject, name, period)
    if output_format == "table":
        click.echo("\n".join(_heading(found, subject, period_text)))
    emit([_row(part) for part in found.parts], COLUMNS, output_format)


def _heading(found: MeasureExplanation, subject: str, period: str) -> list[str]:
    totals = ", ".join(_total(value) for value in found.values) or "nothing"
    text = [f"{found.measure.name} of {subject} in {period}: {totals}."]
    text.append(found.measure.description or "Delivered by another system in the scores feed.")
    rows = len(found.parts)
    return [*text, f"{_KINDS[found.measure.additivity]} It is made of {rows} row{'' if rows == 1 else 's'}:"]


def _total(value: MeasureValue) -> str:
    parts = "" if value.denominator is None else f" ({value.numerator} of {value.denominator})"
    if value.value is None:
        return f"too few cases{parts}"
    if value.currency is not None and value.unit == "money":
        return f"{format_minor(int(value.value), value.currency)} {value.currency}"
    return f"{decimal(value.value)}{parts}"


def _row(part: Part) -> dict[str, Cell]:
    source, order_id, line_id = part.line or (None, None, None)
    money = part.currency is not None
    return {
        "earned_date": part.earned_date.isoformat(),
        "business_date": part.business_date.isoformat(),
        "source": source,
        "order_id": order_id,
        "line_id": line_id,
        "role": part.role,
        "person": part.person,
        "value": format_minor(int(part.value), str(part.currency)) if money else decimal(part.value),
        "of": part.denominator,
        "currency": part.currency,
    }
