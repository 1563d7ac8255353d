"""A backup of the ledger is whole or refused, and restoring it loses no act in silence; by the command line."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from support_cli import run_here
from support_portal import House

from incentives.ledger.engine import Ledger
from incentives.services.anchors import write_anchors


@pytest.fixture
def root(house: House) -> Path:
    """The workspace of the portal's tests, with one locked cycle and one in review."""
    with Ledger.open(house.ws.ledger) as ledger:
        write_anchors(house.ws, ledger)
    return house.ws.root


def _acts(root: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(root / "ledger.db")) as connection:
        return connection.execute("select event_id, act, subject, event_hash from audit_events order by 1").fetchall()


def _rows(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the ledger but the audit's, which a restore adds to."""
    with closing(sqlite3.connect(root / "ledger.db")) as connection:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table' order by 1")]
        return {
            table: connection.execute(f"select * from {table} order by 1").fetchall()
            for table in tables
            if not table.startswith(("audit", "access", "sqlite"))
        }


def test_a_ledger_that_was_lost_comes_back_whole_and_the_restore_is_an_act(root: Path, tmp_path: Path) -> None:
    acts, rows = _acts(root), _rows(root)
    kept = tmp_path / "kept" / "ledger.tar.gz"
    run_here("ledger", "backup", kept, "--workspace", root)
    (root / "ledger.db").write_bytes(b"gone")
    for path in root.glob("ledger.db-*"):
        path.unlink()

    with pytest.raises(AssertionError, match="file is not a database"):
        run_here("verify", "--workspace", root)
    (root / "ledger.db").unlink()
    run_here("ledger", "restore", kept, "--workspace", root)

    assert _rows(root) == rows
    assert _acts(root)[: len(acts)] == acts
    assert [(act, subject) for _, act, subject, _ in _acts(root)[len(acts) :]] == [("restore", "ledger")]
    run_here("verify", "--workspace", root)


def test_a_backup_is_never_written_over_and_its_bytes_are_for_the_owner_alone(root: Path, tmp_path: Path) -> None:
    kept = tmp_path / "ledger.tar.gz"
    run_here("ledger", "backup", kept, "--workspace", root)
    before = hashlib.sha256(kept.read_bytes()).hexdigest()

    refused = run_here("ledger", "backup", kept, "--workspace", root, code=2)

    assert "there already" in refused.err
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == before
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["another byte", "cut off", "a file less"])
def test_a_damaged_backup_changes_nothing(damage: str, root: Path, tmp_path: Path) -> None:
    kept = tmp_path / "ledger.tar.gz"
    run_here("ledger", "backup", kept, "--workspace", root)
    acts = _acts(root)
    if damage == "cut off":
        kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    else:
        with tarfile.open(kept) as archive:
            files = {member.name: (archive.extractfile(member) or io.BytesIO()).read() for member in archive.getmembers()}
        if damage == "a file less":
            del files["ledger.db"]
        else:
            files["ledger.db"] = files["ledger.db"][:-1] + bytes([files["ledger.db"][-1] ^ 1])
        with tarfile.open(kept, "w:gz") as archive:
            for name, content in files.items():
                header = tarfile.TarInfo(name)
                header.size = len(content)
                archive.addfile(header, io.BytesIO(content))

    refused = run_here("ledger", "restore", kept, "--workspace", root, code=2 if damage == "cut off" else 1)

    assert "no backup of a ledger" in refused.err or "is not what was backed up; nothing was restored" in refused.err
    assert _acts(root) == acts
    assert not list(root.glob("ledger-before-*"))


def test_a_lock_that_the_backup_does_not_hold_is_not_lost_in_silence(root: Path, tmp_path: Path) -> None:
    kept = tmp_path / "ledger.tar.gz"
    run_here("ledger", "backup", kept, "--workspace", root)
    anchors = root / "ledger.anchors"
    later = '{"act":"lock","event":4711,"hash":"00ff","subject":"2026-03/main"}\n'
    anchors.write_text((anchors.read_text() if anchors.is_file() else "") + later)

    refused = run_here("ledger", "restore", kept, "--workspace", root, code=2)
    forced = run_here("ledger", "restore", kept, "--lose-later-acts", "--workspace", root, code=1)

    assert "first `lock` of 2026-03/main" in refused.err
    assert "the chain has no lock or export there" in forced.err
    assert len(list(root.glob("ledger-before-*.db"))) == 1
