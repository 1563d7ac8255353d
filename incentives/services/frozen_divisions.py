"""Use case: every later build keeps the divisions that a lock, or a restatement that divides anew, froze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.locked_divisions import FEED, file_name, land_locked_divisions
from incentives.ledger import heads, restatements
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead
from incentives.ledger.states import FINAL_STATES
from incentives.services.manifests import frozen_divisions, has_divisions, is_divided_anew, parse_manifest
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Freeze:
    """Divisions of a cycle that have not landed: of its lock, or of a restatement with a number."""

    head: CycleHead
    manifest: Mapping[str, object]
    restated: int


def divisions_to_freeze(ws: Workspace, ledger: Ledger) -> tuple[_Freeze, ...]:
    """Return what has not landed, oldest period first: an act that was killed left it to the next one."""
    index, found = BronzeIndex(ws.bronze_index), []
    with ledger.reading() as session:
        for head in heads.heads(session):
            if head.state not in FINAL_STATES:
                continue
            texts = {0: heads.calculation_of(session, head).manifest}
            texts |= {one.sequence: one.manifest for one in restatements.confirmed_of(session, head)}
            for number, text in sorted(texts.items()):
                manifest = parse_manifest(text)
                wanted = has_divisions(manifest) and (number == 0 or is_divided_anew(manifest))
                if wanted and index.last_text(FEED, file_name(head.subject, number)) is None:
                    found.append(_Freeze(head, manifest, number))
    return tuple(sorted(found, key=lambda one: (one.head.period_start, one.head.period_end, one.head.pay_group, one.restated)))


def freeze_divisions(ws: Workspace, ledger: Ledger, now: datetime) -> None:
    """Land every division that has not landed yet.

    The caller holds the writer's lock.

    Raises:
        CheckFailedError: A manifest's divisions are missing or have changed.
    """
    for one in divisions_to_freeze(ws, ledger):
        window = (one.head.period_start.isoformat(), one.head.period_end.isoformat())
        land_locked_divisions(
            ws,
            frozen_divisions(ws, one.manifest),
            one.head.subject,
            window,
            int(str(one.manifest["last_load"])),
            now,
            restated=one.restated,
        )


def require_divided(ws: Workspace, ledger: Ledger, last_load: int) -> None:
    """Refuse a publication that does not know yet how a restatement divided the lines of its period.

    Raises:
        InputError: Such divisions landed after the load, or have not landed at all.
    """
    index = BronzeIndex(ws.bronze_index)
    with ledger.reading() as session:
        names = {
            file_name(head.subject, one.sequence): head.subject
            for head in heads.heads(session)
            if head.state in FINAL_STATES
            for one in restatements.confirmed_of(session, head)
            if is_divided_anew(parse_manifest(one.manifest))
        }
    if not names:
        return
    known = {file.file_name for file in index.files(last_load) if file.feed == FEED}
    waiting = sorted({subject for name, subject in names.items() if name not in known})
    if waiting:
        raise InputError(
            f"what is published does not know yet how the lines of {', '.join(waiting)} were divided anew.",
            remedy="Run `incentives build` first.",
        )
