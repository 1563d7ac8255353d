"""One act in a process of its own: `python -m benchmarks.act FIGURE ACT SIZE FOLDER SCRATCH ANSWER`, called by the harness."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import SIZES, Taken, figure_named


def main() -> None:
    """Do the act and write what it took to the answer's file."""
    name, act, size, folder, scratch, answer = sys.argv[1:]
    figure = figure_named(name)
    bench = Bench(SIZES[size], Path(folder), Path(scratch))
    taken = Taken(0.0)
    if act == "prepare":
        assert figure.prepare is not None
        figure.prepare(bench)
    elif act == "reference":
        assert figure.reference is not None
        taken = figure.reference(bench)
    else:
        taken = figure.act(bench)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    told = {"value": taken.value, "cpu_s": taken.cpu_s, "parts": dict(taken.parts), "memory": memory}
    Path(answer).write_text(json.dumps(told))


if __name__ == "__main__":
    main()
