"""Answers of a snapshot that are kept: the same as without keeping them, for each statement and its parameters, up to a bound."""

from __future__ import annotations

import threading

import duckdb
import pytest

from incentives.serving.marts import Marts

NUMBERS = "select value from numbers where value < ? order by value"


@pytest.fixture
def numbers() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create table numbers as select range as value from range(1000)")
    return connection


def test_an_answer_is_asked_for_once(numbers: duckdb.DuckDBPyConnection) -> None:
    marts = Marts(numbers)

    first = marts.rows(NUMBERS, [3])
    # What stands in a snapshot never changes; here it does, to tell what was read anew.
    numbers.execute("delete from numbers")

    assert first == ((0,), (1,), (2,))
    assert marts.rows(NUMBERS, [3]) == first
    assert marts.rows(NUMBERS, [2]) == ()


def test_parameters_of_the_same_text_and_another_kind_are_other_parameters(numbers: duckdb.DuckDBPyConnection) -> None:
    marts = Marts(numbers)

    assert marts.rows("select typeof(?)", [1]) != marts.rows("select typeof(?)", ["1"])
    assert marts.rows("select len(?::bigint[])", [[1, 2]]) == ((2,),)
    assert marts.rows("select len(?::bigint[])", [[1]]) == ((1,),)


def test_what_was_asked_for_longest_ago_leaves_first(numbers: duckdb.DuckDBPyConnection) -> None:
    marts = Marts(numbers, kept_rows=5)
    marts.rows(NUMBERS, [2])
    marts.rows(NUMBERS, [3])
    marts.rows(NUMBERS, [2])
    marts.rows(NUMBERS, [1])
    numbers.execute("delete from numbers")

    # Two, three and one row are more than five: the three had not been asked for again.
    assert [len(marts.rows(NUMBERS, [count])) for count in (2, 1, 3)] == [2, 1, 0]


@pytest.mark.parametrize("kept_rows", [0, 10])
def test_a_large_answer_is_not_kept(numbers: duckdb.DuckDBPyConnection, kept_rows: int) -> None:
    marts = Marts(numbers, kept_rows=kept_rows)
    assert len(marts.rows(NUMBERS, [11])) == 11
    numbers.execute("delete from numbers")

    assert marts.rows(NUMBERS, [11]) == ()


def test_a_row_is_the_first_or_none(numbers: duckdb.DuckDBPyConnection) -> None:
    marts = Marts(numbers)

    assert marts.row(NUMBERS, [5]) == (0,)
    assert marts.row(NUMBERS, [0]) is None


def test_several_threads_read_at_once(numbers: duckdb.DuckDBPyConnection) -> None:
    marts = Marts(numbers, kept_rows=50)
    wrong: list[int] = []

    def read(offset: int) -> None:
        wrong.extend(count for turn in range(60) if len(marts.rows(NUMBERS, [count := (turn * 7 + offset) % 40])) != count)

    readers = [threading.Thread(target=read, args=(offset,)) for offset in range(6)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert not wrong
