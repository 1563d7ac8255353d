"""Damage a file anywhere: it is refused whole with a reason, or each of its records is a row or a broken record."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bad_files_case import GOOD, lines
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support_formats import as_json_array, as_json_lines, as_parquet, as_xlsx, as_zstd, with_part
from support_landing import as_csv

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.contracts import FEEDS
from incentives.feeds.readers.formats import open_table
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.reading import Reading

ROWS = lines("Z", *[GOOD] * 12)
COLUMNS = list(ROWS[0])
TABLE = {name: [row[name] for row in ROWS] for name in COLUMNS}
XLSX = as_xlsx([COLUMNS, *([row[name] for name in COLUMNS] for row in ROWS)])
WHOLE = {
    "a.csv": as_csv(ROWS, COLUMNS).encode(),
    "b.csv.zst": as_zstd(as_csv(ROWS, COLUMNS).encode()),
    "c.jsonl": as_json_lines(ROWS),
    "d.json": as_json_array(ROWS),
    "e.json": as_json_array(ROWS).decode().encode("utf-16"),
    "f.parquet": as_parquet(TABLE),
    "g.parquet": as_parquet(TABLE, use_dictionary=False, compression="none"),
    "h.xlsx": XLSX,
}
PIECES = st.binary(max_size=8) | st.sampled_from([b"\xff\xff\xff\x7f", b"\0\0\0\0", b"{}[]", b'"",', b"<c>", b"</row>"])
# Where, how many bytes go, what comes.
DAMAGE = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), PIECES), min_size=1, max_size=6)
PARTS = ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml")


def _damaged(content: bytes, damage: list[tuple[float, int, bytes]]) -> bytes:
    for place, gone, come in damage:
        at = int(place * len(content))
        content = content[:at] + come + content[at + gone :]
    return content


def _read(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        rejects = RejectsFile(Path(folder, "rejects.parquet"))
        try:
            table = open_table(path, name, Reading(FEEDS["order_lines"]), rejects=rejects)
            numbers = [number for batch in table.batches() for number in batch.numbers.tolist()]
        except UnreadableFileError:
            return
        else:
            assert numbers == sorted(set(numbers))
            assert len(numbers) + rejects.count == table.delivered
        finally:
            rejects.close()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(WHOLE)), damage=DAMAGE)
@example(name="f.parquet", damage=[(1.0, 0, b"")])
def test_a_damaged_file_is_refused_or_every_record_of_it_is_told(name: str, damage: list[tuple[float, int, bytes]]) -> None:
    _read(name, _damaged(WHOLE[name], damage))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(part=st.sampled_from(PARTS), damage=DAMAGE)
def test_a_spreadsheet_with_damaged_xml_is_refused_or_every_row_of_it_is_told(
    part: str, damage: list[tuple[float, int, bytes]]
) -> None:
    _read("h.xlsx", with_part(XLSX, part, lambda content: _damaged(content, damage)))
