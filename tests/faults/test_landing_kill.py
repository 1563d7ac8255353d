"""kill -9 at random instants of landing (INCENTIVES_KILLS, 200 by hand): landing again gives, byte for byte, what an undisturbed landing gives."""

from __future__ import annotations

import gzip
import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from support_formats import as_json_array, as_json_lines, as_parquet, as_xlsx, as_zstd
from support_landing import NOW, as_csv, deliver, indexed, new_workspace, sale

from incentives.services import landing_readers
from incentives.services.landing import LandingReport, land
from incentives.workspace import Workspace

KILLS = int(os.environ.get("INCENTIVES_KILLS", "40"))
# A workspace is killed up to this often before it lands in peace.
IN_A_ROW = 4


def _filled(root: Path) -> Workspace:
    """A workspace with ten deliveries: every format, broken rows, the same bytes twice, and a file that is refused."""
    ws = new_workspace(root)
    rows = [sale(f"o{number}", customer_email=f"client{number % 40}@example.org") for number in range(400)]
    rows[7]["net_amount"] = "ten"
    rows[8]["ordered_at"] = "2026-13-01T00:00:00Z"
    deliver(ws, "order_lines-1.csv", as_csv(rows) + "pos,o-broken,1\n")
    deliver(ws, "order_lines-2.csv.gz", gzip.compress(as_csv(rows[:50]).encode(), mtime=0))
    deliver(ws, "order_lines-3.csv", as_csv(rows) + "pos,o-broken,1\n")
    deliver(ws, "order_lines-4.jsonl", as_json_lines(rows[100:150]))
    deliver(ws, "order_lines-5.json", as_json_array(rows[150:200]))
    columns = list(rows[0])
    deliver(ws, "order_lines-6.parquet", as_parquet({name: [row[name] for row in rows[200:260]] for name in columns}))
    deliver(ws, "order_lines-7.xlsx", as_xlsx([columns, *([row[name] for name in columns] for row in rows[260:280])]))
    deliver(ws, "order_lines-8.csv.zst", as_zstd(as_csv(rows[280:300]).encode()))
    deliver(ws, "order_lines-9.csv", "source,order_id\npos,o1\n")
    deliver(ws, "associates.csv", "associate_id,name,hired_on\na1,Lina,2020-01-01\n")
    return ws


def _state(ws: Workspace) -> dict[str, str]:
    """Return every file of bronze and of what was set aside by its bytes, and every row of the index."""
    kept = [path for top in (ws.bronze, ws.set_aside) for path in top.rglob("*") if path.is_file() and path != ws.bronze_index]
    state = {path.relative_to(ws.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}
    return state | {f"{file.load_id}/{file.file_ordinal}": str(file) for file in indexed(ws)}


def _land_in_a_group_of_its_own(root: Path, readers: int) -> None:
    os.setsid()
    landing_readers.readers_for = lambda sizes: readers
    land(Workspace.open(root), now=NOW)


def _killed_after(root: Path, seconds: float, readers: int) -> bool:
    """Land in another process, and kill it and whatever it started after some time; say whether it was still running."""
    process = multiprocessing.get_context("fork").Process(target=_land_in_a_group_of_its_own, args=(root, readers))
    process.start()
    time.sleep(seconds)
    assert process.pid is not None
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        # It had not yet made a group of its own, or it is gone.
        os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    return process.exitcode == -signal.SIGKILL


def _seconds(template: Workspace, root: Path, readers: int) -> float:
    """Return how long a landing takes in a process of its own that nobody disturbs."""
    shutil.copytree(template.root, root)
    process = multiprocessing.get_context("fork").Process(target=_land_in_a_group_of_its_own, args=(root, readers))
    started = time.perf_counter()
    process.start()
    process.join(60)
    assert process.exitcode == 0
    return time.perf_counter() - started


def _add_up(report: LandingReport) -> bool:
    return all(file.accepted + file.duplicate + file.superseded + file.quarantined == file.delivered for file in report.files)


@pytest.mark.slow
def test_a_landing_killed_at_random_instants_ends_in_the_bytes_of_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", "the key that every workspace of this test shares")
    template = _filled(tmp_path / "template")
    shutil.copytree(template.root, tmp_path / "undisturbed")
    undisturbed = Workspace.open(tmp_path / "undisturbed")
    expected = land(undisturbed, now=NOW)
    whole = {readers: _seconds(template, tmp_path / f"timed-{readers}", readers) for readers in (1, 2)}
    whole_state = _state(undisturbed)
    assert {file.outcome for file in expected.files} == {"loaded", "known", "set_aside"}
    # Three of the first file, two of which the second delivers again.
    assert sum(file.quarantined for file in expected.files) == 5
    chosen = random.Random(20260301)
    kills = workspaces = running = before_the_load = 0

    while kills < KILLS:
        root = tmp_path / f"killed-{kills}"
        shutil.copytree(template.root, root)
        ws = Workspace.open(root)
        # In every fourth workspace a second process reads as well; it dies with the landing.
        readers = 2 if workspaces % 4 == 3 else 1
        workspaces += 1
        for _ in range(chosen.randint(1, IN_A_ROW)):
            if not indexed(ws):
                running += _killed_after(root, chosen.uniform(0, whole[readers]), readers)
                kills += 1
        landed_before = bool(indexed(ws))
        before_the_load += not landed_before

        finished = land(ws, now=NOW)

        assert _state(ws) == whole_state, f"after {kills} kills"
        assert _add_up(finished)
        assert landed_before or finished.files == expected.files
        assert finished.load_id == (None if landed_before else 1)
        assert not (ws.bronze / ".landing").exists()
        shutil.rmtree(root)

    # Most were killed at work, and not all of them before anything was done.
    assert running > KILLS // 2
    assert before_the_load > KILLS // 20
