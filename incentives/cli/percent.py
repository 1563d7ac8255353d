"""Shares as people read them, from whole numbers."""

from __future__ import annotations


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
