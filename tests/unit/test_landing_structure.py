"""Records are told apart with certainty: nothing good is lost beside what is broken, and no row is shifted."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incentives.feeds.readers.broken import FIELD_BYTES_MAX, RECORD_BYTES_MAX, BrokenRecord
from incentives.feeds.readers.structure import RecordScanner

WIDTH = 3
CELL = st.text(alphabet='ab é"\n\r,;😀', max_size=6)
# A cell that begins with a delimiter or a line break looks, after a lost quote, like the end of a field.
TAME_CELL = CELL.filter(lambda cell: not cell.lstrip('"').startswith((",", "\n", "\r")))
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
BROKEN_LINES = ["only one", "a,b", "a,b,c,d", 'a,"b,c', 'a"b"c,d,e', '"a"b,c,d', "a,b\0,c"]


def scan(table: bytes, newline: bytes = b"\n", piece: int = 1 << 20) -> tuple[bytes, list[BrokenRecord], RecordScanner]:
    scanner = RecordScanner(",", WIDTH, newline, frozenset(range(WIDTH)))
    results = [scanner.examine(table[start : start + piece]) for start in range(0, len(table), piece)]
    results.append(scanner.finish())
    return b"".join(r.clean for r in results), [record for r in results for record in r.broken], scanner


def parsed(clean: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(clean.decode(), newline=""), strict=True))


def written(rows: list[list[str]], line_end: str, quote_all: bool = False) -> bytes:
    def cell(text: str) -> str:
        doubled = text.replace('"', '""')
        return f'"{doubled}"' if quote_all or any(mark in text for mark in ',"\r\n') else text

    return "".join(",".join(map(cell, row)) + line_end for row in rows).encode()


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=WIDTH, max_size=WIDTH), max_size=8),
    line_end=LINE_ENDS,
    quote_all=st.booleans(),
    piece=st.integers(1, 40),
)
def test_a_well_formed_table_passes_whole_whatever_its_line_ends_and_pieces(
    rows: list[list[str]], line_end: str, quote_all: bool, piece: int
) -> None:
    table = written(rows, line_end, quote_all)

    clean, broken, scanner = scan(table, b"\r" if line_end == "\r" else b"\n", piece)

    assert broken == []
    assert parsed(clean) == rows
    assert scanner.sound == scanner.records == len(rows)


@settings(max_examples=400, deadline=None)
@given(
    lines=st.lists(st.one_of(st.lists(TAME_CELL, min_size=WIDTH, max_size=WIDTH), st.sampled_from(BROKEN_LINES)), max_size=10),
    piece=st.integers(1, 60),
)
def test_broken_lines_are_named_by_their_number_and_every_good_record_beside_them_passes(
    lines: list[list[str] | str], piece: int
) -> None:
    table = b"".join(f"{line}\n".encode() if isinstance(line, str) else written([line], "\n") for line in lines)

    clean, broken, scanner = scan(table, piece=piece)

    assert parsed(clean) == [line for line in lines if isinstance(line, list)]
    assert [(record.number, record.raw.decode()) for record in broken] == [
        (number, line) for number, line in enumerate(lines, 1) if isinstance(line, str)
    ]
    assert scanner.records == len(lines)


@settings(max_examples=500, deadline=None)
@given(table=st.binary(max_size=60) | st.text(alphabet='a,"\n\r', max_size=40).map(str.encode), piece=st.integers(1, 9))
def test_any_bytes_end_as_records_that_fit_or_as_broken_ones_the_same_in_any_pieces(table: bytes, piece: int) -> None:
    clean, broken, scanner = scan(table)

    rows = list(csv.reader(io.StringIO(clean.decode("latin-1"), newline=""), strict=True))
    assert [len(row) for row in rows] == [WIDTH] * scanner.sound
    assert scanner.records == scanner.sound + len(broken)
    numbers = [record.number for record in broken]
    assert numbers == sorted(set(numbers))
    again, broken_again, _ = scan(table, piece=piece)
    assert (again, broken_again) == (clean, broken)


@pytest.mark.parametrize(
    "line, reason",
    [
        (b"a,b", "wrong_field_count"),
        (b"a,b,c,d", "wrong_field_count"),
        (b'a,"b,c', "unbalanced_quotes"),
        (b'a,5" disk,c', "unbalanced_quotes"),
        (b'a,5" and 6" disk,c', "misplaced_quote"),
        (b'"a"b,c,d', "misplaced_quote"),
        (b"a,b\0,c", "nul_byte"),
        (b"a,b\rc,d", "stray_line_break"),
        (b"a," + b"x" * (FIELD_BYTES_MAX + 1) + b",c", "field_too_long"),
        (b"a," + b"x" * (RECORD_BYTES_MAX + 1) + b",c", "record_too_long"),
    ],
)
def test_each_kind_of_broken_record_has_its_reason_and_the_rows_around_it_pass(line: bytes, reason: str) -> None:
    clean, broken, _ = scan(b"1,2,3\n" + line + b"\n4,5,6\n")

    assert clean == b"1,2,3\n4,5,6\n"
    assert [(record.number, record.reason) for record in broken] == [(2, reason)]


def test_a_last_record_without_a_line_end_passes_if_whole_and_is_told_apart_if_cut() -> None:
    assert scan(b"1,2,3\n4,5,6")[0] == b"1,2,3\n4,5,6\n"

    clean, broken, _ = scan(b"1,2,3\n4,5")

    assert clean == b"1,2,3\n"
    assert [(record.number, record.reason, record.raw) for record in broken] == [(2, "row_cut_off", b"4,5")]


def test_a_quote_that_never_closes_costs_one_line_however_much_follows() -> None:
    good = b"".join(b"%d,b,c\n" % number for number in range(400_000))

    clean, broken, scanner = scan(b'0,"b,c\n' + good)

    assert clean == good
    assert [(record.number, record.reason) for record in broken] == [(1, "unbalanced_quotes")]
    assert scanner.records == 400_001


def test_blank_lines_are_no_records() -> None:
    clean, broken, scanner = scan(b"\n1,2,3\r\n\r\n\n4,5,6\n\n")

    assert clean == b"1,2,3\n4,5,6\n"
    assert (broken, scanner.records) == ([], 2)


def test_a_long_field_that_is_not_kept_is_no_fault() -> None:
    scanner = RecordScanner(",", 2, b"\n", kept=frozenset({0}))

    examined = scanner.examine(b"1," + b"x" * 100_000 + b"\n")

    assert examined.broken == []
    assert scanner.sound == 1
