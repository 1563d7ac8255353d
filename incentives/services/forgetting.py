"""Use case: forget a customer, and keep forgetting them.

The erasure log is written first and everything else follows from it, so a run that was killed is finished by
`replay`, which is also what follows a restore. What is paid does not change: facts hold tokens and are not touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from incentives.errors import InputError
from incentives.feeds.erasure import names_in_bronze
from incentives.feeds.erasure_log import NOTHING, read_log
from incentives.feeds.erasure_logs import remember_erased
from incentives.feeds.tokens import Tokenizer
from incentives.ledger.access import AccessError, Person, Role
from incentives.ledger.audit import append_event, digest_of
from incentives.ledger.engine import Ledger
from incentives.services.erased_everywhere import Forgotten, erase_everywhere
from incentives.services.natural_persons import Named, person_of
from incentives.services.pending import land_pending
from incentives.workspace import Workspace


def forget(ws: Workspace, named: Named, *, by: Person, reason: str, now: datetime) -> Forgotten:
    """Forget a natural person: every customer record that the warehouse has joined to the one named.

    Args:
        ws: The workspace.
        named: The customer, by source and id or by an identifier.
        by: A privacy officer.
        reason: Why; kept beside the audit chain, where it can be erased.
        now: The moment of the act.

    Raises:
        AccessError: `by` is no privacy officer.
        InputError: Nobody was delivered under that name, or there is no reason.
        BusyError: Another run works on the workspace.
    """
    require_privacy_officer(ws, by)
    if not reason.strip():
        raise InputError("an erasure needs a reason.", remedy="Say who asked, and when, without the customer's name.")
    tokenizer = Tokenizer(ws.key())
    with ws.writer_lock("forget"):
        person = person_of(ws, named, tokenizer)
        person = replace(person, names=names_in_bronze(ws, person, tokenizer))
        remember_erased(ws, person, now)
        details: dict[str, int | str] = {
            "records": len(person.records),
            "identifiers": len(person.identifiers),
            # Of keyed tokens: nobody without the workspace key can try names on it.
            "tokens": digest_of([*sorted(person.identifiers), *sorted(token for _, token in person.records)]),
        }
        _record(ws, by, "forget", "a customer", details, reason, now)
        done = erase_everywhere(ws, person, now)
    # What waits to land is landed after the log names the person; what it still brought is erased by the second look.
    waiting = land_pending(ws, now)
    with ws.writer_lock("forget"):
        return replace(done.and_then(erase_everywhere(ws, person, now)), waiting=waiting)


def replay(ws: Workspace, *, by: Person, reason: str, now: datetime, log: Path | None = None) -> Forgotten:
    """Apply the whole erasure log again, after a restore or a run that was killed.

    Args:
        ws: The workspace.
        by: A privacy officer.
        reason: Why.
        now: The moment of the act.
        log: A log that was kept elsewhere; what it names is added to the workspace's own.

    Raises:
        AccessError: `by` is no privacy officer.
        InputError: The other log does not exist.
    """
    require_privacy_officer(ws, by)
    if log is not None and not log.is_file():
        raise InputError("there is no erasure log here.", where=str(log))
    with ws.writer_lock("forget"):
        everybody = remember_erased(ws, read_log(log) if log is not None else NOTHING, now)
        details = {"records": len(everybody.records), "identifiers": len(everybody.identifiers)}
        _record(ws, by, "forget_replay", "everybody forgotten", details, reason, now)
        return erase_everywhere(ws, everybody, now)


def require_privacy_officer(ws: Workspace, by: Person) -> None:
    """Refuse who is no privacy officer; a demo workspace takes a person without an account at their word."""
    if by.holds(Role.PRIVACY_OFFICER) or (ws.config.workspace.demo and by.account_id is None):
        return
    raise AccessError(
        f"{by.person_id} is no privacy officer.", remedy="Finance or an administrator grants the role: `incentives account add`."
    )


def _record(
    ws: Workspace, by: Person, act: str, subject: str, details: Mapping[str, int | str], reason: str, now: datetime
) -> None:
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        append_event(session, by.actor(), act, subject, at=now, details=details, reason=reason)
