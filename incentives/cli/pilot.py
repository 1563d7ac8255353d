"""`incentives pilot`: whether what some teams tried made a difference."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.money import currency_digits
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.pilots import PilotReport

TEAMS = ("team", "side", "people", "before", "during", "change")
SIDES = ("side", "teams", "revenue_before", "revenue_during", "questions", "pulse")


@click.group("pilot")
def pilot() -> None:
    """Whether what some teams tried made a difference, beside teams that did not try it."""


@pilot.command("report")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@workspace_option
@format_option
def report(file: Path, workspace: Workspace, output_format: OutputFormat) -> None:
    """Report on the pilot of FILE: each team before and during, the difference with its 95 % interval, or that there are too few teams to say.

    Beside it stand credited revenue, the questions that people asked, and what employees answered about their work. Months of the pilot that are not over are left out. Nothing is written.
    """
    from incentives.services.pilots import report_pilot

    found = report_pilot(workspace, file)
    if output_format == "json":
        click.echo(json.dumps([asdict(found)], ensure_ascii=False, indent=1, default=str))
        return
    emit(_teams(found), TEAMS, output_format)
    if output_format == "table":
        _show(found)


def _show(found: PilotReport) -> None:
    currency = found.pilot.currency or ""
    unit = f"{currency if found.unit == 'money' else ''} {'for each person and month' if found.per_person else ''}".strip()
    click.echo(
        f"\n{found.pilot.pilot}, {found.months[0]} to {found.months[-1]}, beside as many months before. {found.pilot.hypothesis}"
    )
    if found.difference is not None:
        between = "" if found.low is None else f", 95 % between {_figure(found, found.low)} and {_figure(found, found.high)}"
        click.echo(f"difference in {found.pilot.measure}: {_figure(found, found.difference)} {unit}".rstrip() + between)
    click.echo(found.verdict)
    if found.stopped:
        click.echo(f"The stop rule holds: {', '.join(found.stopped)}.")
    elif found.pilot.stop is not None:
        click.echo("The stop rule did not hold in any month.")
    sides: list[dict[str, Cell]] = [
        {
            "side": side.side,
            "teams": side.teams,
            "revenue_before": _money(side.revenue_before, currency),
            "revenue_during": _money(side.revenue_during, currency),
            "questions": side.questions,
            "pulse": None if side.pulse is None else _rounded(side.pulse, 1),
        }
        for side in found.sides
    ]
    click.echo("")
    emit(sides, SIDES, "table")


def _teams(found: PilotReport) -> list[dict[str, Cell]]:
    return [
        {
            "team": team.team,
            "side": team.side,
            "people": _rounded(team.people, 1),
            "before": _figure(found, team.before),
            "during": _figure(found, team.during),
            "change": _figure(found, team.change),
        }
        for team in found.teams
    ]


def _figure(found: PilotReport, value: Fraction | float | None) -> str | None:
    if value is None:
        return None
    if found.unit == "money":
        return _money(Fraction(value), found.pilot.currency or "")
    return _rounded(Fraction(value), 4 if found.unit == "ratio" else 2)


def _money(value: Fraction | None, currency: str) -> str | None:
    if value is None:
        return None
    digits = currency_digits(currency)
    return _rounded(value / 10**digits, digits)


def _rounded(value: Fraction, digits: int) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))
