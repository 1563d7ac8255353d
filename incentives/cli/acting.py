"""Options of commands that act: who acts, proved by a personal token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from incentives import clock
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.accounts import Person

CommandT = TypeVar("CommandT", bound=Callable[..., object])


def acting_options(command: CommandT) -> CommandT:
    """Add `--token` (INCENTIVES_TOKEN) and `--actor`; the command receives them as `token` and `actor`."""
    with_actor = click.option(
        "--actor", metavar="PERSON", help="Act as this person without a token; works in demo workspaces only."
    )(command)
    return click.option(
        "--token",
        envvar="INCENTIVES_TOKEN",
        metavar="TOKEN",
        help="Personal token of who acts (`incentives account token PERSON`); default: INCENTIVES_TOKEN.",
    )(with_actor)


def period_argument(command: CommandT) -> CommandT:
    """Add the argument PERIOD and `--pay-group`; the command receives a Period and a name or None."""
    from incentives.periods import Period

    with_group = click.option(
        "--pay-group", metavar="NAME", help="Pay group; default: the workspace's default, or its only one."
    )(command)
    return click.argument("period", metavar="PERIOD", callback=lambda _context, _parameter, value: Period.parse(value))(
        with_group
    )


def who_acts(ws: Workspace, token: str | None, actor: str | None) -> Person:
    """Return who acts, or refuse: the person of the token, or in a demo workspace the one who is named."""
    from incentives.services.accounts import acting_person

    return acting_person(ws, token=token, actor=actor, now=clock.now())
