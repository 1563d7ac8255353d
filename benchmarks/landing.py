"""Landing: delivered CSV files into bronze, beside DuckDB's own copy of the same files to Parquet."""

from __future__ import annotations

import resource
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import NOW, Bench, connect_reference
from benchmarks.figures import GIB, Bar, Figure, Taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incentives.feeds.delivery_counts import DeliveryCounts
    from incentives.workspace import Workspace

SMALL_FILES = 2_000
_SMALL_LINES = 50
_SOURCE = "clienteling"
COPY_TITLE = "DuckDB's COPY of the same files to Parquet, every column as text, the dialect told"
BARS = {size: Bar(ratio_max=1.5, memory_max=2 * GIB) for size in ("S", "L")}


def land_sample(bench: Bench) -> Taken:
    """Land every feed of the sample."""
    return land_in(bench, bench.workspace())


def copy_sample(bench: Bench) -> Taken:
    """Copy every feed of the sample."""
    return copy_files(bench, bench.feeds)


def make_large_file(bench: Bench) -> None:
    """Put all interactions of the sample into one file."""
    bench.generate()

    def make(target: Path) -> None:
        place = target / _SOURCE / "interactions.csv"
        place.parent.mkdir(parents=True)
        with place.open("wb") as handle:
            for number, path in enumerate(bench.csv_files("interactions")):
                with path.open("rb") as part:
                    header = part.readline()
                    if number == 0:
                        handle.write(header)
                    while piece := part.read(1 << 20):
                        handle.write(piece)

    bench.keep("large-file", make, Path(__file__), bench.feeds.with_suffix(".stamp"))


def land_large_file(bench: Bench) -> Taken:
    """Land the one file."""
    return land_in(bench, bench.workspace(feeds=bench.folder / "large-file"))


def copy_large_file(bench: Bench) -> Taken:
    """Copy the one file."""
    return copy_files(bench, bench.folder / "large-file")


def make_small_files(bench: Bench) -> None:
    """Cut interactions of the sample into many files."""
    bench.generate()

    def make(target: Path) -> None:
        folder = target / _SOURCE
        folder.mkdir(parents=True)
        lines = _lines(bench.csv_files("interactions"))
        header = next(lines)
        for number in range(SMALL_FILES):
            (folder / f"interactions-{number:04}.csv").write_bytes(header + b"".join(islice(lines, _SMALL_LINES)))

    bench.keep("small-files", make, Path(__file__), bench.feeds.with_suffix(".stamp"))


def land_small_files(bench: Bench) -> Taken:
    """Land the many files; the counts are part of the time."""
    taken = land_in(bench, bench.workspace(feeds=bench.folder / "small-files"))
    return Taken(taken.parts["whole_command_s"], taken.cpu_s + taken.parts["counts_processor_s"], taken.parts)


def copy_small_files(bench: Bench) -> Taken:
    """Copy the many files."""
    return copy_files(bench, bench.folder / "small-files")


def land_in(bench: Bench, ws: Workspace) -> Taken:
    """Land as `incentives land` does; the counts that it shows at the end are a part of their own."""
    from incentives.feeds import delivery_counts
    from incentives.services.landing import land

    counted = delivery_counts.count_deliveries
    counting = Taken(0.0)
    memory = 0

    def count(ws: Workspace, load_id: int) -> dict[tuple[int, int], DeliveryCounts]:
        nonlocal counting, memory
        memory = _held()
        with bench.timed() as span:
            counts = counted(ws, load_id)
        counting = span.taken
        return counts

    delivery_counts.count_deliveries = count
    with bench.timed() as span:
        land(ws, now=NOW)
    whole = span.taken
    parts = {
        "counts_s": counting.value,
        "counts_processor_s": counting.cpu_s,
        "whole_command_s": whole.value,
        "memory_before_counts_MB": memory / 1e6,
    }
    return Taken(whole.value - counting.value, whole.cpu_s - counting.cpu_s, parts)


def copy_files(bench: Bench, feeds: Path) -> Taken:
    """Copy with DuckDB, one file for each.

    It is told the dialect, without which it spends a third of its time on finding that out. The sample has broken
    records, which it passes over only where it is told to.
    """
    options = "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', ignore_errors = true"
    with connect_reference() as connection, bench.timed() as span:
        for number, path in enumerate(sorted(feeds.rglob("*.csv"))):
            connection.execute(f"copy (from read_csv('{path}', {options})) to '{bench.scratch / str(number)}.parquet'")
    return span.taken


def _held() -> int:
    """Return the most that this process held, and beside it as many of the largest reader as there were, in bytes."""
    from incentives.services.landing_readers import READERS_MAX, cores

    own, other = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (own + other * (min(cores(), READERS_MAX) - 1)) * 1024


def _lines(paths: list[Path]) -> Iterator[bytes]:
    """Yield a header and then the records of files, again and again."""
    with paths[0].open("rb") as handle:
        yield handle.readline()
    while True:
        for path in paths:
            with path.open("rb") as handle:
                handle.readline()
                yield from handle


FIGURES = (
    Figure(
        name="landing",
        title="landing, CSV to bronze",
        act=land_sample,
        reference_title=COPY_TITLE,
        reference=copy_sample,
        prepare=Bench.generate,
        bars=BARS,
        sizes=("XS", "S"),
    ),
    Figure(
        name="large-file",
        title="landing, all interactions in one file",
        act=land_large_file,
        reference_title=COPY_TITLE,
        reference=copy_large_file,
        prepare=make_large_file,
        bars=BARS,
        sizes=("XS", "S"),
    ),
    Figure(
        name="small-files",
        title=f"landing, {SMALL_FILES:,} small files, with counts",
        act=land_small_files,
        reference_title=COPY_TITLE,
        reference=copy_small_files,
        prepare=make_small_files,
        bars=dict.fromkeys(("XS", "S", "L"), Bar(value_max=20, memory_max=2 * GIB)),
    ),
)
