"""One run of a connector that pulls: pages in, delivery files out, then the position advances.

Whatever happens, the position never passes rows that are not durable in the inbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from incentives.connectors import database, rest
from incentives.connectors.credentials import Secrets
from incentives.connectors.files_model import FilesConnector
from incentives.connectors.files_run import copy_new
from incentives.connectors.inbox import Inbox, state_path
from incentives.connectors.kinds import Pulling
from incentives.connectors.load import Described
from incentives.connectors.mapping import MappedRow, Mapper
from incentives.connectors.model import DatabaseConnector
from incentives.connectors.pages import Page
from incentives.connectors.values import MappingError, Record
from incentives.connectors.webhook_model import WebhookConnector
from incentives.errors import BusyError, InputError
from incentives.locks import RunLock
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run delivered: files into the inbox, rows by feed, and rows read again unchanged."""

    name: str
    files: tuple[str, ...]
    rows: Mapping[str, int]
    unchanged: int


def run(ws: Workspace, described: Described, *, secrets: Secrets, now: datetime, again: bool = False) -> RunReport:
    """Pull what is new in a source into the workspace's inbox.

    Args:
        ws: The workspace.
        described: The connector.
        secrets: What the environment holds.
        now: The present moment.
        again: Forget the position and read everything once more.

    Raises:
        InputError: The connector, a secret or the source's answer is wrong.
        BusyError: The connector runs already; names the process.
        OutsideError: The source does not answer; what was delivered stays.
    """
    connector = described.connector
    if isinstance(connector, WebhookConnector):
        raise InputError(
            f"{described.name} does not pull: its source sends.",
            where=str(described.path),
            remedy="Use `incentives connect serve`.",
        )
    with only_run(ws, described, f"connect run {described.name}"):
        inbox = Inbox(ws, described.name, connector.source, packed=connector.gzip)
        where = str(described.path)
        if isinstance(connector, FilesConnector):
            copy_new(inbox, connector, name=described.name, secrets=secrets, where=where, again=again, now=now)
        else:
            mapper = Mapper(connector.deliver, connector.source)
            position = inbox.begin(_what_is_read(connector), again=again)
            for page in _pages(connector, position, secrets, where):
                inbox.deliver(_rows(page.records, mapper, where), page.position)
    delivered = inbox.delivered
    files = tuple(path.relative_to(ws.root).as_posix() for path in delivered.files)
    return RunReport(described.name, files, dict(delivered.rows), delivered.unchanged)


@contextmanager
def only_run(ws: Workspace, described: Described, activity: str) -> Iterator[None]:
    """Be the one process that works on a connector while the block runs.

    Raises:
        BusyError: Another one is; names it.
    """
    lock = RunLock(state_path(ws, f".{described.name}").with_suffix(".lock"))
    holder = lock.acquire(activity)
    if holder is not None:
        raise BusyError(f"{described.name} runs already: {holder}.", where=str(described.path), remedy="Wait until it ends.")
    try:
        yield
    finally:
        lock.release()


def _what_is_read(connector: Pulling) -> Sequence[str]:
    return database.what_is_read(connector) if isinstance(connector, DatabaseConnector) else rest.what_is_read(connector)


def _pages(connector: Pulling, position: Mapping[str, str], secrets: Secrets, where: str) -> Iterator[Page]:
    if isinstance(connector, DatabaseConnector):
        return database.pages(connector, position, secrets, where=where)
    return rest.pages(connector, position, secrets, where=where)


def _rows(records: Sequence[Record], mapper: Mapper, where: str) -> Iterator[MappedRow]:
    try:
        for record in records:
            yield from mapper.rows(record)
    except MappingError as error:
        raise InputError(
            f"a record does not fit its mapping: {error}.", where=where, remedy="Change `deliver`; the next run reads it again."
        ) from error
