"""Credits in the currency in which people are paid, by hand."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from support_crediting import Retailer, credited

POLICY = "policy: global\nvalid_from: 2000-01-01\nroles: {seller: 100}\n"


def _retailer(currency: str, net: int, sellers: str = "a|b|c") -> Retailer:
    retailer = Retailer()
    retailer.associates("a", "b", "c")
    retailer.sale("1", "2026-03-12T12:00:00Z", net, associate_id=sellers, currency=currency)
    return retailer


def _rate(retailer: Retailer, day: str, source: str, target: str, rate_e9: int) -> None:
    retailer.add("fx_rates", rate_date=date.fromisoformat(day), from_currency=source, to_currency=target, rate_e9=rate_e9)


def _paid(connection: duckdb.DuckDBPyConnection, order: str) -> list[tuple[object, ...]]:
    return connection.execute(
        "select credits.recipient, credits.pay_currency, credits.credit_minor from marts.fct_pay_credits as credits "
        "inner join marts.fct_order_lines as lines using (order_line_key) where lines.order_id = ? order by all",
        [order],
    ).fetchall()


def test_what_remains_is_converted_once_and_a_return_is_the_difference_of_two_conversions() -> None:
    # 10.00 USD at 0.9005 is 9.005 EUR, half-even 9.00: 3.00 each. 4.00 come back: 6.00 USD is 5.403, 5.40 EUR: 1.80 each,
    # so the return is -1.20 each, whatever the rate of its own day. 3.00 more than the sale: 6.00 back, then 3.00 x 0.9005
    # = 2.7015, 2.70 EUR for house.
    retailer = _retailer("USD", 1_000)
    retailer.taken_back("2", "2026-03-20T12:00:00Z", 400, of="1", currency="USD")
    retailer.taken_back("3", "2026-03-21T12:00:00Z", 900, of="1", currency="USD")
    _rate(retailer, "2026-03-12", "USD", "EUR", 900_500_000)
    _rate(retailer, "2026-03-20", "USD", "EUR", 500_000_000)

    found = credited(retailer, POLICY, ["EUR"])

    assert _paid(found, "1") == [("a", "EUR", 300), ("b", "EUR", 300), ("c", "EUR", 300)]
    assert _paid(found, "2") == [("a", "EUR", -120), ("b", "EUR", -120), ("c", "EUR", -120)]
    assert _paid(found, "3") == [("a", "EUR", -180), ("b", "EUR", -180), ("c", "EUR", -180), ("house", "EUR", -270)]


@pytest.mark.parametrize(("net", "expected"), [(10, 0), (30, 2), (50, 2), (70, 4)])
def test_a_tie_goes_to_the_even_minor_unit(net: int, expected: int) -> None:
    # At 0.05 these are 0.5, 1.5, 2.5 and 3.5 minor units.
    retailer = _retailer("USD", net, "a")
    _rate(retailer, "2026-03-12", "USD", "EUR", 50_000_000)

    assert _paid(credited(retailer, POLICY, ["EUR"]), "1") == [("a", "EUR", expected)]


@pytest.mark.parametrize(
    ("currency", "pay", "net", "expected"), [("EUR", "JPY", 1_234, 1_974), ("JPY", "KWD", 1_000, 2_000), ("EUR", "EUR", 77, 77)]
)
def test_currencies_of_other_digits_convert_to_their_own_minor_units(currency: str, pay: str, net: int, expected: int) -> None:
    # 12.34 EUR x 160 = 1,974.4 JPY -> 1,974. 1,000 JPY x 0.002 = 2.000 KWD. A currency is worth itself without a rate.
    retailer = _retailer(currency, net, "a")
    _rate(retailer, "2026-03-12", "EUR", "JPY", 160_000_000_000)
    _rate(retailer, "2026-03-12", "JPY", "KWD", 2_000_000)

    assert _paid(credited(retailer, POLICY, [pay]), "1") == [("a", pay, expected)]


@pytest.mark.parametrize(
    ("days", "paid"),
    [
        (["2026-03-05"], [("a", "EUR", 900)]),
        (["2026-03-04"], []),
        (["2026-03-13"], []),
        (["2026-03-05", "2026-03-11"], [("a", "EUR", 900)]),
    ],
)
def test_a_rate_holds_for_seven_days_and_without_one_the_line_is_an_exception(
    days: list[str], paid: list[tuple[object, ...]]
) -> None:
    retailer = _retailer("USD", 1_000, "a")
    for day in days:
        _rate(retailer, day, "USD", "EUR", 900_000_000)

    found = credited(retailer, POLICY, ["EUR"])

    exceptions = found.execute(
        "select subject, split_part(detail, ',', 1) from intermediate.int_credit_exceptions where kind = 'missing_rate'"
    ).fetchall()
    assert _paid(found, "1") == paid
    assert exceptions == ([] if paid else [("EUR", "No rate from USD to EUR is known for 2026-03-12 or the 7 days before")])


def test_a_pair_is_taken_as_delivered_and_never_inverted() -> None:
    retailer = _retailer("USD", 1_000, "a")
    _rate(retailer, "2026-03-12", "EUR", "USD", 1_100_000_000)

    assert _paid(credited(retailer, POLICY, ["EUR"]), "1") == []
