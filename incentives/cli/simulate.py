"""`incentives simulate`: what draft plans would have paid, before they go live."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.cli.percent import percent
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.simulation import SimulatedPeriod

PEOPLE = ("period", "pay_group", "associate_id", "team", "role", "currency", "before", "after", "gain")
COSTS = ("currency", "before", "after", "change", "of_revenue_before", "of_revenue_after")
WORK = ("channel_of_work", "currency", "before", "share_before", "after", "share_after")


@click.command()
@click.argument("drafts", metavar="DRAFT", type=click.Path(exists=True, path_type=Path))
@click.option("--period", "periods", required=True, multiple=True, metavar="PERIOD", help="A past period; may be repeated.")
@click.option("--pay-group", metavar="NAME", help="Only this pay group; default: each whose calendar has the period.")
@workspace_option
@format_option
def simulate(
    drafts: Path, periods: tuple[str, ...], pay_group: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Say what DRAFT would have paid in past periods: person by person, what it costs, and for which channel of work.

    DRAFT is a plan file, taken as if it had always held in the place of the workspace's versions of that plan, or a folder
    of plans, taken as it is. A locked cycle is compared with what was locked, any other period with what the plans in force pay.
    Nothing is written.
    """
    from incentives.periods import Period
    from incentives.services.simulation import simulate as simulated

    found = simulated(workspace, drafts, [Period.parse(text) for text in periods], pay_group)
    if output_format == "json":
        click.echo(json.dumps([asdict(period) for period in found], ensure_ascii=False, indent=1))
    elif output_format == "csv":
        emit([row for period in found for row in _people(period)], PEOPLE, "csv")
    else:
        for period in found:
            _show(period)


def _show(found: SimulatedPeriod) -> None:
    click.echo(f"{found.period}, {found.pay_group}; before: {found.baseline}.\n")
    emit(_people(found), PEOPLE[2:], "table")
    gains = [person.gain_minor for person in found.people]
    more, less = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    click.echo(f"\n{more} gain, {less} lose, {len(gains) - more - less} stay the same.\n")
    emit(_costs(found), COSTS, "table")
    counted = ", ".join(f"{count} {name}" for name, count in found.attainment if count)
    click.echo(f"\nAttainment under the draft: {counted or 'nobody has a target'}.\n")
    click.echo("By channel of work (a person's pay is shown as that person's credit is split):\n")
    emit(_work(found), WORK, "table")
    click.echo("")


def _people(found: SimulatedPeriod) -> list[dict[str, Cell]]:
    return [
        {
            "period": found.period,
            "pay_group": found.pay_group,
            "associate_id": person.associate_id,
            "team": person.team,
            "role": person.role,
            "currency": person.currency,
            "before": format_minor(person.before_minor, person.currency),
            "after": format_minor(person.after_minor, person.currency),
            "gain": format_minor(person.gain_minor, person.currency),
        }
        for person in found.people
    ]


def _costs(found: SimulatedPeriod) -> list[dict[str, Cell]]:
    return [
        {
            "currency": cost.currency,
            "before": format_minor(cost.before_minor, cost.currency),
            "after": format_minor(cost.after_minor, cost.currency),
            "change": format_minor(cost.after_minor - cost.before_minor, cost.currency),
            "of_revenue_before": percent(cost.before_minor, cost.revenue_minor),
            "of_revenue_after": percent(cost.after_minor, cost.revenue_minor),
        }
        for cost in found.costs
    ]


def _work(found: SimulatedPeriod) -> list[dict[str, Cell]]:
    before = {(one.channel, one.currency): one.payout_minor for one in found.work_before}
    after = {(one.channel, one.currency): one.payout_minor for one in found.work_after}
    rows: list[dict[str, Cell]] = []
    paid = {key for side in (before, after) for key, minor in side.items() if minor}
    for channel, currency in sorted(paid, key=lambda key: (key[1], key[0])):
        whole = [sum(minor for (_, of), minor in side.items() if of == currency) for side in (before, after)]
        parts = [side.get((channel, currency), 0) for side in (before, after)]
        rows.append(
            {
                "channel_of_work": channel,
                "currency": currency,
                "before": format_minor(parts[0], currency),
                "share_before": percent(parts[0], whole[0]),
                "after": format_minor(parts[1], currency),
                "share_after": percent(parts[1], whole[1]),
            }
        )
    return rows
