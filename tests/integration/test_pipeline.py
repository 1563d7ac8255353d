"""Write, audit, publish: readers are switched when everything held, and keep what they read when something did not."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import FIRST, KEY, SECOND, deliver_first, deliver_second, make_workspace
from support_cli import run

from incentives.errors import CheckFailedError
from incentives.services import publishing
from incentives.services.pipeline import run_pipeline
from incentives.serving import snapshots

pytestmark = pytest.mark.slow


def test_a_failed_check_leaves_readers_with_the_snapshot_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    ws = make_workspace(tmp_path / "ws")
    deliver_first(ws)
    said: list[str] = []

    report = run_pipeline(ws, now=FIRST, say=said.append)

    assert report.switched
    assert report.snapshot == snapshots.current(ws)
    assert [line.split()[0] for line in said] == ["Landing", "Building", "Checking"]
    with report.snapshot.connect() as reader:
        # 100 + 50 + 30 + 20, the seller whom nobody knows included.
        assert reader.execute("select sum(credit_minor) from marts.fct_credits").fetchall() == [(20000,)]

    # The second delivery sells 24.34 more than the till itself says.
    deliver_second(ws)
    with pytest.raises(CheckFailedError, match="net sales within 0 minor units"):
        run_pipeline(ws, now=SECOND)

    assert snapshots.current(ws) == report.snapshot

    # The stopped build is checked again by the next run, though nothing new is to be built.
    refused = run("build", "--workspace", ws.root, code=1)
    assert "net sales within 0 minor units" in refused.err
    assert snapshots.current(ws) == report.snapshot


def test_a_run_without_news_neither_builds_nor_checks_nor_publishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    ws = make_workspace(tmp_path / "ws")
    deliver_first(ws)
    first = run_pipeline(ws, now=FIRST)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be published")

    monkeypatch.setattr(publishing, "publish_checked", refuse)
    again = run_pipeline(ws, now=SECOND)

    assert not again.switched
    assert not again.build.changed
    assert again.snapshot == first.snapshot
