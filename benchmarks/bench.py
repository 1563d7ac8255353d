"""The data that figures work on: generated once for each size, kept, and handed out as workspaces."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from benchmarks.figures import Size, Taken
from incentives.settings import CONFIG_NAME
from incentives.workspace import KEY_VARIABLE, Workspace

if TYPE_CHECKING:
    import duckdb

CACHE_VARIABLE = "INCENTIVES_BENCH_DIR"
SEED = 7
START = date(2025, 11, 1)
# After the last delivery of the sample's twelve months.
NOW = datetime(2026, 11, 5, 6, 0, tzinfo=UTC)
_KEY = "a key for measuring, which protects nobody"
_SOURCES_BEGIN = "[sources.manual]"
_CODE = Path(__file__).resolve().parents[1] / "incentives"


def cache_folder() -> Path:
    """Return where generated data is kept between runs."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path(tempfile.gettempdir()) / "incentives-bench")


@dataclass(slots=True)
class Timed:
    """A span of time; `taken` once it is over."""

    taken: Taken


@dataclass(frozen=True, slots=True)
class Bench:
    """The data of one size, and a place to work.

    Attributes:
        size: How much there is.
        folder: What is kept between runs.
        scratch: A folder on the same disk, empty at the start of each act.
    """

    size: Size
    folder: Path
    scratch: Path

    @property
    def feeds(self) -> Path:
        """The sample's feeds, `<source>/<feed>...csv`."""
        return self.folder / "feeds"

    def csv_files(self, feed: str) -> list[Path]:
        """Return the sample's files of a feed."""
        return sorted(self.feeds.rglob(f"{feed}*.csv"))

    @contextmanager
    def timed(self) -> Iterator[Timed]:
        """Measure what happens within: seconds, and processor seconds of this process and of those that ended in it."""
        span = Timed(Taken(0.0))
        cpu, start = _cpu_s(), time.perf_counter()
        yield span
        span.taken = Taken(time.perf_counter() - start, _cpu_s() - cpu)

    def generate(self) -> None:
        """Generate the feeds, unless they are there as this version of the generator makes them."""
        from incentives.feeds.sample import generate_sample

        def make(target: Path) -> None:
            generate_sample(
                target, order_lines=self.size.order_lines, interactions=self.size.interactions, seed=SEED, start=START
            )

        self.keep("feeds", make, _CODE / "feeds" / "sample", _CODE / "feeds" / "contracts.py")

    def land(self) -> None:
        """Land the feeds in the kept workspace, unless they lie there as this version lands them."""
        self.generate()
        code = (_CODE / "feeds", _CODE / "services" / "landing.py", _CODE / "services" / "landing_readers.py")

        def make(target: Path) -> None:
            from incentives.services.landing import land

            land(self.workspace(target), now=NOW)

        self.keep("landed", make, *code)

    def workspace(self, root: Path | None = None, feeds: Path | None = None) -> Workspace:
        """Return a new workspace of the sample's retailer, its feeds in the inbox, its policies and plans those of the demo."""
        from incentives.feeds.sample import demo_sources_toml
        from incentives.services.workspaces import create_workspace

        os.environ[KEY_VARIABLE] = _KEY
        ws = create_workspace(root or self.scratch / "workspace", name="Maison Aurelle", demo=True, time_zone="Europe/Paris")
        config = ws.root / CONFIG_NAME
        config.write_text(config.read_text().split(_SOURCES_BEGIN)[0] + demo_sources_toml())
        demo = resources.files("incentives").joinpath("templates", "demo")
        for folder in ("policies", "plans"):
            for old in (ws.root / folder).iterdir():
                old.unlink()
            for text in demo.joinpath(folder).iterdir():
                (ws.root / folder / text.name).write_text(text.read_text())
        _link_tree(feeds or self.feeds, ws.inbox)
        return Workspace.open(ws.root)

    def open(self, root: Path) -> Workspace:
        """Open a workspace that an earlier act made."""
        os.environ[KEY_VARIABLE] = _KEY
        return Workspace.open(root)

    def landed_workspace(self) -> Workspace:
        """Return a new workspace in which the sample has landed: `prepare=Bench.land` makes what it is copied from."""
        root = self.scratch / "workspace"
        self.link(self.folder / "landed", root)
        return Workspace.open(root)

    def link(self, source: Path, target: Path) -> None:
        """Give what is kept a second name, where an act may work on it."""
        os.environ[KEY_VARIABLE] = _KEY
        _link_tree(source, target)

    def keep(self, name: str, make: Callable[[Path], object], *code: Path) -> Path:
        """Return a folder of the size that is kept between runs, made anew where it is missing or the code has changed.

        Args:
            name: Of the folder.
            make: Makes it, at a path that does not exist yet.
            code: Modules and packages that decide what is in it.
        """
        place = self.folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = place.with_suffix(".stamp")
        fingerprint = _fingerprint(f"{self.size} {SEED} {START}", *code)
        with FileLock(str(place.with_suffix(".lock"))):
            if place.is_dir() and stamp.is_file() and stamp.read_text() == fingerprint:
                return place
            shutil.rmtree(place, ignore_errors=True)
            unfinished = place.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(place)
            stamp.write_text(fingerprint)
        return place


def connect_reference() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB for references: its own defaults, and no extension that it would have to fetch."""
    import duckdb

    return duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})


def _link_tree(source: Path, target: Path) -> None:
    """Give a folder's files a second name; a database, which is written in place, is copied."""

    def place(old: str, new: str) -> None:
        if ".db" in Path(old).name or Path(old).suffix in (".toml", ".duckdb"):
            shutil.copy2(old, new)
        else:
            os.link(old, new)

    shutil.copytree(source, target, copy_function=place, dirs_exist_ok=True)


def _fingerprint(asked: str, *code: Path) -> str:
    digest = hashlib.sha256(asked.encode())
    for place in code:
        for path in (
            sorted(found for found in place.rglob("*") if found.suffix in (".py", ".sql", ".yml")) if place.is_dir() else [place]
        ):
            digest.update(path.read_bytes() if path.is_file() else b"")
    return json.dumps({"asked": asked, "code": digest.hexdigest()})


def _cpu_s() -> float:
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
