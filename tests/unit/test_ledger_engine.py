"""A store that stays open, as the portal keeps it, keeps its connections for whoever opens it beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from incentives.errors import OutsideError
from incentives.ledger.engine import Ledger

NOTHING = text("select 1")


def _read(ledger: Ledger) -> None:
    with ledger.reading() as session:
        session.execute(NOTHING)


def test_connections_stay_while_the_store_is_open_elsewhere(tmp_path: Path) -> None:
    kept = Ledger.open(tmp_path / "ledger.db")
    _read(kept)
    connections = kept.engine.pool

    with Ledger.open(tmp_path / "ledger.db") as beside:
        _read(beside)

    assert beside.engine.pool is connections
    _read(kept)

    kept.close()
    assert kept.engine.pool is not connections
    assert not (tmp_path / "ledger.db-wal").exists()


def test_a_store_that_could_not_be_opened_is_not_counted_as_open(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no database " * 1000)
    for _ in range(2):
        with pytest.raises(OutsideError):
            Ledger.open(path)
    path.unlink()

    with Ledger.open(path) as ledger:
        _read(ledger)
        connections = ledger.engine.pool

    assert ledger.engine.pool is not connections
