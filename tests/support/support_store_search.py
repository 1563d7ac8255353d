"""Finds a text in everything that a folder stores, decoded: a second, plain reader that knows nothing of the product."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tarfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def places_of(root: Path, needles: Collection[str]) -> dict[str, set[str]]:
    """Return, for each needle, the files below a folder that hold it in any letter case."""
    found: dict[str, set[str]] = {needle: set() for needle in needles}
    for path in sorted(root.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(root).as_posix()
        for text in (name, *_texts(path)):
            folded = text.casefold()
            for needle in needles:
                if needle.casefold() in folded:
                    found[needle].add(name)
    return found


def _texts(path: Path) -> Iterator[str]:
    """Yield all text of a file: its bytes as they stand, and what its format says."""
    content = path.read_bytes()
    yield from _decoded(content)
    if content.startswith(b"PAR1"):
        for row in pq.read_table(path).to_pylist():
            yield repr(row)
    elif content[8:12] == b"DUCK":
        yield from _duckdb(path)
    elif content.startswith(b"SQLite format 3"):
        yield from _sqlite(path)


def _decoded(content: bytes) -> Iterator[str]:
    yield content.decode("utf-8", "replace")
    yield content.decode("utf-16-le", "replace")
    if content.startswith(b"\x1f\x8b"):
        yield from _decoded(gzip.decompress(content))
    elif content.startswith(b"\x28\xb5\x2f\xfd"):
        yield from _decoded(pa.CompressedInputStream(io.BytesIO(content), "zstd").read())
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _decoded(archive.read(member))
    elif content[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for entry in tar.getmembers():
                packed = tar.extractfile(entry)
                if packed is not None:
                    yield from _decoded(packed.read())


def _duckdb(path: Path) -> Iterator[str]:
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        for schema, table in tables:
            for row in connection.execute(f'select * from "{schema}"."{table}"').fetchall():
                yield repr(row)


def _sqlite(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'select * from "{table}"'):
                yield repr(row)
