"""Measures acts, each in a process of its own, beside its reference: in turn, so that both meet the same machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.figures import Bar, Figure
from incentives.errors import OutsideError

_LOOK_EVERY_S = 0.05
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Run:
    """One act, once.

    Attributes:
        value: In the figure's unit.
        cpu_s: Processor seconds.
        memory: The greatest sum of what the processes alive at one time ever held resident, in bytes. Shared pages
            count in each of them, so that it is rather too much than too little.
        parts: Other values, by name.
        load: Processes that wanted a core in the last minute, when it began; those of others count too.
    """

    value: float
    cpu_s: float
    memory: int
    parts: dict[str, float]
    load: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A figure at one size: every run of it and of its reference."""

    figure: Figure
    runs: tuple[Run, ...]
    reference_runs: tuple[Run, ...]
    bar: Bar | None

    @property
    def value(self) -> float:
        """Median of the runs."""
        return median(run.value for run in self.runs)

    @property
    def reference(self) -> float | None:
        """Median of the reference's runs."""
        return median(run.value for run in self.reference_runs) if self.reference_runs else None

    @property
    def ratio(self) -> float | None:
        """What the figure took of its reference."""
        return self.value / self.reference if self.reference else None

    @property
    def memory(self) -> int:
        """The most that any run held, in bytes."""
        return max(run.memory for run in self.runs)

    @property
    def holds(self) -> bool | None:
        """Whether the bar is kept; None where there is none at this size."""
        return None if self.bar is None else self.bar.holds(self.value, self.ratio, self.memory)


def measure(figure: Figure, bench: Bench, runs: int, say: Callable[[str], None]) -> Outcome:
    """Measure a figure and its reference in turn.

    Args:
        figure: What is measured.
        bench: The data; its scratch folder is emptied before each act.
        runs: How often.
        say: Told what is done now.

    Raises:
        OutsideError: An act failed; what it said is on standard error.
    """
    if figure.prepare is not None:
        say(f"{figure.name}: prepare")
        _in_a_process(figure, "prepare", bench)
    taken: dict[str, list[Run]] = {"reference": [], "act": []}
    for number in range(1, runs + 1):
        for act in ("reference", "act"):
            if act == "reference" and figure.reference is None:
                continue
            run = _in_a_process(figure, act, bench)
            taken[act].append(run)
            what = figure.reference_title if act == "reference" else figure.title
            say(f"{figure.name} {number}/{runs}: {what}: {run.value:,.2f} {figure.unit}, {run.memory / 1e6:,.0f} MB")
    return Outcome(figure, tuple(taken["act"]), tuple(taken["reference"]), figure.bars.get(bench.size.name))


def _in_a_process(figure: Figure, act: str, bench: Bench) -> Run:
    shutil.rmtree(bench.scratch, ignore_errors=True)
    bench.scratch.mkdir(parents=True)
    load = os.getloadavg()[0]
    # Modules are compiled once, as those of an installed package are, whatever the environment says.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bench.folder.parent / "compiled")
    with tempfile.NamedTemporaryFile("r", suffix=".json") as answer:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.act", figure.name, act, bench.size.name, bench.folder, bench.scratch, answer.name],
            cwd=_ROOT,
            env=environment,
        )
        memory = 0
        try:
            while process.poll() is None:
                memory = max(memory, _held(process.pid))
                time.sleep(_LOOK_EVERY_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            shutil.rmtree(bench.scratch, ignore_errors=True)
        if process.returncode != 0:
            raise OutsideError(f"{figure.name}, {act}: exit code {process.returncode}.", where="benchmarks")
        told = json.load(answer)
    return Run(told["value"], told["cpu_s"], max(memory, told["memory"]), told["parts"], load)


def _held(pid: int) -> int:
    """Return what a process and those below it held resident at most, in bytes; each at its own highest moment."""
    total = 0
    waiting = [pid]
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        try:
            status = (folder / "status").read_text()
            total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0) * 1024
            for task in (folder / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue
    return total
