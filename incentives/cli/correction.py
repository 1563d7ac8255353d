"""`incentives correction`: the seller of a line, or a touch, put right by two people who see first what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import acting_options, who_acts
from incentives.cli.cycle_show import print_json
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.correction_effect import Effect
    from incentives.services.corrections import Correction, Recorded

COLUMNS = ("correction", "state", "what", "people", "by", "at", "digest")
EFFECT_COLUMNS = ("kind", "of", "role", "recipient", "currency", "was", "becomes", "change")
_reason_option = click.option("--reason", help="Why; proposes it. Without, its effect is shown and nothing is recorded.")


@click.group()
def correction() -> None:
    """Put right who sold a line, or take a touch away.

    What it changes is shown first. With --reason a manager or finance proposes it, `confirm` of another person of finance delivers it.
    An amount outside what is sold is `incentives cycle goodwill`; who looks after a client is delivered by client_ownership.
    """


@correction.command()
@click.argument("source")
@click.argument("order_id", metavar="ORDER")
@click.argument("line_id", metavar="LINE")
@click.argument("sellers")
@_reason_option
@acting_options
@workspace_option
@format_option
def seller(
    source: str,
    order_id: str,
    line_id: str,
    sellers: str,
    reason: str | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Say that LINE of ORDER was sold by SELLERS: a1, or with shares a1:70|a2:30."""
    from incentives.services.corrections import seller_correction

    _try(workspace, seller_correction(workspace, source, order_id, line_id, sellers), reason, token, actor, output_format)


@correction.command()
@click.argument("source")
@click.argument("interaction_id", metavar="INTERACTION")
@_reason_option
@acting_options
@workspace_option
@format_option
def touch(
    source: str,
    interaction_id: str,
    reason: str | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Say that INTERACTION did not take place, or not by whom it names."""
    from incentives.services.corrections import touch_correction

    _try(workspace, touch_correction(workspace, source, interaction_id), reason, token, actor, output_format)


@correction.command()
@click.argument("number", metavar="CORRECTION")
@click.option("--digest", metavar="DIGEST", help="As `show` prints it, or its first 8 characters or more.")
@acting_options
@workspace_option
@format_option
def confirm(
    number: str, digest: str | None, token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Confirm CORRECTION, which another person proposed: its record lands with the next load."""
    from incentives.services.corrections import confirm_correction

    by = who_acts(workspace, token, actor)
    _list((confirm_correction(workspace, number, by=by, now=clock.now(), digest=digest),), output_format)


@correction.command()
@click.argument("number", metavar="CORRECTION")
@workspace_option
@format_option
def show(number: str, workspace: Workspace, output_format: OutputFormat) -> None:
    """Show what CORRECTION, which is proposed, would change now."""
    from incentives.services.corrections import find_correction, preview

    found = find_correction(workspace, number)
    if found.state == "confirmed":
        _list((found,), output_format)
        return
    effect = preview(workspace, found.correction, now=clock.now())
    _show(found.correction, effect, found, output_format)


@correction.command("list")
@workspace_option
@format_option
def list_command(workspace: Workspace, output_format: OutputFormat) -> None:
    """List every correction, proposed and confirmed."""
    from incentives.services.corrections import list_corrections

    _list(list_corrections(workspace), output_format)


def _try(
    workspace: Workspace,
    correction: Correction,
    reason: str | None,
    token: str | None,
    actor: str | None,
    output_format: OutputFormat,
) -> None:
    from incentives.services.corrections import preview, propose_correction

    if reason is None:
        _show(correction, preview(workspace, correction, now=clock.now()), None, output_format)
        return
    by = who_acts(workspace, token, actor)
    recorded, effect = propose_correction(workspace, correction, by=by, now=clock.now(), reason=reason)
    _show(correction, effect, recorded, output_format)


def _show(correction: Correction, effect: Effect, recorded: Recorded | None, output_format: OutputFormat) -> None:
    rows = [
        _row(
            "credit",
            f"{one.source} {one.order_id}/{one.line_id}",
            one.role,
            one.recipient,
            one.currency,
            one.was_minor,
            one.becomes_minor,
        )
        for one in effect.credits
    ]
    rows += [
        _row("pay", one.period, None, one.associate_id, one.currency, one.was_minor, one.becomes_minor) for one in effect.payouts
    ]
    if output_format == "json":
        print_json([{"correction": recorded.number if recorded else None, "effect": rows}])
        return
    emit(rows, EFFECT_COLUMNS, output_format)
    if output_format == "table":
        click.echo(f"If {correction.words}. Pay is by the plans of today; a locked period's is settled by the next cycle.")
        if recorded is None:
            click.echo("Nothing is recorded; with --reason it is proposed.")
        else:
            click.echo(f"Correction {recorded.number} is {recorded.state}, digest {recorded.digest[:12]}.")


def _row(kind: str, of: str, role: str | None, recipient: str, currency: str, was: int, becomes: int) -> dict[str, Cell]:
    """Return one change, amounts in major units."""
    amounts = {"was": was, "becomes": becomes, "change": becomes - was}
    shown = {name: format_minor(minor, currency) for name, minor in amounts.items()}
    return {"kind": kind, "of": of, "role": role, "recipient": recipient, "currency": currency, **shown}


def _list(found: tuple[Recorded, ...], output_format: OutputFormat) -> None:
    emit(
        [
            {
                "correction": one.number,
                "state": one.state,
                "what": one.correction.words,
                "people": ", ".join(one.people),
                "by": one.person_id,
                "at": one.acted_at.isoformat(),
                "digest": one.digest[:12] if output_format == "table" else one.digest,
            }
            for one in found
        ],
        COLUMNS,
        output_format,
    )
