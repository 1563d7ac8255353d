"""Writes feed files: `<root>/<source>/<feed>-<label>.csv[.gz]`, in any order of calls, each header once.

Gzip members carry no time and no name, so equal input gives equal bytes.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pa_csv

from incentives.errors import InputError
from incentives.feeds.contracts import FEEDS

_PLAIN = pa_csv.WriteOptions(include_header=False, quoting_style="none")
_QUOTED = pa_csv.WriteOptions(include_header=False, quoting_style="needed")


@dataclass(slots=True)
class FeedFiles:
    """Open feed files of one sample; a context manager that closes them all.

    Attributes:
        rows: Rows delivered per (source, feed), broken ones included.
        extra: Columns beyond the contract that a source delivers, per (source, feed).
    """

    root: Path
    compressed: bool
    extra: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    rows: dict[tuple[str, str], int] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)
    _open: dict[Path, BinaryIO | gzip.GzipFile] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> FeedFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def columns(self, source: str, feed: str) -> list[str]:
        """Return the header that a source writes for a feed: the contract's columns, then its own extras."""
        return [column.name for column in FEEDS[feed].columns] + list(self.extra.get((source, feed), ()))

    def write(
        self, source: str, feed: str, columns: dict[str, pa.Array], *, label: str = "", plain: bool = False, big: bool = False
    ) -> None:
        """Append rows to a file; columns of the contract that are left out are empty.

        Args:
            source: Folder of the file.
            feed: Feed of the contract.
            columns: Text columns by name, equally long.
            label: What follows the feed in the file's name.
            plain: No value needs quoting; faster.
            big: The file is compressed where the sample is.
        """
        count = len(next(iter(columns.values())))
        if count == 0:
            return
        self._handle(source, feed, label, big).write(self._csv(source, feed, columns, count, plain))
        self._count(source, feed, count)

    def write_broken(self, source: str, feed: str, columns: dict[str, pa.Array], *, label: str = "", big: bool = False) -> None:
        """Append rows with a wrong field count: in turn the last fields cut off, or two fields too many."""
        count = len(next(iter(columns.values())))
        if count == 0:
            return
        lines = self._csv(source, feed, columns, count, plain=True).splitlines()
        broken = [line + b",,x" if index % 2 else line.rsplit(b",", 3)[0] for index, line in enumerate(lines)]
        self._handle(source, feed, label, big).write(b"\n".join(broken) + b"\n")
        self._count(source, feed, count)

    def write_rows(
        self, source: str, feed: str, names: Sequence[str], rows: Sequence[Sequence[str | None]], label: str = ""
    ) -> None:
        """Append a small feed given row by row."""
        arrays = {name: pa.array([row[index] for row in rows], pa.string()) for index, name in enumerate(names)}
        self.write(source, feed, arrays, label=label)

    def repeat(self, source: str, feed: str, label: str) -> None:
        """Deliver the bytes of a finished small file again under another name."""
        first = self.root / source / f"{feed}.csv"
        self._open[first].flush()
        again = first.with_name(f"{feed}-{label}.csv")
        again.write_bytes(first.read_bytes())
        self.paths.append(again)

    def _csv(self, source: str, feed: str, columns: dict[str, pa.Array], count: int, plain: bool) -> bytes:
        names = self.columns(source, feed)
        unknown = set(columns) - set(names)
        assert not unknown, f"{source}/{feed}: {unknown} are not in the header"
        empty = pa.nulls(count, pa.string())
        table = pa.table({name: columns.get(name, empty) for name in names})
        buffer = io.BytesIO()
        pa_csv.write_csv(table, buffer, _PLAIN if plain else _QUOTED)
        return buffer.getvalue()

    def _handle(self, source: str, feed: str, label: str, big: bool) -> BinaryIO | gzip.GzipFile:
        name = f"{feed}-{label}" if label else feed
        path = self.root / source / f"{name}.csv{'.gz' if big and self.compressed else ''}"
        if path not in self._open:
            if path.exists():
                raise InputError("the file is already there.", where=str(path), remedy="Generate into an empty folder.")
            path.parent.mkdir(parents=True, exist_ok=True)
            handle: BinaryIO | gzip.GzipFile = self._stack.enter_context(path.open("wb"))
            if path.suffix == ".gz":
                packed = gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=handle, mtime=0)
                self._stack.callback(packed.close)
                handle = packed
            handle.write(",".join(self.columns(source, feed)).encode() + b"\n")
            self._open[path] = handle
            self.paths.append(path)
        return self._open[path]

    def _count(self, source: str, feed: str, count: int) -> None:
        self.rows[source, feed] = self.rows.get((source, feed), 0) + count
