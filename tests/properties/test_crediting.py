"""What holds of the credits of every retailer under every policy, and agreement with the plain implementation."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from plain_arithmetic import decay
from plain_crediting import TRILLION, PlainCrediting
from support_crediting import Retailer, crediting_models
from support_models import build
from support_retailers import (
    SETTINGS_SMALL,
    all_credits,
    apart,
    credits_of,
    credits_of_each,
    examples,
    policy_texts,
    retailers,
    shared_database,
)
from support_staging import SETTINGS

from incentives.policies import load_policy_texts

EXAMPLES = examples(8)


def _plain(retailer: Retailer, policies: list[str]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    versions = load_policy_texts((f"{number}.yaml", text) for number, text in enumerate(policies))
    found: dict[tuple[Any, ...], list[Any]] = {}
    for credit in PlainCrediting(retailer.feeds, versions, {**SETTINGS, **SETTINGS_SMALL}).credits():
        entry = found.setdefault(
            (*credit.line, credit.role, credit.recipient), [0, 0, None, credit.business_date, credit.earned_date]
        )
        entry[0] += credit.share_e12
        entry[1] += credit.credit_minor
        entry[2] = min((reason for reason in (entry[2], credit.reason) if reason), default=None)
    return {key: tuple(entry) for key, entry in found.items()}


@examples(25)
@given(retailers(), policy_texts())
def test_the_plain_implementation_agrees_line_by_line(retailer: Retailer, policies: list[str]) -> None:
    assert credits_of(retailer, policies) == _plain(retailer, policies)


@EXAMPLES
@given(retailers(), policy_texts())
def test_every_completed_line_is_divided_whole_and_nothing_else_is(retailer: Retailer, policies: list[str]) -> None:
    found = credits_of(retailer, policies)

    lines = {(row["source"], row["order_id"], row["line_id"]): row for row in retailer.feeds["order_lines"]}
    credited: dict[Any, int] = defaultdict(int)
    shares: dict[Any, int] = defaultdict(int)
    by_date: dict[Any, int] = defaultdict(int)
    for (source, order, line, _, _), (share, credit, _, business_date, _) in found.items():
        credited[source, order, line] += credit
        shares[source, order, line] += share
        by_date[business_date, lines[source, order, line]["currency"]] += credit
    completed = {line: row for line, row in lines.items() if row["completed_at"] is not None}
    net: dict[Any, int] = defaultdict(int)
    for source, order, line, currency, business_date, net_minor in (
        shared_database()
        .execute(
            "select source, order_id, line_id, currency, business_date, net_minor from marts.fct_order_lines where completed_at is not null"
        )
        .fetchall()
    ):
        assert net_minor == completed[source, order, line]["net_minor"]
        net[business_date, currency] += net_minor
    assert credited == {line: row["net_minor"] for line, row in completed.items()}
    assert set(shares.values()) <= {TRILLION}
    assert by_date == net


@EXAMPLES
@given(retailers(), policy_texts())
def test_a_return_raises_no_credit_by_more_than_a_minor_unit_and_a_full_one_leaves_nothing(
    retailer: Retailer, policies: list[str]
) -> None:
    found = credits_of(retailer, policies)

    kinds = {(row["source"], row["order_id"], row["line_id"]): row["kind"] for row in retailer.feeds["order_lines"]}
    raised = [credit for (*line, _, _), (_, credit, *_) in found.items() if kinds[tuple(line)] == "return"]
    remaining = shared_database().execute(
        "select credits.root_line_key, credits.role_order, credits.recipient, sum(credits.credit_minor) "
        "from marts.fct_credits as credits inner join intermediate.int_credit_lines as lines using (order_line_key) "
        "where lines.excess_minor = 0 and credits.root_line_key in "
        "(select root_line_key from intermediate.int_credit_lines group by 1 having min(after_minor) = 0 and max(excess_minor) = 0) "
        "group by all having sum(credits.credit_minor) <> 0"
    )
    assert [credit for credit in raised if credit > 1] == []
    assert remaining.fetchall() == []


@EXAMPLES
@given(retailers(), policy_texts(), st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing_and_neither_does_building_again(
    retailer: Retailer, policies: list[str], seed: int
) -> None:
    shuffler = random.Random(seed)
    shuffled = Retailer({feed: shuffler.sample(rows, len(rows)) for feed, rows in retailer.feeds.items()})

    before, after = credits_of_each([retailer, shuffled], policies)
    build(shared_database(), crediting_models())

    assert after == before
    assert apart(all_credits(shared_database()), 2) == [before, after]


@settings(deadline=None)
@given(st.integers(0, 3660 * 86_400), st.integers(3600, 3660 * 86_400))
def test_the_integer_decay_is_the_halving_to_a_hundred_millionth_and_never_rises(age: int, half_life: int) -> None:
    exact = 2**36 * 0.5 ** (age / half_life)

    assert decay(age + 1, half_life) <= decay(age, half_life)
    # What is below 1 is 1; one whole number is lost where few are left.
    assert abs(decay(age, half_life) - exact) <= max(1, exact * 1.1e-8)
