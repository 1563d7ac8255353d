"""Use case: forget a customer, and keep forgetting them.

The erasure log is written first and everything else follows from it, so a run that was killed is finished by
`replay`, which is also what follows a restore. What is paid does not change: facts hold tokens and are not touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from incentives.errors import InputError
from incentives.feeds.erased_landing import open_search
from incentives.feeds.erased_text import TextSearch
from incentives.feeds.erasure import BronzeErasure, erase_bronze, names_in_bronze
from incentives.feeds.erasure_log import LOG_NAME, Erased, append_log, read_log
from incentives.feeds.tokens import Tokenizer
from incentives.ledger.access import AccessError, Person, Role
from incentives.ledger.audit import append_event, digest_of
from incentives.ledger.engine import Ledger
from incentives.services.erased_stores import erase_databases, erase_reasons, erase_texts
from incentives.services.natural_persons import Named, person_of
from incentives.workspace import Workspace

BACKUPS = "backups"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure did; counts only.

    Attributes:
        records: Customer records of the person.
        identifiers: Their emails, phones, loyalty numbers, handles and accounts.
        personal_rows: Rows whose clear values are gone.
        raw_texts: Broken records whose text is gone.
        set_aside_files: Set-aside files that were deleted.
        delivered_files: Delivered files that were deleted from the inbox.
        databases: Warehouses that were rewritten without the text of broken records.
        log_lines: Lines of logs whose text is gone.
        reasons: Reasons of acts whose text is gone; `verify` calls them redacted.
        unreachable: Files of backups that cannot be rewritten; the log is replayed when they are restored.
    """

    records: int
    identifiers: int
    personal_rows: int
    raw_texts: int
    set_aside_files: int
    delivered_files: int
    databases: int
    log_lines: int
    reasons: int
    unreachable: int


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
        append_log(ws.root / LOG_NAME, person, now)
        details: dict[str, int | str] = {
            "records": len(person.records),
            "identifiers": len(person.identifiers),
            # Of keyed tokens: nobody without the workspace key can try names on it.
            "tokens": digest_of([*sorted(person.identifiers), *sorted(token for _, token in person.records)]),
        }
        _record(ws, by, "forget", "a customer", details, reason, now)
        return _erase(ws, person, now)


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
        if log is not None:
            append_log(ws.root / LOG_NAME, read_log(log), now)
        everybody = read_log(ws.root / LOG_NAME)
        details = {"records": len(everybody.records), "identifiers": len(everybody.identifiers)}
        _record(ws, by, "forget_replay", "everybody forgotten", details, reason, now)
        return _erase(ws, everybody, now)


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
    with Ledger.open(ws.ledger) as ledger, ledger.act() as session:
        append_event(session, by.actor(), act, subject, at=now, details=details, reason=reason)


def _erase(ws: Workspace, person: Erased, now: datetime) -> Forgotten:
    """Erase everybody whom the log names from every store of the workspace and of the copies below it."""
    search = open_search(ws)
    if search is None:
        return Forgotten(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    bronze = erase_bronze(ws, search)
    append_log(ws.root / LOG_NAME, Erased(files=bronze.held_by), now)
    databases = erase_databases(ws.warehouse_dir, search)
    lines = erase_texts((ws.logs, ws.warehouse_dir / "dbt"), search)
    reasons = erase_reasons(ws.ledger, search)
    copies, unreachable = _erase_copies(ws, search)
    return Forgotten(
        records=len(person.records),
        identifiers=len(person.identifiers),
        personal_rows=bronze.personal_rows + copies.personal_rows,
        raw_texts=bronze.raw_texts + copies.raw_texts,
        set_aside_files=bronze.set_aside_files + copies.set_aside_files,
        delivered_files=bronze.delivered_files + copies.delivered_files,
        databases=databases,
        log_lines=lines,
        reasons=reasons,
        unreachable=unreachable,
    )


def _erase_copies(ws: Workspace, search: TextSearch) -> tuple[BronzeErasure, int]:
    """Erase from whole copies of the workspace in its folder of backups; count the packed ones, which stay as they are."""
    total = BronzeErasure()
    unreachable = 0
    folder = ws.root / BACKUPS
    if not folder.is_dir():
        return total, unreachable
    roots = [index.parent.parent for index in folder.rglob("bronze/index.db")]
    for root in roots:
        copy = replace(ws, root=root)
        done = erase_bronze(copy, search)
        erase_databases(copy.warehouse_dir, search)
        erase_texts((copy.logs, copy.warehouse_dir / "dbt"), search)
        if copy.ledger.is_file():
            erase_reasons(copy.ledger, search)
        total = BronzeErasure(
            total.personal_rows + done.personal_rows,
            total.raw_texts + done.raw_texts,
            total.set_aside_files + done.set_aside_files,
            total.delivered_files + done.delivered_files,
        )
    for path in folder.rglob("*"):
        if path.is_file() and not any(root in path.parents for root in roots):
            unreachable += 1
    return total, unreachable
