"""Forgotten people are found in text by tokens alone, however the text writes them."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from incentives.errors import OutsideError
from incentives.feeds.erased_text import TextSearch, name_token
from incentives.feeds.erasure_log import Erased, append_log, read_log
from incentives.feeds.tokens import Tokenizer

TOKENIZER = Tokenizer(b"0123456789abcdef0123456789abcdef")
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def _token(kind: str, value: str) -> str:
    token = TOKENIZER.token(kind, value)
    assert token is not None
    return token


def _ada() -> Erased:
    name = name_token(TOKENIZER, "Ada  Byron")
    assert name is not None
    identifiers = {_token("email", "ada@example.org"), _token("phone", "+33612345678"), _token("loyalty_id", "L-77 12")}
    return Erased(frozenset({("crm", _token("customer_id", "C7"))}), frozenset(identifiers), frozenset({name}))


SEARCH = TextSearch(_ada(), TOKENIZER)


@pytest.mark.parametrize(
    "text",
    [
        "till,o1,1,ADA@Example.ORG,9",
        '{"customer_email": "ada@example.org"}',
        "write to <ada@example.org>.",
        "call 0033 6.12-34(56)78 at noon",
        "phone=+33 6 12 34 56 78 12:00",
        "C7;sale",
        "card L-77 12, paid",
        "bought by ada BYRON today",
    ],
)
def test_a_text_that_names_somebody_forgotten_is_found(text: str) -> None:
    assert SEARCH.holds(text)


@pytest.mark.parametrize("text", ["", "C71;sale", "bada@example.org", "+33612345679", "Ada Lovelace", "L-7712"])
def test_a_text_that_names_somebody_else_is_kept(text: str) -> None:
    assert not SEARCH.holds(text)
    assert SEARCH.without(text) == text


def test_a_file_is_read_whatever_it_is_packed_as(tmp_path: Path) -> None:
    packed, wide, table = tmp_path / "a.csv.gz", tmp_path / "b.csv", tmp_path / "c.parquet"
    packed.write_bytes(gzip.compress(b"x\n" * 1000 + b"ada@example.org\n"))
    wide.write_bytes("who\nAda Byron\n".encode("utf-16"))
    pq.write_table(pa.table({"who": ["ada@example.org"]}), table)
    other = tmp_path / "d.csv"
    other.write_text("who\nbruno@example.org\n", encoding="utf-8")

    assert [SEARCH.file_holds(path) for path in (packed, wide, table, other)] == [True, True, True, False]


def test_a_file_that_cannot_be_read_to_its_end_counts_as_holding_somebody(tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(b"bruno@example.org\n" * 1000)[:-12])

    assert SEARCH.file_holds(cut)


def test_the_log_gives_back_what_was_added_and_repeats_nothing(tmp_path: Path) -> None:
    log = tmp_path / "erasures.jsonl"
    more = Erased(files=frozenset({"ab" * 32}))

    append_log(log, _ada(), NOW)
    append_log(log, _ada() | more, NOW)
    append_log(log, more, NOW)

    assert read_log(log) == _ada() | more
    assert len(log.read_text(encoding="utf-8").splitlines()) == 2
    assert "example.org" not in log.read_text(encoding="utf-8")


def test_a_damaged_log_stops_landing_instead_of_being_guessed_at(tmp_path: Path) -> None:
    log = tmp_path / "erasures.jsonl"
    log.write_text('{"records": []\n', encoding="utf-8")

    with pytest.raises(OutsideError, match="cannot be read"):
        read_log(log)
