"""Published snapshots: what every reader reads, switched at one instant, never a part of a build.

A snapshot is a folder of two read-only DuckDB files. It is made under a temporary name, brought to the disk and
renamed; then the pointer `current.json` is replaced. A run killed at any instant leaves the snapshot of before in
place, and the next run finishes the work. A reader that holds an older snapshot keeps a consistent view of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Protocol

import duckdb
from filelock import FileLock

from incentives.errors import InputError, OutsideError
from incentives.serving.copies import SnapshotInfo, bring_up_results, read_step, write_contacts, write_results
from incentives.serving.durable import copy_hashed, replace_text, sha256_of, sync_dir, sync_file
from incentives.workspace import Workspace

RESULTS = "results.duckdb"
CONTACTS = "contacts.duckdb"
POINTER = "current.json"
RECORD = "publication.json"
BEFORE_KEPT = 2
BROUGHT_UP_MAX = 20
_PUBLICATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TEMPORARY = ".making-"


class PublishableBuild(Protocol):
    """What publishing needs to know of a finished build."""

    @property
    def build_id(self) -> str:
        """The build; names the publication."""

    @property
    def last_load(self) -> int:
        """The last load that the build holds."""

    @property
    def as_of(self) -> date:
        """The moment for which stock figures were computed."""

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the code that built it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published snapshot; `results_sha256` and `contacts_sha256` are what its files had when published.

    `brought_up`: how many publications since results were last copied whole, each made from the one before.
    """

    publication: str
    results: Path
    contacts: Path
    build_id: str
    last_load: int
    as_of: datetime
    published_at: datetime
    code_fingerprint: str
    results_sha256: str
    contacts_sha256: str
    brought_up: int = 0

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open the results read-only; SQL can reach no other file and change no setting."""
        return open_read_only(self.results)

    def connect_contacts(self) -> duckdb.DuckDBPyConnection:
        """Open the people's names read-only, for pages that may show them."""
        return open_read_only(self.contacts)


def publish(ws: Workspace, build: PublishableBuild, now: datetime, *, keep: Collection[str] = ()) -> Snapshot:
    """Publish the last build as the snapshot that readers read; publishing it again changes nothing.

    Args:
        ws: The workspace whose warehouse is published.
        build: The finished, checked build that the warehouse holds.
        now: The moment of publishing.
        keep: Publications that open cycles name; they are not removed.

    Raises:
        InputError: There is no warehouse, or the build's id cannot name a folder.
    """
    if not _PUBLICATION.fullmatch(build.build_id):
        raise InputError(f"'{build.build_id}' cannot name a publication.", remedy="Build ids hold letters, digits, . _ and -.")
    ws.snapshots.mkdir(mode=0o700, parents=True, exist_ok=True)
    ws.snapshots.chmod(0o700)
    with FileLock(str(ws.snapshots / ".publish.lock")):
        for unfinished in ws.snapshots.glob(f"{_TEMPORARY}*"):
            shutil.rmtree(unfinished)
        folder = ws.snapshots / build.build_id
        if not folder.is_dir():
            _make(ws, build, folder, now)
        snapshot = _read_record(folder / RECORD, ws)
        _switch(ws, snapshot)
        _remove_old(ws, snapshot, keep)
    return snapshot


def current(ws: Workspace) -> Snapshot | None:
    """Return the snapshot that readers read now, or None before the first publish."""
    pointer = ws.snapshots / POINTER
    return _read_record(pointer, ws) if pointer.is_file() else None


def damages(snapshot: Snapshot) -> tuple[str, ...]:
    """Return one sentence for each file of a snapshot that is not what was published."""
    found = []
    for path, published in ((snapshot.results, snapshot.results_sha256), (snapshot.contacts, snapshot.contacts_sha256)):
        if not path.is_file():
            found.append(f"{path}: the file is missing; build again to publish it anew.")
        elif sha256_of(path) != published:
            found.append(f"{path}: the bytes are not those that were published; build again to publish it anew.")
    return tuple(found)


def _make(ws: Workspace, build: PublishableBuild, folder: Path, now: datetime) -> None:
    """Write the folder of a publication under a temporary name and rename it when it is whole."""
    if not ws.warehouse.is_file():
        raise InputError("there is no warehouse to publish.", where=str(ws.warehouse), remedy="Run `incentives build` first.")
    temporary = ws.snapshots / f"{_TEMPORARY}{build.build_id}-{os.getpid()}"
    temporary.mkdir(mode=0o700)
    as_of = build.as_of if isinstance(build.as_of, datetime) else datetime.combine(build.as_of, time(), UTC)
    info = SnapshotInfo(build.build_id, build.build_id, build.last_load, _utc(as_of), _utc(now), build.fingerprint)
    base = _base(ws, build)
    if base is not None and copy_hashed(base.results, temporary / RESULTS) == base.results_sha256:
        bring_up_results(ws.warehouse, temporary / RESULTS, info, ws.mart_changes)
    else:
        base = None
        (temporary / RESULTS).unlink(missing_ok=True)
        write_results(ws.warehouse, temporary / RESULTS, info)
    with ThreadPoolExecutor(max_workers=1) as beside:
        results_digest = beside.submit(sha256_of, temporary / RESULTS)
        write_contacts(ws, temporary / CONTACTS, build.last_load)
        sync_file(temporary / RESULTS)
    record = {
        "publication": info.publication,
        "results": f"{info.publication}/{RESULTS}",
        "contacts": f"{info.publication}/{CONTACTS}",
        "build_id": info.build_id,
        "last_load": info.last_load,
        "as_of": info.as_of.isoformat(),
        "published_at": info.published_at.isoformat(),
        "code_fingerprint": info.code_fingerprint,
        "results_sha256": results_digest.result(),
        "contacts_sha256": sha256_of(temporary / CONTACTS),
        "brought_up": 0 if base is None else base.brought_up + 1,
    }
    (temporary / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    for name in (RESULTS, CONTACTS, RECORD):
        (temporary / name).chmod(0o600)
        sync_file(temporary / name)
    sync_dir(temporary)
    temporary.rename(folder)
    sync_dir(ws.snapshots)


def _base(ws: Workspace, build: PublishableBuild) -> Snapshot | None:
    """Return the snapshot that an increment's changes bring up to a build; None where its results must be copied whole.

    What was taken away leaves room in the file, so that it is copied whole now and then.
    """
    before, step = current(ws), read_step(ws.mart_changes)
    if before is None or step is None or before.brought_up >= BROUGHT_UP_MAX:
        return None
    leads_here = (step.since_load, step.through_load) == (before.last_load, build.last_load)
    by_the_same = step.fingerprint == before.code_fingerprint == build.fingerprint
    return before if leads_here and by_the_same and before.results.is_file() else None


def _switch(ws: Workspace, snapshot: Snapshot) -> None:
    """Point readers at a snapshot, unless they already read it."""
    text = (ws.snapshots / snapshot.publication / RECORD).read_text(encoding="utf-8")
    pointer = ws.snapshots / POINTER
    if not pointer.is_file() or pointer.read_text(encoding="utf-8") != text:
        replace_text(pointer, text)


def _remove_old(ws: Workspace, newest: Snapshot, keep: Collection[str]) -> None:
    """Remove publications other than the current one, the two before it, and those to keep."""
    others = [_read_record(record, ws) for record in ws.snapshots.glob(f"*/{RECORD}")]
    before = sorted(
        (other for other in others if other.publication != newest.publication),
        key=lambda other: (other.published_at, other.publication),
        reverse=True,
    )
    for old in before[BEFORE_KEPT:]:
        if old.publication not in keep:
            shutil.rmtree(ws.snapshots / old.publication)


def _read_record(path: Path, ws: Workspace) -> Snapshot:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return Snapshot(
            publication=str(record["publication"]),
            results=ws.snapshots / str(record["results"]),
            contacts=ws.snapshots / str(record["contacts"]),
            build_id=str(record["build_id"]),
            last_load=int(record["last_load"]),
            as_of=_aware(str(record["as_of"])),
            published_at=_aware(str(record["published_at"])),
            code_fingerprint=str(record["code_fingerprint"]),
            results_sha256=str(record["results_sha256"]),
            contacts_sha256=str(record["contacts_sha256"]),
            brought_up=int(record.get("brought_up", 0)),
        )
    except (OSError, ValueError, KeyError) as error:
        raise OutsideError(
            "the record of a published snapshot cannot be read.", where=str(path), remedy="Build again to publish it anew."
        ) from error


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """Open one of a snapshot's files as every reader does.

    In one process DuckDB shares a file between connections of one configuration and refuses any other: whoever reads a
    snapshot beside the portal goes through here.
    """
    return duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false", "lock_configuration": "true"})


def _utc(moment: datetime) -> datetime:
    """Return a moment in UTC without its zone, as the marts hold moments."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
