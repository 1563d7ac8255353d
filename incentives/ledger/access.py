"""Accounts, roles and personal tokens: who a person is, and what they may do.

Accounts are compared by person: two accounts of one person are one person. Every grant is an act in the audit chain.
A role that may move money is granted by two people: one proposes, another confirms, and the password goes to whoever
confirms. How people prove who they are is in `sign_in`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.audit import Actor, append_event
from incentives.ledger.engine import plain_rows
from incentives.ledger.models import Account, PersonalToken, RoleGrant

ALL_PAY_GROUPS = "*"
BOOTSTRAP_FINANCE = 2


class Role(StrEnum):
    """What a person is in the workspace; security.md says who sees what."""

    ASSOCIATE = "associate"
    MANAGER = "manager"
    REGIONAL_MANAGER = "regional_manager"
    FINANCE = "finance"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy_officer"
    ENGINEER = "engineer"
    ADMIN = "admin"


# Who holds one of these can move money or make someone who can.
TWO_PERSON_ROLES = frozenset({Role.FINANCE, Role.ADMIN})

_GRANTS = (
    select(RoleGrant.role, RoleGrant.pay_group, RoleGrant.change, RoleGrant.decided_by)
    .where(RoleGrant.person_id == bindparam("person_id"))
    .order_by(RoleGrant.grant_id)
)


class AccessError(InputError):
    """The person may not do this, or is not who they say."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in force, for one pay group or ("*") all."""

    role: Role
    pay_group: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person who signed in, with the account they used and the roles in force.

    Without an account: a person whom a demo workspace takes at their word.
    """

    person_id: str
    account_id: int | None
    display_name: str | None
    is_demo: bool
    grants: tuple[Grant, ...]

    def actor(self) -> Actor:
        """Return the person as the one who acts."""
        return Actor(self.person_id, "person", self.account_id)

    def holds(self, role: Role, pay_group: str | None = None) -> bool:
        """Whether the person holds a role, for a pay group where one is named."""
        return any(
            grant.role is role and (pay_group is None or grant.pay_group in (ALL_PAY_GROUPS, pay_group)) for grant in self.grants
        )


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as lists show it; `proposed` roles wait for a second person."""

    account_id: int
    person_id: str
    display_name: str | None
    roles: tuple[Grant, ...]
    proposed: tuple[Grant, ...]
    is_demo: bool
    created_at: datetime
    revoked_at: datetime | None


def create_account(
    session: Session,
    actor: Actor,
    person_id: str,
    *,
    at: datetime,
    display_name: str | None = None,
    is_demo: bool = False,
) -> int:
    """Make an account for a person and return its number; nobody can sign in with it before it has a password.

    Raises:
        AccessError: The person has one already, or the id cannot name a person.
    """
    if not person_id or person_id != person_id.strip() or len(person_id) > 100 or not person_id.isprintable():
        raise AccessError(f"'{person_id}' cannot name a person.", remedy="Use the person's id as HR delivers it.")
    if session.scalar(select(Account.account_id).where(Account.login == person_id)) is not None:
        raise AccessError(f"{person_id} has an account already.")
    account = Account(
        person_id=person_id,
        login=person_id,
        display_name=display_name,
        password_hash=None,
        is_demo=is_demo,
        created_at=at,
        revoked_at=None,
        failed_attempts=0,
        last_failed_at=None,
    )
    session.add(account)
    session.flush()
    append_event(session, actor, "account_add", f"account {person_id}", at=at, details={"account_id": account.account_id})
    return account.account_id


def change_role(
    session: Session, actor: Actor, person_id: str, grant: Grant, change: str, *, at: datetime, reason: str | None = None
) -> None:
    """Propose, grant or revoke a role; the row and its event are written together.

    Raises:
        AccessError: A person grants to themself, or confirms what they proposed.
    """
    if actor.kind == "person" and actor.person_id == person_id and change != "revoke":
        raise AccessError("nobody grants a role to themself.", remedy="Ask another person who may grant it.")
    event = append_event(
        session,
        actor,
        f"role_{change}",
        f"account {person_id}",
        at=at,
        details={"person_id": person_id, "role": grant.role.value, "pay_group": grant.pay_group},
        reason=reason,
    )
    session.add(
        RoleGrant(
            person_id=person_id,
            role=grant.role.value,
            pay_group=grant.pay_group,
            change=change,
            decided_by=actor.person_id,
            decided_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()


def grants_of(session: Session, person_id: str) -> tuple[tuple[Grant, ...], dict[Grant, str]]:
    """Return the roles in force, and those proposed with the person who proposed each."""
    granted: dict[Grant, None] = {}
    proposed: dict[Grant, str] = {}
    for row in plain_rows(session, _GRANTS, {"person_id": person_id}):
        grant = Grant(Role(row.role), row.pay_group)
        proposed.pop(grant, None)
        if row.change == "propose":
            proposed[grant] = row.decided_by
        elif row.change == "grant":
            granted[grant] = None
        else:
            granted.pop(grant, None)
    return tuple(granted), proposed


def people_holding(session: Session, role: Role) -> tuple[str, ...]:
    """Return the people with a live account who hold a role for any pay group."""
    people = session.scalars(
        select(RoleGrant.person_id)
        .where(RoleGrant.role == role.value)
        .join(Account, Account.person_id == RoleGrant.person_id)
        .where(Account.revoked_at.is_(None))
        .distinct()
        .order_by(RoleGrant.person_id)
    )
    return tuple(person for person in people if any(grant.role is role for grant in grants_of(session, person)[0]))


def revoke_account(session: Session, actor: Actor, login: str, *, at: datetime, reason: str) -> None:
    """End an account and its tokens at once; roles of the person end with it."""
    account = live_account(session, login)
    account.revoked_at = at
    end_tokens(session, account.account_id, at)
    append_event(
        session,
        actor,
        "account_revoke",
        f"account {login}",
        at=at,
        details={"account_id": account.account_id},
        reason=reason,
    )
    for grant in grants_of(session, account.person_id)[0]:
        change_role(session, actor, account.person_id, grant, "revoke", at=at)


def list_accounts(session: Session) -> tuple[AccountRow, ...]:
    """Return every account, by person."""
    rows = []
    for account in session.scalars(select(Account).order_by(Account.person_id, Account.account_id)):
        granted, proposed = grants_of(session, account.person_id)
        rows.append(
            AccountRow(
                account.account_id,
                account.person_id,
                account.display_name,
                granted,
                tuple(proposed),
                account.is_demo,
                account.created_at,
                account.revoked_at,
            )
        )
    return tuple(rows)


def demo_accounts(session: Session) -> int:
    """Return how many live accounts were made for a demonstration."""
    return session.scalar(select(func.count()).where(Account.is_demo, Account.revoked_at.is_(None))) or 0


def live_account(session: Session, login: str) -> Account:
    """Return the account that is not revoked under a login; raises AccessError."""
    account = session.scalar(select(Account).where(Account.login == login, Account.revoked_at.is_(None)))
    if account is None:
        raise AccessError(f"{login} has no live account.", remedy="`incentives account list` shows the accounts.")
    return account


def end_tokens(session: Session, account_id: int, at: datetime) -> None:
    """End every token of an account."""
    live = select(PersonalToken).where(PersonalToken.account_id == account_id, PersonalToken.revoked_at.is_(None))
    for token in session.scalars(live):
        token.revoked_at = at
