"""Signals, each counted by hand; none of them moves a credit, and none is there before it was agreed on."""

from __future__ import annotations

from datetime import date

import duckdb
from support_crediting import CREDITING, Retailer
from support_models import build, models_under
from support_staging import database

from incentives.plans.registry import read_registry

POLICY = """
policy: global
valid_from: 2000-01-01
roles: {seller: 60, advisor: 40}
advisor: {weights: {conversation: 1}, own_sale_hours: 24}
"""
OWN_TOUCHES_COUNT = POLICY.replace(", own_sale_hours: 24", "")
NAMES = (
    "own_touch_at_till",
    "greeting_before_order",
    "second_seller_pair",
    "unidentified_sale",
    "discount_at_month_end",
    "new_owner_before_order",
)


def _retailer() -> Retailer:
    retailer = Retailer()
    retailer.associates("ann", "ben")
    # February: ann sells one line to nobody known. March: six lines, two of them with ben, one to nobody known.
    retailer.sale("f", "2026-02-10T12:00:00Z", 1_000, associate_id="ann", customer=None)
    retailer.sale("1", "2026-03-02T12:00:00Z", 1_000, associate_id="ann|ben", customer="c1")
    retailer.sale("2", "2026-03-03T12:00:00Z", 1_000, associate_id="ann:50|ben:50", customer="c2")
    retailer.sale("3", "2026-03-04T12:00:00Z", 1_000, associate_id="ann", customer=None)
    for number, (day, discount) in enumerate(((5, 100), (28, 100), (29, 0), (31, 100)), 4):
        retailer.sale(
            str(number), f"2026-03-{day:02}T12:00:00Z", 1_000, associate_id="ann", customer=f"c{number}", discount_minor=discount
        )
    # Of c5 ben took care a week before the 28th, of c6 a day longer before the 29th; c7 was ann's until the 31st.
    for customer, who, since, until in (
        ("c5", "ben", date(2026, 3, 21), None),
        ("c6", "ben", date(2026, 3, 21), None),
        ("c7", "ann", date(2026, 3, 30), date(2026, 3, 31)),
    ):
        retailer.add(
            "client_ownership", customer_source="till", customer_id=customer, associate_id=who, valid_from=since, valid_to=until
        )
    # ann's own word at the till, an hour and a day before; ben greets an hour before ann's sale, and a minute earlier.
    retailer.touch("ann", "conversation", "2026-03-05T11:30:00Z", customer="c4")
    retailer.touch("ben", "conversation", "2026-03-28T11:00:00Z", customer="c5")
    retailer.touch("ben", "conversation", "2026-03-29T10:59:59Z", customer="c6")
    return retailer


def _marts(*agreed: str, policy: str = POLICY) -> duckdb.DuckDBPyConnection:
    connection = database(_retailer().feeds, [policy], {f"signal.{name}": "works council, 2026-01" for name in agreed})
    build(connection, [*models_under(*CREDITING), "int_agreed_signals", "signal_cases", "signals", "signal_rows"])
    return connection


def test_no_signal_is_there_before_it_was_agreed_on_and_credits_are_the_same() -> None:
    without, agreed = _marts(), _marts(*NAMES)

    assert without.execute("select count(*) from marts.signals").fetchone() == (0,)
    assert without.execute("select count(*) from marts.signal_rows").fetchone() == (0,)
    assert agreed.execute("select count(*) from marts.signal_rows").fetchone() != (0,)
    credits = "select * from marts.fct_credits order by all"
    assert without.execute(credits).fetchall() == agreed.execute(credits).fetchall()


def test_each_signal_names_its_cases() -> None:
    rows = (
        _marts(*NAMES)
        .execute("select signal, associate_id, order_id, interaction_id, with_associate_id from marts.signal_rows order by all")
        .fetchall()
    )

    assert [row for row in rows if row[0] == "own_touch_at_till"] == [("own_touch_at_till", "ann", "4", "i0000", None)]
    # One hour to the second is within; a second more is not.
    assert [row for row in rows if row[0] == "greeting_before_order"] == [("greeting_before_order", "ben", "5", "i0001", None)]
    assert [row[1:] for row in rows if row[0] == "second_seller_pair"] == [
        ("ann", "1", None, "ben"),
        ("ann", "2", None, "ben"),
        ("ben", "1", None, "ann"),
        ("ben", "2", None, "ann"),
    ]
    assert [row[1:3] for row in rows if row[0] == "unidentified_sale"] == [("ann", "3"), ("ann", "f")]
    # The last three days of March are the 29th to the 31st; on the 29th nothing was given.
    assert [row[1:3] for row in rows if row[0] == "discount_at_month_end"] == [("ann", "7")]
    assert [row[1:3] for row in rows if row[0] == "new_owner_before_order"] == [("ben", "5")]


def test_a_month_is_shown_from_five_cases_beside_the_six_before() -> None:
    found = (
        _marts("unidentified_sale", "second_seller_pair")
        .execute(
            "select signal, associate_id, month, hits, cases, earlier_hits, earlier_cases, agreement from marts.signals order by all"
        )
        .fetchall()
    )

    march = date(2026, 3, 1)
    # ben was on two lines in March, which is too few to say anything.
    assert found == [
        ("second_seller_pair", "ann", march, 2, 7, 0, 1, "works council, 2026-01"),
        ("unidentified_sale", "ann", march, 1, 7, 1, 1, "works council, 2026-01"),
    ]


def test_a_sellers_own_word_is_no_greeting_before_a_colleagues_order() -> None:
    rows = (
        _marts("greeting_before_order", policy=OWN_TOUCHES_COUNT)
        .execute("select associate_id, order_id from marts.signal_rows")
        .fetchall()
    )

    assert rows == [("ben", "5")]


def test_no_plan_can_pay_on_a_signal() -> None:
    assert [name for name in NAMES if read_registry().get(name) is not None] == []
