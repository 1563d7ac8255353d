"""kill -9 at random instants of forgetting: finished by doing it again or by what a build does first; nobody is left."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support_build import KEY, deliver, line, make_workspace
from support_store_search import places_of

from incentives.feeds.erasure_log import Erased
from incentives.feeds.erasure_logs import remember_erased
from incentives.feeds.tokens import Tokenizer
from incentives.services.erased_everywhere import erase_everywhere, erase_restored
from incentives.services.landing import land
from incentives.workspace import Workspace

EMAIL = "aurelia.vanterpool@example.org"
NOW = datetime(2026, 4, 2, 6, 0, tzinfo=UTC)
KILLS = 30
FILES = 12


def _erase(ws: Workspace) -> None:
    token = Tokenizer(ws.key()).token("email", EMAIL)
    assert token is not None
    person = Erased(identifiers=frozenset({token}))
    with ws.writer_lock("forget"):
        remember_erased(ws, person, NOW)
        erase_everywhere(ws, person, NOW)


def _facts(ws: Workspace) -> list[object]:
    return [pq.read_table(path).to_pylist() for path in sorted((ws.bronze / "facts").rglob("*.parquet"))]


def test_forgetting_killed_at_any_instant_is_finished_by_the_next_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    monkeypatch.setenv("INCENTIVES_ERASURES", str(tmp_path / "kept.jsonl"))
    template = make_workspace(tmp_path / "template")
    for number in range(FILES):
        rows = [line(f"o{number}", "1", "10.00", customer_email=EMAIL), line(f"p{number}", "1", "5.00", customer_email="b@x.org")]
        deliver(template, "till", f"order_lines-{number}.csv", rows, broken=f"till,broken{number},{EMAIL}\n")
    land(template, now=NOW)
    template.logs.mkdir()
    (template.logs / "landing.log").write_text(f"{EMAIL}\n" * 50, encoding="utf-8")
    facts = _facts(template)
    assert {place.split("/")[0] for place in places_of(template.root, (EMAIL,))[EMAIL]} == {"inbox", "bronze", "logs"}
    started = time.perf_counter()
    shutil.copytree(template.root, tmp_path / "timed")
    _erase(Workspace.open(tmp_path / "timed"))
    whole = time.perf_counter() - started
    chosen = random.Random(20260402)
    killed = left_something = 0

    for number in range(KILLS):
        (tmp_path / "kept.jsonl").unlink(missing_ok=True)
        root = tmp_path / f"run-{number}"
        shutil.copytree(template.root, root)
        ws = Workspace.open(root)
        process = multiprocessing.get_context("fork").Process(target=_erase, args=(ws,))
        process.start()
        time.sleep(chosen.uniform(0, whole))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(30)
        killed += process.exitcode == -signal.SIGKILL
        left_something += bool(places_of(root, (EMAIL,))[EMAIL])
        # Killed before the log was written, the erasure never began: it is called again. Else a build finishes it.
        if not (tmp_path / "kept.jsonl").is_file():
            _erase(ws)
        else:
            with ws.writer_lock("build"):
                erase_restored(ws, NOW)

        assert places_of(root, (EMAIL,)) == {EMAIL: set()}
        assert _facts(ws) == facts
        shutil.rmtree(root)

    assert killed >= KILLS // 3
    assert left_something >= KILLS // 4
