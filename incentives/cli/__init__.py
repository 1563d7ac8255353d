"""The command line. Commands load only when they are called, so that `--help` answers at once."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from incentives.errors import EXIT_DONE, IncentivesError

# Command -> (module:attribute, line shown by --help).
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("incentives.cli.init:init", "Make a new workspace with commented examples."),
    "demo": ("incentives.cli.demo:demo", "Sample retailer, landed, built, one cycle locked, portal served."),
    "generate": ("incentives.cli.generate:generate", "Write a sample retailer's feeds into a folder."),
    "connect": ("incentives.cli.connect:connect", "Pull or receive what sources hold, as files of the inbox."),
    "feeds": ("incentives.cli.feeds:feeds", "List the feeds; say what landing a file would do."),
    "land": ("incentives.cli.land:land", "Land delivered files into bronze; default: the workspace's inbox."),
    "build": ("incentives.cli.build:build", "Build the warehouse, check it, and publish a snapshot."),
    "credits": ("incentives.cli.credits:credits_command", "List credits by order, associate or period."),
    "explain": ("incentives.cli.explain:explain", "Say why: an order's credits, a customer, or a payout."),
    "quarantine": ("incentives.cli.diagnostics:quarantine", "List quarantined rows by reason."),
    "reconcile": ("incentives.cli.diagnostics:reconcile", "Compare with the sources' own control totals."),
    "measures": ("incentives.cli.measures:measures", "List the measures; show what they come to."),
    "kpis": ("incentives.cli.kpis:kpis", "Show key figures by month: people, teams, locations; also by channel."),
    "signals": ("incentives.cli.signals:signals", "Show what was agreed to be shown of how people work."),
    "exceptions": ("incentives.cli.diagnostics:exceptions", "List what needs a person: unknown associates and the like."),
    "check": ("incentives.cli.check:check", "Run the quality checks and print every outcome."),
    "audit": ("incentives.cli.audit:audit", "Prove that credit and pay never look at the channel."),
    "policy": ("incentives.cli.policy:policy", "Check crediting policies; say what one would change."),
    "plan": ("incentives.cli.plan:plan", "Check bonus plans."),
    "publish": ("incentives.cli.publish:publish", "Put plans, policies and mappings into effect, by two people."),
    "simulate": ("incentives.cli.simulate:simulate", "Say what draft plans would have paid in past periods."),
    "pilot": ("incentives.cli.pilot:pilot", "Report whether what some teams tried made a difference."),
    "cycle": ("incentives.cli.cycle:cycle", "Open, calculate, review, approve, lock, export or replay a bonus cycle."),
    "question": ("incentives.cli.question:question", "Ask about a statement, answer, and decide."),
    "correction": (
        "incentives.cli.correction:correction",
        "Put right a seller or a touch, by two people; shows the effect first.",
    ),
    "ledger": ("incentives.cli.ledger:ledger", "Back up the ledger, and restore it."),
    "account": ("incentives.cli.account:account", "Accounts and personal tokens of people who act."),
    "forget": ("incentives.cli.forget:forget", "Forget a customer; no credit or total changes."),
    "person": ("incentives.cli.person:person", "Export what is held about one person, for that person."),
    "retention": ("incentives.cli.retention:retention", "Say how long things are kept; remove what is due."),
    "verify": ("incentives.cli.verify:verify", "Check the audit chain, postings, statements and snapshots."),
    "serve": ("incentives.cli.serve:serve", "Serve the portal."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module_name, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module_name), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' help lines without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="incentive-warehouse", prog_name="incentives")
def cli() -> None:
    """Credit associates for what they influence in any channel; pay bonuses that trace to the order line."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 a check failed, 2 input or call wrong, 3 something outside failed."""
    try:
        # Without its stand-alone mode click returns the code of `Context.exit` instead of leaving with it.
        code = cli.main(args=list(arguments) if arguments is not None else None, prog_name="incentives", standalone_mode=False)
        if isinstance(code, int) and code != EXIT_DONE:
            sys.exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(2)
    except IncentivesError as error:
        click.echo(f"error: {error.render() if error.what else error}", err=True)
        sys.exit(error.exit_code)
