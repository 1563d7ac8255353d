"""A delivery of people who were forgotten: its facts land, and nothing of them stays in the workspace."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from incentives.feeds.bronze_index import IndexedFile
from incentives.feeds.erased_text import TextSearch
from incentives.feeds.erasure_log import LOG_NAME, Erased, append_log
from incentives.feeds.erasure_logs import erased_of
from incentives.feeds.landing import LandedFile
from incentives.feeds.tokens import Tokenizer
from incentives.workspace import Workspace


def open_search(ws: Workspace) -> TextSearch | None:
    """Return the search for everybody whom the workspace has forgotten, or None where it has forgotten nobody."""
    erased = erased_of(ws)
    return TextSearch(erased, Tokenizer(ws.key())) if erased else None


def erase_landed(ws: Workspace, search: TextSearch, landed: Iterable[tuple[Path, object]], now: datetime) -> int:
    """Remove delivered files of the inbox, and copies set aside, that hold somebody who was forgotten.

    Args:
        ws: The workspace; the load is in its index and the writer's lock is held.
        search: Finds them.
        landed: Each delivered file and what became of it; what has to wait is left alone.
        now: When their fingerprints enter the log, so that the same bytes are removed again when they come again.

    Returns:
        How many delivered files were removed; files outside the inbox belong to whoever keeps them.
    """
    fingerprints: set[str] = set()
    removed = 0
    for path, outcome in landed:
        if not isinstance(outcome, LandedFile | IndexedFile):
            continue
        row = outcome.row if isinstance(outcome, LandedFile) else outcome
        copy = ws.set_aside / row.delivered_sha256 / Path(row.file_name).name
        holds = row.delivered_sha256 in search.erased.files or (isinstance(outcome, LandedFile) and outcome.holds_erased)
        if row.outcome == "set_aside" and copy.is_file() and (holds or search.file_holds(copy)):
            copy.unlink()
            holds = True
        if holds:
            fingerprints.add(row.delivered_sha256)
            if ws.inbox in path.parents and path.is_file():
                path.unlink()
                removed += 1
    append_log(ws.root / LOG_NAME, Erased(files=frozenset(fingerprints)), now)
    return removed
