"""`incentives forget`: erase a customer's clear values, and keep them erased."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from incentives import clock
from incentives.cli.acting import acting_options, who_acts
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import OutputFormat, emit
from incentives.errors import InputError
from incentives.workspace import Workspace


@click.command()
@click.argument("customer", required=False)
@click.option("--source", metavar="NAME", help="The source whose customer id CUSTOMER is; without it an identifier.")
@click.option("--reason", required=True, help="Why; kept with the act. Name nobody in it.")
@click.option("--replay", "replay_log", is_flag=True, help="Apply the erasure log again: after a restore.")
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --replay: an erasure log that was kept elsewhere.",
)
@acting_options
@workspace_option
@format_option
def forget(
    customer: str | None,
    source: str | None,
    reason: str,
    replay_log: bool,
    log: Path | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Forget CUSTOMER: a customer id with --source, or an email, phone, loyalty number, handle or account.

    All records that the warehouse has joined to it are one person and are forgotten together. No credit, total or
    statement changes. It needs the token of a privacy officer and cannot be undone.
    """
    from incentives.services import forgetting
    from incentives.services.natural_persons import Named

    if (customer is None) != replay_log:
        raise InputError("name one customer, or --replay.", remedy="`incentives forget CUSTOMER [--source NAME] --reason TEXT`.")
    if log is not None and not replay_log:
        raise InputError("--log goes with --replay.")
    by = who_acts(workspace, token, actor)
    if customer is None:
        done = forgetting.replay(workspace, by=by, reason=reason, now=clock.now(), log=log)
    else:
        done = forgetting.forget(workspace, Named(customer, source), by=by, reason=reason, now=clock.now())
    rows = [{"what": what.replace("_", " "), "count": count} for what, count in asdict(done).items()]
    emit(rows, ("what", "count"), output_format)
