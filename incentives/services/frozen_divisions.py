"""Use case: every later build keeps the divisions that a lock froze."""

from __future__ import annotations

from datetime import datetime

from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.locked_divisions import FEED, file_name, land_locked_divisions
from incentives.ledger import heads
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead
from incentives.ledger.states import FINAL_STATES
from incentives.services.manifests import frozen_divisions, has_divisions, parse_manifest
from incentives.workspace import Workspace


def divisions_to_freeze(ws: Workspace, ledger: Ledger) -> tuple[CycleHead, ...]:
    """Return the locked cycles whose divisions have not landed: a lock that was killed left them to the next act."""
    index = BronzeIndex(ws.bronze_index)
    with ledger.reading() as session:
        locked = [head for head in heads.heads(session) if head.state in FINAL_STATES]
    return tuple(head for head in locked if index.last_text(FEED, file_name(head.subject)) is None)


def freeze_divisions(ws: Workspace, ledger: Ledger, now: datetime) -> None:
    """Land the divisions of every locked cycle that have not landed yet, oldest period first.

    The caller holds the writer's lock.

    Raises:
        CheckFailedError: A manifest's divisions are missing or have changed.
    """
    for head in sorted(divisions_to_freeze(ws, ledger), key=lambda one: (one.period_start, one.period_end, one.pay_group)):
        with ledger.reading() as session:
            manifest = parse_manifest(heads.calculation_of(session, head).manifest)
        if not has_divisions(manifest):
            continue
        window = (head.period_start.isoformat(), head.period_end.isoformat())
        land_locked_divisions(ws, frozen_divisions(ws, manifest), head.subject, window, int(str(manifest["last_load"])), now)
