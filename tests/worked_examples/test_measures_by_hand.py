"""Measures of orders, clients, work and answers, each by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import duckdb
import pytest
from support_crediting import CREDITING, Retailer
from support_models import build, models_under
from support_staging import database, key_of, moment

from incentives.plans.registry import read_registry

POLICY = """
policy: global
valid_from: 2000-01-01
roles: {seller: 60, advisor: 40}
advisor: {weights: {conversation: 1}}
"""
MARCH = date(2026, 3, 10)


@pytest.fixture(scope="module")
def marts() -> duckdb.DuckDBPyConnection:
    retailer = Retailer()
    retailer.associates("ann", "ben", "cat")
    for who, team, since in (("ann", "t", date(2026, 1, 1)), ("ben", "t", date(2026, 1, 1)), ("ben", "u", date(2026, 3, 11))):
        retailer.add("assignments", associate_id=who, team_id=team, location_id="paris", valid_from=since, role="advisor")
    for place, country in (("paris", "FR"), ("dubai", "AE")):
        retailer.add("locations", location_id=place, country=country, time_zone="UTC")
    # c lives in France; d says France in one record and gives no country in the other; e's two records do not agree.
    for record, customer, country in (("c", "c", "FR"), ("d", "d", "FR"), ("e", "e", "FR"), ("e2", "e", "DE")):
        retailer.add(
            "customers", source="till", customer_id=record, residence_country=country, created_at=moment("2026-01-01T00:00:00Z")
        )
        retailer.add(
            "customer_identifiers", source="till", customer_id=record, identifier_type="email", identifier_value=f"{customer}@x"
        )
    # c bought 400 days and 10 days before; d for the first time, in Dubai; e for the first time, in Paris.
    retailer.sale("old", "2025-02-03T12:00:00Z", 1_000, associate_id="ann", customer="c", location_id="paris")
    retailer.touch("ben", "conversation", "2026-03-09T12:00:00Z", customer="c")
    retailer.sale(
        "1", "2026-03-10T12:00:00Z", 10_000, associate_id="ann", customer="c", location_id="paris", quantity_milli=3_000
    )
    retailer.taken_back("r", "2026-03-12T12:00:00Z", 4_000, of="1", customer="c", quantity_milli=-1_000, location_id="dubai")
    retailer.sale(
        "2",
        "2026-03-20T12:00:00Z",
        5_000,
        associate_id="ann",
        customer="c",
        location_id="paris",
        quantity_milli=500,
        discount_minor=1_250,
    )
    retailer.sale("3", "2026-03-10T12:00:00Z", 2_000, associate_id="cat", customer="d", location_id="dubai", discount_minor=0)
    retailer.sale("4", "2026-03-10T12:00:00Z", 2_000, associate_id="cat", customer="e", location_id="paris")
    retailer.sale("5", "2026-03-10T13:00:00Z", 2_000, associate_id="cat", customer="f", location_id="paris")
    for activity, hours in (("boutique", 650), ("online", 150), ("training", 800), ("leave", 800)):
        retailer.add("hours", associate_id="ann", work_date=MARCH, activity=activity, hours_centi=hours)
    for day, value in ((1, 500), (5, 1_000)):
        retailer.add("scores", associate_id="ann", measure="training_completed", score_date=date(2026, 3, day), value_milli=value)
    retailer.add("scores", associate_id="ann", measure="credited_orders", score_date=MARCH, value_milli=99_000)
    retailer.touch("ben", "appointment", "2026-03-11T10:00:00Z", outcome="Kept", score_centi=950)
    retailer.touch("ben", "appointment", "2026-03-11T11:00:00Z", outcome="no_show")
    retailer.touch("ben", "outreach", "2026-03-11T12:00:00Z", responded_at=moment("2026-03-11T13:00:00Z"))
    retailer.touch("ben", "outreach", "2026-03-11T14:00:00Z")
    retailer.touch("ben", "service_case", "2026-03-11T15:00:00Z", outcome="resolved")
    for number, (kind, score) in enumerate((("csat", 850), ("nps", 900), ("nps", 600), ("nps", 700), ("nps", 1_000))):
        retailer.add(
            "feedback",
            source="s",
            feedback_id=str(number),
            kind=kind,
            score_centi=score,
            associate_id="ben",
            given_at=moment("2026-03-11T20:00:00Z"),
        )
    connection = database(retailer.feeds, [POLICY])
    dimensions = ("int_assignments_closed", "dim_assignments")
    measures = (
        *models_under("intermediate/measures"),
        "fct_measures",
        "fct_order_clients",
        "team_pulse_months",
        "kpi_months",
        "kpi_channel_months",
    )
    build(connection, [*models_under(*CREDITING), *dimensions, *measures])
    return connection


def _sum(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, Fraction]:
    """The value by subject over all days: numerators over denominators, a missing denominator counting whole units."""
    totals: dict[str, Fraction] = {}
    for subject, numerator, denominator in connection.execute(
        "select subject_id, numerator, denominator from marts.fct_measures where measure = ?", [name]
    ).fetchall():
        totals[subject] = totals.get(subject, Fraction(0)) + Fraction(numerator, denominator or 1)
    return totals


def _ratio(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, Fraction]:
    rows = connection.execute(
        "select subject_id, sum(numerator), sum(denominator) from marts.fct_measures where measure = ? group by 1", [name]
    ).fetchall()
    return {subject: Fraction(int(above), int(below)) for subject, above, below in rows}


def _clients(connection: duckdb.DuckDBPyConnection, name: str) -> set[tuple[str, str]]:
    return set(connection.execute("select subject_id, unit_key from marts.fct_measures where measure = ?", [name]).fetchall())


def test_units_are_shared_like_the_line_and_come_off_with_its_returns(marts: duckdb.DuckDBPyConnection) -> None:
    # ann: 1 + 60 % of 3 less 1 + 60 % of half a piece (ben advised on both). ben: 40 % of them.
    assert _sum(marts, "credited_units") == {
        "ann": 1 + Fraction(6, 10) * 2 + Fraction(3, 10),
        "ben": Fraction(4, 10) * 2 + Fraction(2, 10),
        "cat": Fraction(3),
    }


def test_an_order_is_assisted_by_an_adviser_for_whom_it_does_not_count(marts: duckdb.DuckDBPyConnection) -> None:
    assert _sum(marts, "assisted_orders") == {"ben": 2}


def test_a_client_is_reactivated_after_a_year_and_retained_within_it(marts: duckdb.DuckDBPyConnection) -> None:
    c = str(key_of("till", "c"))
    assert _clients(marts, "reactivated_clients") == {("ann", c)}
    assert _clients(marts, "retained_clients") == {("ann", c)}
    assert marts.execute("select business_date from marts.fct_measures where measure = 'retained_clients'").fetchall() == [
        (date(2026, 3, 20),)
    ]


def test_a_new_client_is_local_where_every_record_says_the_country_of_the_place(marts: duckdb.DuckDBPyConnection) -> None:
    # c in Paris counts, d bought in Dubai, e's records do not agree, nothing is known of f.
    assert _clients(marts, "new_local_clients") == {("ann", str(key_of("till", "c")))}
    assert len(_clients(marts, "new_clients")) == 4


def test_an_order_says_whether_its_client_is_new_and_local(marts: duckdb.DuckDBPyConnection) -> None:
    found = dict(
        marts.execute(
            "select lines.order_id, (clients.is_new, clients.is_local) from marts.fct_order_clients as clients "
            "inner join marts.fct_order_lines as lines using (order_key) where lines.line_kind = 'sale'"
        ).fetchall()
    )

    # c lives in France and bought in Paris; d too, in Dubai; e's records do not agree; nothing is known of f.
    assert found == {
        "old": (True, True),
        "1": (False, True),
        "2": (False, True),
        "3": (True, False),
        "4": (True, None),
        "5": (True, None),
    }


def test_a_place_has_what_took_place_there_and_influence_is_the_whole_line(marts: duckdb.DuckDBPyConnection) -> None:
    assert _sum(marts, "location_revenue") == {"paris": 1_000 + 10_000 + 5_000 + 4_000, "dubai": 2_000 - 4_000}
    assert _sum(marts, "influenced_revenue") == {"ann": 1_000 + 6_000 + 5_000, "ben": 6_000 + 5_000, "cat": 6_000}


def test_hours_are_those_of_work_and_scores_are_what_another_system_says(marts: duckdb.DuckDBPyConnection) -> None:
    assert _sum(marts, "hours_worked") == {"ann": 8}
    assert marts.execute(
        "select business_date, numerator, denominator from marts.fct_measures where measure = 'training_completed' order by 1"
    ).fetchall() == [(date(2026, 3, 1), 500, 1_000), (date(2026, 3, 5), 1_000, 1_000)]
    # A score cannot stand in for a measure that is computed.
    assert max(value for value in _sum(marts, "credited_orders").values()) < 99


def test_answers_and_service_are_counted_for_whom_they_are_about(marts: duckdb.DuckDBPyConnection) -> None:
    # csat: 9.5 on the appointment and 8.5 in the survey. nps: two of four promote, one does not.
    assert _ratio(marts, "csat_mean") == {"ben": Fraction(9)}
    assert _ratio(marts, "nps") == {"ben": Fraction(25)}
    assert _ratio(marts, "appointments_kept_share") == {"ben": Fraction(1, 2)}
    assert _ratio(marts, "outreach_answered_share") == {"ben": Fraction(1, 2)}
    for name, value in (("appointments_kept", 1), ("outreach_sent", 2), ("service_cases_resolved", 1)):
        assert _sum(marts, name) == {"ben": value}


def test_orders_have_a_mean_value_and_size_and_say_who_knew_the_client(marts: duckdb.DuckDBPyConnection) -> None:
    # ann: 10.00 (1 piece), 60.00 of 100.00 (2 of 3 pieces), 50.00 (half a piece), all of c. cat: 3 orders of 20.00, one piece each, of clients.
    assert _ratio(marts, "average_order_value") == {"ann": Fraction(1_000 + 6_000 + 5_000, 3), "cat": Fraction(2_000)}
    assert _ratio(marts, "units_per_order") == {"ann": (1 + 2 + Fraction(1, 2)) / 3, "cat": Fraction(1)}
    assert _ratio(marts, "identified_share") == {"ann": Fraction(1), "cat": Fraction(1)}


def test_a_discount_is_the_sellers_share_of_what_was_asked(marts: duckdb.DuckDBPyConnection) -> None:
    # ann sold order 2 for 50.00 after 12.50 off; the source delivers no discount of her other sales. cat gave none on order 3.
    assert _ratio(marts, "discount_share") == {"ann": Fraction(1, 5), "cat": Fraction(0)}


def _month(connection: duckdb.DuckDBPyConnection, subject: str, measure: str) -> list[tuple[int, int | None, bool]]:
    """Return numerator, denominator and whether it is enough, of March 2026."""
    kind, _, subject_id = subject.partition(":")
    return connection.execute(
        "select numerator, denominator, is_enough from marts.kpi_months "
        "where subject_type = ? and subject_id = ? and measure = ? and month = '2026-03-01'",
        [kind, subject_id, measure],
    ).fetchall()


def test_a_month_of_a_team_is_that_of_the_people_on_it_each_day(marts: duckdb.DuckDBPyConnection) -> None:
    # Of order 1 (100.00, 40.00 of it came back on the 12th) and 2 (50.00, on the 20th) ann has 60 %, ben 40 %.
    assert _month(marts, "associate:ann", "credited_revenue") == [(6_000 - 2_400 + 3_000, None, True)]
    assert _month(marts, "associate:ben", "credited_revenue") == [(4_000 - 1_600 + 2_000, None, True)]
    # ben changed team on the 11th.
    assert _month(marts, "team:t", "credited_revenue") == [(6_600 + 4_000, None, True)]
    assert _month(marts, "team:u", "credited_revenue") == [(2_000 - 1_600, None, True)]
    assert _month(marts, "location:paris", "credited_revenue") == [(6_600 + 4_400, None, True)]
    assert _month(marts, "location:paris", "location_revenue") == [(10_000 + 5_000 + 4_000, None, True)]


def test_a_month_counts_clients_once_and_hours_in_thousandths(marts: duckdb.DuckDBPyConnection) -> None:
    assert _month(marts, "team:t", "clients_served") == [(1_000, 1_000, True)]
    assert _month(marts, "associate:cat", "new_clients") == [(3_000, 1_000, True)]
    assert _month(marts, "associate:ann", "hours_worked") == [(8_000, 1_000, True)]
    assert _month(marts, "associate:ann", "credited_units") == [(1_200 + 300, 1_000, True)]
    assert _month(marts, "associate:ann", "training_completed") == [(1_000, 1_000, True)]


def test_a_month_with_few_answers_is_no_score_and_influence_is_not_added_up(marts: duckdb.DuckDBPyConnection) -> None:
    # Two ratings, of which the registry asks for ten; four of ten answers for nps.
    assert _month(marts, "associate:ben", "csat_mean") == [(1_800, 200, False)]
    assert _month(marts, "associate:ben", "nps") == [(100, 4, False)]
    assert _month(marts, "associate:ann", "influenced_revenue") == [(11_000, None, True)]
    assert _month(marts, "team:t", "influenced_revenue") == []


def test_a_channel_has_what_its_lines_credited(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        "select associate_id, channel, credited_minor, credited_as_seller_minor, orders from marts.kpi_channel_months "
        "where month = '2026-03-01' order by 1"
    ).fetchall()

    assert found == [("ann", "store", 6_600, 6_600, 2), ("ben", "store", 4_400, 0, 2), ("cat", "store", 6_000, 6_000, 3)]


def test_an_order_is_shared_where_somebody_of_another_team_is_credited(marts: duckdb.DuckDBPyConnection) -> None:
    # ben advised on ann's orders 1 (on the 10th, of her team) and 2 (on the 20th, by then of another); on her first nobody did.
    assert _ratio(marts, "collaboration_share") == {"ann": Fraction(1, 3), "cat": Fraction(0, 3)}


def test_a_client_book_is_counted_at_the_end_of_each_month_with_sales() -> None:
    retailer = Retailer()
    retailer.associates("ann", "ben")
    for customer, who, since, until in (
        ("c", "ann", date(2026, 1, 10), date(2026, 2, 28)),  # no longer ann's at the end of February
        ("d", "ann", date(2025, 1, 1), None),
        ("e", "ann", date(2026, 2, 28), None),  # from the last day of February on
        ("f", "ben", date(2025, 1, 1), None),
    ):
        retailer.add(
            "client_ownership", customer_source="till", customer_id=customer, associate_id=who, valid_from=since, valid_to=until
        )
    retailer.sale("1", "2026-01-31T12:00:00Z", 1_000, associate_id="ann", customer="c")
    retailer.sale("2", "2025-02-28T12:00:00Z", 1_000, associate_id="ann", customer="d")  # 365 days before 28 February 2026
    retailer.sale("3", "2025-02-01T12:00:00Z", 1_000, associate_id="ben", customer="f")
    retailer.sale("4", "2026-02-27T12:00:00Z", 1_000, associate_id="ben", customer="f")
    retailer.taken_back("r", "2026-03-05T12:00:00Z", 1_000, of="4", customer="f")  # nothing remains of it
    retailer.sale("5", "2026-02-01T12:00:00Z", 1_000, associate_id="ben", customer="e")
    connection = _measured(retailer)

    books = connection.execute(
        "select subject_id, business_date, numerator from marts.fct_measures where measure = 'client_book_size' order by 1, 2"
    ).fetchall()
    active = connection.execute(
        "select subject_id, business_date, numerator, denominator from marts.fct_measures "
        "where measure = 'client_book_active_share' order by 1, 2"
    ).fetchall()

    february_25, january, february = date(2025, 2, 28), date(2026, 1, 31), date(2026, 2, 28)
    assert books == [("ann", february_25, 1), ("ann", january, 2), ("ann", february, 2)] + [
        ("ben", month, 1) for month in (february_25, january, february)
    ]
    # At the end of February d's order is a day too old, and e's counts though e was not ann's yet.
    assert active == [
        ("ann", february_25, 1, 1),
        ("ann", january, 2, 2),
        ("ann", february, 1, 2),
        ("ben", february_25, 1, 1),
        ("ben", january, 1, 1),
        ("ben", february, 0, 1),
    ]


def test_outreach_converts_by_an_order_that_counts_within_thirty_days() -> None:
    retailer = Retailer()
    retailer.associates("ann", "ben")
    retailer.touch("ann", "outreach", "2026-03-01T12:00:00Z", customer="c")  # the order comes 30 days later, to the second
    retailer.touch("ann", "outreach", "2026-03-01T11:59:59Z", customer="c")  # and a second later than 30 days
    retailer.touch("ann", "outreach", "2026-03-02T12:00:00Z", customer="d")  # d's order is taken back
    retailer.touch("ann", "outreach", "2026-03-02T12:00:00Z", customer=None)  # of nobody known: not looked at
    retailer.touch("ben", "outreach", "2026-03-31T12:00:00Z", customer="c")  # at the same second as the order
    retailer.sale("1", "2026-03-31T12:00:00Z", 1_000, associate_id="ben", customer="c")
    retailer.sale("2", "2026-03-03T12:00:00Z", 1_000, associate_id="ben", customer="d")
    retailer.taken_back("r", "2026-04-05T12:00:00Z", 1_000, of="2", customer="d")

    connection = _measured(retailer)

    assert _ratio(connection, "outreach_converted_share") == {"ann": Fraction(1, 3), "ben": Fraction(0, 1)}


def test_a_case_is_resolved_at_first_contact_where_the_client_does_not_come_back_within_a_week() -> None:
    retailer = Retailer()
    retailer.associates("ann", "ben")
    retailer.touch(
        "ann", "service_case", "2026-03-01T12:00:00Z", customer="c", outcome="Resolved"
    )  # back within the week, to ben
    retailer.touch("ben", "service_case", "2026-03-08T12:00:00Z", customer="c", outcome="resolved")
    retailer.touch("ben", "service_case", "2026-03-15T12:00:01Z", customer="c", outcome="escalated")  # a second after the week
    retailer.touch("ann", "service_case", "2026-03-02T12:00:00Z", customer="d", outcome="unanswered")
    retailer.touch("ann", "service_case", "2026-03-03T12:00:00Z", customer="d", outcome="resolved")
    retailer.touch("ann", "service_case", "2026-03-03T12:00:00Z", customer=None, outcome="resolved")  # of nobody known

    connection = _measured(retailer)

    assert _ratio(connection, "first_contact_resolution_share") == {"ann": Fraction(1, 2), "ben": Fraction(1, 2)}


def test_a_client_who_bought_in_two_channels_within_a_year_is_shown_and_cannot_be_paid_on() -> None:
    retailer = Retailer()
    retailer.associates("ann", "ben")
    retailer.sale("1", "2025-03-11T12:00:00Z", 1_000, associate_id="ann", customer="c", channel="store")
    retailer.sale("2", "2026-03-10T12:00:00Z", 1_000, associate_id="ann", customer="c", channel="online")  # 364 days later
    retailer.sale("3", "2025-03-10T12:00:00Z", 1_000, associate_id="ann", customer="d", channel="store")
    retailer.sale("4", "2026-03-10T12:00:00Z", 1_000, associate_id="ben", customer="d", channel="online")  # 365 days later
    connection = _measured(retailer, "team_pulse_months", "kpi_months")

    found = connection.execute(
        "select subject_id, numerator, denominator, month from marts.kpi_months where measure = 'cross_channel_clients'"
    ).fetchall()

    assert found == [("ann", 1_000, 1_000, date(2026, 3, 1))]
    assert read_registry().get("cross_channel_clients") is None


def _measured(retailer: Retailer, *more: str) -> duckdb.DuckDBPyConnection:
    connection = database(retailer.feeds, [POLICY])
    dimensions = ("int_assignments_closed", "dim_assignments")
    build(connection, [*models_under(*CREDITING), *dimensions, *models_under("intermediate/measures"), "fct_measures", *more])
    return connection
