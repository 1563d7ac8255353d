"""`incentives explain`: why an order's credits, a customer, or a payout, are what they are."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit

if TYPE_CHECKING:
    from incentives.services.explanations import LineExplanation
    from incentives.workspace import Workspace

COLUMNS = ("source", "order_id", "line_id", "role", "recipient", "share", "credit_minor", "currency", "reason", "policy", "words")
# Sub-command -> (module:attribute, line shown by --help).
COMMANDS: dict[str, tuple[str, str]] = {
    "order": ("incentives.cli.explain:order", "Say who is credited for an order, with what share, and why."),
    "customer": ("incentives.cli.explain_customer:customer", "Say who is one customer: records, what joins them, what follows."),
    "measure": ("incentives.cli.explain_measure:measure", "Say what a measure is made of, line by line."),
    "payout": ("incentives.cli.explain_payout:payout", "Say how a payout came about, down to the credits behind it."),
}


class _LazyExplain(click.Group):
    """A group whose sub-commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module_name, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module_name), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_LazyExplain)
def explain() -> None:
    """Say why: an order's credits, who is one customer, a measure, or a payout; read from what was computed."""


@click.command("order")
@click.argument("order_id", metavar="ID")
@click.option("--source", metavar="SOURCE", help="The order's source, where several have an order of this id.")
@workspace_option
@format_option
def order(order_id: str, source: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Say who is credited for each line of an order, with what share and amount, and what did not count.

    Times are UTC. The amounts are those of the published credits.
    """
    from incentives.services.credits import explain_order

    lines = explain_order(workspace, order_id, source=source)
    if output_format == "table":
        click.echo("\n\n".join(_words(line) for line in lines))
    else:
        emit([row for line in lines for row in _rows(line)], COLUMNS, output_format)


def _words(line: LineExplanation) -> str:
    text = [line.heading]
    if line.policy:
        text.append(f"Divided by {line.policy}.")
    for part in line.parts:
        text.append(f"  {part.sentence}")
        text += [f"      {reason}" for reason in part.because]
    if line.left_out:
        text.append("  Did not count:")
        text += [f"      {touch}" for touch in line.left_out]
    return "\n".join(text)


def _rows(line: LineExplanation) -> list[dict[str, Cell]]:
    from incentives.services.credits import share_text

    return [
        {
            "source": line.source,
            "order_id": line.order_id,
            "line_id": line.line_id,
            "role": part.role,
            "recipient": part.recipient,
            "share": share_text(part.share_e12),
            "credit_minor": part.credit_minor,
            "currency": line.currency,
            "reason": part.reason,
            "policy": line.policy,
            "words": " ".join([part.sentence, *(f"{reason}." for reason in part.because)]),
        }
        for part in line.parts
    ]
