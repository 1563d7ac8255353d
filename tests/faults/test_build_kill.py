"""kill -9 at random instants of an increment: the warehouse holds what it held or what it will hold, and building again ends."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support_build import FIRST, KEY, SECOND, deliver_first, deliver_second, make_workspace
from support_increments import different_rows

from incentives.services.landing import land
from incentives.services.warehouse import build_warehouse
from incentives.warehouse.increments.work import held
from incentives.workspace import Workspace

KILLS = 4
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


@dataclass(frozen=True)
class Story:
    """A workspace whose second delivery is landed and not built, and what its warehouse was and is to be."""

    root: Path
    first: int
    last: int
    before: Path
    after: Path
    seconds: float


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", KEY)
        ws = make_workspace(folder / "template")
        deliver_first(ws)
        land(ws, now=FIRST)
        first = build_warehouse(ws, now=FIRST).last_load
        before = folder / "before.duckdb"
        shutil.copy(ws.warehouse, before)
        deliver_second(ws)
        last = land(ws, now=SECOND).load_id
        # The increment is what is killed; what it must leave is what it leaves undisturbed, and a full build.
        undisturbed = folder / "undisturbed"
        shutil.copytree(ws.root, undisturbed)
        seconds = _build_killed_after(undisturbed, None)
        yield Story(ws.root, first, last, before, Workspace.open(undisturbed).warehouse, seconds)


def test_an_increment_killed_after_its_commit_leaves_nothing_that_changes_a_later_build(story: Story, tmp_path: Path) -> None:
    ws = Workspace.open(Path(shutil.copytree(story.root, tmp_path / "killed")))

    killed = subprocess.run([sys.executable, "-c", _BUILD, str(ws.root), SECOND.isoformat(), "after_commit"], check=False)

    assert killed.returncode == -signal.SIGKILL
    # DuckDB's log is what makes this instant a dangerous one.
    assert ws.warehouse.with_name(f"{ws.warehouse.name}.wal").is_file()
    state = held(ws.warehouse)
    assert state is not None
    assert state.last_load == story.last
    assert build_warehouse(ws, now=SECOND).last_load == story.last
    assert different_rows(ws.warehouse, story.after) == {}


def test_a_killed_increment_leaves_a_whole_warehouse_and_is_made_up_for(story: Story, tmp_path: Path) -> None:
    chooser = random.Random(20261125)
    seen = []

    for number in range(KILLS):
        ws = Workspace.open(Path(shutil.copytree(story.root, tmp_path / f"killed-{number}")))
        _build_killed_after(ws.root, chooser.uniform(0.1, 1.0) * story.seconds)

        state = held(ws.warehouse)
        assert state is not None
        seen.append(state.last_load)
        assert different_rows(ws.warehouse, story.before if state.last_load == story.first else story.after) == {}
        again = build_warehouse(ws, now=SECOND)
        assert again.last_load == story.last
        assert different_rows(ws.warehouse, story.after) == {}
        shutil.rmtree(ws.root)

    assert set(seen) <= {story.first, story.last}
    assert story.first in seen
