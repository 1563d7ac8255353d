"""What was received and has not landed yet: webhooks' spools and the inbox.

Its facts count, so it lands before anybody is erased from it; the erasure log, written before, keeps the clear values
of a forgotten person from being written, and takes their delivered files away.
"""

from __future__ import annotations

from datetime import datetime

from incentives.connectors.inbox import Inbox
from incentives.connectors.load import connector_folder, read_connector
from incentives.connectors.run import only_run
from incentives.connectors.webhook_spool import Spool
from incentives.errors import InputError
from incentives.feeds.erased_landing import open_search
from incentives.services.landing import land
from incentives.workspace import Workspace


def empty_spools(ws: Workspace, now: datetime) -> int:
    """Write what webhooks received into the inbox and return how many rows that is.

    Raises:
        BusyError: A webhook is being served; its own process empties its spool when it ends.
        InputError: A spool holds rows and its connector is gone, so nobody knows whose inbox takes them.
    """
    rows = 0
    for path in sorted(connector_folder(ws).glob("*.spool")):
        description = path.with_suffix(".yaml")
        if not description.is_file():
            raise InputError(
                "this spool has no connector, so its rows cannot land.",
                where=str(path),
                remedy="Put its description back, or delete the spool if what it received is not to be kept.",
            )
        described = read_connector(ws, description)
        with only_run(ws, described, "forget"):
            connector = described.connector
            spool = Spool(path, Inbox(ws, described.name, connector.source, packed=connector.gzip))
            try:
                rows += spool.empty(now)
            finally:
                spool.close()
    return rows


def land_pending(ws: Workspace, now: datetime) -> int:
    """Land what waits in spools and in the inbox.

    Returns:
        How many files had to stay in the inbox and name somebody who was forgotten: being written, or not readable.
    """
    empty_spools(ws, now)
    report = land(ws, now=now)
    search = open_search(ws)
    waiting = {(file.source, file.file) for file in report.files if file.outcome == "deferred"}
    if search is None:
        return 0
    paths = [ws.inbox / source / name for source, name in sorted(waiting)]
    return sum(path.is_file() and search.file_holds(path) for path in paths)
