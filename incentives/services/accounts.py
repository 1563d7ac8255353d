"""Use cases around accounts: who may act, how they sign in, and who grants that.

The first two finance accounts are made from the console of the host while fewer than two exist; from then on finance
and administrators add accounts, and a finance or administrator role takes a second person who confirms it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from incentives.errors import InputError
from incentives.ledger import access, sign_in
from incentives.ledger.access import (
    ALL_PAY_GROUPS,
    BOOTSTRAP_FINANCE,
    TWO_PERSON_ROLES,
    AccessError,
    AccountRow,
    Grant,
    Person,
    Role,
)
from incentives.ledger.audit import Actor
from incentives.ledger.engine import Ledger
from incentives.workspace import Workspace

__all__ = [
    "AccessError",
    "AccountRow",
    "Grant",
    "Job",
    "NewAccount",
    "Person",
    "Role",
    "acting_person",
    "add_account",
    "add_demo_account",
    "authenticate",
    "change_password",
    "confirm_account",
    "issue_token",
    "list_accounts",
    "person_for_token",
    "person_now",
    "refuse_demo_accounts",
    "revoke_account",
]

CONSOLE = Actor("console", "console")


@dataclass(frozen=True, slots=True)
class Job:
    """A scheduled job by name. It may calculate a cycle and nothing else."""

    name: str

    def actor(self) -> Actor:
        """Return the job as the one who acts."""
        return Actor(self.name, "job")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What adding or confirming an account led to; `password` is shown once, here."""

    person_id: str
    role: Role
    pay_group: str
    password: str | None
    waits_for_second_person: bool


def add_account(
    ws: Workspace,
    person_id: str,
    role: Role,
    *,
    by: Person | None,
    now: datetime,
    pay_group: str = ALL_PAY_GROUPS,
    name: str | None = None,
) -> NewAccount:
    """Add an account with a role, or a further role to a person who has one.

    Args:
        ws: The workspace.
        person_id: As HR delivers it; for associates and managers their associate id.
        role: What they become.
        by: Who adds; None is the console, which may add finance while fewer than two people hold it.
        now: When.
        pay_group: To which pay group the role is limited; "*" is all.
        name: How pages call the person.

    Raises:
        AccessError: Not allowed, or the person holds the role already.
    """
    if pay_group != ALL_PAY_GROUPS and pay_group not in ws.config.pay_groups:
        raise AccessError(f"'{pay_group}' is not a pay group of this workspace.")
    grant = Grant(role, pay_group)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        bootstrapping = _may_add(access.people_holding(session, Role.FINANCE), role, by)
        actor = by.actor() if by is not None else CONSOLE
        held, proposed = access.grants_of(session, person_id)
        if grant in held or grant in proposed:
            raise AccessError(
                f"{person_id} {'holds' if grant in held else 'is proposed for'} the role {role.value} already.",
                remedy="" if grant in held else f"Another person confirms it: `incentives account confirm {person_id}`.",
            )
        is_new = person_id not in {row.person_id for row in access.list_accounts(session)}
        if is_new:
            access.create_account(session, actor, person_id, at=now, display_name=name)
        waits = role in TWO_PERSON_ROLES and not bootstrapping
        access.change_role(session, actor, person_id, grant, "propose" if waits else "grant", at=now)
        password = None
        if is_new and not waits:
            password = sign_in.new_password()
            sign_in.set_password(session, actor, person_id, password, at=now)
    return NewAccount(person_id, role, pay_group, password, waits)


def confirm_account(ws: Workspace, person_id: str, *, by: Person, now: datetime) -> tuple[NewAccount, ...]:
    """Confirm the roles that another person proposed for someone; a first password goes to whoever confirms.

    Raises:
        AccessError: Nothing is proposed, or `by` proposed it, is the person, or may not.
    """
    confirmed = []
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        _require_granter(by)
        _, proposed = access.grants_of(session, person_id)
        if not proposed:
            raise AccessError(f"no role of {person_id} waits to be confirmed.")
        for grant, proposer in proposed.items():
            if proposer == by.person_id:
                raise AccessError(
                    f"{by.person_id} proposed the role {grant.role.value} of {person_id} and so does not confirm it.",
                    remedy="Ask another finance person or administrator.",
                )
            access.change_role(session, by.actor(), person_id, grant, "grant", at=now)
            password = None
            if access.live_account(session, person_id).password_hash is None:
                password = sign_in.new_password()
                sign_in.set_password(session, by.actor(), person_id, password, at=now)
            confirmed.append(NewAccount(person_id, grant.role, grant.pay_group, password, False))
    return tuple(confirmed)


def add_demo_account(
    ws: Workspace, person_id: str, roles: tuple[Role, ...], *, name: str | None, password: str | None = None, now: datetime
) -> str:
    """Add an account of a demo workspace and return its password, random unless one is given.

    Raises:
        InputError: The workspace is not a demo.
    """
    if not ws.config.workspace.demo:
        raise InputError("demo accounts exist in demo workspaces only.", where=str(ws.root))
    chosen = password or sign_in.new_password()
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        access.create_account(session, CONSOLE, person_id, at=now, display_name=name, is_demo=True)
        for role in roles:
            access.change_role(session, CONSOLE, person_id, Grant(role, ALL_PAY_GROUPS), "grant", at=now)
        sign_in.set_password(session, CONSOLE, person_id, chosen, at=now)
    return chosen


def authenticate(ws: Workspace, person_id: str, password: str, *, now: datetime, is_slowed: bool = True) -> Person:
    """Return the person whose password this is; `is_slowed` is False where the caller slows down by address too.

    Raises:
        AccessError: Person or password is wrong, or it is too soon after wrong ones.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        # A refusal leaves the block in the ordinary way: the failed attempt that it counted is kept.
        try:
            return sign_in.authenticate(session, person_id, password, at=now, is_slowed=is_slowed)
        except AccessError as error:
            refusal = error
    raise refusal


def issue_token(ws: Workspace, person_id: str, password: str, *, now: datetime) -> tuple[str, datetime]:
    """Return a personal token for the command line, valid for twelve hours, and when it ends. Raises as `authenticate`."""
    person = authenticate(ws, person_id, password, now=now)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        return sign_in.issue_token(session, person, at=now)


def change_password(ws: Workspace, person_id: str, old: str, new: str, *, now: datetime) -> None:
    """Replace a password by a new one and end the person's tokens. Raises as `authenticate`, or where it is too short."""
    person = authenticate(ws, person_id, old, now=now)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        sign_in.set_password(session, person.actor(), person_id, new, at=now)


def person_for_token(ws: Workspace, token: str, *, now: datetime) -> Person:
    """Return the person of a personal token, with the roles in force now.

    Raises:
        AccessError: Unknown, ended or revoked.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        return sign_in.person_for_token(session, token, at=now)


def person_now(ws: Workspace, person_id: str) -> Person | None:
    """Return a person as they stand now (None: no live account): a session asks again at every page."""
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        return sign_in.person_by_id(session, person_id)


def acting_person(ws: Workspace, *, token: str | None, actor: str | None, now: datetime) -> Person:
    """Return who acts on the command line: the person of a token, or in a demo workspace the one who is named.

    A named person without an account acts as finance there: a demo workspace takes people at their word.

    Raises:
        AccessError: No token in a normal workspace, or `actor` outside a demo.
    """
    if actor is not None and not ws.config.workspace.demo:
        raise AccessError(
            "--actor works in demo workspaces only.",
            remedy="Get a token with `incentives account token PERSON` and set INCENTIVES_TOKEN.",
        )
    if actor is not None:
        found = person_now(ws, actor)
        return found or Person(actor, None, None, True, (Grant(Role.FINANCE, ALL_PAY_GROUPS),))
    if token is None:
        remedy = "Get a token with `incentives account token PERSON` and set INCENTIVES_TOKEN."
        if ws.config.workspace.demo:
            remedy += " In this demo workspace, --actor PERSON does as well."
        raise AccessError("an act needs a personal token.", remedy=remedy)
    return person_for_token(ws, token, now=now)


def list_accounts(ws: Workspace) -> tuple[AccountRow, ...]:
    """Return every account, by person, with roles in force and roles that wait for a second person."""
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        return access.list_accounts(session)


def revoke_account(ws: Workspace, person_id: str, *, by: Person, reason: str, now: datetime) -> None:
    """End an account, its tokens and the person's roles at once.

    Raises:
        AccessError: `by` may not, or there is no live account.
    """
    _require_granter(by)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        access.revoke_account(session, by.actor(), person_id, at=now, reason=reason)


def refuse_demo_accounts(ws: Workspace) -> None:
    """Refuse a normal workspace in which a demo account is live.

    Raises:
        AccessError: There is one.
    """
    if ws.config.workspace.demo:
        return
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        found = access.demo_accounts(session)
    if found:
        raise AccessError(f"{found} demo accounts are live in a workspace that is no demo.", remedy="Revoke them first.")


def _may_add(finance: tuple[str, ...], role: Role, by: Person | None) -> bool:
    """Return whether this is one of the first finance accounts, made from the console; refuse whoever may not add."""
    if by is None:
        if role is Role.FINANCE and len(finance) < BOOTSTRAP_FINANCE:
            return True
        first = "The first two finance accounts are made from the console; " if len(finance) < BOOTSTRAP_FINANCE else ""
        raise AccessError(
            "adding this account needs the token of a finance person or an administrator.",
            remedy=f"{first}set INCENTIVES_TOKEN for others.",
        )
    _require_granter(by)
    return False


def _require_granter(by: Person) -> None:
    if not (by.holds(Role.FINANCE) or by.holds(Role.ADMIN)):
        raise AccessError(f"{by.person_id} is neither finance nor administrator and so grants nothing.")
