"""A size of which the disk holds one workspace: a year and a day after it, each act once, one after the other, in that workspace.

An act here changes what the next one finds, so that none is repeated, and they are measured in the order of `FIGURES`.
"""

from __future__ import annotations

import json
import math
import shutil

from benchmarks.bench import NOW, Bench, cache_folder
from benchmarks.build import ask_reference, hold_back_a_day, slowest
from benchmarks.figures import GIB, Bar, Figure, Taken
from benchmarks.landing import BARS, COPY_TITLE, copy_files, land_in
from incentives.workspace import Workspace

FOLDER = "one-workspace"
_FULL_BUILD = "one-workspace-full-build.json"
_LARGE = ("L",)


def divide_feeds(bench: Bench) -> None:
    """Hold a day back, and begin with an empty place."""
    bench.generate()
    hold_back_a_day(bench)
    shutil.rmtree(bench.folder / FOLDER, ignore_errors=True)


def land_all(bench: Bench) -> Taken:
    """Land everything but the day, then give its room on the disk to what is built from it."""
    taken = land_in(bench, bench.workspace(bench.folder / FOLDER, bench.folder / "without-a-day" / "before"))
    for place in (bench.feeds, bench.folder / "without-a-day" / "before", bench.folder / FOLDER / "inbox"):
        shutil.rmtree(place)
    for stamp in ("feeds.stamp", "without-a-day.stamp"):
        (bench.folder / stamp).unlink()
    return taken


def copy_all(bench: Bench) -> Taken:
    """Copy what is landed next."""
    return copy_files(bench, bench.folder / "without-a-day" / "before")


def build_all(bench: Bench) -> Taken:
    """Build the warehouse in full and publish its snapshot; unchecked, as the sources' control totals hold what was held back."""
    ws = _workspace(bench)
    from incentives.services.warehouse import build_warehouse
    from incentives.serving import snapshots

    with bench.timed() as span:
        snapshots.publish(ws, build_warehouse(ws, now=NOW), NOW)
    (bench.folder / _FULL_BUILD).write_text(json.dumps({"value": span.taken.value, "cpu_s": span.taken.cpu_s}))
    parts = {"warehouse_GB": ws.warehouse.stat().st_size / 1e9} | _growth(bench, span.taken.value) | slowest(ws)
    return Taken(span.taken.value, span.taken.cpu_s, parts)


def ask_all(bench: Bench) -> Taken:
    """Run the reference on the same bronze."""
    return ask_reference(bench, _workspace(bench))


def land_the_day(bench: Bench) -> None:
    """Land the day that was held back."""
    from incentives.services.landing import land

    ws = _workspace(bench)
    bench.link(bench.folder / "without-a-day" / "day", ws.inbox)
    land(ws, now=NOW)


def build_the_day(bench: Bench) -> Taken:
    """Build the day that has landed."""
    ws = _workspace(bench)
    from incentives.services.warehouse import build_warehouse

    with bench.timed() as span:
        build = build_warehouse(ws, now=NOW)
    assert build.increment is not None, f"it was built in full: {build.full_because}"
    return Taken(span.taken.value, span.taken.cpu_s, {"lines worked out_": float(build.increment)})


def recall_full_build(bench: Bench) -> Taken:
    """Return what the full build took, a few acts ago."""
    told = json.loads((bench.folder / _FULL_BUILD).read_text())
    return Taken(told["value"], told["cpu_s"])


def publish_the_day(bench: Bench) -> Taken:
    """Publish the warehouse with the day in it, without the checks that come before."""
    ws = _workspace(bench)
    from incentives.services.warehouse import build_warehouse
    from incentives.serving import snapshots

    build = build_warehouse(ws, now=NOW)
    with bench.timed() as span:
        snapshot = snapshots.publish(ws, build, NOW)
    return Taken(span.taken.value, span.taken.cpu_s, {"snapshot_GB": snapshot.results.stat().st_size / 1e9})


def _workspace(bench: Bench) -> Workspace:
    return bench.open(bench.folder / FOLDER)


def _growth(bench: Bench, seconds: float) -> dict[str, float]:
    """Return the exponent by which a full build grows from size S to this one, where S was measured with the same cache."""
    path = cache_folder() / "S" / "figures.json"
    if not path.is_file():
        return {}
    smaller = json.loads(path.read_text())
    value = next((figure["value"] for figure in smaller["figures"] if figure["name"] == "build"), None)
    if value is None:
        return {}
    return {"growth_exponent": math.log(seconds / value) / math.log(bench.size.order_lines / smaller["size"]["order_lines"])}


FIGURES = (
    Figure(
        name="year-landing",
        title="landing, CSV to bronze",
        act=land_all,
        reference_title=COPY_TITLE,
        reference=copy_all,
        prepare=divide_feeds,
        bars=BARS,
        sizes=_LARGE,
        is_repeatable=False,
    ),
    Figure(
        name="year-build",
        title="full build, bronze to published marts, without its checks",
        act=build_all,
        reference_title="one DuckDB statement over the same bronze: typed casts, touches joined to orders, a sum by associate and month",
        reference=ask_all,
        bars={"L": Bar(ratio_max=12, memory_max=8 * GIB)},
        sizes=_LARGE,
        is_repeatable=False,
    ),
    Figure(
        name="day-build",
        title="increment of a day, with late lines",
        act=build_the_day,
        reference_title="the full build before it",
        reference=recall_full_build,
        prepare=land_the_day,
        bars={"L": Bar(ratio_max=1 / 15)},
        sizes=_LARGE,
        is_repeatable=False,
    ),
    Figure(
        name="day-publish",
        title="publishing a day's increment, without its checks",
        act=publish_the_day,
        bars={"L": Bar(value_max=10)},
        sizes=_LARGE,
        is_repeatable=False,
    ),
)
