"""`incentives init` and `incentives land` as a person runs them, and landing that is killed at any step."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support_cli import run
from support_formats import as_json_lines, as_parquet, as_zstd
from support_landing import NOW, as_csv, deliver, indexed, sale

from incentives.documents import load
from incentives.plans.load import check_plan
from incentives.plans.registry import read_registry
from incentives.policies.load import load_policies
from incentives.services.landing import land
from incentives.services.workspaces import create_workspace
from incentives.workspace import Workspace, key_file

KEYS = {"file", "feed", "delivered", "accepted", "duplicate", "superseded", "quarantined", "outcome", "reason"}

# Lands the inbox and kills its own process before the given one of the steps that change what is on the disk.
KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from incentives.feeds import bronze_files, bronze_index, landing
from incentives.services.landing import land
from incentives.workspace import Workspace

left = int(sys.argv[2])

def counted(step):
    def stepping(*arguments, **options):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return step(*arguments, **options)
    return stepping

Path.replace = counted(Path.replace)
os.fsync = counted(os.fsync)
bronze_files.RowsFiles.add = counted(bronze_files.RowsFiles.add)
bronze_index.BronzeIndex.add_load = counted(bronze_index.BronzeIndex.add_load)
bronze_index.BronzeIndex.remember = counted(bronze_index.BronzeIndex.remember)
land(Workspace.open(Path(sys.argv[1])), now=datetime(2026, 3, 1, 6, tzinfo=UTC))
print("steps left", left)
"""


def _workspace(root: Path) -> Workspace:
    run("init", root, "--name", "Maison Test")
    return Workspace.open(root)


def test_init_makes_a_workspace_that_opens_and_a_key_outside_it(tmp_path: Path) -> None:
    root = tmp_path / "ws"

    said = run(
        "init", root, "--name", 'Maison "Élégance"', "--country", "AE", "--currency", "AED", "--time-zone", "Asia/Dubai"
    ).out

    ws = Workspace.open(root)
    assert ws.config.workspace.name == 'Maison "Élégance"'
    assert ws.config.workspace.demo is False
    assert ws.config.sources["manual"].may_deliver("targets")
    group = ws.config.pay_groups["main"]
    assert (group.country, group.currency, group.calendar, group.default) == ("AE", "AED", "month", True)
    assert (root / "policies" / "global.yaml").is_file()
    assert root not in key_file(ws.config.workspace.id).parents
    assert len(ws.key()) == 64
    assert "Next:" in said


def test_the_first_policy_and_the_example_plan_of_a_new_workspace_hold(tmp_path: Path) -> None:
    ws = _workspace(tmp_path / "ws")

    (policy,) = load_policies(ws.policies)
    plan = check_plan(load(ws.plans / "client-advisor.yaml.example"), read_registry())

    assert policy.policy.roles == {"seller": 50, "advisor": 35, "relationship": 15}
    assert plan.plan.plan == "client-advisor"


@pytest.mark.parametrize(
    "options, named",
    [
        (["--currency", "XXQ"], "XXQ"),
        (["--country", "France"], "FR"),
        (["--time-zone", "Paris"], "Europe/Paris"),
    ],
)
def test_init_refuses_a_value_that_no_workspace_takes_and_leaves_nothing(options: list[str], named: str, tmp_path: Path) -> None:
    refused = run("init", tmp_path / "ws", *options, code=2)

    assert named in refused.err
    assert not (tmp_path / "ws").exists()


def test_init_refuses_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("mine")

    refused = run("init", tmp_path, code=2)

    assert "not empty" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["something"]


def test_land_prints_for_each_file_four_counts_that_add_up(tmp_path: Path) -> None:
    ws = _workspace(tmp_path / "ws")
    deliver(ws, "order_lines.csv", as_csv([sale("O1"), sale("O2"), sale("O3", net_amount="a lot")]) + "cut,off")
    deliver(ws, "associates.csv", b"")

    rows = run("land", "--workspace", ws.root, "--format", "json").json()
    again = run("land", "--workspace", ws.root, "--format", "json").json()

    assert [set(row) for row in rows] == [KEYS, KEYS]
    assert rows == [
        {"file": "associates.csv", "feed": "associates", "delivered": 0, "accepted": 0, "duplicate": 0, "superseded": 0}
        | {"quarantined": 0, "outcome": "set_aside", "reason": "zero_bytes"},
        {"file": "order_lines.csv", "feed": "order_lines", "delivered": 4, "accepted": 2, "duplicate": 0, "superseded": 0}
        | {"quarantined": 2, "outcome": "loaded", "reason": None},
    ]
    assert [(row["outcome"], row["delivered"], row["duplicate"]) for row in again] == [("set_aside", 0, 0), ("known", 4, 4)]


def test_land_takes_a_file_from_anywhere_for_the_source_that_is_named(tmp_path: Path) -> None:
    ws = _workspace(tmp_path / "ws")
    path = tmp_path / "order_lines-march.csv"
    path.write_text(as_csv([sale("O1")]))

    (refused,) = run("land", path, "--source", "shopify", "--workspace", ws.root, "--format", "json").json()
    (taken,) = run("land", path, "--workspace", ws.root, "--format", "json").json()

    assert (refused["outcome"], refused["reason"]) == ("set_aside", "source_not_listed")
    assert (taken["outcome"], taken["accepted"]) == ("loaded", 1)


def test_land_names_the_path_that_is_not_there(tmp_path: Path) -> None:
    ws = _workspace(tmp_path / "ws")

    assert "nothing.csv" in run("land", tmp_path / "nothing.csv", "--workspace", ws.root, code=2).err


def test_land_is_refused_while_another_run_works(tmp_path: Path) -> None:
    ws = _workspace(tmp_path / "ws")
    deliver(ws, "order_lines.csv", as_csv([sale("O1")]))

    with ws.writer_lock("build"):
        refused = run("land", "--workspace", ws.root, code=2)

    assert f"`build`, process {os.getpid()}" in refused.err


def _filled(root: Path) -> Workspace:
    ws = create_workspace(root, name="Maison Test")
    for file in range(2):
        rows = [sale(f"O{file}-{number}", customer_id=f"C{number % 7}") for number in range(40)]
        deliver(ws, f"order_lines-{file}.csv", as_csv(rows) + "broken\n")
    rows = [sale(f"P{number}", customer_id="C1") for number in range(5)]
    deliver(ws, "order_lines-3.jsonl.zst", as_zstd(as_json_lines(rows) + b"[1]\n"))
    deliver(ws, "order_lines-4.parquet", as_parquet({name: [row[name] for row in rows] for name in rows[0]}))
    deliver(ws, "targets.csv", b"")
    return ws


def _state(ws: Workspace) -> dict[str, str]:
    kept = [*ws.bronze.rglob("*.parquet"), *(path for path in ws.set_aside.rglob("*") if path.is_file())]
    state = {path.relative_to(ws.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}
    return state | {f"{file.load_id}/{file.file_ordinal}": json.dumps(str(file)) for file in indexed(ws)}


@pytest.mark.slow
def test_a_landing_killed_at_any_step_and_run_again_ends_in_the_same_bytes_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", "the key that every workspace of this test shares")
    undisturbed = _filled(tmp_path / "undisturbed")
    expected = land(undisturbed, now=NOW)
    whole = _run_killed(_filled(tmp_path / "counted"), 1_000)
    steps = 1_000 - int(whole.stdout.split()[-1])

    # The last step but one makes the load; before it nothing counts, after it everything does.
    for step in (0, 1, 2, 6, steps // 2, steps - 3, steps - 2, steps - 1):
        ws = _filled(tmp_path / f"killed-{step}")
        killed = _run_killed(ws, step)
        finished = land(ws, now=NOW)

        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert _state(ws) == _state(undisturbed), step
        assert finished.load_id == (1 if step < steps - 1 else None)
        assert finished.files == expected.files or step == steps - 1
        assert not (ws.bronze / ".landing").exists()


def _run_killed(ws: Workspace, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(ws.root), str(step)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
