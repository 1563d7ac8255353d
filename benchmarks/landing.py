"""Landing: delivered CSV files into bronze, beside DuckDB's own copy of the same files to Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bench import NOW, Bench, connect_reference
from benchmarks.figures import GIB, Bar, Figure, Taken

if TYPE_CHECKING:
    from incentives.feeds.delivery_counts import DeliveryCounts
    from incentives.workspace import Workspace


def land_csv(bench: Bench) -> Taken:
    """Land the sample as `incentives land` does; the counts that it shows at the end are a part of their own."""
    ws = bench.workspace()
    from incentives.feeds import delivery_counts
    from incentives.services.landing import land

    counted = delivery_counts.count_deliveries
    counting = Taken(0.0)

    def count(ws: Workspace, load_id: int) -> dict[tuple[int, int], DeliveryCounts]:
        nonlocal counting
        with bench.timed() as span:
            counts = counted(ws, load_id)
        counting = span.taken
        return counts

    delivery_counts.count_deliveries = count
    with bench.timed() as span:
        land(ws, now=NOW)
    whole = span.taken
    parts = {"counts_s": counting.value, "counts_processor_s": counting.cpu_s, "whole_command_s": whole.value}
    return Taken(whole.value - counting.value, whole.cpu_s - counting.cpu_s, parts)


def copy_csv(bench: Bench) -> Taken:
    """Copy the same files to Parquet with DuckDB, every column as text, one file for each.

    The sample has broken records, which DuckDB's reader passes over only where it is told to.
    """
    with connect_reference() as connection, bench.timed() as span:
        for number, path in enumerate(bench.csv_files):
            connection.execute(
                f"copy (from read_csv('{path}', all_varchar = true, header = true, ignore_errors = true)) "
                f"to '{bench.scratch / str(number)}.parquet'"
            )
    return span.taken


FIGURES = (
    Figure(
        name="landing",
        title="landing, CSV to bronze",
        act=land_csv,
        reference_title="DuckDB's COPY of the same files, all columns as text, to Parquet",
        reference=copy_csv,
        prepare=Bench.generate,
        bars={size: Bar(ratio_max=1.5, memory_max=2 * GIB) for size in ("S", "L")},
    ),
)
