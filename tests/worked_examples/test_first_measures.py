"""The first measures, by hand: what each counts, on which dates, and for whom."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from support_crediting import CREDITING, Retailer
from support_models import build, models_under
from support_staging import database

POLICY = """
policy: global
valid_from: 2000-01-01
roles: {seller: 60, advisor: 40}
advisor: {weights: {conversation: 1}}
"""
MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 5)


@pytest.fixture(scope="module")
def marts() -> duckdb.DuckDBPyConnection:
    retailer = Retailer()
    retailer.associates("ann", "ben")
    for who, start, team in (("ann", "2026-01-01", "north"), ("ann", "2026-04-01", "south"), ("ben", "2026-01-01", "north")):
        retailer.add("assignments", associate_id=who, valid_from=date.fromisoformat(start), team_id=team)
    retailer.touch("ben", "conversation", "2026-03-09T12:00:00Z")
    # Ann sells 100.00 to c with Ben's advice: 60.00 and 40.00. 50.00 come back in April: -30.00 and -20.00.
    retailer.sale("1", "2026-03-10T12:00:00Z", 10_000, associate_id="ann")
    retailer.taken_back("2", "2026-04-05T12:00:00Z", 5_000, of="1")
    # Ben sells 30.00 to c again, and 20.00 to d, which comes back whole.
    retailer.sale("3", "2026-04-20T12:00:00Z", 3_000, associate_id="ben")
    retailer.sale("4", "2026-03-10T12:00:00Z", 2_000, associate_id="ben", customer="d")
    retailer.taken_back("5", "2026-03-11T12:00:00Z", 2_000, of="4", customer="d")
    # Nobody is named on this one.
    retailer.sale("6", "2026-03-10T12:00:00Z", 7_000, customer=None)
    connection = database(retailer.feeds, [POLICY])
    dimensions = ("int_assignments_closed", "dim_assignments")
    build(connection, [*models_under(*CREDITING), *dimensions, *models_under("intermediate/measures"), "fct_measures"])
    return connection


def _measure(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[object, ...]]:
    return connection.execute(
        "select subject_id, business_date, earned_date, numerator from marts.fct_measures where measure = ? order by all", [name]
    ).fetchall()


def test_credited_revenue_stands_on_both_dates(marts: duckdb.DuckDBPyConnection) -> None:
    assert _measure(marts, "credited_revenue") == [
        ("ann", MARCH, MARCH, 6_000),
        ("ann", APRIL, MARCH, -3_000),
        ("ben", MARCH, MARCH, 4_000 + 2_000),
        ("ben", date(2026, 3, 11), MARCH, -2_000),
        ("ben", APRIL, MARCH, -2_000),
        ("ben", date(2026, 4, 20), date(2026, 4, 20), 3_000),
    ]


def test_its_parts_by_role_sum_to_it(marts: duckdb.DuckDBPyConnection) -> None:
    assert _measure(marts, "credited_revenue_advisor") == [("ben", MARCH, MARCH, 4_000), ("ben", APRIL, MARCH, -2_000)]
    assert sum(int(str(row[3])) for row in _measure(marts, "credited_revenue_seller")) == 6_000 - 3_000 + 3_000
    assert _measure(marts, "credited_revenue_relationship") == []


def test_an_order_counts_once_for_the_person_with_the_most_of_it_while_something_remains(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    assert _measure(marts, "credited_orders") == [("ann", MARCH, MARCH, 1), ("ben", date(2026, 4, 20), date(2026, 4, 20), 1)]


def test_a_client_is_new_once_and_served_by_whom_their_orders_count_for(marts: duckdb.DuckDBPyConnection) -> None:
    assert _measure(marts, "new_clients") == [("ann", MARCH, MARCH, 1)]
    assert _measure(marts, "clients_served") == [("ann", MARCH, MARCH, 1), ("ben", date(2026, 4, 20), date(2026, 4, 20), 1)]


def test_return_share_is_what_came_back_over_what_was_sold(marts: duckdb.DuckDBPyConnection) -> None:
    ratios = marts.execute(
        "select subject_id, sum(numerator), sum(denominator) from marts.fct_measures where measure = 'return_share' group by 1 order by 1"
    ).fetchall()

    assert ratios == [("ann", 3_000, 6_000), ("ben", 4_000, 9_000)]


def test_a_teams_revenue_goes_by_the_assignment_on_the_earned_date(marts: duckdb.DuckDBPyConnection) -> None:
    # Ann was in team north when she earned it, so April's return is north's too.
    assert _measure(marts, "team_credited_revenue") == [
        ("north", MARCH, MARCH, 12_000),
        ("north", date(2026, 3, 11), MARCH, -2_000),
        ("north", APRIL, MARCH, -5_000),
        ("north", date(2026, 4, 20), date(2026, 4, 20), 3_000),
    ]
