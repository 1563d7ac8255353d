"""Sessions and failed sign-ins, in a small store of the portal's own that may be lost without harm.

The cookie holds a random token, signed; the store holds its digest only. A new token is made at every sign-in, so a
token from before is worth nothing. Failed sign-ins slow down the next try for an account and an address; they never
lock anybody out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from itsdangerous import BadSignature, Signer

LIFETIME = timedelta(hours=12)
IDLE = timedelta(hours=2)
IDLE_SHARED_DEVICE = timedelta(minutes=10)
FRESH = timedelta(minutes=5)
FAILURES_WINDOW = timedelta(minutes=15)
WAIT_MAX_S = 60
# An account is tried from one address: slow after 3 failures. From anywhere: after 10, but for a few seconds only, so
# that a stranger cannot keep its owner out. One address on many accounts (a store shares one): after 30.
PAIR_FREE, ACCOUNT_FREE, ADDRESS_FREE = 3, 10, 30
ACCOUNT_WAIT_MAX_S = 5

_SCHEMA = """
create table if not exists sessions (
    token_digest text primary key, person_id text not null, login text not null, created_at integer not null,
    stamp text not null, authenticated_at integer not null, seen_at integer not null, idle_s integer not null
);
create table if not exists failures (login_digest text not null, address text not null, failed_at integer not null);
create index if not exists ix_failures on failures (failed_at);
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in visit; `token` is the secret in the cookie and never stored.

    `stamp` is the person's at sign-in: another one now means that the password or the roles have changed.
    """

    token: str
    person_id: str
    login: str
    stamp: str
    authenticated_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether the person proved who they are within the last minutes, as locking and exporting ask for."""
        return now - self.authenticated_at <= FRESH


class Sessions:
    """The store of sessions of one workspace's portal."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._signer = Signer(key, salt="incentives.portal.session", digest_method=hashlib.sha256)
        self._csrf_key = hmac.digest(key, b"incentives.portal.csrf", "sha256")
        path.touch(mode=0o600, exist_ok=True)
        os.chmod(path, 0o600)  # noqa: PTH101 - a file made by an older umask is closed too
        with self._store() as store:
            store.execute("pragma journal_mode = wal")
            store.executescript(_SCHEMA)

    def start(self, person_id: str, login: str, stamp: str, now: datetime, *, shared_device: bool) -> Session:
        """Begin a session with a new token."""
        token, at = secrets.token_urlsafe(32), _seconds(now)
        idle = IDLE_SHARED_DEVICE if shared_device else IDLE
        with self._store() as store:
            store.execute("delete from sessions where created_at < ?", [at - int(LIFETIME.total_seconds())])
            store.execute(
                "insert into sessions values (?, ?, ?, ?, ?, ?, ?, ?)",
                [_digest(token), person_id, login, at, stamp, at, at, int(idle.total_seconds())],
            )
        return Session(token, person_id, login, stamp, _moment(at))

    def resume(self, cookie: str | None, now: datetime) -> Session | None:
        """Return the session that a cookie names, or None if it is unknown, tampered with, idle or over."""
        token = self.token_of(cookie)
        if token is None:
            return None
        at = _seconds(now)
        with self._store() as store:
            row = store.execute(
                "select person_id, login, stamp, authenticated_at, created_at, seen_at, idle_s from sessions where token_digest = ?",
                [_digest(token)],
            ).fetchone()
            if row is None:
                return None
            person_id, login, stamp, authenticated_at, created_at, seen_at, idle_s = row
            if at - created_at > LIFETIME.total_seconds() or at - seen_at > idle_s:
                store.execute("delete from sessions where token_digest = ?", [_digest(token)])
                return None
            if at - seen_at >= 30:  # one write in half a minute is enough to know that the person is still there
                store.execute("update sessions set seen_at = ? where token_digest = ?", [at, _digest(token)])
        return Session(token, str(person_id), str(login), str(stamp), _moment(authenticated_at))

    def renew(self, session: Session, now: datetime) -> Session:
        """Give a session that has just proved itself again a new token; the old one ends."""
        token, at = secrets.token_urlsafe(32), _seconds(now)
        with self._store() as store:
            store.execute(
                "update sessions set token_digest = ?, authenticated_at = ?, seen_at = ? where token_digest = ?",
                [_digest(token), at, at, _digest(session.token)],
            )
        return Session(token, session.person_id, session.login, session.stamp, _moment(at))

    def end(self, token: str) -> None:
        """End a session; its cookie is worth nothing afterwards."""
        with self._store() as store:
            store.execute("delete from sessions where token_digest = ?", [_digest(token)])

    def cookie_of(self, token: str) -> str:
        """Return the signed cookie value of a token."""
        return self._signer.sign(token).decode("ascii")

    def token_of(self, cookie: str | None) -> str | None:
        """Return the token of a cookie value whose signature holds."""
        if not cookie:
            return None
        try:
            return self._signer.unsign(cookie).decode("ascii")
        except (BadSignature, UnicodeDecodeError):
            return None

    def csrf(self, token: str) -> str:
        """Return what every form of a session has to send back."""
        return hmac.new(self._csrf_key, token.encode(), "sha256").hexdigest()

    def wait_s(self, login: str, address: str, now: datetime) -> int:
        """Return for how many seconds the next try for an account from an address has to wait."""
        since = _seconds(now - FAILURES_WINDOW)
        who = _digest(login.casefold())
        with self._store() as store:
            rows = store.execute(
                "select login_digest = ?, address = ?, failed_at from failures where failed_at >= ? and (login_digest = ? or address = ?)",
                [who, address, since, who, address],
            ).fetchall()
        pair = [at for same_login, same_address, at in rows if same_login and same_address]
        account = [at for same_login, _, at in rows if same_login]
        anywhere = [at for _, same_address, at in rows if same_address]
        waits = (
            _wait_from(pair, PAIR_FREE, WAIT_MAX_S, now),
            _wait_from(account, ACCOUNT_FREE, ACCOUNT_WAIT_MAX_S, now),
            _wait_from(anywhere, ADDRESS_FREE, WAIT_MAX_S, now),
        )
        return max(waits)

    def failed(self, login: str, address: str, now: datetime) -> None:
        """Remember a failed sign-in for a quarter of an hour."""
        with self._store() as store:
            store.execute("delete from failures where failed_at < ?", [_seconds(now - FAILURES_WINDOW)])
            store.execute("insert into failures values (?, ?, ?)", [_digest(login.casefold()), address, _seconds(now)])

    def succeeded(self, login: str, address: str) -> None:
        """Forget the failures of an account from the address from which it has just signed in."""
        with self._store() as store:
            store.execute("delete from failures where login_digest = ? and address = ?", [_digest(login.casefold()), address])

    @contextmanager
    def _store(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as store, store:
            yield store


def _wait_from(failures: list[int], free: int, longest_s: int, now: datetime) -> int:
    """Return the rest of a wait that doubles with each failure after the free ones."""
    beyond = len(failures) - free
    if beyond < 0:
        return 0
    wait = min(longest_s, 1 << min(beyond, 10))
    return max(0, max(failures) + wait - _seconds(now))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
