"""Forgetting people in every store of a workspace, and doing it again by itself after a restore.

Everything follows from the erasure log; a run that was killed is finished by the next build,
by the next landing, and before the portal is served.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from incentives.feeds.erased_landing import open_search
from incentives.feeds.erased_text import TextSearch
from incentives.feeds.erasure import BronzeErasure, erase_bronze
from incentives.feeds.erasure_log import NOTHING, Erased
from incentives.feeds.erasure_logs import erased_of, remember_erased
from incentives.feeds.swept import Swept
from incentives.ledger.audit import Actor, append_event
from incentives.ledger.engine import Ledger
from incentives.services.erased_stores import erase_databases, erase_reasons, erase_texts
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
        waiting: Files of the inbox that name them and could not be landed; they are erased when they land.
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
    waiting: int = 0

    def and_then(self, later: Forgotten) -> Forgotten:
        """Return what two erasures of the same people did, one after the other."""
        return replace(
            later,
            personal_rows=self.personal_rows + later.personal_rows,
            raw_texts=self.raw_texts + later.raw_texts,
            set_aside_files=self.set_aside_files + later.set_aside_files,
            delivered_files=self.delivered_files + later.delivered_files,
            databases=self.databases + later.databases,
            log_lines=self.log_lines + later.log_lines,
            reasons=self.reasons + later.reasons,
        )


def erase_restored(ws: Workspace, now: datetime) -> None:
    """Forget again whoever came back with a restore; costs a look at each file where nothing did.

    The caller holds the writer's lock. What was erased is in the audit chain, as an act of a job.
    """
    if not erased_of(ws):
        return
    everybody = remember_erased(ws, NOTHING, now)
    done = erase_everywhere(ws, everybody, now)
    erased = {
        "personal_rows": done.personal_rows,
        "raw_texts": done.raw_texts,
        "set_aside_files": done.set_aside_files,
        "delivered_files": done.delivered_files,
        "databases": done.databases,
        "log_lines": done.log_lines,
        "reasons": done.reasons,
    }
    if any(erased.values()):
        with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
            append_event(session, Actor("build", "job"), "forget_replay", "everybody forgotten", at=now, details=erased)


def forget_restored(ws: Workspace, now: datetime) -> None:
    """Do the same where nobody holds the writer's lock yet: before something is landed, and before anything is served.

    Raises:
        BusyError: Another run works on the workspace; it forgets again itself.
    """
    if erased_of(ws):
        with ws.writer_lock("forget"):
            erase_restored(ws, now)


def text_folders(ws: Workspace) -> tuple[Path, ...]:
    """Return the folders of what programs wrote about their runs: logs, dbt's target, Dagster's home."""
    return (ws.logs, ws.warehouse_dir / "dbt", ws.root / ".dagster")


def erase_everywhere(ws: Workspace, person: Erased, now: datetime) -> Forgotten:
    """Erase everybody whom the log names from every store of the workspace and of the copies below it.

    The caller holds the writer's lock. Stores that were swept for the same people, and were not written since, are not
    opened again.
    """
    search = open_search(ws)
    if search is None:
        return Forgotten(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    swept = Swept(ws.root, search.erased)

    def remember(held: Erased) -> None:
        remember_erased(ws, held, now)

    bronze = erase_bronze(ws, search, swept, remember)
    databases = erase_databases(ws.warehouse_dir, search, swept)
    lines = erase_texts(text_folders(ws), search, swept)
    reasons = erase_reasons(ws.ledger_place, search, swept) if ws.has_ledger else 0
    copies, unreachable = _erase_copies(ws, search, swept, remember)
    swept.write()
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


def _erase_copies(
    ws: Workspace, search: TextSearch, swept: Swept, remember: Callable[[Erased], None]
) -> tuple[BronzeErasure, int]:
    """Erase from whole copies of the workspace in its folder of backups; count the packed ones, which stay as they are."""
    total = BronzeErasure()
    unreachable = 0
    folder = ws.root / BACKUPS
    if not folder.is_dir():
        return total, unreachable
    roots = [index.parent.parent for index in folder.rglob("bronze/index.db")]
    for root in roots:
        copy = replace(ws, root=root)
        done = erase_bronze(copy, search, swept, remember)
        erase_databases(copy.warehouse_dir, search, swept)
        erase_texts(text_folders(copy), search, swept)
        if copy.ledger.is_file():
            erase_reasons(copy.ledger, search, swept)
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
