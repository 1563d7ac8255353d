"""Which of several rows of one key is in force, against a second, plain implementation that takes rows as they arrive."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import groupby
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support_deliveries import Delivered, in_force, outcomes

ACCEPTED, DUPLICATE, SUPERSEDED, QUARANTINED = "accepted", "duplicate", "superseded", "quarantined"


@dataclass(frozen=True)
class Row:
    """One row of a record: `value` 0 withdraws it; `updated` 0 means that the source does not say when."""

    load: int
    file: int
    key: str
    updated: int
    value: int

    def content(self) -> tuple[int, int]:
        return (self.updated, self.value)


def plain_outcomes(rows: list[Row]) -> list[str]:
    """Take the rows load by load and keep for each key what is in force, as the feeds' rules say it in words."""
    result: dict[int, str] = {}
    by_key: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_key[row.key].append(index)
    for indexes in by_key.values():
        current: int | None = None
        ordered = sorted(indexes, key=lambda index: (rows[index].load, rows[index].file, index))
        for _, group in groupby(ordered, key=lambda index: rows[index].load):
            together = list(group)
            undecided = [
                one
                for one in together
                if any(
                    rows[one].content() != rows[other].content()
                    and (rows[one].updated == rows[other].updated or 0 in (rows[one].updated, rows[other].updated))
                    for other in together
                )
            ]
            # Where one row without a time differs from the others, nothing of this load's rows of the key is decided.
            if any(rows[one].updated == 0 for one in together) and len({rows[one].content() for one in together}) > 1:
                undecided = together
            for index in undecided:
                result[index] = QUARANTINED
            usable = [index for index in together if index not in undecided]
            for index in sorted(usable, key=lambda index: (rows[index].updated, rows[index].file, index)):
                arriving = rows[index]
                if current is None:
                    current, result[index] = index, ACCEPTED
                    continue
                held = rows[current]
                if arriving.content() == held.content():
                    result[index] = DUPLICATE
                elif 0 in (arriving.updated, held.updated) or arriving.updated >= held.updated:
                    result[current] = SUPERSEDED
                    current, result[index] = index, ACCEPTED
                else:
                    result[index] = SUPERSEDED
    return [result[index] for index in range(len(rows))]


def delivered(rows: list[Row]) -> list[Delivered]:
    return [
        Delivered(
            {
                "associate_id": row.key,
                "measure": "m",
                "score_date": "2026-03-01",
                "value": str(row.value) if row.value else None,
                "deleted": None if row.value else "true",
                "source_updated_at": f"2026-03-0{row.updated}T00:00:00Z" if row.updated else None,
            },
            load_id=row.load,
            file_ordinal=row.file,
        )
        for row in rows
    ]


row = st.builds(
    Row,
    load=st.integers(1, 4),
    file=st.integers(1, 2),
    key=st.sampled_from("abcdefgh"),
    updated=st.integers(0, 3),
    value=st.integers(0, 2),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(row, min_size=1, max_size=60))
def test_outcomes_are_those_of_taking_the_rows_as_they_arrive(rows: list[Row]) -> None:
    rows = sorted(rows, key=lambda row: (row.load, row.file))

    assert outcomes("scores", delivered(rows)) == plain_outcomes(rows)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 9), st.integers(0, 3)), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_where_source_updated_at_decides_the_order_of_arrival_changes_nothing(
    versions: list[tuple[str, int, int]], random: Random
) -> None:
    once = {(key, updated): value for key, updated, value in versions}
    rows = [Row(1, 1, key, updated, value) for (key, updated), value in once.items()]

    def arriving(order: list[Row]) -> set[tuple[object, ...]]:
        loads = [Row(number, 1, row.key, row.updated, row.value) for number, row in enumerate(order, 1)]
        return set(in_force("scores", delivered(loads), "associate_id, value_milli, is_withdrawn, source_updated_at"))

    shuffled = list(rows)
    random.shuffle(shuffled)

    assert arriving(shuffled) == arriving(rows)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(row, min_size=1, max_size=30))
def test_delivering_the_last_load_again_changes_nothing_in_force(rows: list[Row]) -> None:
    rows = sorted(rows, key=lambda row: (row.load, row.file))
    last = max(row.load for row in rows)
    again = rows + [replace(row, load=last + 1) for row in rows if row.load == last]
    columns = "associate_id, value_milli, is_withdrawn, source_updated_at"

    assert in_force("scores", delivered(again), columns) == in_force("scores", delivered(rows), columns)
