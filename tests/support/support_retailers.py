"""Generated retailers and policies for the properties of crediting: small worlds in which everything meets.

Few customers, people and moments, so that edges are hit: touches at the exact ends of windows, several orders of one
second, returns before their sale, shared identifiers, people hired and gone, countries with a policy of their own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from support_crediting import Retailer, credit_again

PEOPLE = ("ann", "ben", "cyn", "dan", "eve")
UNKNOWN = "nobody-knows"
CUSTOMERS = ("c1", "c2", "c3", "c4")
SOURCES = ("till", "web")
LOCATIONS = (None, "paris", "dubai", "unlisted")
KINDS = (
    "consultation",
    "conversation",
    "outreach",
    "appointment",
    "event",
    "service_case",
    "return_handling",
    "fulfilment",
    "follow_up",
)
OUTCOMES = ("kept", None, "kept", "answered", None, "kept", "no_show", "opted_out", "auto_reply")
MODELS = ("time_decay", "linear", "first", "last", "position")
METHODS = (None, "message", "email")
START = datetime(2026, 3, 1)  # noqa: DTZ001 - staging holds UTC without a zone
HOUR = timedelta(hours=1)
SPAN_HOURS = 24 * 45
SETTINGS_SMALL = {"house_account_over": "6", "max_customers_per_identifier": "2", "time_zone": "Europe/Paris"}


def examples(usual: int) -> settings:
    """Return how many examples a property tries; INCENTIVES_EXAMPLES=300 tries that many of each."""
    return settings(
        max_examples=int(os.environ.get("INCENTIVES_EXAMPLES", usual)), deadline=None, suppress_health_check=list(HealthCheck)
    )


hours = st.integers(0, SPAN_HOURS)
# Mostly on the hour, so that things coincide; sometimes a second beside it, for the edges.
moments = st.builds(
    lambda hour, second: START + hour * HOUR + timedelta(seconds=second), hours, st.sampled_from((0, 0, 0, 0, 1, -1, 1800))
)
amounts = st.one_of(st.integers(0, 12), st.integers(0, 100_000), st.sampled_from((10**13, 9_999_999_999_999, 333)))


@st.composite
def policy_texts(
    draw: st.DrawFn, models: tuple[str, ...] = MODELS, own_sale: tuple[int | None, ...] = (None, 0, 24, 72)
) -> list[str]:
    """Draw one policy, sometimes with a second version and one for a country."""
    texts = [_policy(draw, "global", date(2020, 1, 1), "", models, own_sale)]
    if draw(st.booleans()):
        texts.append(_policy(draw, "global", date(2026, 3, 20), "", models, own_sale))
    if draw(st.booleans()):
        texts.append(_policy(draw, "gulf", date(2026, 3, 10), "scope: {countries: [AE]}\n", models, own_sale))
    return texts


def _policy(
    draw: st.DrawFn, name: str, valid_from: date, scope: str, models: tuple[str, ...], own_sale: tuple[int | None, ...]
) -> str:
    roles = draw(st.permutations(["seller", "advisor", "relationship"]))
    weights = draw(st.sampled_from(((50, 35, 15), (1, 1, 1), (0, 100, 0), (100, 0, 0), (7, 0, 13), (3, 99, 100))))
    model = draw(st.sampled_from(models))
    kinds = {
        kind: draw(st.sampled_from((1, 2, 3, 1, 2, 3, 100, 0)))
        for kind in draw(st.permutations(KINDS))[: draw(st.integers(3, 9))]
    }
    advisor = [
        f"lookback_days: {draw(st.sampled_from(('30', '30', '7', '0.5')))}",
        f"model: {model}",
        "weights: {" + ", ".join(f"{kind}: {weight}" for kind, weight in kinds.items()) + "}",
        f"one_per_day: {draw(st.sampled_from(('true', 'false')))}",
        f"max_per_order: {draw(st.sampled_from((0, 1, 2)))}",
    ]
    if model == "time_decay":
        advisor.append(f"half_life_days: {draw(st.sampled_from((7, 2, 30)))}")
    if model == "position":
        advisor.append(f"position: {draw(st.sampled_from(('[40, 20, 40]', '[30, 50, 20]', '[50, 0, 50]', '[0, 100, 0]')))}")
    for key, values in (
        ("outreach_needs_response_days", (None, 0, 1, 3)),
        ("own_sale_hours", own_sale),
        ("late_logging_hours", (None, 48, 2)),
    ):
        value = draw(st.sampled_from(values))
        if value is not None:
            advisor.append(f"{key}: {value}")
    settle, active = draw(st.sampled_from((0, 7))), draw(st.sampled_from((None, 3, 20, 365)))
    relationship = f"settle_days: {settle}" + (f", active_days: {active}" if active else "")
    return (
        f"policy: {name}\nvalid_from: {valid_from}\n{scope}"
        f"roles: {{{', '.join(f'{role}: {weight}' for role, weight in zip(roles, weights, strict=True))}}}\n"
        f"unclaimed: {draw(st.sampled_from(('redistribute', 'house')))}\n"
        f"advisor: {{{', '.join(advisor)}}}\nrelationship: {{{relationship}}}\n"
        f"exclude: {{categories: [gift_card], self_purchase: {draw(st.sampled_from(('true', 'false')))}}}\n"
    )


@st.composite
def retailers(draw: st.DrawFn) -> Retailer:
    """Draw a retailer's rows."""
    found = Retailer()
    _people_and_places(draw, found)
    _customers(draw, found)
    for number in range(draw(st.integers(0, 40))):
        _interaction(draw, found, number)
    sales = [_sale_lines(draw, found, number) for number in range(draw(st.integers(1, 12)))]
    lines = [line for order in sales for line in order]
    for number in range(draw(st.integers(0, 8))):
        _return(draw, found, number, lines)
    for number in range(draw(st.integers(0, 2))):
        line = draw(st.sampled_from(lines))
        found.add(
            "credit_overrides",
            override_id=f"o{number}",
            source=line["source"],
            order_id=line["order_id"],
            line_id=line["line_id"],
            associate_id=draw(_sellers()),
            decided_at=draw(moments),
            approved_by=draw(st.sampled_from((None, "boss", "boss"))),
            reason="settled by hand",
            entered_by="desk",
        )
    return found


def _people_and_places(draw: st.DrawFn, found: Retailer) -> None:
    for who in PEOPLE:
        own = {"customer_source": "till", "customer_id": draw(st.sampled_from(CUSTOMERS))} if draw(st.integers(0, 4)) == 0 else {}
        hired = draw(st.sampled_from((None, None, None, date(2026, 3, 10))))
        left = draw(st.sampled_from((None, None, None, date(2026, 3, 25))))
        found.add("associates", associate_id=who, hired_on=hired, left_on=left, **own)
    found.add("locations", location_id="paris", country="FR", time_zone="Europe/Paris")
    found.add("locations", location_id="dubai", country="AE", time_zone="Asia/Dubai")


def _customers(draw: st.DrawFn, found: Retailer) -> None:
    for source in SOURCES:
        for customer in CUSTOMERS:
            for kind, value in draw(
                st.lists(st.sampled_from((("email", "t_e1"), ("email", "t_e2"), ("loyalty_id", "t_l1"))), max_size=1)
            ):
                found.add(
                    "customer_identifiers", source=source, customer_id=customer, identifier_type=kind, identifier_value=value
                )
            if draw(st.integers(0, 3)) == 0:
                found.add(
                    "permissions",
                    source=source,
                    customer_id=customer,
                    method=draw(st.sampled_from(METHODS[1:])),
                    purpose=draw(st.sampled_from(("contact", "contact", "profiling"))),
                    changed_at=draw(moments),
                    status=draw(st.sampled_from(("granted", "withdrawn"))),
                )
            for start in draw(
                st.lists(st.sampled_from((date(2025, 1, 1), date(2026, 3, 5), date(2026, 4, 1))), max_size=2, unique=True)
            ):
                found.add(
                    "client_ownership",
                    customer_source=source,
                    customer_id=customer,
                    associate_id=draw(st.sampled_from((*PEOPLE, UNKNOWN))),
                    valid_from=start,
                    valid_to=draw(st.sampled_from((None, date(2026, 3, 5) if start < date(2026, 3, 5) else None))),
                )


def _interaction(draw: st.DrawFn, found: Retailer, number: int) -> None:
    started = draw(moments)
    found.add(
        "interactions",
        source=draw(st.sampled_from(SOURCES)),
        interaction_id=f"i{number}",
        kind=draw(st.sampled_from(KINDS)),
        channel=draw(st.sampled_from(("store", "chat", "video"))),
        associate_id=draw(st.sampled_from((*PEOPLE, *PEOPLE, UNKNOWN))),
        location_id=draw(st.sampled_from(LOCATIONS)),
        started_at=started,
        recorded_at=draw(st.sampled_from((None, None, started + HOUR, started + 48 * HOUR, started + 49 * HOUR))),
        booked_at=draw(st.sampled_from((None, started - HOUR, started - HOUR / 2))),
        responded_at=draw(st.sampled_from((None, started, started + 24 * HOUR, started + 73 * HOUR, started - HOUR))),
        outcome=draw(st.sampled_from(OUTCOMES)),
        method=draw(st.sampled_from(METHODS)),
        **_customer(draw),
    )


def _customer(draw: st.DrawFn) -> dict[str, Any]:
    match draw(st.integers(0, 9)):
        case 0:
            return {}
        case 1:
            return {"customer_email": draw(st.sampled_from(("t_e1", "t_e2", "t_e3")))}
        case 2:
            return {"loyalty_id": "t_l1", "customer_email": "t_e2"}
        case _:
            return {"customer_id": draw(st.sampled_from(CUSTOMERS))}


@st.composite
def _sellers(draw: st.DrawFn) -> str:
    people = (*PEOPLE, UNKNOWN)
    match draw(st.integers(0, 5)):
        case 0:
            return "|".join(draw(st.lists(st.sampled_from(people), min_size=2, max_size=3)))
        case 1:
            first = draw(st.integers(0, 100))
            return f"{draw(st.sampled_from(people))}:{first}|{draw(st.sampled_from(people))}:{100 - first}"
        case _:
            return draw(st.sampled_from(people))


def _sale_lines(draw: st.DrawFn, found: Retailer, number: int) -> list[Mapping[str, Any]]:
    ordered, customer, source = draw(moments), _customer(draw), draw(st.sampled_from(SOURCES))
    lines = []
    for line in range(draw(st.integers(1, 3))):
        row = {
            "source": source,
            "order_id": f"order{number}",
            "line_id": f"{line}",
            "kind": "sale",
            "channel": draw(st.sampled_from(("store", "web", "phone"))),
            "location_id": draw(st.sampled_from(LOCATIONS)),
            "associate_id": draw(st.one_of(st.none(), _sellers(), _sellers())),
            "ordered_at": ordered + draw(st.sampled_from((0, 0, 0, 1))) * HOUR,
            "completed_at": draw(st.sampled_from((None, ordered, ordered + 24 * HOUR, ordered + 24 * HOUR))),
            "category": draw(st.sampled_from((None, "shoes", "gift_card"))),
            "quantity_milli": 1000,
            "currency": draw(st.sampled_from(("EUR", "EUR", "AED"))),
            "net_minor": draw(amounts),
            **(customer if draw(st.integers(0, 3)) else {}),
        }
        found.add("order_lines", **row)
        lines.append(row)
    return lines


def _return(draw: st.DrawFn, found: Retailer, number: int, lines: list[Mapping[str, Any]]) -> None:
    line, when = draw(st.sampled_from(lines)), draw(moments)
    source = draw(st.sampled_from(SOURCES))
    known = draw(st.integers(0, 5))
    found.add(
        "order_lines",
        source=source,
        order_id=f"return{number}",
        line_id="0",
        kind="return",
        channel="web",
        location_id=draw(st.sampled_from(LOCATIONS)),
        associate_id=draw(st.sampled_from((*PEOPLE, None))),
        ordered_at=when,
        completed_at=draw(st.sampled_from((None, when, when, when))),
        quantity_milli=draw(st.sampled_from((-1000, 0))),
        currency=line["currency"] if known else draw(st.sampled_from(("EUR", "AED"))),
        net_minor=-draw(st.one_of(st.integers(0, max(line["net_minor"], 1)), st.just(line["net_minor"]), amounts)),
        original_source=line["source"] if line["source"] != source or draw(st.booleans()) else None,
        original_order_id=line["order_id"] if known != 1 else None,
        original_line_id=line["line_id"],
    )


def with_rows(retailer: Retailer, feed: str, rows: Iterable[Mapping[str, Any]]) -> Retailer:
    """Return the retailer with more rows of a feed."""
    return Retailer({**retailer.feeds, feed: [*retailer.feeds.get(feed, []), *rows]})


def with_changed(retailer: Retailer, feed: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Retailer:
    """Return the retailer with every row of a feed changed."""
    return Retailer({**retailer.feeds, feed: [change(row) for row in retailer.feeds.get(feed, [])]})


def together(*variants: Retailer) -> Retailer:
    """Return retailers as one that has nothing in common but places: credited in one run, told apart by `apart`."""
    found = Retailer()
    for number, variant in enumerate(variants):
        for feed, rows in variant.feeds.items():
            if feed == "locations":
                found.feeds[feed] = rows
                continue
            for row in rows:
                found.add(feed, **{name: _named_apart(name, value, f"{number}.") for name, value in row.items()})
    return found


def _named_apart(name: str, value: Any, prefix: str) -> Any:
    if not isinstance(value, str):
        return value
    if name == "associate_id":
        return "|".join(prefix + part for part in value.split("|"))
    if name in _NAMES_OF_A_RETAILER:
        return prefix + value
    return value


_NAMES_OF_A_RETAILER = (
    "source",
    "customer_source",
    "original_source",
    "order_source",
    "identifier_value",
    "customer_email",
    "customer_phone",
    "loyalty_id",
    "social_handle",
    "override_id",
)
Credits = dict[tuple[Any, ...], tuple[Any, ...]]


def apart(credits: Credits, count: int) -> list[Credits]:
    """Return the credits of each retailer of `together`, under its own names again."""
    found: list[Credits] = [{} for _ in range(count)]
    for (source, order, line, role, recipient), value in credits.items():
        number, _, plain = source.partition(".")
        found[int(number)][plain, order, line, role, recipient.removeprefix(f"{number}.")] = value
    return found


def all_credits(connection: duckdb.DuckDBPyConnection) -> Credits:
    """Return (source, order, line, role, recipient) -> (share, credit, reason, business date, earned date)."""
    rows = connection.execute(
        "select source, order_id, line_id, role, recipient, share_e12, credit_minor, reason, business_date, earned_date "
        "from marts.fct_credits"
    ).fetchall()
    found = {row[:5]: row[5:] for row in rows}
    assert len(found) == len(rows)
    return found


@cache
def shared_database() -> duckdb.DuckDBPyConnection:
    """Return one database for all examples of a process: making one costs more than crediting a small retailer."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set threads = 1")
    return connection


def credits_of(retailer: Retailer, policies: list[str]) -> Credits:
    """Return every credit of a retailer, built by the project's models in the shared database."""
    credit_again(shared_database(), retailer, policies, **SETTINGS_SMALL)
    return all_credits(shared_database())


def credits_of_each(variants: list[Retailer], policies: list[str]) -> list[Credits]:
    """Return the credits of each variant, all built in one run."""
    return apart(credits_of(together(*variants), policies), len(variants))
