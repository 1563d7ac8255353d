"""Use case: a copy of what cannot be rebuilt, and putting it back.

The warehouse follows from its feeds; the ledger follows from nothing. A backup holds the ledger as one moment of it, the frozen
inputs that its cycles name, and the anchors, each with its fingerprint. It is restored whole, checked before and after.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import select

from incentives.errors import CheckFailedError, InputError, OutsideError
from incentives.ledger.audit import JsonValue, append_event, chain_head
from incentives.ledger.copying import copy_ledger
from incentives.ledger.engine import Ledger
from incentives.ledger.models import AuditEvent, Calculation
from incentives.services.accounts import CONSOLE
from incentives.services.anchors import ANCHORS, anchored_events
from incentives.services.cycle_views import VerifyReport
from incentives.services.erased_everywhere import forget_restored
from incentives.services.manifests import object_path, objects_of, parse_manifest
from incentives.services.verification import verify_workspace
from incentives.serving.durable import sha256_of, sync_dir, sync_file
from incentives.workspace import Workspace

FORMAT = 1
_CONTENTS = "contents.json"
_LEDGER = "ledger.db"


@dataclass(frozen=True, slots=True)
class Backup:
    """A written or restored backup: its file, the chain's head in it, and how many frozen objects it holds."""

    file: str
    sha256: str
    events: int
    head: str
    objects: int


def backup_ledger(ws: Workspace, target: Path, *, now: datetime) -> Backup:
    """Write the ledger, its anchors and the frozen inputs that it names into one archive, while others may go on acting.

    Raises:
        InputError: There is no ledger, or the file is there already.
        CheckFailedError: A frozen input is missing or has changed: a backup of it would be worth nothing.
        OutsideError: The file cannot be written.
    """
    if not ws.has_ledger:
        raise InputError("there is no ledger to back up.", where=str(ws.ledger))
    if target.exists():
        raise InputError("a file of this name is there already.", where=str(target), remedy="Name another one.")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=ws.root) as bench:
        copy = Path(bench) / _LEDGER
        _copy(ws, copy)
        with Ledger.open(copy) as ledger, ledger.reading() as session:
            events, head = chain_head(session)
            texts = session.scalars(select(Calculation.manifest)).all()
        objects = sorted({sha256 for text in texts for sha256 in objects_of(parse_manifest(text)).values()})
        files = {_LEDGER: copy} | {f"manifests/{sha256}": object_path(ws, sha256) for sha256 in objects}
        if (ws.root / ANCHORS).is_file():
            files[ANCHORS] = ws.root / ANCHORS
        contents = {
            "format": FORMAT,
            "workspace": ws.config.workspace.id,
            "made_at": now.astimezone(UTC).isoformat(),
            "events": events,
            "head": head,
            "files": {name: _fingerprint(name, path) for name, path in files.items()},
        }
        try:
            _write(target, contents, files)
        except OSError as error:
            raise OutsideError(f"the backup cannot be written: {error.strerror}.", where=str(target)) from error
    return Backup(str(target), sha256_of(target), events, head, len(objects))


def restore_ledger(ws: Workspace, source: Path, *, now: datetime, lose_later_acts: bool = False) -> tuple[Backup, VerifyReport]:
    """Put a backup in the place of the workspace's ledger: a file is kept beside it under another name, a database must be empty.

    Args:
        ws: The workspace that the backup was made of.
        source: The archive.
        now: The moment of the restore; it is an act in the chain.
        lose_later_acts: Restore even where the anchors name locks or exports that the backup does not hold.

    Returns:
        What was restored, and what verifying everything afterwards found.

    Raises:
        InputError: No backup of this workspace, or acts would be lost.
        CheckFailedError: A file in it is not what was backed up; nothing was changed.
    """
    with ws.writer_lock("ledger restore"), tempfile.TemporaryDirectory(prefix=".restore-", dir=ws.root) as bench:
        contents = _unpacked(ws, source, Path(bench))
        into = ws.config.ledger.url
        _refuse_taken(into)
        _refuse_lost_acts(ws, Path(bench) / _LEDGER, lose_later_acts)
        objects = 0
        for path in sorted((Path(bench) / "manifests").glob("*")):
            final = object_path(ws, path.name)
            objects += 1
            if not final.is_file() or sha256_of(final) != path.name:
                final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.chmod(0o400)
                sync_file(path)
                path.replace(final)
        if into:
            with Ledger.open(Path(bench) / _LEDGER) as copy, Ledger.open(into) as ledger:
                copy_ledger(copy, ledger, into)
        else:
            _put_in_place(ws, Path(bench) / _LEDGER, now)
        if not (ws.root / ANCHORS).is_file() and (Path(bench) / ANCHORS).is_file():
            shutil.copyfile(Path(bench) / ANCHORS, ws.root / ANCHORS)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        details: dict[str, JsonValue] = {"events": contents.events, "head": contents.head, "backup": contents.sha256}
        append_event(session, CONSOLE, "restore", "ledger", at=now, details=details)
    forget_restored(ws, now)
    return Backup(contents.file, contents.sha256, contents.events, contents.head, objects), verify_workspace(ws)


def _copy(ws: Workspace, copy: Path) -> None:
    """Copy the ledger as one moment of it into a SQLite file."""
    if ws.config.ledger.url:
        with Ledger.open(ws.config.ledger.url) as live, Ledger.open(copy) as copied:
            copy_ledger(live, copied, str(copy))
        return
    with closing(sqlite3.connect(ws.ledger)) as live_file, closing(sqlite3.connect(copy)) as copied_file:
        live_file.backup(copied_file)


def _refuse_taken(url: str) -> None:
    """Refuse a database that holds a ledger, before anything is touched: none of its rows could be replaced."""
    if not url:
        return
    with Ledger.open(url) as ledger, ledger.reading() as session:
        if chain_head(session)[0]:
            raise InputError(
                "this database holds a ledger already, and nothing of a ledger is ever replaced.",
                where="[ledger] url",
                remedy="Name an empty database, and restore again.",
            )


def _fingerprint(name: str, path: Path) -> str:
    if not path.is_file():
        raise CheckFailedError(
            "a frozen input is missing, so the backup would not be whole.", where=str(path), remedy="Run `incentives verify`."
        )
    found = sha256_of(path)
    if name.startswith("manifests/") and found != PurePosixPath(name).name:
        raise CheckFailedError(
            "a frozen input has changed, so the backup would not be whole.", where=str(path), remedy="Run `incentives verify`."
        )
    return found


def _write(target: Path, contents: dict[str, object], files: dict[str, Path]) -> None:
    """Write the archive under a temporary name, bring it to the disk, and only then call it what it is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle, tarfile.open(fileobj=handle, mode="w:gz") as archive:
            text = json.dumps(contents, indent=1, sort_keys=True).encode()
            header = tarfile.TarInfo(_CONTENTS)
            header.size, header.mode = len(text), 0o600
            archive.addfile(header, io.BytesIO(text))
            for name, path in files.items():
                archive.add(path, arcname=name, recursive=False)
        sync_file(temporary)
        temporary.replace(target)
        sync_dir(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _unpacked(ws: Workspace, source: Path, bench: Path) -> Backup:
    """Unpack an archive and check every file of it, before anything of the workspace is touched."""
    try:
        with tarfile.open(source) as archive:
            archive.extractall(bench, filter="data")
        contents = json.loads((bench / _CONTENTS).read_text(encoding="utf-8"))
        files = {str(name): str(sha256) for name, sha256 in contents["files"].items()}
        events, head, workspace = int(contents["events"]), str(contents["head"]), str(contents["workspace"])
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("this is no backup of a ledger, or it is cut off.", where=str(source)) from error
    if workspace != ws.config.workspace.id:
        raise InputError("this backup is of another workspace.", where=str(source))
    for name, sha256 in files.items():
        if not (bench / name).is_file() or sha256_of(bench / name) != sha256:
            raise CheckFailedError(f"{name} in it is not what was backed up; nothing was restored.", where=str(source))
    return Backup(str(source), sha256_of(source), events, head, 0)


def _refuse_lost_acts(ws: Workspace, copy: Path, lose_later_acts: bool) -> None:
    with Ledger.open(copy) as ledger, ledger.reading() as session:
        rows = session.execute(select(AuditEvent.event_id, AuditEvent.event_hash))
        held = {row.event_id: row.event_hash for row in rows}
    lost = [event for event in anchored_events(ws) if held.get(event.number) != event.hash]
    if lost and not lose_later_acts:
        raise InputError(
            f"the backup does not hold {len(lost)} locks or exports that the anchors name, first `{lost[0].act}` of {lost[0].subject}.",
            where=ANCHORS,
            remedy="Restore a newer backup, or say --lose-later-acts; payroll may have been paid by them.",
        )


def _put_in_place(ws: Workspace, copy: Path, now: datetime) -> None:
    """Set the ledger that is there aside, with what lies in its log, and put the copy in its place."""
    if ws.ledger.is_file():
        with closing(sqlite3.connect(ws.ledger)) as before:
            before.execute("pragma wal_checkpoint(truncate)")
        ws.ledger.replace(ws.ledger.with_name(f"ledger-before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.db"))
    for left in _beside(ws.ledger):
        left.unlink(missing_ok=True)
    copy.chmod(0o600)
    sync_file(copy)
    copy.replace(ws.ledger)
    sync_dir(ws.root)


def _beside(ledger: Path) -> Iterator[Path]:
    yield from (ledger.with_name(f"{ledger.name}{suffix}") for suffix in ("-wal", "-shm", "-journal"))
