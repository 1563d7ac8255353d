"""What a change of the input may change in the credits, and what it may not; each variant beside the other in one run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from support_crediting import Retailer
from support_retailers import (
    CUSTOMERS,
    PEOPLE,
    SPAN_HOURS,
    START,
    Credits,
    credits_of_each,
    examples,
    moments,
    policy_texts,
    retailers,
    shared_database,
    with_changed,
    with_rows,
)

EXAMPLES = examples(8)
IDENTIFIERS = ("customer_id", "customer_email", "customer_phone", "loyalty_id")


def _role_shares(credits: Credits, role: str) -> dict[tuple[Any, ...], int]:
    """Return (source, order, line, recipient) -> share of people in a role."""
    return {
        (*line, recipient): share
        for (*line, held, recipient), (share, *_) in credits.items()
        if held == role and recipient != "house"
    }


@EXAMPLES
@given(retailers(), policy_texts(), st.permutations(["store", "web", "phone", "chat", "video", "fax"]))
def test_renaming_the_channels_one_to_one_changes_nothing(retailer: Retailer, policies: list[str], names: list[str]) -> None:
    new = dict(zip(sorted(names), names, strict=True))

    def rename(row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**row, "channel": new[row["channel"]]}

    renamed = with_changed(with_changed(retailer, "order_lines", rename), "interactions", rename)
    erased = with_changed(retailer, "order_lines", lambda row: {**row, "channel": ""})

    before, after, without = credits_of_each([retailer, renamed, erased], policies)

    assert after == before
    assert without == before


@EXAMPLES
@given(retailers(), policy_texts())
def test_naming_the_customer_never_costs_the_seller(retailer: Retailer, policies: list[str]) -> None:
    bare = with_changed(retailer, "order_lines", lambda row: {**row, **dict.fromkeys(IDENTIFIERS)})
    policies = [policy.replace("self_purchase: true", "self_purchase: false") for policy in policies]

    named, unnamed = credits_of_each([retailer, bare], policies)

    before = _role_shares(named, "seller")
    lost = {
        key: (share, before.get(key))
        for key, share in _role_shares(unnamed, "seller").items()
        # Shares are rounded to a trillionth each.
        if before.get(key, 0) < share - 1
    }
    assert lost == {}


@EXAMPLES
@given(retailers(), policy_texts(own_sale=(24, 72)), st.data())
def test_own_touches_around_the_own_sale_change_nothing(retailer: Retailer, policies: list[str], data: st.DataObject) -> None:
    sales = [
        row for row in retailer.feeds["order_lines"] if row["kind"] == "sale" and row.get("customer_id") and row["associate_id"]
    ]
    assume(sales)
    sale = data.draw(st.sampled_from(sales))
    # The customer has this order alone, so that the touch stands around no other one.
    alone = Retailer(
        {**retailer.feeds, "order_lines": [row for row in retailer.feeds["order_lines"] if row["order_id"] == sale["order_id"]]}
    )
    own = {
        "source": sale["source"],
        "interaction_id": "own",
        "kind": "conversation",
        "channel": "store",
        "associate_id": sale["associate_id"].split("|")[0].split(":")[0],
        "customer_id": sale["customer_id"],
        "started_at": min(row["ordered_at"] for row in alone.feeds["order_lines"])
        - timedelta(hours=data.draw(st.integers(0, 22))),
    }

    before, after = credits_of_each([alone, with_rows(alone, "interactions", [own])], policies)

    assume("house_account" not in {reason for _, _, reason, *_ in after.values()})
    assume(not (sale["associate_id"].startswith(own["associate_id"] + ":0") or ":100" in sale["associate_id"]))
    assume(not retailer.feeds.get("credit_overrides"))
    assert after == before


@EXAMPLES
@given(retailers(), policy_texts(), st.sampled_from(PEOPLE), st.sampled_from(CUSTOMERS), moments)
def test_a_touch_recorded_after_the_orders_changes_nothing(
    retailer: Retailer, policies: list[str], who: str, customer: str, started: Any
) -> None:
    late = {
        "source": "till",
        "interaction_id": "late",
        "kind": "conversation",
        "channel": "chat",
        "associate_id": who,
        "customer_id": customer,
        "started_at": started,
        "recorded_at": START + timedelta(hours=SPAN_HOURS + 48),
    }

    before, after = credits_of_each([retailer, with_rows(retailer, "interactions", [late])], policies)

    assert after == before


@EXAMPLES
@given(retailers(), policy_texts(), st.sampled_from((None, *PEOPLE)))
def test_who_handles_a_return_changes_nobodys_credit(retailer: Retailer, policies: list[str], who: str | None) -> None:
    other = with_changed(retailer, "order_lines", lambda row: {**row, "associate_id": who} if row["kind"] == "return" else row)

    before, after = credits_of_each([retailer, other], policies)

    assert after == before


@EXAMPLES
@given(retailers(), policy_texts(models=("linear", "time_decay")), st.sampled_from(PEOPLE), st.sampled_from(CUSTOMERS), moments)
def test_one_more_counted_touch_never_lowers_the_advisors_share(
    retailer: Retailer, policies: list[str], who: str, customer: str, started: Any
) -> None:
    more = {
        "source": "till",
        "interaction_id": "more",
        "kind": "consultation",
        "channel": "chat",
        "associate_id": who,
        "customer_id": customer,
        "started_at": started,
    }

    credits_before, credits_after = credits_of_each([retailer, with_rows(retailer, "interactions", [more])], policies)

    counted: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for source, order, line, count in (
        shared_database()
        .execute(
            "select lines.source, lines.order_id, lines.line_id, count(*) from marts.fct_credit_touches as touches "
            "inner join marts.fct_order_lines as lines on touches.root_line_key = lines.order_line_key "
            "where touches.role = 'advisor' and touches.counted and substr(touches.recipient, 3) = ? group by all",
            [who],
        )
        .fetchall()
    ):
        number, _, plain = source.partition(".")
        counted[plain, order, line][int(number)] = count
    before, after = _role_shares(credits_before, "advisor"), _role_shares(credits_after, "advisor")
    lowered = {
        line: (before.get((*line, who), 0), after.get((*line, who), 0))
        for line, (without, with_it) in counted.items()
        if with_it > without and after.get((*line, who), 0) < before.get((*line, who), 0) - 1
    }
    assert lowered == {}


@EXAMPLES
@given(retailers(), policy_texts(), st.sampled_from(PEOPLE), moments, moments)
def test_another_customers_data_changes_nothing(
    retailer: Retailer, policies: list[str], who: str, ordered: Any, started: Any
) -> None:
    line = {
        "source": "till",
        "order_id": "of-another",
        "line_id": "1",
        "kind": "sale",
        "channel": "web",
        "associate_id": who,
        "customer_id": "another",
        "ordered_at": ordered,
        "completed_at": ordered,
        "quantity_milli": 1000,
        "currency": "EUR",
        "net_minor": 5_000,
    }
    touch = {
        "source": "till",
        "interaction_id": "of-another",
        "kind": "conversation",
        "channel": "chat",
        "associate_id": who,
        "customer_id": "another",
        "started_at": started,
    }
    more = with_rows(with_rows(retailer, "order_lines", [line]), "interactions", [touch])

    before, after = credits_of_each([retailer, more], policies)

    assert {key: value for key, value in after.items() if key[1] != "of-another"} == before
    assert any(key[1] == "of-another" for key in after)
