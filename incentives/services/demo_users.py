"""The people with whom a demo workspace is tried out: an associate, their manager, and two in finance.

They exist in a demo workspace only, with passwords that are made anew, and shown, each time it is served.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from incentives.errors import InputError
from incentives.ledger import access, sign_in
from incentives.ledger.access import ALL_PAY_GROUPS, Grant, Role
from incentives.ledger.engine import Ledger
from incentives.services.accounts import CONSOLE
from incentives.serving import people, snapshots
from incentives.workspace import Workspace

FINANCE = (("demo.finance", "Fatima, finance"), ("demo.controller", "Colin, controlling"))


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A demo person, what they are, and the password that holds until the next start."""

    person_id: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class _Cast:
    person_id: str
    name: str
    roles: tuple[Role, ...]
    shown_as: str


def ensure_demo_users(ws: Workspace, *, now: datetime) -> tuple[DemoUser, ...]:
    """Make the demo people, or give those who are there new passwords.

    Raises:
        InputError: The workspace is not a demo.
    """
    if not ws.config.workspace.demo:
        raise InputError("demo users exist in demo workspaces only.", where=str(ws.root))
    users = []
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        for cast in _cast(ws, now):
            known = sign_in.person_by_id(session, cast.person_id)
            if known is None:
                access.create_account(session, CONSOLE, cast.person_id, at=now, display_name=cast.name, is_demo=True)
            held, _ = access.grants_of(session, cast.person_id)
            for role in cast.roles:
                if Grant(role, ALL_PAY_GROUPS) not in held:
                    access.change_role(session, CONSOLE, cast.person_id, Grant(role, ALL_PAY_GROUPS), "grant", at=now)
            password = sign_in.new_password()
            sign_in.set_password(session, CONSOLE, cast.person_id, password, at=now)
            users.append(DemoUser(cast.person_id, cast.shown_as, password))
    return tuple(users)


def _cast(ws: Workspace, now: datetime) -> tuple[_Cast, ...]:
    """Pick an associate with much to see and their manager from the published figures; finance is made up."""
    finance = tuple(_Cast(person_id, name, (Role.FINANCE,), "finance") for person_id, name in FINANCE)
    snapshot = snapshots.current(ws)
    if snapshot is None:
        return finance
    with snapshot.connect() as connection:
        pair = people.busiest_with_manager(connection, now.astimezone(ws.zone()).date())
    if pair is None:
        return finance
    names = people.names(snapshot)
    associate, manager = pair
    return (
        _Cast(associate, names.get(associate, associate), (Role.ASSOCIATE,), "associate"),
        _Cast(manager, names.get(manager, manager), (Role.ASSOCIATE, Role.MANAGER), "manager"),
        *finance,
    )
