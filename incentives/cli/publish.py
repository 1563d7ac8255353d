"""`incentives publish`: put plans, policies and mappings into effect, by two people."""

from __future__ import annotations

import click

from incentives import clock
from incentives.cli.acting import acting_options, who_acts
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import InputError
from incentives.workspace import Workspace

COLUMNS = ("document", "state", "digest", "by", "at")


@click.command()
@click.argument("document", metavar="[FILE]", required=False)
@click.option("--reason", help="Why; kept with the act. Proposes the text of FILE as it stands.")
@click.option("--withdraw", is_flag=True, help="With --reason: propose that FILE is taken out of effect.")
@click.option("--confirm", is_flag=True, help="Confirm what another person proposed.")
@click.option("--digest", metavar="DIGEST", help="With --confirm: digest of the text, or its first 8 characters or more.")
@click.option("--waive-notice", metavar="REASON", help="With --confirm: why a plan may start sooner than its notice_days.")
@acting_options
@workspace_option
@format_option
def publish(
    document: str | None,
    reason: str | None,
    withdraw: bool,
    confirm: bool,
    digest: str | None,
    waive_notice: str | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Put a plan, policy or mapping into effect, or list where each stands.

    FILE is its place in the workspace, such as plans/advisor.yaml. With --reason one person of finance proposes its text, with
    --confirm another puts it into effect. A cycle is calculated with texts in effect alone; a demo workspace needs no second person.
    """
    from incentives.services import text_publications as publishing

    if confirm and (reason or withdraw):
        raise InputError("--reason proposes and --confirm confirms; these are two people's acts.")
    if document is None and (confirm or reason or withdraw):
        raise InputError("which file?", remedy="Name its place in the workspace, such as plans/advisor.yaml.")
    if withdraw and not reason:
        raise InputError("--withdraw needs a --reason.")
    if document is not None and reason:
        by = who_acts(workspace, token, actor)
        publishing.propose_publication(workspace, document, by=by, now=clock.now(), reason=reason, withdraw=withdraw)
    elif document is not None and confirm:
        by = who_acts(workspace, token, actor)
        publishing.confirm_publication(workspace, document, by=by, now=clock.now(), digest=digest, waive_notice=waive_notice)
    rows: list[dict[str, Cell]] = [
        {
            "document": one.document,
            "state": one.state,
            "digest": one.digest[:12] if output_format == "table" else one.digest,
            "by": one.by,
            "at": one.at.isoformat() if one.at else None,
        }
        for one in publishing.documents(workspace)
        if document in (None, one.document)
    ]
    emit(rows, COLUMNS, output_format)
