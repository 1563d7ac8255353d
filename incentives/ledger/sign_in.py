"""Signing in: passwords as argon2id, personal tokens as the SHA-256 of 256 random bits.

A wrong password slows the next attempt down and locks nobody out, so that a stranger cannot close a store on its
busiest day. What an unknown account answers takes as long as what a known one does.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from incentives.ledger.access import AccessError, Person, end_tokens, grants_of, live_account
from incentives.ledger.audit import Actor, append_event
from incentives.ledger.engine import plain_rows
from incentives.ledger.models import Account, PersonalToken

TOKEN_LIFE = timedelta(hours=12)
TOKEN_PREFIX = "inc_"  # noqa: S105 - the public part of every token
PREFIX_CHARACTERS = len(TOKEN_PREFIX) + 6
PASSWORD_CHARACTERS_MIN = 12
FREE_ATTEMPTS = 3
DELAY_MAX = timedelta(seconds=60)
# Hash of a random password that nobody has; verified against where there is no account.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$VUXUh7VFflDJAaDMf3UpBg$AvCY0k9bJQi44km70MXzaEodJECsJ9YJxpferve7OdM"

_ASKED = aliased(Account)
# The live accounts of the person to whom a live account belongs, the oldest first.
_ACCOUNTS_OF_LOGIN = (
    select(Account.account_id, Account.login, Account.person_id, Account.display_name, Account.is_demo, Account.password_hash)
    .join(_ASKED, _ASKED.person_id == Account.person_id)
    .where(_ASKED.login == bindparam("login"), _ASKED.revoked_at.is_(None), Account.revoked_at.is_(None))
    .order_by(Account.account_id)
)


class TooSoonError(AccessError):
    """Too many wrong passwords in a row; says when the next attempt counts."""


def authenticate(session: Session, login: str, password: str, *, at: datetime, is_slowed: bool = True) -> Person:
    """Return the person whose password this is; a wrong one slows the next attempt down and locks nobody out.

    The caller keeps the transaction either way: it holds the count of failed attempts. `is_slowed` is False for a
    caller that slows down by account and address itself: a wait of the account alone would let a stranger keep its
    owner out by failing once a minute.

    Raises:
        TooSoonError: Too soon after wrong passwords.
        AccessError: No such account, revoked, or a wrong password; which of them is not said.
    """
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    account = session.scalar(select(Account).where(Account.login == login))
    if is_slowed and account is not None and account.last_failed_at is not None and account.failed_attempts >= FREE_ATTEMPTS:
        delay = min(timedelta(seconds=2 ** (account.failed_attempts - FREE_ATTEMPTS)), DELAY_MAX)
        if at < account.last_failed_at + delay:
            seconds = int((account.last_failed_at + delay - at).total_seconds()) + 1
            raise TooSoonError(f"too many wrong passwords; try again in {seconds} s.")
    hasher = PasswordHasher()
    # An unknown account costs the same work as a known one, so that time does not tell which accounts exist.
    known = account.password_hash if account is not None and account.revoked_at is None else None
    try:
        hasher.verify(known or _NOBODY, password)
        matches = known is not None
    except VerificationError:
        matches = False
    if account is None or not matches:
        if account is not None:
            account.failed_attempts += 1
            account.last_failed_at = at
        raise AccessError("person or password is wrong.")
    account.failed_attempts = 0
    account.last_failed_at = None
    return _person(session, account)


def set_password(session: Session, actor: Actor, login: str, password: str, *, at: datetime) -> None:
    """Give an account a password and end its tokens.

    Raises:
        AccessError: No such account, or the password is too short.
    """
    account = live_account(session, login)
    account.password_hash = _hashed(password)
    end_tokens(session, account.account_id, at)
    append_event(session, actor, "password_set", f"account {login}", at=at, details={"account_id": account.account_id})


def issue_token(session: Session, person: Person, *, at: datetime) -> tuple[str, datetime]:
    """Return a new personal token, which is shown once, and when it ends.

    Raises:
        AccessError: The person has no account.
    """
    if person.account_id is None:
        raise AccessError(f"{person.person_id} has no account; a token belongs to one.")
    token = f"{TOKEN_PREFIX}{secrets.token_urlsafe(32)}"
    expires_at = at + TOKEN_LIFE
    session.add(
        PersonalToken(
            account_id=person.account_id,
            prefix=token[:PREFIX_CHARACTERS],
            token_sha256=_token_digest(token),
            issued_at=at,
            expires_at=expires_at,
            revoked_at=None,
        )
    )
    append_event(
        session,
        person.actor(),
        "token_issue",
        f"account {person.person_id}",
        at=at,
        details={"account_id": person.account_id, "prefix": token[:PREFIX_CHARACTERS], "expires_at": expires_at.isoformat()},
    )
    return token, expires_at


def person_for_token(session: Session, token: str, *, at: datetime) -> Person:
    """Return the person of a personal token, with the roles in force now.

    Raises:
        AccessError: Unknown, ended or revoked.
    """
    row = session.scalar(select(PersonalToken).where(PersonalToken.token_sha256 == _token_digest(token)))
    account = session.get(Account, row.account_id) if row is not None else None
    if row is None or account is None or row.revoked_at is not None or account.revoked_at is not None or at >= row.expires_at:
        raise AccessError(
            "the token is unknown or has ended.",
            remedy="Get a new one with `incentives account token PERSON`; it lasts 12 hours.",
        )
    return _person(session, account)


def person_by_id(session: Session, person_id: str) -> Person | None:
    """Return a person with a live account and the roles in force now; None where there is none."""
    live = select(Account).where(Account.person_id == person_id, Account.revoked_at.is_(None)).order_by(Account.account_id)
    account = session.scalars(live).first()
    return _person(session, account) if account is not None else None


def person_of_login(session: Session, login: str) -> tuple[Person, str | None] | None:
    """Return the person of a live account with the roles in force now, and the hash of its password; asked before every page."""
    accounts = plain_rows(session, _ACCOUNTS_OF_LOGIN, {"login": login})
    if not accounts:
        return None
    first = accounts[0]
    person = Person(first.person_id, first.account_id, first.display_name, first.is_demo, grants_of(session, first.person_id)[0])
    return person, next(account.password_hash for account in accounts if account.login == login)


def new_password() -> str:
    """Return a random password of 120 bits."""
    return secrets.token_urlsafe(15)


def _person(session: Session, account: Account) -> Person:
    return Person(
        account.person_id, account.account_id, account.display_name, account.is_demo, grants_of(session, account.person_id)[0]
    )


def _hashed(password: str) -> str:
    from argon2 import PasswordHasher

    if len(password) < PASSWORD_CHARACTERS_MIN:
        raise AccessError(f"the password is shorter than {PASSWORD_CHARACTERS_MIN} characters.")
    return PasswordHasher().hash(password)


def _token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
