"""`incentives audit`: prove over real data what the product promises."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.cli.percent import hundredths, percent
from incentives.errors import EXIT_CHECK_FAILED
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.channels_of_work import ChannelOfWork
    from incentives.services.neutrality import Change, NeutralityAudit

COMPARED = ("labels", "result", "rows", "changed")
CHANGED = ("labels", "result", "what", "currency", "as_delivered", "relabelled")
BUILT = ("table", "rows", "missing", "surplus")
WORK = ("channel_of_work", "currency", "credit", "credit_share", "payout", "payout_share", "paid_per_100")


@click.group("audit")
def audit() -> None:
    """Prove over real data what the product promises."""


@audit.command("neutrality")
@click.option("--period", "period_text", required=True, metavar="PERIOD", help="2026-03, 2026-Q1, 2026-H1 or 2026.")
@workspace_option
@format_option
def neutrality(period_text: str, workspace: Workspace, output_format: OutputFormat) -> None:
    """Show that no credit, measure or payout of PERIOD depends on where the work happened.

    Everything that landed is built again with channels, activities of equal credit and like places renamed among
    themselves, and once more with every channel called the same; what differs from the real results is listed, and the
    command then ends with 1. It takes two builds, changes nothing, and shows how credit and pay split by channel of work.
    CSV holds the changed rows: none is the proof.
    """
    from incentives.periods import Period
    from incentives.services.neutrality import audit_neutrality

    found = audit_neutrality(workspace, Period.parse(period_text))
    if output_format == "json":
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    elif output_format == "csv":
        emit(_changed(found), CHANGED, "csv")
    else:
        _table(found)
    if found.changed:
        raise click.exceptions.Exit(EXIT_CHECK_FAILED)


@audit.command("build")
@workspace_option
@format_option
def build(workspace: Workspace, output_format: OutputFormat) -> None:
    """Show that the warehouse, as increments made it, holds the rows of one full build of the same loads.

    Every load is built anew in a folder of its own, and every table is compared row by row; where one differs the command
    ends with 1. It takes a full build and changes nothing.
    """
    from incentives.services.build_audit import audit_build

    found = audit_build(workspace)
    rows: list[dict[str, Cell]] = [
        {"table": one.table, "rows": one.rows, "missing": one.missing, "surplus": one.surplus} for one in found
    ]
    differing = sum(one.differs for one in found)
    emit(
        rows if output_format != "table" else [row for row, one in zip(rows, found, strict=True) if one.differs],
        BUILT,
        output_format,
    )
    if output_format == "table":
        click.echo(f"{len(found)} tables, {sum(one.rows for one in found)} rows: {differing or 'none'} differ.")
    if differing:
        raise click.exceptions.Exit(EXIT_CHECK_FAILED)


def _table(found: NeutralityAudit) -> None:
    moved = ", ".join(f"{count} {kind}" for kind, count in found.moved.items())
    click.echo(f"{found.period}, as known after load {found.last_load}. Renamed among themselves: {moved}.\n")
    rows: list[dict[str, Cell]] = [
        {"labels": one.labels, "result": one.kind, "rows": one.compared, "changed": one.changed} for one in found.comparisons
    ]
    emit(rows, COMPARED, "table")
    click.echo("")
    if found.changed:
        click.echo(f"{found.changed} rows are not the same; the first of them:\n")
        emit(_changed(found), CHANGED, "table")
    else:
        click.echo("Nothing changed: credit and pay do not look at where the work happened.")
    click.echo("\nBy channel of work (a person's pay is shown as that person's credit is split):\n")
    emit(_work(found.work), WORK, "table")


def _changed(found: NeutralityAudit) -> list[dict[str, Cell]]:
    return [_row(change) for comparison in found.comparisons for change in comparison.examples]


def _row(change: Change) -> dict[str, Cell]:
    return {
        "labels": change.labels,
        "result": change.kind,
        "what": change.what,
        "currency": change.currency,
        "as_delivered": _amount(change.as_delivered, change.currency),
        "relabelled": _amount(change.relabelled, change.currency),
    }


def _work(channels: tuple[ChannelOfWork, ...]) -> list[dict[str, Cell]]:
    rows: list[dict[str, Cell]] = []
    for one in channels:
        of_currency = [other for other in channels if other.currency == one.currency]
        rows.append(
            {
                "channel_of_work": one.channel,
                "currency": one.currency,
                "credit": format_minor(one.credit_minor, one.currency),
                "credit_share": percent(one.credit_minor, sum(other.credit_minor for other in of_currency)),
                "payout": format_minor(one.payout_minor, one.currency),
                "payout_share": percent(one.payout_minor, sum(other.payout_minor for other in of_currency)),
                "paid_per_100": hundredths(100 * one.payout_minor, one.credit_minor) if one.credit_minor > 0 else None,
            }
        )
    return rows


def _amount(minor: int | None, currency: str | None) -> str | None:
    if minor is None:
        return None
    return str(minor) if currency is None else format_minor(minor, currency)
