"""Money and its division, on generated input."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives.errors import InputError
from incentives.money import allocate, currency_digits, format_minor, round_half_even, to_minor

AMOUNTS = st.integers(-(10**13), 10**13)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@given(total=AMOUNTS, weights=WEIGHTS)
def test_parts_sum_to_the_total_and_none_is_off_by_a_whole_unit(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)

    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(total=AMOUNTS, weights=WEIGHTS)
def test_a_return_mirrors_its_sale(total: int, weights: list[int]) -> None:
    assert allocate(-total, weights) == [-part for part in allocate(total, weights)]


@given(total=AMOUNTS, weights=WEIGHTS, factor=st.integers(1, 1000))
def test_scaling_every_weight_changes_nothing(total: int, weights: list[int], factor: int) -> None:
    assert allocate(total, weights) == allocate(total, [weight * factor for weight in weights])


@given(minor=AMOUNTS, currency=st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_text_and_minor_units_are_each_others_inverse(minor: int, currency: str) -> None:
    assert to_minor(format_minor(minor, currency), currency) == minor


@given(quarters=st.integers(-(10**20), 10**20))
def test_rounding_is_half_even_as_decimal_defines_it(quarters: int) -> None:
    scaled = Fraction(quarters, 4)  # quarters are exact in decimal, and every second even one is a tie
    exact = Decimal(scaled.numerator) / Decimal(scaled.denominator)

    assert round_half_even(scaled) == int(exact.to_integral_value(rounding="ROUND_HALF_EVEN"))


@pytest.mark.parametrize(
    "text, currency",
    [
        ("1.005", "EUR"),
        ("1.0", "JPY"),
        ("1e3", "EUR"),
        ("NaN", "EUR"),
        ("1,50", "EUR"),
        ("", "EUR"),
        ("10", "XXX"),
        ("€5", "EUR"),
    ],
)
def test_what_is_no_exact_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InputError):
        to_minor(text, currency)


def test_remainders_that_tie_go_to_the_earlier_position() -> None:
    # 100 over three equal weights: 33.33 each, one unit left, the first position takes it.
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    # 4 over 1:3:3 is 0.571, 1.714, 1.714: floors 0, 1, 1, and the two left go to the larger remainders.
    assert allocate(4, [1, 3, 3]) == [0, 2, 2]


def test_digits_follow_iso_4217() -> None:
    assert [currency_digits(code) for code in ("JPY", "EUR", "KWD", "CLF")] == [0, 2, 3, 4]
