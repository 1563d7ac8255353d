"""Files written by people: text stays text, and every mistake is reported with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from incentives import documents
from incentives.errors import DocumentError

FILE = Path("plans/example.yaml")


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rate: str


class _Example(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    rows: list[_Inner] = []


def test_a_number_is_kept_as_the_text_that_was_written() -> None:
    document = documents.parse("amount: 10.00\nbig: 1_000\nyes: no\nday: 2026-01-01\nnone: ~\n", FILE)

    assert document.root == {"amount": "10.00", "big": "1_000", "yes": "no", "day": "2026-01-01", "none": None}


def test_every_mistake_is_named_with_file_line_and_key() -> None:
    document = documents.parse("name: a\nrows:\n  - rate: 1%\n  - rat: 2%\ncolour: red\n", FILE)

    with pytest.raises(DocumentError) as raised:
        documents.validate(document, _Example)

    assert raised.value.problems == (
        "plans/example.yaml:4: rows.1.rate: required, but missing.",
        "plans/example.yaml:4: rows.1.rat: unknown key; it is not part of this language.",
        "plans/example.yaml:5: colour: unknown key; it is not part of this language.",
    )


@pytest.mark.parametrize(
    "text, line, words",
    [
        ("a: 1\na: 2\n", 2, "stands twice"),
        ("- a\n", 1, "mapping"),
        ("a: [1\n", 2, "not valid YAML"),
        ("a: &x [1]\nb: *x\n", 2, "aliases"),
        ("", 1, "mapping"),
    ],
)
def test_a_file_that_is_no_plain_mapping_is_refused(text: str, line: int, words: str) -> None:
    with pytest.raises(DocumentError) as raised:
        documents.parse(text, FILE)

    assert raised.value.problems[0].startswith(f"plans/example.yaml:{line}: ")
    assert words in raised.value.problems[0]


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"name: caf\xe9\n")

    with pytest.raises(DocumentError, match="UTF-8"):
        documents.load(path)
