"""`python -m benchmarks`: measure, print a table, write JSON."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench import CACHE_VARIABLE, Bench, cache_folder
from benchmarks.figures import SIZES, figure_named, figures
from benchmarks.harness import measure
from benchmarks.report import as_json, print_table
from incentives.errors import IncentivesError


def main() -> None:
    """Measure the figures asked for, or all."""
    asked = _arguments()
    size = SIZES[asked.size]
    folder = cache_folder() / size.name
    scratch = folder / f"scratch-{os.getpid()}"
    began_at = datetime.now(UTC).replace(microsecond=0).isoformat()
    try:
        chosen = [figure_named(name) for name in asked.only] or [figure for figure in figures() if size.name in figure.sizes]
        bench = Bench(size, folder, scratch)
        outcomes = [measure(figure, bench, asked.runs if figure.is_repeatable else 1, _say) for figure in chosen]
    except IncentivesError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print_table(size, outcomes)
    place = asked.json or folder / "figures.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(as_json(size, outcomes, asked.runs, began_at), indent=2) + "\n")
    _say(f"written to {place}")
    if asked.check and any(outcome.holds is False for outcome in outcomes):
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what the product costs, each figure beside a reference in the same run.",
        epilog=f"Generated data is kept in ${CACHE_VARIABLE}, by default below the system's folder for temporary files. "
        "Figures: " + "; ".join(f"{figure.name} ({figure.title})" for figure in figures()),
    )
    parser.add_argument("--size", choices=SIZES, default="S", help="how much data (default: S)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each figure, of which the median counts (default: 3)")
    parser.add_argument("--only", action="append", default=[], metavar="FIGURE", help="this figure; may be repeated")
    parser.add_argument("--json", type=Path, help="where the JSON goes (default: beside the data)")
    parser.add_argument("--check", action="store_true", help="end with 1 where a bar does not hold")
    asked = parser.parse_args()
    if asked.runs < 1:
        parser.error("--runs is 1 or more")
    return asked


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
