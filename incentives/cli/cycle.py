"""`incentives cycle`: a bonus cycle from open to exported, and what it is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import acting_options, period_argument, who_acts
from incentives.cli.cycle_accrue import accrue
from incentives.cli.cycle_adjustments import adjustments
from incentives.cli.cycle_checklist import checklist
from incentives.cli.cycle_goodwill import goodwill
from incentives.cli.cycle_instructions import hold, release, waive, write_off
from incentives.cli.cycle_restate import restate
from incentives.cli.cycle_results import results
from incentives.cli.cycle_show import show_export, show_status
from incentives.cli.cycle_views import balances, diff, list_command, pdf, replay, statements, status
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import OutputFormat
from incentives.errors import InputError
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.periods import Period


@click.group()
def cycle() -> None:
    """Run a bonus cycle: open, calculate, review, approve, lock, export.

    Acts need a personal token. Whoever opened, calculated or reviewed a cycle does not approve it.
    """


@cycle.command("open")
@period_argument
@acting_options
@workspace_option
@format_option
def open_command(
    period: Period, pay_group: str | None, token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Open the cycle of PERIOD (2026-03, 2026-Q1, 2026-H1 or 2026)."""
    from incentives.services.cycles import open_cycle

    by = who_acts(workspace, token, actor)
    show_status(open_cycle(workspace, period, pay_group=pay_group, by=by, now=clock.now()), output_format)


@cycle.command()
@period_argument
@acting_options
@workspace_option
@format_option
def calculate(
    period: Period, pay_group: str | None, token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Calculate PERIOD from the published snapshot, as a new version.

    The inputs are frozen with it, so that `replay` can prove every payout as long as the cycle is kept.
    """
    from incentives.services.cycles import calculate_cycle

    by = who_acts(workspace, token, actor)
    show_status(calculate_cycle(workspace, period, pay_group=pay_group, by=by, now=clock.now()), output_format)


@cycle.command()
@period_argument
@click.option("--until", metavar="MOMENT", help="Until when people may ask about their draft (2026-04-04T18:00+02:00).")
@acting_options
@workspace_option
@format_option
def review(
    period: Period,
    pay_group: str | None,
    until: str | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Put the current version of PERIOD before its people, as a draft."""
    from incentives.services.cycles import review_cycle

    by = who_acts(workspace, token, actor)
    moment = _moment(until) if until else None
    show_status(review_cycle(workspace, period, pay_group=pay_group, by=by, now=clock.now(), review_until=moment), output_format)


@cycle.command()
@period_argument
@click.option("--digest", metavar="DIGEST", help="Digest of the version approved, or its first 8 characters or more.")
@acting_options
@workspace_option
@format_option
def approve(
    period: Period,
    pay_group: str | None,
    digest: str | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Approve the current version of PERIOD, once the blocking checks hold."""
    from incentives.services.cycles import approve_cycle

    by = who_acts(workspace, token, actor)
    show_status(approve_cycle(workspace, period, pay_group=pay_group, by=by, now=clock.now(), digest=digest), output_format)


@cycle.command("send-back")
@period_argument
@click.option("--reason", required=True, help="Why; kept with the act.")
@acting_options
@workspace_option
@format_option
def send_back(
    period: Period,
    pay_group: str | None,
    reason: str,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Send the approved cycle of PERIOD back to be calculated again."""
    from incentives.services.cycles import send_back_cycle

    by = who_acts(workspace, token, actor)
    show_status(send_back_cycle(workspace, period, pay_group=pay_group, by=by, now=clock.now(), reason=reason), output_format)


@cycle.command()
@period_argument
@acting_options
@workspace_option
@format_option
def lock(
    period: Period, pay_group: str | None, token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Lock the approved cycle of PERIOD: its statements are posted and never change."""
    from incentives.services.cycles import lock_cycle

    by = who_acts(workspace, token, actor)
    show_status(lock_cycle(workspace, period, pay_group=pay_group, by=by, now=clock.now()), output_format)


@cycle.command()
@period_argument
@acting_options
@workspace_option
@format_option
def export(
    period: Period, pay_group: str | None, token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Export the locked cycle of PERIOD to payroll, with control totals.

    Again gives the same bytes and pays nothing twice.
    """
    from incentives.services.cycles import export_cycle

    by = who_acts(workspace, token, actor)
    show_export(export_cycle(workspace, period, pay_group=pay_group, by=by, now=clock.now()), output_format)


for _command in (
    status,
    list_command,
    statements,
    pdf,
    checklist,
    adjustments,
    balances,
    diff,
    replay,
    results,
    restate,
    hold,
    release,
    write_off,
    goodwill,
    accrue,
    waive,
):
    cycle.add_command(_command)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"'{text}' is not a moment.", where="--until", remedy="Write 2026-04-04T18:00+02:00.") from error
    if moment.tzinfo is None:
        raise InputError(f"'{text}' has no offset from UTC.", where="--until", remedy="Write 2026-04-04T18:00+02:00.")
    return moment.astimezone(UTC)
