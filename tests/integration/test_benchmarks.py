"""`python -m benchmarks` measures beside a reference, prints a table and writes JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]


def _bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={**os.environ, "INCENTIVES_BENCH_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_landing_is_measured_beside_its_reference(tmp_path: Path) -> None:
    written = tmp_path / "out" / "figures.json"

    done = _bench(tmp_path, "--size", "XS", "--runs", "1", "--only", "landing", "--json", str(written), "--check")

    assert done.returncode == 0, done.stderr
    told = json.loads(written.read_text())
    (figure,) = told["figures"]
    (run,), (reference,) = figure["runs"], figure["reference_runs"]
    assert told["size"] == {"name": "XS", "order_lines": 50_000, "interactions": 150_000}
    assert told["hardware"]["cores"] >= 1
    assert told["hardware"]["packages"]["duckdb"] == duckdb.__version__
    assert figure["value"] == run["value"] > 0
    assert figure["ratio"] == run["value"] / reference["value"]
    assert run["parts"]["whole_command_s"] >= run["value"] + run["parts"]["counts_s"]
    # An interpreter with the libraries that it needs is never smaller, and XS is never larger.
    assert 50_000_000 < run["memory_bytes"] < 2_000_000_000
    (line,) = [line for line in done.stdout.splitlines() if "landing, CSV to bronze" in line and "│" in line]
    assert f"{run['value']:,.2f} s" in line
    assert f"{reference['value']:,.2f} s" in line
    assert [path.name for path in (tmp_path / "XS").iterdir() if "scratch" in path.name] == []


def test_a_figure_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    refused = _bench(tmp_path, "--only", "lending")

    assert refused.returncode == 2
    assert "no figure is called lending; there are landing, " in refused.stderr
