"""What landing writes: facts without a clear identifier, personal data apart, every record under its own number."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import random
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support_landing import (
    NOW,
    ORDER_COLUMNS,
    as_csv,
    deliver,
    facts,
    indexed,
    land_inbox,
    new_workspace,
    only,
    personal,
    rejects,
    sale,
)

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.contracts import FEEDS
from incentives.feeds.landing import land_text
from incentives.feeds.readers import csv_table
from incentives.feeds.readers.csv_table import CsvTable
from incentives.feeds.reading import Reading
from incentives.feeds.tokens import Tokenizer
from incentives.services.landing import land

PERSON = {
    "customer_id": "C-77",
    "customer_email": "Ada.Planted@Example.com",
    "customer_phone": "0033 6 12 34 56 78",
    "loyalty_id": "L-9001",
}


def test_facts_hold_tokens_and_the_personal_file_the_clear_values(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv", as_csv([sale("O1", **PERSON), sale("O2")]))

    land_inbox(ws)

    (file,) = indexed(ws)
    tokenizer = Tokenizer(ws.key())
    first, second = facts(ws, file)
    assert first["customer_id"] == tokenizer.token("customer_id", "C-77")
    assert first["customer_email"] == tokenizer.token("email", "ada.planted@example.com")
    assert first["customer_phone"] == tokenizer.token("phone", "+33612345678")
    assert first["loyalty_id"] == tokenizer.token("loyalty_id", "L-9001")
    assert second["customer_id"] is None
    assert personal(ws, file) == [{"delivered_row": 1, **PERSON}]


def test_no_clear_identifier_is_anywhere_but_in_the_personal_file(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv", as_csv([sale("O1", **PERSON)]))

    land_inbox(ws)

    for path in ws.bronze.rglob("*"):
        if path.is_file() and "personal" not in path.parts:
            content = str(pq.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else path.read_bytes()
            assert not [value for value in PERSON.values() if value.encode() in content], path


def test_facts_have_the_contracts_columns_in_order_as_text_and_the_delivered_row(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv", as_csv([sale("O1", net_amount=" 0100.50 ", sku="")], columns=sorted(ORDER_COLUMNS)))

    land_inbox(ws)

    (file,) = indexed(ws)
    table = pq.read_table(ws.root / str(file.facts_path))
    assert table.column_names == [*(column.name for column in FEEDS["order_lines"].fact_columns), "delivered_row"]
    assert {str(kind) for kind in table.schema.types[:-1]} == {"string"}
    (row,) = table.to_pylist()
    assert (row["net_amount"], row["sku"], row["delivered_row"]) == (" 0100.50 ", None, 1)


def test_columns_of_no_contract_and_notes_are_not_written_and_their_values_counted(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    columns = ["source", "interaction_id", "kind", "channel", "associate_id", "started_at", "Note", "mood"]
    row = dict(
        zip(columns, ["crm", "I1", "consultation", "store", "A1", "2026-02-03T10:00:00Z", "secret words", ""], strict=True)
    )
    deliver(ws, "interactions.csv", as_csv([row, {**row, "interaction_id": "I2", "mood": "glad"}], columns))

    land_inbox(ws)

    (file,) = indexed(ws)
    assert "secret words" not in str(facts(ws, file)) + str(personal(ws, file))
    assert [(c.column_name, c.values_count) for c in BronzeIndex(ws.bronze_index).dropped_columns()] == [("mood", 1), ("note", 2)]


def test_identifiers_of_a_named_kind_get_the_token_of_that_kind(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    columns = ["source", "customer_id", "identifier_type", "identifier_value"]
    rows = [["pos", "C1", "email", "Ada@Example.com"], ["pos", "C1", "phone", "n/a"], ["pos", "C1", "shoe_size", "38"]]
    deliver(ws, "customer_identifiers.csv", as_csv([dict(zip(columns, row, strict=True)) for row in rows], columns))

    land_inbox(ws)

    (file,) = indexed(ws)
    expected = Tokenizer(ws.key()).token("email", "ada@example.com")
    assert [row["identifier_value"] for row in facts(ws, file)] == [expected, None, None]
    assert [row["identifier_value"] for row in personal(ws, file)] == ["Ada@Example.com", "n/a", "38"]


def test_a_broken_record_is_kept_apart_and_shifts_no_other(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    lines = as_csv([sale(f"O{number}") for number in range(1, 6)]).splitlines()
    broken = 'pos,"O-lost,1,sale'
    lines[2:2] = [broken]
    lines.append("pos,O-short")
    deliver(ws, "order_lines.csv", "\n".join([*lines, ""]))

    outcome = only(land_inbox(ws))

    (file,) = indexed(ws)
    assert [(row["order_id"], row["delivered_row"]) for row in facts(ws, file)] == [
        ("O1", 1),
        ("O2", 3),
        ("O3", 4),
        ("O4", 5),
        ("O5", 6),
    ]
    assert [(row["file_row"], row["raw"], row["reason"]) for row in rejects(ws, file)] == [
        (2, broken, "unbalanced_quotes"),
        (7, "pos,O-short", "wrong_field_count"),
    ]
    assert (outcome.delivered, outcome.accepted, outcome.quarantined) == (7, 5, 2)
    assert (file.rows_delivered, file.rows_rejected) == (7, 2)


def _in_other_words(text: str) -> dict[str, bytes]:
    raw = text.encode()
    half = len(raw) // 2
    return {
        "order_lines-bom.csv": codecs.BOM_UTF8 + raw,
        "order_lines-crlf.csv": text.replace("\n", "\r\n").encode(),
        "order_lines-cr.csv": text.replace("\n", "\r").encode(),
        "order_lines-mixed.csv": text.replace("\n", "\r\n", 2).encode(),
        "order_lines-unended.csv": raw.rstrip(b"\n"),
        "order_lines-blank.csv": b"\n\n" + raw.replace(b"\n", b"\n\n"),
        "order_lines-utf16le.csv": codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        "order_lines-utf16be.csv": codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        "order_lines-packed.csv.gz": gzip.compress(raw),
        "order_lines-members.csv.gz": gzip.compress(raw[:half]) + gzip.compress(raw[half:]) + b"\0" * 10,
        "order_lines-misnamed.csv": gzip.compress(raw, 1),
        "order_lines[1]*?.csv": raw + b"\n",
    }


def test_the_same_table_in_any_line_ends_encoding_and_packing_gives_the_same_facts(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    rows = [sale("O1", category='Été, "brut"', sku="=1+1"), sale("O2", category="時計 😀"), sale("O3", sku="007")]
    text = as_csv(rows)
    deliver(ws, "order_lines-plain.csv", text)
    for name, content in _in_other_words(text).items():
        deliver(ws, name, content)

    report = land_inbox(ws)

    assert {file.outcome for file in report.files} == {"loaded"}
    assert len({file.facts_sha256 for file in indexed(ws)}) == 1
    assert [row["category"] for row in facts(ws, indexed(ws)[0])] == ['Été, "brut"', "時計 😀", None]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_each_delimiter_gives_the_same_facts(delimiter: str, tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    rows = [sale("O1", category="a,b;c|d\te"), sale("O2", category='line one\nline "two"\r\nline three')]
    deliver(ws, "order_lines-1.csv", as_csv(rows))
    deliver(ws, "order_lines-2.csv", as_csv(rows, delimiter=delimiter))

    land_inbox(ws)

    assert len({file.facts_sha256 for file in indexed(ws)}) == 1
    assert [row["category"] for row in facts(ws, indexed(ws)[1])] == [row["category"] for row in rows]


def test_bytes_of_bronze_do_not_depend_on_threads_or_chance(tmp_path: Path) -> None:
    chance = random.Random(7)
    rows = [sale(f"O{n}", customer_id=f"C{chance.randrange(9_000)}", net_amount=str(chance.random())) for n in range(150_000)]
    text = as_csv(rows)
    key_of_both = "a key that two workspaces share"
    digests = []
    for name in ("one", "two"):
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("INCENTIVES_KEY", key_of_both)
            ws = new_workspace(tmp_path / name)
            deliver(ws, "order_lines.csv", text)
            land(ws, now=NOW)
        digests.append(
            {path.relative_to(ws.root): hashlib.sha256(path.read_bytes()).hexdigest() for path in ws.bronze.rglob("*.parquet")}
        )
    assert digests[0] == digests[1]
    assert len(digests[0]) == 2
    (file,) = indexed(ws)
    assert [row["order_id"] for row in facts(ws, file)] == [row["order_id"] for row in rows]
    assert [row["delivered_row"] for row in facts(ws, file)] == list(range(1, 150_001))


def test_a_file_delivered_again_is_known_and_its_rows_are_duplicates(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv", as_csv([sale("O1"), sale("O2")]))
    first = land_inbox(ws)

    again = land_inbox(ws)
    deliver(ws, "order_lines-copy.csv", as_csv([sale("O1"), sale("O2")]))
    copied = land_inbox(ws)

    assert (first.load_id, again.load_id, copied.load_id) == (1, None, 2)
    assert (only(again).outcome, only(again).duplicate, only(again).accepted) == ("known", 2, 0)
    assert [(file.file, file.outcome, file.delivered, file.duplicate) for file in copied.files] == [
        ("order_lines-copy.csv", "known", 2, 2),
        ("order_lines.csv", "known", 2, 2),
    ]
    assert [(file.load_id, file.outcome, file.facts_path is None) for file in indexed(ws)] == [
        (1, "loaded", False),
        (2, "known", True),
    ]


def test_the_same_bytes_twice_in_one_delivery_are_loaded_once(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    for name in ("order_lines-a.csv", "order_lines-b.csv"):
        deliver(ws, name, as_csv([sale("O1")]))

    report = land_inbox(ws)

    assert [(file.outcome, file.accepted, file.duplicate) for file in report.files] == [("loaded", 1, 0), ("known", 0, 1)]


def test_a_header_without_records_is_a_delivery_of_nothing(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv", as_csv([]))

    outcome = only(land_inbox(ws))

    assert (outcome.outcome, outcome.delivered) == ("loaded", 0)
    assert facts(ws, indexed(ws)[0]) == []


def test_feed_and_source_are_told_from_the_place(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    outside = tmp_path / "order_lines"
    outside.mkdir()
    (outside / "2026-03.csv").write_text(as_csv([sale("O1")]))
    deliver(ws, "order_lines/2026/03.csv", as_csv([sale("O2")]))

    inside = land_inbox(ws)
    given = land(ws, [outside], source="manual", now=NOW)

    assert [(file.file, file.feed, file.source) for file in (*inside.files, *given.files)] == [
        ("order_lines/2026/03.csv", "order_lines", "manual"),
        ("2026-03.csv", "order_lines", "manual"),
    ]


def test_a_text_lands_when_it_differs_from_the_last_of_its_name(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)

    loads = [
        land_text(ws, "policies", name, text, NOW) for name, text in [("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"), ("a", "x")]
    ]

    assert loads == [1, None, 2, 3, 4]
    assert [facts(ws, file) for file in indexed(ws)] == [
        [{"file_name": "a", "text": "x"}],
        [{"file_name": "b", "text": "x"}],
        [{"file_name": "a", "text": "y"}],
        [{"file_name": "a", "text": "x"}],
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.text(alphabet="ab é\",;'\\\n\r\t#😀\x07", max_size=8), min_size=1, max_size=24))
def test_the_reader_and_a_second_one_read_the_same_records(cells: list[str], tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    rows = [sale(f"O{number}", category=cell, sku=cell[::-1]) for number, cell in enumerate(cells)]
    delivered = folder / "table.csv"
    # The standard writer leaves a bare CR without quotes. Every other table has a broken record.
    text = as_csv(rows).replace("\r", "~") + ("broken\n" if len(cells) % 2 else "")
    delivered.write_bytes(text.encode())

    table = CsvTable(delivered, Reading(FEEDS["order_lines"]), rejects=RejectsFile(folder / "rejects.parquet"))
    read = [row for batch in table.batches() for row in batch.columns.to_pylist()]

    with delivered.open(newline="", encoding="utf-8") as handle:
        records = [record for record in csv.reader(handle, strict=True) if record != ["broken"]][1:]
    second = [dict(zip(ORDER_COLUMNS, record, strict=True)) for record in records]
    assert [{name: value or "" for name, value in row.items()} for row in read] == second
    assert len(second) == len(rows)


def test_a_record_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    # Two exports, one appended to the other: the mark of the second is part of its first value.
    deliver(ws, "order_lines.csv", as_csv([sale("O1", source="\ufeffpos"), sale("O2")]))

    land_inbox(ws)

    (file,) = indexed(ws)
    assert [row["source"] for row in facts(ws, file)] == ["\ufeffpos", "pos"]


def test_long_records_are_written_in_parts_that_memory_can_bear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "BATCH_BYTES", 3_000_000)
    rows = [sale(f"O{number}", sku="x" * 8_000) for number in range(1_000)]
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv", as_csv(rows))

    land_inbox(ws)

    (file,) = indexed(ws)
    assert [row["order_id"] for row in facts(ws, file)] == [row["order_id"] for row in rows]
    assert [row["delivered_row"] for row in facts(ws, file)] == list(range(1, 1_001))
    assert pq.ParquetFile(ws.root / str(file.facts_path)).num_row_groups == 3
