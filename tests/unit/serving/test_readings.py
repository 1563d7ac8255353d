"""What readers get from a snapshot: credits, people and teams of the fixture, figures written out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from support_snapshot import published

from incentives.serving import checklist, credits, people, teams
from incentives.serving.checklist import OpenItem
from incentives.serving.marts import Marts
from incentives.serving.people import ALWAYS, FAR_AWAY, Span
from incentives.serving.teams import PersonCredit, Target, WeekCredit

MARCH = Span(date(2026, 3, 1), date(2026, 4, 1))
FEBRUARY = Span(date(2026, 2, 1), date(2026, 3, 1))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(tmp_path_factory.mktemp("readings") / "ws")[1].connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def marts(results: duckdb.DuckDBPyConnection) -> Marts:
    return Marts(results)


def test_credits_of_a_month_are_those_earned_in_it_newest_first(marts: Marts) -> None:
    found = credits.lines_of(marts, "lina", [MARCH], limit=10)

    assert [(line.order_id, line.credit_minor) for line in found] == [
        ("1102", 4_000),
        ("1101", 40_000),
        ("W-55", 12_345),
        ("1050", -840),
        ("1001", 2_100),
    ]


def test_pages_of_credits_follow_each_other_without_gap(marts: Marts) -> None:
    whole = credits.lines_of(marts, "lina", [MARCH], limit=10)

    assert (
        credits.lines_of(marts, "lina", [MARCH], limit=3) + credits.lines_of(marts, "lina", [MARCH], limit=3, offset=3) == whole
    )


def test_days_that_may_not_be_seen_are_not_read(marts: Marts) -> None:
    since_march = Span(date(2026, 3, 1), FAR_AWAY)

    assert [line.order_id for line in credits.lines_of(marts, "noor", [since_march], limit=10)] == ["1070"]
    assert credits.lines_of(marts, "noor", [], limit=10) == ()
    assert credits.role_totals(marts, "noor", []) == ()
    assert teams.credit_by_person(marts, {"noor": [since_march]}, FEBRUARY) == ()


def test_a_place_is_the_locations_name_or_what_the_source_calls_the_channel(marts: Marts) -> None:
    places = {line.order_id: line.place for line in credits.lines_of(marts, "lina", [MARCH], limit=10)}

    assert places["1101"] == "Paris Vendôme"
    assert places["W-55"] == "online"


def test_totals_by_role_add_up_to_the_month(marts: Marts) -> None:
    found = credits.role_totals(marts, "lina", [MARCH])

    assert [(total.role, total.credit_minor) for total in found] == [
        ("seller", 44_000),
        ("advisor", 1_260),
        ("relationship", 12_345),
    ]


def test_a_division_adds_up_to_its_line_and_a_family_tells_what_is_kept(marts: Marts) -> None:
    division = credits.division_of(marts, 1)

    assert [(p.role, p.recipient, p.credit_minor) for p in division] == [
        ("seller", "sam", 5_000),
        ("advisor", "bea", 1_400),
        ("advisor", "lina", 2_100),
        ("relationship", "cleo", 1_500),
    ]
    assert sum(p.credit_minor for p in division) == division[0].net_minor
    assert [p.credit_minor for p in credits.family_of(marts, 1, "lina")] == [2_100, -840]


def test_help_elsewhere_is_credit_of_sales_at_other_places_than_the_persons_own(marts: Marts) -> None:
    # Lina is at Paris: the sale and the return in Lyon (12.60) and the online one (123.45) are elsewhere.
    assert teams.credit_by_person(marts, {"lina": [ALWAYS], "bea": [ALWAYS]}, MARCH) == (
        PersonCredit("bea", "EUR", 840, 840, 1),
        PersonCredit("lina", "EUR", 57_605, 13_605, 1),
    )


def test_a_trend_is_by_week_from_monday(marts: Marts) -> None:
    assert teams.credit_by_week(marts, "lina", [ALWAYS], MARCH) == (
        WeekCredit(date(2026, 3, 9), "EUR", 1_260),
        WeekCredit(date(2026, 3, 30), "EUR", 56_345),
    )


def test_a_quarters_target_counts_in_a_month_with_the_months_days(marts: Marts) -> None:
    # 1,800.00 over the 90 days of the quarter; March has 31 of them: 620.00.
    assert teams.targets(marts, "associate", "credited_revenue", ["lina", "sam", "bea"], MARCH) == {
        "lina": (Target("lina", "EUR", 100_000),),
        "sam": (Target("sam", "EUR", 62_000),),
    }


def test_what_is_compared_with_a_target_is_the_converted_figure_where_a_plan_pays_on_it(tmp_path: Path) -> None:
    database = tmp_path / "figures.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema marts")
        columns = (
            "subject_type varchar, subject_id varchar, measure varchar, currency varchar, numerator bigint, earned_date date"
        )
        for table in ("fct_measures", "fct_pay_measures"):
            connection.execute(f"create table marts.{table} ({columns})")
        connection.execute(
            "insert into marts.fct_measures values ('associate', 'a', 'credited_revenue', 'EUR', 100, '2026-03-02')"
        )
        connection.execute(
            "insert into marts.fct_measures values ('associate', 'a', 'credited_revenue', 'AED', 400, '2026-03-02')"
        )
        connection.execute(
            "insert into marts.fct_pay_measures values ('associate', 'a', 'credited_revenue', 'EUR', 196, '2026-03-02')"
        )

        assert teams.measured(Marts(connection), "associate", "credited_revenue", ["a"], MARCH) == {
            ("a", "EUR"): 196,
            ("a", "AED"): 400,
        }


def test_who_leads_whom_is_a_question_of_the_day(results: duckdb.DuckDBPyConnection) -> None:
    assert [a.associate_id for a in people.Directory.read(results).led_by("anna", date(2026, 2, 28))] == [
        "bea",
        "cleo",
        "lina",
        "noor",
    ]
    assert [a.associate_id for a in people.Directory.read(results).led_by("anna", date(2026, 3, 1))] == [
        "bea",
        "cleo",
        "lina",
        "mallory",
    ]
    assert people.Directory.read(results).employment("lina") == (date(2025, 1, 1), None)
    assert people.Directory.read(results).employment("nobody") is None


def test_the_people_of_a_demonstration_are_led_and_have_much_to_show(results: duckdb.DuckDBPyConnection) -> None:
    assert people.busiest_with_manager(results, date(2026, 3, 31)) == ("lina", "anna")
    assert people.last_day_sold(results) == date(2026, 3, 31)


def test_the_checklist_counts_open_items_and_the_money_on_them(marts: Marts) -> None:
    assert checklist.open_items(marts) == (OpenItem("house_account", 1, 64_000, "EUR"),)


@pytest.mark.parametrize("hostile", ["' or 1=1 --", "lina'; drop table marts.fct_credits; --", "house"])
def test_a_hostile_id_finds_nothing_of_anybody(results: duckdb.DuckDBPyConnection, marts: Marts, hostile: str) -> None:
    found = credits.lines_of(marts, hostile, [ALWAYS], limit=10)

    assert {line.recipient for line in found} <= {hostile}
    assert people.Directory.read(results).assignments_of(hostile) == ()
