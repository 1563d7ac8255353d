"""Text that stands exactly for values of typed formats: Parquet and spreadsheets.

A binary float is the one kind that cannot be exact. What was meant is the shortest decimal that reads back to the same
number, as long as that has no more digits than the kind keeps for every decimal; with more, nobody can tell
what was meant, and the row is quarantined.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal

DOUBLE_DIGITS = 15
SINGLE_DIGITS = 6


def plain_decimal(value: Decimal) -> str:
    """Return a decimal without exponent and without zeros at the end of its fraction.

    >>> plain_decimal(Decimal("19.9000")), plain_decimal(Decimal("1E-9")), plain_decimal(Decimal("1E+3"))
    ('19.9', '0.000000001', '1000')
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def float_text(shortest: str, digits: int) -> str | None:
    """Return the plain form of a float's shortest decimal, or None where it has more digits than are kept.

    Args:
        shortest: The shortest decimal that reads back to the float, such as `repr` gives.
        digits: Digits that every decimal keeps in this kind of float.

    >>> float_text("19.9", 15), float_text("1e-05", 15), float_text("0.30000000000000004", 15), float_text("1e+16", 15)
    ('19.9', '0.00001', None, None)
    """
    value = Decimal(shortest)
    if not value.is_finite():
        return shortest
    if len(value.normalize().as_tuple().digits) > digits or abs(value) >= 10**digits:
        return None
    return plain_decimal(value)


def cell_number(value: int | float, number_format: str) -> str | None:
    """Return a spreadsheet's number as it shows it, with 15 digits; None beyond what it keeps.

    A format of zeros only (`00000`) is how spreadsheets show codes with leading zeros, so it is honoured.

    >>> cell_number(20.299999999999997, "General"), cell_number(42, "00000"), cell_number(10**15, "General")
    ('20.3', '00042', None)
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if abs(value) >= 10**DOUBLE_DIGITS:
        return None
    text = plain_decimal(Decimal(f"{value:.{DOUBLE_DIGITS}g}"))
    if number_format and set(number_format) == {"0"} and text.isdigit():
        return text.zfill(len(number_format))
    return text


def cell_moment(value: datetime | date | time, *, is_date: bool) -> str:
    """Return a spreadsheet's moment as ISO 8601, without an offset since it has none; a day where one is expected."""
    if isinstance(value, datetime) and is_date and value.time() == time():
        return value.date().isoformat()
    return value.isoformat()
