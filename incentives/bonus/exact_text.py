"""Exact numbers as text that people read in a trace: money, counts, ratios, shares."""

from __future__ import annotations

from fractions import Fraction

from incentives.money import currency_digits, format_minor
from incentives.plans.numbers import number_text, percent_text


def money_text(minor: Fraction | int, currency: str) -> str:
    """Return minor units in major units: with the currency's digits where they state it, else exactly.

    >>> money_text(Fraction(12050), "EUR"), money_text(Fraction(1, 3), "EUR")
    ('120.50', '1/300')
    """
    if minor.denominator == 1:
        return format_minor(minor.numerator, currency)
    return number_text(minor * Fraction(1, 10 ** currency_digits(currency)))


def value_text(value: Fraction, currency: str, is_money: bool) -> str:
    """Return a measure's value: money in major units, anything else as a number."""
    return money_text(value, currency) if is_money else number_text(value)


def ratio_text(value: Fraction) -> str:
    """Return a ratio as a percentage where a decimal states it, else as `a/b`."""
    return percent_text(value)


def about_percent(value: Fraction) -> str:
    """Return a ratio as a percentage of two decimals, for people; the exact value stands beside it.

    >>> about_percent(Fraction(2, 3))
    '66.67 %'
    """
    hundredths = round(value * 10_000)
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{sign}{whole}.{rest:02d} %"
