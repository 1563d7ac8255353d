"""What was measured, as a table for people and as JSON, with the machine that it was measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import GIB, Size
from benchmarks.harness import Outcome, Run

_PACKAGES = ("incentive-warehouse", "duckdb", "pyarrow", "numpy", "dbt-core", "pandas")


def hardware() -> dict[str, object]:
    """Return what the figures depend on: processor, cores that may be used, memory, versions."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": usable,
        "memory_gib": round(pages / GIB, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def as_json(size: Size, outcomes: Sequence[Outcome], runs: int, began_at: str) -> dict[str, object]:
    """Return everything measured, each run for itself."""
    return {
        "size": {"name": size.name, "order_lines": size.order_lines, "interactions": size.interactions},
        "runs": runs,
        "began_at": began_at,
        "hardware": hardware(),
        "figures": [
            {
                "name": outcome.figure.name,
                "title": outcome.figure.title,
                "unit": outcome.figure.unit,
                "value": outcome.value,
                "reference_title": outcome.figure.reference_title or None,
                "reference": outcome.reference,
                "ratio": outcome.ratio,
                "bar": outcome.bar.words(outcome.figure.unit) if outcome.bar else None,
                "holds": outcome.holds,
                "memory_bytes": outcome.memory,
                "runs": [_run(run) for run in outcome.runs],
                "reference_runs": [_run(run) for run in outcome.reference_runs],
            }
            for outcome in outcomes
        ],
    }


def print_table(size: Size, outcomes: Sequence[Outcome]) -> None:
    """Print a line for each figure, the parts of it below."""
    machine = hardware()
    table = Table(
        title=f"Size {size.name}: {size.order_lines:,} order lines, {size.interactions:,} interactions",
        caption=f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; medians, memory the most of any run",
    )
    table.add_column("figure")
    for column in ("measured", "reference", "ratio", "bar", "holds", "peak memory", "processor"):
        table.add_column(column, justify="right")
    for outcome in outcomes:
        unit = outcome.figure.unit
        table.add_row(
            outcome.figure.title,
            _value(outcome.value, unit),
            "" if outcome.reference is None else _value(outcome.reference, unit),
            "" if outcome.ratio is None else f"{outcome.ratio:.2f} x",
            outcome.bar.words(unit) if outcome.bar else "",
            {True: "yes", False: "NO", None: ""}[outcome.holds],
            f"{outcome.memory / 1e6:,.0f} MB",
            f"{_median_run(outcome).cpu_s:,.1f} s",
        )
        for name, value in _median_run(outcome).parts.items():
            words, _, part_unit = name.rpartition("_")
            table.add_row(f"  {words.replace('_', ' ')}", _value(value, part_unit))
    for name, title in {outcome.figure.title: outcome.figure.reference_title for outcome in outcomes}.items():
        if title:
            table.caption = f"{table.caption}\n{name}: against {title}"
    width = None if Console().is_terminal else 200
    Console(width=width).print(table)


def _median_run(outcome: Outcome) -> Run:
    return sorted(outcome.runs, key=lambda run: run.value)[len(outcome.runs) // 2]


def _value(value: float, unit: str) -> str:
    return f"{value:,.2f} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def _run(run: Run) -> dict[str, object]:
    return {
        "value": run.value,
        "cpu_s": run.cpu_s,
        "memory_bytes": run.memory,
        "parts": run.parts,
        "load_before": run.load,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
