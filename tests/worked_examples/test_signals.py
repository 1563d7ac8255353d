"""Signals, each counted by hand; none of them moves a credit, and none is there before it was agreed on."""

from __future__ import annotations

import re
from datetime import date
from typing import get_args

import duckdb
from support_crediting import CREDITING, Retailer
from support_models import PROJECT, build, models_under
from support_staging import database, moment

from incentives.plans.registry import read_registry
from incentives.services.signals import SIGNALS
from incentives.settings import SignalName

POLICY = """
policy: global
valid_from: 2000-01-01
roles: {seller: 60, advisor: 40}
advisor: {weights: {conversation: 1}, own_sale_hours: 24}
"""
OWN_TOUCHES_COUNT = POLICY.replace(", own_sale_hours: 24", "")
EVERY_KIND = POLICY.replace("{conversation: 1}", "{conversation: 1, appointment: 1}, one_per_day: true")
NAMES = get_args(SignalName)
MODELS = (
    "dim_assignments",
    "int_line_credits",
    "int_remaining_orders",
    "int_counted_orders",
    "int_agreed_signals",
    "signal_cases",
    "signals",
    "signal_rows",
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


def _busy_retailer() -> Retailer:
    """ann and ben are of one team, cat of another; a last sale in August lets thirty and ninety days pass."""
    retailer = Retailer()
    retailer.associates("ann", "ben", "cat")
    for who, team in (("ann", "t"), ("ben", "t"), ("cat", "u")):
        retailer.add("assignments", associate_id=who, team_id=team, valid_from=date(2026, 1, 1), role="advisor")
    retailer.sale("z", "2026-08-01T12:00:00Z", 1_000, associate_id="cat", customer=None)
    # Written down an hour before ann's sale, half an hour before it by her own team, and a second more than an hour.
    retailer.touch("cat", "conversation", "2026-03-01T09:00:00Z", customer="c1", recorded_at=moment("2026-03-02T11:00:00Z"))
    retailer.touch("ben", "conversation", "2026-03-01T10:00:00Z", customer="c1", recorded_at=moment("2026-03-02T11:30:00Z"))
    retailer.sale("1", "2026-03-02T12:00:00Z", 1_000, associate_id="ann", customer="c1")
    retailer.touch("cat", "conversation", "2026-03-03T09:00:00Z", customer="c2", recorded_at=moment("2026-03-03T10:59:59Z"))
    retailer.sale("2", "2026-03-03T12:00:00Z", 1_000, associate_id="ann", customer="c2")
    # Two words of ben with one client on one day, and one of ann before a sale of his.
    retailer.touch("ben", "conversation", "2026-03-05T09:00:00Z", customer="c3")
    retailer.touch("ben", "conversation", "2026-03-05T10:00:00Z", customer="c3")
    retailer.sale("3", "2026-03-06T12:00:00Z", 1_000, associate_id="ann", customer="c3")
    retailer.touch("ann", "conversation", "2026-03-07T10:00:00Z", customer="c4")
    retailer.sale("4", "2026-03-08T12:00:00Z", 1_000, associate_id="ben", customer="c4")
    retailer.touch("cat", "outreach", "2026-03-08T10:00:00Z", id="stop", customer="c5", outcome="opted_out")
    retailer.touch("cat", "outreach", "2026-03-08T11:00:00Z", customer="c5")
    # Booked a second less than an hour before, and an hour; c6 bought, c7 was served after thirty days, c8 a second later; c9 did not come.
    for client, day, booked, outcome in (
        ("c6", 9, "09:00:01", "kept"),
        ("c7", 9, "09:00:00", "kept"),
        ("c8", 10, "08:00:00", "kept"),
        ("c9", 10, "08:00:00", "no_show"),
    ):
        retailer.touch(
            "ann",
            "appointment",
            f"2026-03-{day:02}T10:00:00Z",
            id=client,
            customer=client,
            outcome=outcome,
            booked_at=moment(f"2026-03-{day:02}T{booked}Z"),
        )
    retailer.sale("6", "2026-03-09T11:00:00Z", 1_000, associate_id="ann", customer="c6")
    retailer.touch("ben", "service_case", "2026-04-08T10:00:00Z", customer="c7")
    retailer.sale("8", "2026-04-09T10:00:01Z", 1_000, associate_id="ann", customer="c8")
    # Half an hour apart, and a second more; ninety days apart, and a second more.
    for client, who, first, second in (
        ("c10", "ann", "2026-03-11T12:00:00Z", "2026-03-11T12:30:00Z"),
        ("c11", "ann", "2026-03-11T12:00:00Z", "2026-03-11T12:30:01Z"),
        ("c12", "cat", "2026-03-12T12:00:00Z", "2026-06-10T12:00:00Z"),
        ("c13", "cat", "2026-03-12T12:00:00Z", "2026-06-10T12:00:01Z"),
    ):
        retailer.sale(f"{client}a", first, 1_000, associate_id=who, customer=client)
        retailer.sale(f"{client}b", second, 1_000, associate_id=who, customer=client)
    retailer.taken_back("r1", "2026-03-14T12:00:00Z", 100, of="2", customer="c2", associate_id="ben")
    retailer.taken_back("r2", "2026-03-14T12:00:00Z", 100, of="lost", customer="c2", associate_id="ben")
    retailer.taken_back("r3", "2026-03-14T12:00:00Z", 100, of="lost", customer="c2", associate_id="ann|ben")
    return retailer


def _marts(*agreed: str, policy: str = POLICY, retailer: Retailer | None = None) -> duckdb.DuckDBPyConnection:
    feeds = (retailer or _retailer()).feeds
    connection = database(feeds, [policy], {f"signal.{name}": "works council, 2026-01" for name in agreed})
    build(connection, [*models_under(*CREDITING), "int_assignments_closed", *MODELS])
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


def test_each_signal_of_how_people_work_names_its_cases() -> None:
    rows = (
        _marts(*NAMES, policy=EVERY_KIND, retailer=_busy_retailer())
        .execute("select signal, associate_id, order_id, interaction_id, with_associate_id from marts.signal_rows order by all")
        .fetchall()
    )

    def named(signal: str) -> list[tuple[object, ...]]:
        return [row[1:] for row in rows if row[0] == signal]

    assert named("recorded_before_order") == [("cat", "1", "i0000", None)]
    # Of two words on one day the one nearer to the sale counts.
    assert named("repeated_touch") == [("ben", "3", "i0003", None)]
    # ben advised on two sales of ann's and she on one of his; cat on two of ann's, who gave nothing back.
    assert named("mutual_advice") == [("ann", "4", None, "ben"), ("ben", "1", None, "ann"), ("ben", "3", None, "ann")]
    assert named("opted_out") == [("cat", None, "stop", None)]
    assert named("booked_at_short_notice") == [("ann", None, "c6", None)]
    assert named("appointment_without_sale") == [("ann", None, "c8", None)]
    # The first three days of March and of August; nothing was sold in the last three of a month.
    assert named("sale_at_month_edge") == [("ann", "1", None, None), ("ann", "2", None, None), ("cat", "z", None, None)]
    assert named("split_order") == [("ann", "c10b", None, None)]
    assert [row for row in named("no_second_visit") if str(row[1]).endswith("a")] == [("cat", "c13a", None, None)]
    assert named("unmatched_return") == [("ben", "r2", None, None)]


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


def test_every_signal_can_be_agreed_on_is_explained_and_is_what_the_model_makes() -> None:
    made = set(
        re.findall(r"where_agreed\('(\w+)'\)", (PROJECT / "models" / "marts" / "signals" / "signal_cases.sql").read_text())
    )
    page = (PROJECT.parent / "docs" / "how-to" / "show-signals.md").read_text()

    assert set(NAMES) == set(SIGNALS) == made == set(re.findall(r"^\| `(\w+)` \|", page, re.M))


def test_no_plan_can_pay_on_a_signal() -> None:
    assert [name for name in NAMES if read_registry().get(name) is not None] == []
