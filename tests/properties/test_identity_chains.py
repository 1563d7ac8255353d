"""Customers of long chains of records: whatever the order of their keys, a chain is one customer."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support_models import PROJECT, render

LENGTH = 2_000
Edge = tuple[int, str]


def _alternating(length: int) -> list[int]:
    """Return 1, n, 2, n-1, ...: every second key is smaller than both of its neighbours."""
    return [key for pair in zip(range(1, length + 1), range(length, 0, -1), strict=True) for key in pair][:length]


def _halves_of_halves(length: int) -> list[int]:
    """Return keys in the order of their reversed bits: alternating again after every second one is gone."""
    bits = length.bit_length()
    reversed_bits = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(2**bits))
    return [number + 1 for number in reversed_bits if number < length]


def _shuffled(seed: int, length: int) -> list[int]:
    return random.Random(seed).sample(range(2**60), length)


ORDERS = {
    "rising": list(range(1, LENGTH + 1)),
    "falling": list(range(LENGTH, 0, -1)),
    "alternating": _alternating(LENGTH),
    "alternating at every scale": _halves_of_halves(LENGTH),
    "shuffled": _shuffled(1, LENGTH),
    "shuffled otherwise": _shuffled(2, LENGTH),
}


def _chain(keys: Sequence[int]) -> list[Edge]:
    """Return the edges of records of which each shares one identifier with the next."""
    return [(key, f"t_{number + end}") for number, key in enumerate(keys) for end in (0, 1)]


def _customers(edges: Iterable[Edge]) -> dict[int, int]:
    """Return record -> customer as the project's model has it, for the records whose customer is another."""
    rows = list(edges)
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("create schema intermediate")
        table = pa.table(
            {
                "customer_record_key": pa.array([record for record, _ in rows], pa.int64()),
                "identifier": pa.array([identifier for _, identifier in rows], pa.string()),
            }
        )
        connection.register("delivered", table)
        connection.execute("create table intermediate.int_identity_edges as select * from delivered")
        connection.execute(f"create table intermediate.int_customer_map as {render('int_customer_map')}")
        _nothing_is_left_to_join(connection)
        return dict(connection.execute("select customer_record_key, customer_key from intermediate.int_customer_map").fetchall())


def _nothing_is_left_to_join(connection: duckdb.DuckDBPyConnection) -> None:
    check = (PROJECT / "tests" / "assert_identity_joins_are_complete.sql").read_text(encoding="utf-8")
    for model in ("int_identity_edges", "int_customer_map"):
        check = check.replace(f"{{{{ ref('{model}') }}}}", f"intermediate.{model}")
    assert connection.execute(check).fetchall() == []


def _plain_customers(edges: Iterable[Edge]) -> dict[int, int]:
    """Return the same by walking from the smallest record of each customer."""
    rows = list(edges)
    identifiers: dict[int, set[str]] = {}
    holders: dict[str, set[int]] = {}
    for record, identifier in rows:
        identifiers.setdefault(record, set()).add(identifier)
        holders.setdefault(identifier, set()).add(record)
    customers: dict[int, int] = {}
    for start in sorted(identifiers):
        waiting = [] if start in customers else [start]
        while waiting:
            record = waiting.pop()
            if record not in customers:
                customers[record] = start
                waiting += [other for identifier in identifiers[record] for other in holders[identifier]]
    return {record: customer for record, customer in customers.items() if record != customer}


@pytest.mark.parametrize("order", list(ORDERS))
def test_a_chain_of_two_thousand_records_is_one_customer_in_any_order_of_keys(order: str) -> None:
    keys = ORDERS[order]

    customers = _customers(_chain(keys))

    assert len(keys) == LENGTH == len(set(keys))
    assert customers == {key: min(keys) for key in keys if key != min(keys)}


edges = st.lists(st.tuples(st.integers(0, 40) | st.integers(0, 2**60 - 1), st.integers(0, 40).map("t_{}".format)), max_size=120)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(edges)
def test_records_are_one_customer_exactly_where_a_walk_over_shared_identifiers_leads(found: list[Edge]) -> None:
    distinct = sorted(set(found))

    assert _customers(distinct) == _plain_customers(distinct)
