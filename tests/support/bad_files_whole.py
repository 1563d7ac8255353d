"""Files of the corpus that are refused whole: nothing of them can be told with certainty."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator

import pyarrow as pa
from bad_files_case import GOOD, BadFile, lines, refused
from openpyxl import load_workbook
from support_formats import as_json_array, as_json_lines, as_parquet, as_xlsx, as_zstd, with_part
from support_landing import as_csv

TEXT = as_csv(lines("W", GOOD, GOOD, GOOD))
RAW = TEXT.encode()
COLUMNS = TEXT.split("\n", 1)[0].split(",")
CELLS = [COLUMNS, *([row.get(name) for name in COLUMNS] for row in lines("W", GOOD, GOOD, GOOD))]
XLSX = as_xlsx(CELLS)
PARQUET = as_parquet({name: [row.get(name, "") for row in lines("W", GOOD, GOOD)] for name in COLUMNS})
OLD_SPREADSHEET = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
ENTITIES = b"""<!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>"""


def whole_files() -> Iterator[BadFile]:
    """Yield them."""
    yield from _of_another_kind()
    yield from _packed()
    yield from _undecodable()
    yield from _without_a_header()
    yield from _spreadsheets()
    yield from _json_and_parquet()
    yield refused("sales.csv", RAW, "unknown_feed")
    yield refused("order_lines-pdf.pdf", b"%PDF-1.7\n", "unsupported_format")
    yield refused("targets-by-a-shop.csv", RAW, "feed_not_listed", source="shop")
    yield refused("order_lines-by-a-stranger.csv", RAW, "source_not_listed", source="stranger")


def _of_another_kind() -> Iterator[BadFile]:
    yield refused("order_lines-empty.csv", b"", "zero_bytes")
    page = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>,,,</body></html>"
    yield refused("order_lines-sign-in-page.csv", page, "html_page")
    yield refused("order_lines-sign-in-page.csv.gz", gzip.compress(page), "html_page")
    yield refused("order_lines-xlsx.csv", XLSX, "spreadsheet_file")
    yield refused("order_lines-xls.csv", OLD_SPREADSHEET, "spreadsheet_file")
    yield refused("order_lines-parquet.csv", PARQUET, "unsupported_format")
    yield refused("order_lines-json.csv", as_json_array(lines("W", GOOD)), "unsupported_format")
    yield refused("order_lines-xml.csv", b"<?xml version='1.0'?><lines/>", "unsupported_format")
    yield refused("order_lines-pdf.csv", b"%PDF-1.7\n", "unsupported_format")
    yield refused("order_lines-bzip2.csv", b"BZh91AY&SY" + RAW, "unsupported_format")


def _packed() -> Iterator[BadFile]:
    packed = gzip.compress(RAW * 50)
    damaged = bytearray(packed)
    damaged[len(damaged) // 2] ^= 0xFF
    zstd = as_zstd(RAW * 50)
    bomb = RAW + b"," * (80 << 20)
    yield refused("order_lines-cut.csv.gz", packed[:-20], "truncated_gzip")
    yield refused("order_lines-damaged.csv.gz", bytes(damaged), "corrupt_gzip")
    yield refused("order_lines-tail.csv.gz", gzip.compress(RAW) + b"tail", "corrupt_gzip")
    yield refused("order_lines-nothing-packed.csv.gz", gzip.compress(b""), "zero_bytes")
    yield refused("order_lines-packed-twice.csv.gz", gzip.compress(gzip.compress(RAW)), "unsupported_format")
    yield refused("order_lines-cut.csv.zst", zstd[:-20], "truncated_zstd")
    yield refused("order_lines-tail.csv.zst", zstd + b"a tail of text", "corrupt_zstd")
    yield refused("order_lines-bomb.csv.gz", gzip.compress(bomb, 6), "archive_too_large")
    yield refused("order_lines-bomb.csv.zst", as_zstd(bomb), "archive_too_large")


def _undecodable() -> Iterator[BadFile]:
    accented = as_csv(lines("W", {"category": "Pièce d'été"}))
    yield refused("order_lines-latin1.csv", accented.encode("latin-1"), "undecodable_text")
    yield refused("order_lines-utf16-without-mark.csv", RAW.decode().encode("utf-16-le"), "undecodable_text")
    yield refused("order_lines-utf16-cut.csv", TEXT.encode("utf-16")[:-1], "undecodable_text")
    yield refused("order_lines-utf32.csv", TEXT.encode("utf-32"), "undecodable_text")
    yield refused("order_lines-utf8-cut.csv", accented.encode()[:-1].replace(b"\xa9", b""), "undecodable_text")
    yield refused("order_lines-maybe-utf8.csv", accented.encode(), "undecodable_text", source="legacy")
    yield refused("order_lines-not-cp1252.csv", accented.encode("latin-1") + b"\x81", "undecodable_text", source="legacy")


def _without_a_header() -> Iterator[BadFile]:
    yield refused("order_lines-blank.csv", b"\n\r\n\n", "no_header")
    yield refused("order_lines-headless.csv", TEXT.split("\n", 1)[1].encode(), "no_header")
    yield refused("order_lines-preamble.csv", b"Sales of March,,\nprinted 2026-04-01,,\n" + RAW, "no_header")
    yield refused("order_lines-one-missing.csv", RAW.replace(b"net_amount", b"amount"), "missing_required_column")
    yield refused("order_lines-one-twice.csv", RAW.replace(b"sku,", b"Order_ID ,", 1), "duplicate_column")
    wide = as_csv(lines("W", GOOD), [*COLUMNS, *(f"extra_{number}" for number in range(5_000))])
    yield refused("order_lines-5000-columns.csv", wide.encode(), "too_many_columns")


def _spreadsheets() -> Iterator[BadFile]:
    sheet = "xl/worksheets/sheet1.xml"
    yield refused("order_lines-csv.xlsx", RAW, "corrupt_spreadsheet")
    yield refused("order_lines-encrypted.xlsx", OLD_SPREADSHEET, "corrupt_spreadsheet")
    yield refused("order_lines-cut.xlsx", XLSX[:-200], "corrupt_spreadsheet")
    yield refused("order_lines-damaged.xlsx", with_part(XLSX, sheet, lambda part: part[: len(part) // 2]), "corrupt_spreadsheet")
    twice = with_part(XLSX, sheet, lambda part: part.replace(b'<row r="4"', b'<row r="2"'))
    yield refused("order_lines-row-twice.xlsx", twice, "corrupt_spreadsheet")
    yield refused("order_lines-zip.xlsx", _zip({"order_lines.csv": RAW}), "corrupt_spreadsheet")
    yield refused("order_lines-empty.xlsx", as_xlsx([]), "no_header")
    yield refused("order_lines-preamble.xlsx", as_xlsx([["Sales of March"], [], *CELLS]), "no_header")
    yield refused("order_lines-hidden-sheet.xlsx", _hidden_first_sheet(), "unsupported_format")
    bomb = with_part(XLSX, sheet, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + b" " * (40 << 20)))
    yield refused("order_lines-bomb.xlsx", bomb, "archive_too_large")
    entities = with_part(XLSX, sheet, lambda part: ENTITIES + part[part.index(b"<worksheet") :])
    yield refused("order_lines-entities.xlsx", entities, "xml_entities")


def _json_and_parquet() -> Iterator[BadFile]:
    array = as_json_array(lines("W", GOOD, GOOD))
    yield refused("order_lines-cut.json", array.rstrip(b"]\n "), "corrupt_json")
    yield refused("order_lines-tail.json", array + b"[]", "corrupt_json")
    yield refused("order_lines-csv.jsonl", RAW, "corrupt_json")
    yield refused("order_lines-array.jsonl", array, "unsupported_format")
    yield refused("order_lines-blank.jsonl", b"\n\n", "no_header")
    yield refused("order_lines-others.json", b'[{"orders": 1}]', "no_header")
    rows = [{name: value for name, value in row.items() if name != "net_amount"} for row in lines("W", GOOD, GOOD)]
    yield refused("order_lines-one-missing.jsonl", as_json_lines(rows), "missing_required_column")
    yield refused("order_lines-csv.parquet", RAW, "corrupt_parquet")
    yield refused("order_lines-cut.parquet", PARQUET[:-30], "corrupt_parquet")
    yield refused("order_lines-damaged.parquet", PARQUET[:40] + b"\xff" * 60 + PARQUET[100:], "corrupt_parquet")
    nested = {name: [row.get(name, "")] for row in lines("W", GOOD) for name in COLUMNS}
    nested_ids = {**nested, "order_id": pa.array([["W-1"]], pa.list_(pa.string()))}
    yield refused("order_lines-nested.parquet", as_parquet(nested_ids), "unsupported_column_type")


def _zip(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _hidden_first_sheet() -> bytes:
    workbook = load_workbook(io.BytesIO(XLSX))
    workbook.create_sheet("shown")
    workbook.worksheets[0].sheet_state = "hidden"
    workbook.active = 1
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
