"""kill -9 at random instants of an increment: the warehouse holds what it held or what it will hold, and building again ends."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support_build import FIRST, KEY, SECOND, deliver_first, deliver_second, make_workspace
from support_increments import different_rows

from incentives.services.landing import land
from incentives.services.warehouse import build_warehouse
from incentives.warehouse.increments.work import held
from incentives.workspace import Workspace

KILLS = 6
pytestmark = pytest.mark.slow


# Says when it begins, so that imports are not what is killed.
_BUILD = """
import sys
from datetime import datetime
from pathlib import Path
import incentives.warehouse.increments.work
from incentives.services.warehouse import build_warehouse
from incentives.workspace import Workspace

if sys.argv[3:] == ["after_commit"]:
    import os
    from contextlib import closing

    class KilledAfterCommit(closing):
        def __exit__(self, *error):
            catalogues = self.thing.execute("select distinct database_name from duckdb_databases()").fetchall()
            if ("memory",) in catalogues:
                os.kill(os.getpid(), 9)
            super().__exit__(*error)

    incentives.warehouse.increments.work.closing = KilledAfterCommit
print("begins", flush=True)
build_warehouse(Workspace.open(Path(sys.argv[1])), now=datetime.fromisoformat(sys.argv[2]))
"""


def _build_killed_after(root: Path, seconds: float | None) -> float:
    """Build in another process, kill it some time after it began, and return how long it ran."""
    command = [sys.executable, "-c", _BUILD, str(root), SECOND.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        started = time.perf_counter()
        try:
            process.wait(seconds)
            assert process.returncode == 0
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait()
        return time.perf_counter() - started


def test_an_increment_killed_after_its_commit_leaves_nothing_that_changes_a_later_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    ws = make_workspace(tmp_path / "killed")
    deliver_first(ws)
    land(ws, now=FIRST)
    build_warehouse(ws, now=FIRST)
    deliver_second(ws)
    last = land(ws, now=SECOND).load_id
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(ws.root, undisturbed)
    _build_killed_after(undisturbed, None)

    killed = subprocess.run([sys.executable, "-c", _BUILD, str(ws.root), SECOND.isoformat(), "after_commit"], check=False)

    assert killed.returncode == -signal.SIGKILL
    # DuckDB's log is what makes this instant a dangerous one.
    assert ws.warehouse.with_name(f"{ws.warehouse.name}.wal").is_file()
    state = held(ws.warehouse)
    assert state is not None
    assert state.last_load == last
    assert build_warehouse(ws, now=SECOND).last_load == last
    assert different_rows(ws.warehouse, Workspace.open(undisturbed).warehouse) == {}


def test_a_killed_increment_leaves_a_whole_warehouse_and_is_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    template = make_workspace(tmp_path / "template")
    deliver_first(template)
    land(template, now=FIRST)
    first = build_warehouse(template, now=FIRST).last_load
    before = tmp_path / "before.duckdb"
    shutil.copy(template.warehouse, before)
    deliver_second(template)
    last = land(template, now=SECOND).load_id
    # The increment is what is killed; what it must leave is what it leaves undisturbed, and a full build.
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(template.root, undisturbed)
    whole = _build_killed_after(undisturbed, None)
    after = Workspace.open(undisturbed).warehouse
    chooser = random.Random(20261125)
    seen = []

    for number in range(KILLS):
        root = tmp_path / f"killed-{number}"
        shutil.copytree(template.root, root)
        ws = Workspace.open(root)
        _build_killed_after(root, chooser.uniform(0.1, 1.0) * whole)

        state = held(ws.warehouse)
        assert state is not None
        seen.append(state.last_load)
        assert different_rows(ws.warehouse, before if state.last_load == first else after) == {}
        again = build_warehouse(ws, now=SECOND)
        assert again.last_load == last
        assert different_rows(ws.warehouse, after) == {}
        shutil.rmtree(root)

    assert set(seen) <= {first, last}
    assert first in seen
