"""Shares and numbers as people read them, from whole numbers."""

from __future__ import annotations

from fractions import Fraction

from incentives.money import round_half_even


def percent(part: int, whole: int) -> str | None:
    """Return a share with two digits, or None of nothing.

    >>> percent(1, 8), percent(-1, 3), percent(1, 0)
    ('12.50 %', '-33.33 %', None)
    """
    return f"{hundredths(100 * part, whole)} %" if whole > 0 else None


def hundredths(dividend: int, divisor: int) -> str:
    """Return a quotient with two digits, rounded half up; the divisor is positive."""
    rounded = (200 * abs(dividend) + divisor) // (2 * divisor)
    return f"{'-' if dividend < 0 and rounded else ''}{rounded // 100}.{rounded % 100:02}"


def decimal(value: Fraction) -> str:
    """Return a number with at most four digits after the point, a tie to the even one.

    >>> decimal(Fraction(19, 2)), decimal(Fraction(-1, 3)), decimal(Fraction(7))
    ('9.5', '-0.3333', '7')
    """
    rounded = round_half_even(value * 10_000)
    whole, rest = divmod(abs(rounded), 10_000)
    sign = "-" if rounded < 0 else ""
    return f"{sign}{whole}" + (f".{rest:04}".rstrip("0") if rest else "")
