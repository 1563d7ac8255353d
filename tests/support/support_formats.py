"""One table of rows written in every format that is landed, for tests."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

ROW_BREAK = b"\n"


def as_json_lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    """The rows as JSON Lines."""
    return b"".join(json.dumps(row).encode() + ROW_BREAK for row in rows)


def as_json_array(rows: Iterable[Mapping[str, object]]) -> bytes:
    """The rows as one JSON array."""
    return json.dumps(list(rows), indent=1).encode()


def as_parquet(columns: Mapping[str, pa.Array | Sequence[object]], **options: object) -> bytes:
    """Columns as Parquet."""
    buffer = io.BytesIO()
    arrays = {name: pa.array(values) if isinstance(values, list) else values for name, values in columns.items()}
    pq.write_table(pa.table(arrays), buffer, **options)
    return buffer.getvalue()


class Formula(str):
    """A cell's formula; other text stays text, whatever it begins with."""


def as_xlsx(rows: Iterable[Sequence[object]], formats: Mapping[str, str] | None = None) -> bytes:
    """Rows of cells as the first sheet of a workbook; `formats` by cell, such as B2."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place, value)
            if isinstance(value, str) and value.startswith("=") and not isinstance(value, Formula):
                cell.data_type = "s"
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def with_part(xlsx: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one of its parts changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx)) as before, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            content = before.read(part)
            after.writestr(part.filename, change(content) if part.filename == name else content)
    return buffer.getvalue()


def as_zstd(content: bytes) -> bytes:
    """One frame of zstd."""
    packed = pa.Codec("zstd").compress(content, asbytes=True)
    assert isinstance(packed, bytes)
    return packed
