"""Files of the corpus with bad rows among good ones, and odd files that are good: the good rows always land."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable, Iterator

import pyarrow as pa
from bad_files_case import GOOD, BadFile, lines
from support_formats import Formula, as_json_lines, as_parquet, as_xlsx, as_zstd
from support_landing import ORDER_COLUMNS, as_csv

_Dress = Callable[[str], bytes]
NET_1, NET_2, NET_3, NET_4 = 101, 202, 303, 404


def row_files() -> Iterator[BadFile]:
    """Yield them."""
    yield from _broken_records()
    yield from _amounts()
    yield from _moments()
    yield from _ids()
    yield from _other_rules()
    yield from _typed_formats()


def odd_files() -> Iterator[BadFile]:
    """Yield files whose every row is good, whatever they look like."""
    for number, (name, content) in enumerate(_in_odd_dress(), 1):
        yield BadFile(name, content(f"D{number}"), accepted=2, net_minor=NET_1 + NET_2)
    accented = as_csv(lines("L1", {"category": "Pièce d'été €"})).encode("cp1252")
    yield BadFile("order_lines-cp1252.csv", accented, accepted=1, net_minor=NET_1, source="legacy")
    marked = as_csv(lines("L2", {"category": "Pièce d'été €"})).encode("utf-8-sig")
    yield BadFile("order_lines-utf8.csv", marked, accepted=1, net_minor=NET_1, source="legacy")
    formulas = [{"sku": text} for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1")]
    yield BadFile("order_lines-formulas.csv", as_csv(lines("F", *formulas)).encode(), accepted=5, net_minor=15 * 101)
    wide = as_csv([row | {"story": "x" * (1 << 20)} for row in lines("S", GOOD)], [*ORDER_COLUMNS, "story"])
    yield BadFile("order_lines-long-unknown.csv", wide.encode(), accepted=1, net_minor=NET_1)


def deliveries_that_overlap() -> Iterator[BadFile]:
    """Yield a file, the same bytes again, and one of the next landing that repeats and changes its rows."""
    first = as_csv(lines("V", GOOD, GOOD, GOOD)).encode()
    # Row 3 is changed later, so 1.01 + 2.02 of this file stay in force.
    yield BadFile("order_lines-overlap-1.csv", first, accepted=3, net_minor=NET_1 + NET_2)
    yield BadFile("order_lines-overlap-2.csv", first, "known", duplicate=3)
    later = as_csv(lines("V", GOOD, GOOD, {"net_amount": "9.99"}, GOOD)).encode()
    yield BadFile("order_lines-overlap-3.csv", later, accepted=2, duplicate=2, net_minor=999 + NET_4, landing=2)


def _broken_records() -> Iterator[BadFile]:
    def among(prefix: str, broken: bytes) -> bytes:
        header, first, second = as_csv(lines(prefix, GOOD, GOOD)).encode().splitlines(keepends=True)
        return header + first + broken + second

    for name, broken, reason in (
        ("nul", b"pos,N\0UL,1,sale" + b"," * 24 + b"\n", "nul_byte"),
        ("short", b"pos,short\n", "wrong_field_count"),
        ("long", b"," * 200 + b"\n", "wrong_field_count"),
        ("unbalanced", b'pos,"lost,1,sale\n', "unbalanced_quotes"),
        ("misplaced", b'pos,5" and 6" disk,1\n', "misplaced_quote"),
    ):
        content = among(name, broken)
        yield BadFile(f"order_lines-{name}.csv", content, accepted=2, quarantined={reason: 1}, net_minor=NET_1 + NET_2)
    text = as_csv(lines("big", GOOD, {"sku": "x" * (1 << 20)}, GOOD)).encode()
    yield BadFile("order_lines-1mb-field.csv", text, accepted=2, quarantined={"field_too_long": 1}, net_minor=NET_1 + NET_3)
    text = as_csv(lines("huge", GOOD, {"sku": "x" * (3 << 20)}, GOOD)).encode()
    yield BadFile("order_lines-3mb-record.csv", text, accepted=2, quarantined={"record_too_long": 1}, net_minor=NET_1 + NET_3)
    text = as_csv(lines("cut", GOOD, GOOD, GOOD)).encode()
    yield BadFile("order_lines-cut-row.csv", text[:-40], accepted=2, quarantined={"row_cut_off": 1}, net_minor=NET_1 + NET_2)
    total = as_csv([*lines("total", GOOD, GOOD), {"source": "Total", "net_amount": "3.03"}]).encode()
    yield BadFile(
        "order_lines-total-row.csv", total, accepted=2, quarantined={"required_value_missing": 1}, net_minor=NET_1 + NET_2
    )


def _amounts() -> Iterator[BadFile]:
    wrong = ["12,50", "€ 12.50", "12.50 EUR", "1 234.50", "1e3", "NaN", "inf", "--1", "١٢"]
    rows = lines("amount", GOOD, *({"net_amount": text} for text in wrong))
    yield BadFile(
        "order_lines-amounts.csv",
        as_csv(rows, delimiter=";").encode(),
        accepted=1,
        quarantined={"bad_amount": len(wrong)},
        net_minor=NET_1,
    )
    rows = lines(
        "overflow",
        GOOD,
        {"net_amount": "100000000000.01"},
        {"net_amount": "9" * 30},
        {"net_amount": "1.001"},
        {"quantity": "1.0001"},
    )
    yield BadFile(
        "order_lines-overflow.csv",
        as_csv(rows).encode(),
        accepted=1,
        quarantined={"amount_too_large": 2, "amount_too_precise": 1, "number_too_precise": 1},
        net_minor=NET_1,
    )


def _moments() -> Iterator[BadFile]:
    # The same instant four times, then what is none.
    good = ["2026-02-03T10:00:00+01:00", "2026-02-03T09:00:00Z", "2026-02-03 14:30:00+0530", "2026-02-03T10:00+01"]
    wrong = [
        "2026-02-30T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-02-03T25:00:00Z",
        "2026-02-03T10:00:00+25:00",
        "03.02.2026 10:00",
        "46056.4",
    ]
    rows = lines("moment", *({"ordered_at": text} for text in (*good, *wrong, "2026-02-03T10:00:00")))
    yield BadFile(
        "order_lines-moments.csv",
        as_csv(rows).encode(),
        accepted=4,
        quarantined={"bad_timestamp": 6, "timestamp_without_offset": 1},
        net_minor=NET_1 + NET_2 + NET_3 + NET_4,
    )
    # The clock of Paris skips 02:30 on 29 March and shows it twice on 25 October 2026.
    local = ["2026-03-29T01:59:59", "2026-03-29T02:30:00", "2026-10-25T02:30:00"]
    rows = lines("local", *({"ordered_at": text} for text in local))
    yield BadFile(
        "order_lines-clock-change.csv",
        as_csv(rows).encode(),
        accepted=2,
        quarantined={"timestamp_skipped_by_clock": 1},
        net_minor=NET_1 + NET_3,
        source="paris",
    )


def _ids() -> Iterator[BadFile]:
    # Latin O, Cyrillic О, full-width １, another case, leading zeros, an accent composed and combined: all others.
    ids = ["O1", "О1", "O１", "o1", "01", "1", "001", "é1", "e\u03011"]
    rows = lines("id", *({"order_id": text} for text in ids))
    # 1.01 × (1 + 2 + … + 9)
    yield BadFile("order_lines-look-alikes.csv", as_csv(rows).encode(), accepted=9, net_minor=45 * 101)
    big = [
        json.dumps(row).replace('"BIG"', number)
        for row, number in zip(
            lines("b", {"order_id": "BIG"}, {"order_id": "BIG"}), ("9007199254740993", "9007199254740992"), strict=True
        )
    ]
    yield BadFile("order_lines-big-ids.jsonl", "\n".join(big).encode(), accepted=2, net_minor=NET_1 + NET_2)


def _other_rules() -> Iterator[BadFile]:
    rows = lines(
        "rule",
        GOOD,
        {"currency": "XXQ"},
        {"kind": "Sale"},
        {"associate_id": "a:60|b:60"},
        {"net_amount": "-5.00"},
        {"order_id": ""},
    )
    yield BadFile(
        "order_lines-rules.csv",
        as_csv(rows).encode(),
        accepted=1,
        quarantined={
            "unknown_currency": 1,
            "unknown_value": 1,
            "bad_sellers": 1,
            "sign_contradicts_kind": 1,
            "required_value_missing": 1,
        },
        net_minor=NET_1,
    )
    rows = [*lines("twice", GOOD, GOOD), *lines("twice", GOOD), *lines("twice", {"net_amount": "7.00", "order_id": "twice-2"})]
    yield BadFile(
        "order_lines-conflict.csv",
        as_csv(rows).encode(),
        accepted=1,
        duplicate=1,
        quarantined={"conflicting_rows": 2},
        net_minor=NET_1,
    )


def _typed_formats() -> Iterator[BadFile]:
    objects = as_json_lines(lines("json", GOOD, GOOD))
    yield BadFile(
        "order_lines-broken.jsonl",
        objects + b'{"order_id": {"a": 1}}\n[1]\n{"order_id": "cut',
        accepted=2,
        quarantined={"nested_value": 1, "not_an_object": 1, "row_cut_off": 1},
        net_minor=NET_1 + NET_2,
    )
    good = lines("array", GOOD, GOOD)
    array = f'[{json.dumps(good[0])}, {{"order_id": oops}}, {json.dumps(good[1])}]'.encode()
    yield BadFile("order_lines-broken.json", array, accepted=2, quarantined={"bad_json": 1}, net_minor=NET_1 + NET_2)
    rows = lines("float", GOOD, GOOD, GOOD)
    table = {name: [row.get(name) for row in rows] for name in rows[0]}
    amounts = pa.array([1.01, 0.1 + 0.2, float("inf")], pa.float64())
    yield BadFile(
        "order_lines-floats.parquet",
        as_parquet({**table, "net_amount": amounts}),
        accepted=1,
        quarantined={"number_beyond_precision": 1, "bad_amount": 1},
        net_minor=NET_1,
    )
    names = list(rows[0])
    cells = [[row[name] for name in names] for row in lines("sheet", GOOD, GOOD, GOOD)]
    cells[1][names.index("net_amount")] = Formula("=1+1")
    cells[2][names.index("ordered_at")] = "#REF!"
    total: list[object] = ["Total", *[None] * (len(names) - 2), Formula("=SUM(I2:I4)")]
    yield BadFile(
        "order_lines-formulas.xlsx",
        as_xlsx([names, *cells, [], total]),
        accepted=1,
        quarantined={"spreadsheet_formula": 2, "spreadsheet_error": 1},
        net_minor=NET_1,
    )


def _in_odd_dress() -> Iterator[tuple[str, _Dress]]:
    def text(prefix: str, delimiter: str = ",") -> str:
        return as_csv(lines(prefix, {"category": 'Été, "brut"'}, {"category": "line one\nline two"}), delimiter=delimiter)

    def members(prefix: str) -> bytes:
        raw = text(prefix).encode()
        return gzip.compress(raw[:90]) + gzip.compress(raw[90:]) + b"\0" * 10

    yield "order_lines-mark.csv", lambda prefix: codecs.BOM_UTF8 + text(prefix).encode()
    yield "order_lines-crlf.csv", lambda prefix: text(prefix).replace("\n", "\r\n").encode()
    yield "order_lines-cr.csv", lambda prefix: text(prefix).replace("\n", "\r").encode()
    yield "order_lines-semicolon.csv", lambda prefix: text(prefix, ";").encode()
    yield "order_lines-tab.tsv", lambda prefix: text(prefix, "\t").encode()
    yield "order_lines-pipe.txt", lambda prefix: text(prefix, "|").encode()
    yield "order_lines-utf16le.csv", lambda prefix: codecs.BOM_UTF16_LE + text(prefix).encode("utf-16-le")
    yield "order_lines-utf16be.csv", lambda prefix: codecs.BOM_UTF16_BE + text(prefix).encode("utf-16-be")
    yield "order_lines-unended.csv", lambda prefix: text(prefix).rstrip("\n").encode()
    yield "order_lines-blank-lines.csv", lambda prefix: b"\n\n" + as_csv(lines(prefix, GOOD, GOOD)).replace("\n", "\n\n").encode()
    yield "order_lines-members.csv.gz", members
    yield "order_lines-frames.csv.zst", lambda prefix: as_zstd(text(prefix).encode()[:90]) + as_zstd(text(prefix).encode()[90:])
    yield "order_lines-misnamed.csv", lambda prefix: gzip.compress(text(prefix).encode())
    yield "order_lines-names.csv", lambda prefix: text(prefix).replace("order_id", '" Order_ID "', 1).encode()
    yield "order_lines [1]*?'.csv", lambda prefix: text(prefix).encode()
