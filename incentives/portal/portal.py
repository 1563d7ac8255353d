"""What one running portal holds: the workspace, the store's ports, sessions, and the snapshot that it reads.

Nothing is computed ahead; what pages asked a snapshot stays in memory while it is the current one, for it never changes. The
ledger is read anew for each page.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from incentives.portal.ports import AccessLog, Accounts, Cycles, Questions
from incentives.portal.sessions import Sessions
from incentives.serving import people, snapshots
from incentives.serving.marts import Marts
from incentives.serving.people import Directory
from incentives.serving.snapshots import Snapshot
from incentives.workspace import Workspace

# A build that is finished and not published for so long was stopped by a check; publishing itself takes seconds.
PUBLISH_GRACE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OpenSnapshot:
    """A snapshot held open for readers, with its people and the last day on which anything was bought."""

    snapshot: Snapshot
    marts: Marts
    names: dict[str, str]
    directory: Directory
    last_day: date | None

    def name_of(self, person_id: str) -> str:
        """Return a person's name, or their id where no feed names them."""
        return self.names.get(person_id, person_id)


class SnapshotReader:
    """Holds the current snapshot open and changes to the next one when it is published.

    A page keeps the snapshot that it began with; the old file is closed when the last page that reads it is done.
    """

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._lock = threading.Lock()
        self._open: OpenSnapshot | None = None

    def current(self) -> OpenSnapshot | None:
        """Return the current snapshot, opened; None before the first publish."""
        published = snapshots.current(self._ws)
        if published is None:
            return None
        with self._lock:
            if self._open is None or self._open.snapshot.publication != published.publication:
                connection = published.connect()
                last_day = people.last_day_sold(connection)
                self._open = OpenSnapshot(
                    published, Marts(connection), people.names(published), Directory.read(connection), last_day
                )
            return self._open


@dataclass(frozen=True, slots=True)
class Portal:
    """One running portal. `secure` is False only on a loopback address without TLS."""

    ws: Workspace
    accounts: Accounts
    cycles: Cycles
    questions: Questions
    log: AccessLog
    sessions: Sessions
    now: Callable[[], datetime]
    secure: bool
    reader: SnapshotReader = field(kw_only=True)

    @property
    def cookie_name(self) -> str:
        """Name of the session cookie; the prefix binds it to this host over TLS."""
        return "__Host-incentives" if self.secure else "incentives"

    def is_publish_blocked(self, snapshot: Snapshot, now: datetime) -> bool:
        """Whether a newer build is finished and a check kept it from being published."""
        record = self.ws.build_record
        try:
            build_id = str(json.loads(record.read_text(encoding="utf-8"))["build_id"])
            finished = datetime.fromtimestamp(record.stat().st_mtime, UTC)
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return build_id != snapshot.build_id and finished > snapshot.published_at and now - finished > PUBLISH_GRACE
