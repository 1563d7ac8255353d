"""Every format lands the same facts from the same rows, and no number passes through a binary float unseen."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from support_formats import Formula, as_json_array, as_json_lines, as_parquet, as_xlsx, as_zstd
from support_landing import as_csv, deliver, facts, indexed, land_inbox, new_workspace, only, rejects, sale

from incentives.feeds.bronze_index import BronzeIndex

ROWS = [sale("O1", category='Été, "brut"', sku="=1+1"), sale("O2", category="時計 😀", customer_id="C1"), sale("O3", sku="007")]
COLUMNS = list(dict.fromkeys(name for row in ROWS for name in row))
TABLE = {name: [row.get(name) for row in ROWS] for name in COLUMNS}


def _everywhere() -> dict[str, bytes]:
    text = as_csv(ROWS).encode()
    lines = as_json_lines(ROWS)
    half = len(lines) // 2
    return {
        "order_lines-1.csv": text,
        "order_lines-2.csv.zst": as_zstd(text[:100]) + as_zstd(text[100:]),
        "order_lines-3.jsonl": lines,
        "order_lines-4.ndjson.gz": as_zstd(lines[:half]) + as_zstd(lines[half:]),
        "order_lines-5.json": as_json_array(ROWS),
        "order_lines-6.json": lines.rstrip(),
        "order_lines-7.json": "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode("utf-16"),
        "order_lines-8.parquet": as_parquet(TABLE),
        "order_lines-9.parquet": as_parquet(TABLE, use_dictionary=False, compression="zstd"),
        "order_lines-10.xlsx": as_xlsx([COLUMNS, *([row.get(name) for name in COLUMNS] for row in ROWS)]),
    }


def test_the_same_rows_in_any_format_and_packing_give_the_same_facts(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    for name, content in _everywhere().items():
        deliver(ws, name, content)

    report = land_inbox(ws)

    assert {(file.outcome, file.delivered, file.quarantined) for file in report.files} == {("loaded", 3, 0)}, report.files
    expected = facts(ws, indexed(ws)[0])
    for file in indexed(ws):
        assert facts(ws, file) == expected, file.file_name


def test_numbers_of_json_keep_their_digits(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    line = json.dumps(sale("X")).replace('"X"', "12345678901234567890123").replace('"100.00"', "100.10")
    deliver(ws, "order_lines.jsonl", line + "\n" + line.replace("100.10", "1e2").replace("0123,", "0124,"))

    outcome = only(land_inbox(ws))

    (file,) = indexed(ws)
    assert [(row["order_id"], row["net_amount"]) for row in facts(ws, file)] == [
        ("12345678901234567890123", "100.10"),
        ("12345678901234567890124", "1e2"),
    ]
    assert (outcome.accepted, outcome.quarantined) == (1, 1)


BROKEN_OBJECTS = {
    "bad_json": ["{oops}", '{"source": NaN}', '{"source": "pos"} {}', "[" * 3_000, '{"a": 01}'],
    "not_an_object": ['"text"', "12", "null", "[1]"],
    "nested_value": ['{"order_id": {"id": 1}}', '{"order_id": []}'],
    "repeated_name": ['{"order_id": "1", "Order_ID ": "2"}'],
    "nul_byte": ['{"order_id": "1\\u0000"}'],
    "bad_text": ['{"order_id": "\\ud800"}'],
    "field_too_long": ['{"order_id": "' + "x" * 9_000 + '"}'],
    "record_too_long": ['{"order_id": "' + "x" * 2_100_000 + '"}'],
}


@pytest.mark.parametrize("reason", BROKEN_OBJECTS)
@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_a_broken_object_is_kept_apart_and_the_good_ones_around_it_land(reason: str, form: str, tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    good = [json.dumps(sale(f"O{number}")) for number in range(6)]
    broken = [text for text in BROKEN_OBJECTS[reason] if form == "jsonl" or text not in ("[" * 3_000, '{"source": "pos"} {}')]
    records = [part for pair in zip(good, broken, strict=False) for part in pair] + good[len(broken) :]
    deliver(ws, f"order_lines.{form}", "\n".join(records) if form == "jsonl" else f"[{','.join(records)}]")

    outcome = only(land_inbox(ws))

    (file,) = indexed(ws)
    assert [row["order_id"] for row in facts(ws, file)] == [f"O{number}" for number in range(6)]
    assert [row["file_row"] for row in rejects(ws, file)] == [2 * number for number in range(1, len(broken) + 1)]
    assert {row["reason"] for row in rejects(ws, file)} == {reason}
    assert (outcome.delivered, outcome.accepted, outcome.quarantined) == (len(records), 6, len(broken))


def test_values_of_no_contract_are_counted_by_name_in_json_nested_ones_too(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.jsonl", as_json_lines([{**sale("O1"), "mood": {"x": 1}}, {**sale("O2"), "mood": 2, "hue": ""}]))

    land_inbox(ws)

    assert [(c.column_name, c.values_count) for c in BronzeIndex(ws.bronze_index).dropped_columns()] == [("mood", 2)]


def test_typed_columns_of_parquet_become_exact_text(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    moment = datetime(2026, 2, 3, 9, 30, 0, 250_000, tzinfo=UTC)
    columns: dict[str, object] = {name: [sale("O")[name]] for name in sale("O")}
    columns |= {
        "order_id": pa.array([9_223_372_036_854_775_807], pa.uint64()),
        "line_id": pa.array([1.0], pa.float64()),
        "net_amount": pa.array([Decimal("100.1000")], pa.decimal128(18, 4)),
        "gross_amount": pa.array([119.9], pa.float64()),
        "tax_amount": pa.array([19.8], pa.float32()),
        "quantity": pa.array([1], pa.int8()),
        "ordered_at": pa.array([moment], pa.timestamp("us", "Europe/Paris")),
        "completed_at": pa.array([moment.replace(tzinfo=None)], pa.timestamp("ms")),
        "deleted": pa.array([False]),
    }
    deliver(ws, "order_lines.parquet", as_parquet(columns))
    hours = {"associate_id": ["A"], "work_date": pa.array([date(2026, 2, 3)]), "activity": ["online"], "hours": ["1"]}
    deliver(ws, "hours.parquet", as_parquet(hours))

    land_inbox(ws)

    worked, line = (facts(ws, file)[0] for file in indexed(ws))
    assert worked["work_date"] == "2026-02-03"
    assert {name: line[name] for name in columns if name not in ("source", "kind", "channel", "currency")} == {
        "order_id": "9223372036854775807",
        "line_id": "1",
        "net_amount": "100.1",
        "gross_amount": "119.9",
        "tax_amount": "19.8",
        "quantity": "1",
        "ordered_at": "2026-02-03T09:30:00.250000Z",
        "completed_at": "2026-02-03T09:30:00.250",
        "deleted": "false",
    }


def test_a_binary_float_with_more_digits_than_it_keeps_is_quarantined(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    amounts = pa.array([0.1 + 0.2, 20.0, 1e300, None, float("nan")], pa.float64())
    count = len(amounts)
    table = {**{name: [value] * count for name, value in sale("O").items()}, "order_id": ["A", "B", "C", "D", "E"]}
    deliver(ws, "order_lines.parquet", as_parquet({**table, "net_amount": amounts}))

    outcome = only(land_inbox(ws))

    (file,) = indexed(ws)
    assert [(row["file_row"], row["reason"]) for row in rejects(ws, file)] == [
        (1, "number_beyond_precision"),
        (3, "number_beyond_precision"),
    ]
    assert [(row["order_id"], row["net_amount"], row["delivered_row"]) for row in facts(ws, file)] == [
        ("B", "20", 2),
        ("D", None, 4),
        ("E", "nan", 5),
    ]
    assert (outcome.delivered, outcome.accepted, outcome.quarantined) == (5, 1, 4)


def test_bytes_that_are_no_text_in_parquet_cost_their_row_alone(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    table = {**{name: [value] * 3 for name, value in sale("O").items()}, "order_id": pa.array([b"A", b"\xff\xfe", b"C\0"])}
    deliver(ws, "order_lines.parquet", as_parquet(table))

    land_inbox(ws)

    (file,) = indexed(ws)
    assert [row["order_id"] for row in facts(ws, file)] == ["A"]
    assert [row["reason"] for row in rejects(ws, file)] == ["bad_text", "nul_byte"]


def test_cells_of_a_spreadsheet_are_read_as_it_shows_them(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    header = ["source", "order_id", "line_id", "kind", "channel", "ordered_at", "quantity", "currency", "net_amount", "sku"]
    rows = [
        ["pos", 42, 1, "sale", "store", datetime.fromisoformat("2026-02-03T10:00"), 1, "EUR", 19.899999999999999, True],
        [None] * 10,
        ["pos", "0043", "1", "sale", "store", "2026-02-03T10:00:00Z", "1", "EUR", 20.299999999999997, None],
        ["pos", "O3", 1, "sale", "store", "2026-02-03T10:00:00Z", 1, "EUR", Formula("=SUM(I2:I4)"), None],
        ["pos", "O4", 1, "sale", "store", "2026-02-03T10:00:00Z", 1, "EUR", "#N/A", None],
        ["pos", 1_234_567_890_123_456, 1, "sale", "store", "2026-02-03T10:00:00Z", 1, "EUR", 1, None],
        ["pos", "O6", 1, "sale", "store", "2026-02-03T10:00:00Z", 1, "EUR", 1, None, "beyond"],
        ["Total", None, None, None, None, None, None, None, 40.2, None],
    ]
    deliver(ws, "order_lines.xlsx", as_xlsx([header, *rows], {"B2": "00000"}))

    outcome = only(land_inbox(ws))

    (file,) = indexed(ws)
    assert [(row["order_id"], row["ordered_at"], row["net_amount"], row["sku"]) for row in facts(ws, file)] == [
        ("00042", "2026-02-03T10:00:00", "19.9", "true"),
        ("0043", "2026-02-03T10:00:00Z", "20.3", None),
        (None, None, "40.2", None),
    ]
    assert [(row["file_row"], row["reason"]) for row in rejects(ws, file)] == [
        (3, "spreadsheet_formula"),
        (4, "spreadsheet_error"),
        (5, "number_beyond_precision"),
        (6, "wrong_field_count"),
    ]
    assert (outcome.delivered, outcome.accepted, outcome.quarantined) == (7, 1, 6)
