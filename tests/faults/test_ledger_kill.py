"""kill -9 at chosen statements of an act, and at random instants (INCENTIVES_KILLS, 200 by hand): the act happened whole or not at all, and doing it again ends the same."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from multiprocessing.context import ForkProcess
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from support_ledger import Desk, desk, draft_statement

from incentives.ledger.engine import Ledger
from incentives.ledger.integrity import verify
from incentives.ledger.models import Posting
from incentives.ledger.states import StateError

STATEMENTS = [draft_statement(f"a{number:03}", 100 + number) for number in range(40)]
Act = Callable[[Desk], object]
ACTS: dict[str, tuple[str, str, Act]] = {
    "calculate": ("open", "calculated", lambda office: office.calculate(STATEMENTS)),
    "lock": ("approved", "locked", lambda office: office.lock()),
    "export": ("locked", "exported", lambda office: office.export()),
}
AT_COMMIT, AFTER_COMMIT = -1, -2
# All 200 in a minute or two; a fifth of them each time.
KILLS = int(os.environ.get("INCENTIVES_KILLS", "40"))
POSTED = {"calculate": 0, "lock": 80, "export": 160}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The ledger as it stands before each act."""
    folder = tmp_path_factory.mktemp("before")
    paths = {}
    path = folder / "ledger.db"
    with desk(path) as office:
        office.open()
        paths["calculate"] = _kept(office, folder / "calculate.db")
        office.calculate(STATEMENTS)
        office.review()
        office.approve()
        paths["lock"] = _kept(office, folder / "lock.db")
        office.lock()
        paths["export"] = _kept(office, folder / "export.db")
    return paths


def _kept(office: Desk, path: Path) -> Path:
    office.ledger.close()
    shutil.copy(str(office.ledger.engine.url.database), path)
    return path


def _killed(path: Path, act: Act, instant: int) -> None:
    """Run an act in a process of its own that kills itself at its n-th statement, at its commit, or right after."""

    def die(*_arguments: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        with desk(path) as office:
            seen = 0

            def count(*_arguments: object) -> None:
                nonlocal seen
                seen += 1
                if seen == instant:
                    die()

            event.listen(office.ledger.engine, "after_cursor_execute", count)
            if instant == AT_COMMIT:
                event.listen(office.ledger.engine, "commit", die)
            act(office)
            die()

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("instant", [2, 5, 8, 10, 11, 12, 13, AT_COMMIT, AFTER_COMMIT])
def test_a_killed_act_happened_once_or_not_at_all(before: dict[str, Path], tmp_path: Path, name: str, instant: int) -> None:
    state_before, state_after, act = ACTS[name]
    path = tmp_path / "ledger.db"
    shutil.copy(before[name], path)
    with Ledger.open(path) as ledger, ledger.reading() as session:
        posted_before = session.scalar(select(func.count()).select_from(Posting)) or 0

    _killed(path, act, instant)

    with desk(path) as office:
        state = office.head().state
        with office.ledger.reading() as session:
            posted = session.scalar(select(func.count()).select_from(Posting)) or 0
            findings = verify(session).findings
        assert findings == []
        if instant == AFTER_COMMIT:
            assert state == state_after
        else:
            assert (state, posted) == (state_before, posted_before)
        if state == state_before:
            act(office)
        elif name == "lock":
            with pytest.raises(StateError, match="the cycle is locked"):
                act(office)
        elif name == "export":
            act(office)
    with desk(path) as office, office.ledger.reading() as session:
        assert verify(session).findings == []
        assert session.scalar(select(func.count()).select_from(Posting)) == POSTED[name]


def _started(path: Path, act: Act) -> ForkProcess:
    """Start an act in a process of its own that nobody disturbs yet."""

    def run() -> None:
        with desk(path) as office:
            act(office)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


def _found(path: Path) -> tuple[str, int]:
    """The cycle's state, and how many postings there are, in a ledger that verifies."""
    with desk(path) as office, office.ledger.reading() as session:
        assert verify(session).findings == []
        return office.head().state.value, session.scalar(select(func.count()).select_from(Posting)) or 0


def test_an_act_killed_at_random_instants_happened_once_or_not_at_all(before: dict[str, Path], tmp_path: Path) -> None:
    wholes, seconds = {}, {}
    for name, (_, state_after, act) in ACTS.items():
        path = Path(shutil.copy(before[name], tmp_path / f"{name}.db"))
        started = time.perf_counter()
        _started(path, act).join(60)
        seconds[name] = time.perf_counter() - started
        wholes[name] = _found(path)
        assert wholes[name] == (state_after, POSTED[name])
    chosen, running, undone = random.Random(20260401), 0, 0

    for number in range(KILLS):
        name = chosen.choice(sorted(ACTS))
        path = Path(shutil.copy(before[name], tmp_path / f"{number}.db"))
        process = _started(path, ACTS[name][2])
        time.sleep(chosen.uniform(0, seconds[name]))
        process.kill()
        process.join(60)
        running += process.exitcode == -signal.SIGKILL

        found = _found(path)
        if found != wholes[name]:
            assert found == (ACTS[name][0], 0 if name != "export" else POSTED["lock"])
            undone += 1
            _started(path, ACTS[name][2]).join(60)
            assert _found(path) == wholes[name]

    # Most were killed at work, and of these some had not happened.
    assert running > KILLS // 2
    assert undone > KILLS // 10
