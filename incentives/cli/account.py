"""`incentives account`: who may act, and their personal tokens."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from incentives import clock
from incentives.cli.acting import acting_options, who_acts
from incentives.cli.cycle_show import print_json
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import OutputFormat, emit
from incentives.errors import InputError
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.accounts import NewAccount

ROLES = ("associate", "manager", "regional_manager", "finance", "auditor", "privacy_officer", "engineer", "admin")


def _secret(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse a password that everybody on the host could read among the processes."""
    if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE:
        raise InputError(
            "a password does not belong on the command line, where the host's other users and the shell's history see it.",
            where=parameter.opts[0],
            remedy=f"Leave it out and be asked for it, or give it by {parameter.envvar}.",
        )
    return value


@click.group()
def account() -> None:
    """Accounts, roles and personal tokens.

    The first two finance accounts are made from this console while fewer than two exist, and each password is shown
    once. From then on adding takes a finance or admin token, and a finance or admin role a second person's `confirm`.
    """


@account.command()
@click.argument("person")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the person becomes.")
@click.option("--pay-group", default="*", show_default="all", metavar="NAME", help="Pay group the role is limited to.")
@click.option("--name", help="How pages call the person.")
@acting_options
@workspace_option
@format_option
def add(
    person: str,
    role: str,
    pay_group: str,
    name: str | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Add an account for PERSON, or a further role."""
    from incentives.services.accounts import Role, add_account

    by = who_acts(workspace, token, actor) if token or actor else None
    added = add_account(workspace, person, Role(role), by=by, now=clock.now(), pay_group=pay_group, name=name)
    _show_new((added,), output_format)


@account.command()
@click.argument("person")
@acting_options
@workspace_option
@format_option
def confirm(person: str, token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Confirm the finance or admin role that another person proposed for PERSON."""
    from incentives.services.accounts import confirm_account

    by = who_acts(workspace, token, actor)
    _show_new(confirm_account(workspace, person, by=by, now=clock.now()), output_format)


@account.command("token")
@click.argument("person")
@click.option(
    "--password",
    envvar="INCENTIVES_PASSWORD",
    prompt=True,
    hide_input=True,
    callback=_secret,
    help="By INCENTIVES_PASSWORD, or asked for.",
)
@workspace_option
@format_option
def token_command(person: str, password: str, workspace: Workspace, output_format: OutputFormat) -> None:
    """Print a personal token of PERSON, valid for twelve hours."""
    from incentives.services.accounts import issue_token

    token, expires_at = issue_token(workspace, person, password, now=clock.now())
    if output_format == "json":
        print_json([{"person_id": person, "token": token, "expires_at": expires_at}])
    else:
        emit(
            [{"person_id": person, "token": token, "expires_at": expires_at.isoformat()}],
            ("person_id", "token", "expires_at"),
            output_format,
        )


@account.command()
@click.argument("person")
@click.option(
    "--password",
    envvar="INCENTIVES_PASSWORD",
    prompt="Old password",
    hide_input=True,
    callback=_secret,
    help="The old one; by INCENTIVES_PASSWORD, or asked for.",
)
@click.option(
    "--new-password",
    envvar="INCENTIVES_NEW_PASSWORD",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    callback=_secret,
    help="The new one; by INCENTIVES_NEW_PASSWORD, or asked for.",
)
@workspace_option
def password(person: str, password: str, new_password: str, workspace: Workspace) -> None:
    """Change the password of PERSON; their tokens end."""
    from incentives.services.accounts import change_password

    change_password(workspace, person, password, new_password, now=clock.now())
    click.echo(f"The password of {person} is changed, and their tokens have ended.")


@account.command("list")
@workspace_option
@format_option
def list_command(workspace: Workspace, output_format: OutputFormat) -> None:
    """List accounts with the roles in force and those that wait for a second person."""
    from incentives.services.accounts import list_accounts

    found = list_accounts(workspace)
    if output_format == "json":
        print_json([asdict(row) for row in found])
        return
    emit(
        [
            {
                "person_id": row.person_id,
                "name": row.display_name,
                "roles": ", ".join(f"{grant.role.value} ({grant.pay_group})" for grant in row.roles),
                "proposed": ", ".join(f"{grant.role.value} ({grant.pay_group})" for grant in row.proposed),
                "demo": row.is_demo,
                "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
            }
            for row in found
        ],
        ("person_id", "name", "roles", "proposed", "demo", "revoked_at"),
        output_format,
    )


@account.command()
@click.argument("person")
@click.option("--reason", required=True, help="Why; kept with the act.")
@acting_options
@workspace_option
def revoke(person: str, reason: str, token: str | None, actor: str | None, workspace: Workspace) -> None:
    """End the account, tokens and roles of PERSON at once."""
    from incentives.services.accounts import revoke_account

    revoke_account(workspace, person, by=who_acts(workspace, token, actor), reason=reason, now=clock.now())
    click.echo(f"The account of {person} has ended.")


def _show_new(added: tuple[NewAccount, ...], output_format: OutputFormat) -> None:
    if output_format == "json":
        print_json([asdict(row) for row in added])
        return
    columns = ("person_id", "role", "pay_group", "password", "waits_for_second_person")
    emit([{**asdict(row), "role": row.role.value} for row in added], columns, output_format)
    if output_format == "table" and any(row.password for row in added):
        click.echo("The password is shown this once; hand it to the person, who changes it with `incentives account password`.")
    if output_format == "table" and any(row.waits_for_second_person for row in added):
        click.echo("The role waits for another finance person or administrator: `incentives account confirm PERSON`.")
