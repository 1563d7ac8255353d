"""Several processes that read deliveries give what one gives, and end with the landing."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support_landing import NOW, as_csv, deliver, indexed, land_inbox, new_workspace, sale

from incentives.errors import OutsideError
from incentives.services import landing, landing_readers
from incentives.services.landing import LandingReport
from incentives.services.landing_readers import Readers
from incentives.workspace import KEY_VARIABLE, Workspace

# Lands the inbox with three readers, says who they are and waits for its end while they read.
LANDS = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from incentives.services import landing_readers
from incentives.services.landing import land
from incentives.workspace import Workspace

begin = landing_readers.Readers.__enter__
def begin_and_say(readers):
    print(*(other.pid for other in readers._others), flush=True)
    return begin(readers)
landing_readers.readers_for = lambda sizes: 3
landing_readers.Readers.__enter__ = begin_and_say
land(Workspace.open(Path(sys.argv[1])), now=datetime(2026, 3, 1, 6, tzinfo=UTC))
"""


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """One key for all workspaces of a test, so that their tokens can be compared."""
    monkeypatch.setenv(KEY_VARIABLE, "a key for tests, which protects nobody")


def _deliver(ws: Workspace) -> None:
    rows = [sale(f"O{number}", customer_email=f"client{number % 70}@example.com") for number in range(3_000)]
    deliver(ws, "order_lines-1.csv", as_csv(rows[:100]))
    deliver(ws, "order_lines-2.csv", as_csv(rows))
    deliver(ws, "order_lines-3.csv", as_csv(rows[:100]))
    deliver(ws, "order_lines-4.csv", as_csv(rows[100:200]).replace("O1", "P1"))
    deliver(ws, "order_lines-5.csv", as_csv(rows[200:900]) + "broken\n")
    deliver(ws, "order_lines-6.csv", "")
    deliver(ws, "order_lines-7.csv", as_csv(rows[900:]) + "\0")
    deliver(ws, "order_lines-8.csv", "order_id\nO1\n")
    deliver(ws, "order_lines-9.csv", "order_id\nO1\n")
    (ws.inbox / "manual" / "order_lines-a.csv").symlink_to(ws.inbox / "manual" / "order_lines-1.csv")
    deliver(ws, "associates.csv", "associate_id\nA1\n")


def _state(ws: Workspace, report: LandingReport) -> tuple[object, ...]:
    files = {
        path.relative_to(ws.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in (ws.bronze, ws.set_aside)
        for path in top.rglob("*")
        if path.is_file() and path != ws.bronze_index
    }
    return report, indexed(ws), files


def test_several_readers_give_what_one_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = []
    for readers in (1, 3):
        monkeypatch.setattr(landing_readers, "readers_for", lambda sizes, readers=readers: readers)
        ws = new_workspace(tmp_path / str(readers))
        _deliver(ws)
        states.append(_state(ws, land_inbox(ws)))

    assert states[0] == states[1]
    report = states[1][0]
    assert isinstance(report, LandingReport)
    assert {file.file: file.outcome for file in report.files} == {
        "associates.csv": "loaded",
        "order_lines-1.csv": "loaded",
        "order_lines-2.csv": "loaded",
        "order_lines-3.csv": "known",
        "order_lines-4.csv": "loaded",
        "order_lines-5.csv": "loaded",
        "order_lines-6.csv": "set_aside",
        "order_lines-7.csv": "loaded",
        "order_lines-8.csv": "set_aside",
        "order_lines-9.csv": "set_aside",
        "order_lines-a.csv": "deferred",
    }
    assert not (ws.bronze / ".landing").exists()


def test_readers_end_at_once_when_their_landing_is_killed(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    for number in range(6):
        deliver(ws, f"order_lines-{number}.csv", as_csv(sale(f"O{number}-{row}") for row in range(60_000)))
    process = subprocess.Popen([sys.executable, "-c", LANDS, str(ws.root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    readers = [int(pid) for pid in process.stdout.readline().split()]
    assert len(readers) == 2
    while not list((ws.bronze / ".landing").glob(f"{process.pid}-*/*")):
        assert process.poll() is None
        time.sleep(0.01)

    process.send_signal(signal.SIGKILL)
    process.wait()

    until = time.monotonic() + 5
    while any(_runs(pid) for pid in readers):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert indexed(ws) == ()
    assert [file.accepted for file in land_inbox(ws).files] == [60_000] * 6
    assert not (ws.bronze / ".landing").exists()


def test_a_reader_that_dies_ends_the_landing_and_nothing_of_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = new_workspace(tmp_path)
    _deliver(ws)
    monkeypatch.setattr(landing_readers, "readers_for", lambda sizes: 2)
    begin = Readers.__enter__

    def begin_and_kill(readers: Readers) -> Readers:
        for other in readers._others:
            os.kill(other.pid, signal.SIGKILL)
        return begin(readers)

    with monkeypatch.context() as patched:
        patched.setattr(Readers, "__enter__", begin_and_kill)
        with pytest.raises(OutsideError, match="nothing of the landing counts"):
            land_inbox(ws)

    assert indexed(ws) == ()
    assert land_inbox(ws).load_id == 1


def test_a_file_written_again_after_it_was_read_lands_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = new_workspace(tmp_path)
    path = deliver(ws, "order_lines.csv", as_csv([sale("O1")]))
    read = Readers.read

    def read_and_write(readers: Readers, delivery: landing.Delivery) -> landing_readers.Read:
        found = read(readers, delivery)
        path.write_text(as_csv([sale("O2")]))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Readers, "read", read_and_write)
        land_inbox(ws)
    again = landing.land(ws, now=NOW)

    assert (again.load_id, [file.outcome for file in again.files]) == (2, ["loaded"])


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
