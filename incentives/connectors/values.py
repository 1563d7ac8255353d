"""Values of a source as text of a delivery: exact, as the source wrote them where that is possible.

JSON numbers are read as decimals and never pass through binary floating point.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NoReturn
from uuid import UUID

from incentives.feeds.columns import ColumnType

Scalar = str | bool | int | float | Decimal | date | UUID | None
Tree = Scalar | Sequence["Tree"] | Mapping[str, "Tree"]
Record = Mapping[str, Tree]
# A number with more digits before or after the point than any feed takes stays in its short form: written out,
# nine characters of JSON could fill the memory. Landing quarantines the row.
_DIGITS_MAX = 60
_EXACT = (ColumnType.AMOUNT, ColumnType.DECIMAL, ColumnType.INTEGER)


class MappingError(ValueError):
    """A value of a record is not what its mapping says."""


def parse_json(content: bytes) -> Tree:
    """Return a JSON text with every number exact.

    Raises:
        ValueError: Not JSON, NaN or an infinity in it, or nested too deeply.
    """
    try:
        tree: Tree = json.loads(content, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except ArithmeticError as error:
        raise ValueError("a number that cannot be read") from error
    return tree


def text_of(value: Tree, kind: ColumnType = ColumnType.TEXT) -> str:
    """Return a value as the text of a column; nothing is empty.

    Raises:
        MappingError: A list or an object, or a binary fraction where an exact number is expected.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        if kind in _EXACT:
            raise MappingError("a binary fraction is not exact; cast it to a decimal number in `select`")
        return repr(value)
    if isinstance(value, int | UUID):
        return str(value)
    raise MappingError("expected one value, found a list, an object or bytes")


def decimal_text(value: Decimal) -> str:
    """Return a decimal without an exponent, with the digits that it has."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) <= _DIGITS_MAX and value.adjusted() <= _DIGITS_MAX:
        return format(value, "f")
    return str(value)


def number_of(value: Tree) -> Decimal:
    """Return a value as an exact number.

    Raises:
        MappingError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise MappingError("expected an exact number")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except ArithmeticError as error:
        raise MappingError("expected a number") from error
    if not number.is_finite():
        raise MappingError("expected a number")
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _DIGITS_MAX or number.adjusted() > _DIGITS_MAX:
        raise MappingError("the number has more digits than any amount")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
