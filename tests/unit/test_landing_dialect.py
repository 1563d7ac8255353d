"""The header tells the dialect with certainty, or the file is refused with the reason."""

from __future__ import annotations

import pytest

from incentives.feeds.contracts import FEEDS
from incentives.feeds.dialect import tell_dialect
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.reading import COLUMNS_MAX, Reading

TARGETS = FEEDS["targets"]
REQUIRED = ["subject_type", "subject_id", "measure", "period_start", "period_end", "value"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_gives_every_required_column(delimiter: str) -> None:
    dialect = tell_dialect(Reading(TARGETS), delimiter.join(REQUIRED).encode(), b"\n")

    assert dialect.delimiter == delimiter
    assert dialect.positions == {name: position for position, name in enumerate(REQUIRED)}


def test_names_are_trimmed_and_matched_in_any_case_and_quotes() -> None:
    line = ' Subject_Type ,"SUBJECT_ID",measure, period_start,period_end,"value "'.replace(', "', ',"')

    dialect = tell_dialect(Reading(TARGETS), line.encode(), b"\n")

    assert list(dialect.positions) == REQUIRED


def test_a_column_that_is_in_no_contract_is_dropped_by_name_and_a_note_too() -> None:
    feed = FEEDS["interactions"]
    line = "source,interaction_id,kind,channel,associate_id,started_at,Note,mood,"

    dialect = tell_dialect(Reading(feed), line.encode(), b"\n")

    assert dialect.dropped == ((6, "note"), (7, "mood"), (8, "(unnamed)"))
    assert dialect.width == 9


@pytest.mark.parametrize(
    "line, reason, named",
    [
        ("associate,amount,when", "no_header", "subject_type"),
        ("Report of targets, March", "no_header", "header"),
        (",".join(REQUIRED[:-1]), "missing_required_column", "value"),
        (",".join([*REQUIRED, "VALUE "]), "duplicate_column", "value"),
        (",".join(REQUIRED) + ",x" * COLUMNS_MAX, "too_many_columns", "2,006"),
        ("s\0u\0b\0j\0e\0c\0t\0", "undecodable_text", "NUL"),
        ('"subject_type,measure', "no_header", "header"),
    ],
)
def test_a_header_that_is_none_or_lacks_what_is_required_is_refused(line: str, reason: str, named: str) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        tell_dialect(Reading(TARGETS), line.encode(), b"\n")

    assert refused.value.reason == reason
    assert named in refused.value.sentence


def test_a_mixture_of_delimiters_in_the_header_is_refused_not_guessed() -> None:
    with pytest.raises(UnreadableFileError) as refused:
        tell_dialect(Reading(TARGETS), b"subject_type;subject_id,measure;period_start,period_end;value", b"\n")

    assert refused.value.reason in {"missing_required_column", "no_header"}
