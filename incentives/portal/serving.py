"""A running portal of a workspace: its ports, its sessions, and the server that answers."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

from incentives.ledger import access_log
from incentives.ledger.engine import Ledger
from incentives.portal.portal import Portal, SnapshotReader
from incentives.portal.sessions import Sessions
from incentives.portal.store import LedgerAccessLog, LedgerAccounts, LedgerCycles, LedgerQuestions
from incentives.workspace import Workspace

SESSIONS_NAME = "portal.db"


def make_portal(ws: Workspace, *, now: Callable[[], datetime], secure: bool) -> Portal:
    """Return the portal of a workspace.

    Args:
        ws: The workspace.
        now: The clock that pages, sessions and acts go by.
        secure: Whether it is reached over TLS, so that cookies are sent over TLS only.
    """
    ledger = Ledger.open(ws.ledger_place)
    access_log.forget_old_reads(ledger, at=now())
    return Portal(
        ws=ws,
        accounts=LedgerAccounts(ws, ledger),
        cycles=LedgerCycles(ws, ledger),
        questions=LedgerQuestions(ws, ledger),
        log=LedgerAccessLog(ledger),
        sessions=Sessions(ws.root / SESSIONS_NAME, hmac.digest(ws.key(), b"incentives.portal", "sha256")),
        now=now,
        secure=secure,
        reader=SnapshotReader(ws),
    )
