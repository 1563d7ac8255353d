"""`incentives cycle hold | release | write-off | waive`: what finance instructs of a cycle before its approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import acting_options, period_argument, who_acts
from incentives.cli.cycle_show import show_acts, show_status
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import OutputFormat
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.periods import Period

_HELP = {
    "hold": (
        "ASSOCIATE",
        "Keep the payout of ASSOCIATE out of the cycle of PERIOD, and pay it in a later one.\n\n"
        "The lock posts it as held; nobody else waits.",
    ),
    "release": ("ASSOCIATE", "Pay what is held of ASSOCIATE with the cycle of PERIOD."),
    "write_off": (
        "ASSOCIATE",
        "Ask no more for what ASSOCIATE still owes after the cycle of PERIOD, of payouts and of draws.",
    ),
    "waive": (
        "CHECK",
        "Let CHECK stop the approval of this version of PERIOD no longer; another calculation needs another waiver.",
    ),
}


def _command(kind: str) -> click.Command:
    metavar, words = _HELP[kind]

    @click.command(kind.replace("_", "-"), help=words)
    @period_argument
    @click.argument("subject", metavar=metavar)
    @click.option("--reason", required=True, help="Why; kept with the act.")
    @click.option("--withdraw", is_flag=True, help="Take the same instruction back.")
    @acting_options
    @workspace_option
    @format_option
    def command(
        period: Period,
        pay_group: str | None,
        subject: str,
        reason: str,
        withdraw: bool,
        token: str | None,
        actor: str | None,
        workspace: Workspace,
        output_format: OutputFormat,
    ) -> None:
        from incentives.ledger.states import Instruction
        from incentives.services.cycle_instructions import instruct_cycle
        from incentives.services.cycles import cycle_status

        by = who_acts(workspace, token, actor)
        instruct_cycle(
            workspace,
            period,
            Instruction(kind),
            subject,
            pay_group=pay_group,
            by=by,
            now=clock.now(),
            reason=reason,
            withdraw=withdraw,
        )
        status = cycle_status(workspace, period, pay_group)
        show_status(status, output_format)
        if output_format == "table":
            show_acts(status)

    return command


hold, release, write_off, waive = (_command(kind) for kind in _HELP)
