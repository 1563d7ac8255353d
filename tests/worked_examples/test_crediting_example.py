"""The worked example of crediting: by hand, in the credits, in the measures, and in words.

Order line 100.00 EUR, seller S. In the 30 days before, A gave a consultation (weight 3) 7 days before and B had a
conversation (2) at the same age; C owns the client and spoke with them in January. Roles 50/35/15, half-life 7 days.
Raw weights: A 3 x 0.5 = 1.5, B 2 x 0.5 = 1.0. Shares: S 0.50, A 0.35 x 0.6 = 0.21, B 0.35 x 0.4 = 0.14, C 0.15.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from support_crediting import Retailer, amounts, cells, credited

from incentives.cli.explain import _words
from incentives.services.credits import credits_in
from incentives.services.explanations import explain_order_in

POLICY = (Path(__file__).parents[2] / "incentives" / "templates" / "policies" / "global.yaml").read_text()
BOUGHT = "2026-03-12T10:00:00Z"


@pytest.fixture(scope="module")
def example() -> duckdb.DuckDBPyConnection:
    retailer = Retailer()
    retailer.associates("S", "A", "B", "C", "handler")
    retailer.touch("A", "consultation", "2026-03-05T10:00:00Z")
    retailer.touch("B", "conversation", "2026-03-05T10:00:00Z")
    retailer.touch("C", "conversation", "2026-01-15T10:00:00Z")
    retailer.touch("S", "conversation", "2026-03-12T09:00:00Z")
    retailer.add("client_ownership", customer_source="till", customer_id="c", associate_id="C", valid_from=date(2025, 1, 1))
    retailer.sale("1001", BOUGHT, 10_000, associate_id="S")
    retailer.sale("1002", BOUGHT, 10_000, associate_id="S", customer=None)
    retailer.taken_back("1003", "2026-03-28T16:00:00Z", 4_000, of="1001", associate_id="handler")
    return credited(retailer, POLICY)


def test_the_sale_is_divided_as_by_hand(example: duckdb.DuckDBPyConnection) -> None:
    assert [(cell.role, cell.recipient, cell.share_e12, cell.credit_minor) for cell in cells(example, "1001")] == [
        ("seller", "S", 500_000_000_000, 5_000),
        ("advisor", "A", 210_000_000_000, 2_100),
        ("advisor", "B", 140_000_000_000, 1_400),
        ("relationship", "C", 150_000_000_000, 1_500),
    ]


def test_a_return_of_40_takes_20_and_8_40_and_5_60_and_6(example: duckdb.DuckDBPyConnection) -> None:
    assert amounts(example, "1003") == {
        ("seller", "S"): -2_000,
        ("advisor", "A"): -840,
        ("advisor", "B"): -560,
        ("relationship", "C"): -600,
    }


def test_without_the_customer_half_counts_for_nobody(example: duckdb.DuckDBPyConnection) -> None:
    assert [(cell.role, cell.recipient, cell.credit_minor, cell.reason) for cell in cells(example, "1002")] == [
        ("seller", "S", 5_000, None),
        ("advisor", "house", 3_500, "unidentified"),
        ("relationship", "house", 1_500, "unidentified"),
    ]


def test_a_return_is_earned_on_the_day_of_its_sale(example: duckdb.DuckDBPyConnection) -> None:
    credit = credits_in(example, order_id="1003", associate_id="A")[0]

    assert (credit.business_date, credit.earned_date) == (date(2026, 3, 28), date(2026, 3, 12))
    assert (credit.share, credit.policy) == ("0.210000000000", "global")


def test_the_sale_is_explained_in_words(example: duckdb.DuckDBPyConnection) -> None:
    (line,) = explain_order_in(example, "1001")

    assert _words(line) == "\n".join(
        [
            "Order 1001 of till, line 1: 100.00 EUR, sold on 2026-03-12 10:00, counted on 2026-03-12.",
            "Divided by policy global, in force from 2000-01-01.",
            "  S sold it: 50 % of 100.00 EUR is 50.00 EUR.",
            "      recorded as seller of the line",
            "  A advised the client before: 21 % of 100.00 EUR is 21.00 EUR.",
            "      consultation on 2026-03-05 10:00, 7 days before: weight 3, 50 % left at this age; 60 % of all advice",
            "  B advised the client before: 14 % of 100.00 EUR is 14.00 EUR.",
            "      conversation on 2026-03-05 10:00, 7 days before: weight 2, 50 % left at this age; 40 % of all advice",
            "  C looks after the client: 15 % of 100.00 EUR is 15.00 EUR.",
            "      last in touch by conversation on 2026-01-15 10:00, 56 days before",
            "  Did not count:",
            "      S: conversation on 2026-03-12 09:00, 1 hour before: it belongs to the own sale.",
        ]
    )


def test_the_return_is_explained_by_its_sale(example: duckdb.DuckDBPyConnection) -> None:
    (line,) = explain_order_in(example, "1003")

    assert "It takes back from those who were credited for order 1001 of till, line 1 (100.00 EUR)" in line.heading
    assert "who handled it neither gains nor loses" in line.heading
    assert [part.sentence for part in line.parts][1] == "A advised the client before: 21 % of -40.00 EUR is -8.40 EUR."
