"""How the scalars of a policy file are read: whole numbers, spans of time, dates, true and false.

A document's scalars are text; nothing here passes through binary floating point.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86_400
# Ten years: longer than any span that a policy can mean, and far within 64 bits as seconds.
SPAN_SECONDS_MAX = 3660 * SECONDS_PER_DAY

_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise ValueError(f"expected a whole number, found {_shown(value)}")


def _true_or_false(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError(f"expected true or false, found {_shown(value)}")


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"'{value}' is not a day of the calendar") from error
    raise ValueError(f"expected a date such as 2026-01-01, found {_shown(value)}")


def _span(value: object, unit_seconds: int) -> int:
    """Return a span as whole seconds; an integer is taken as seconds already read."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        seconds = Decimal(value) * unit_seconds
        if seconds != seconds.to_integral_value():
            raise ValueError(f"'{value}' is not a whole number of seconds")
        if seconds > SPAN_SECONDS_MAX:
            raise ValueError(f"'{value}' is longer than ten years")
        return int(seconds)
    raise ValueError(f"expected a number such as 30, found {_shown(value)}")


def _whole_days(value: object) -> int:
    seconds = _span(value, SECONDS_PER_DAY)
    if seconds % SECONDS_PER_DAY:
        raise ValueError(f"expected whole days, found {_shown(value)}")
    return seconds


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"'{value}'"


# The schema describes the file, where spans are numbers of days or hours; the models hold seconds.
_SPAN_SCHEMA = WithJsonSchema({"type": "number", "minimum": 0})

Weight = Annotated[
    int, BeforeValidator(_whole), Field(ge=0, le=100), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 100})
]
Count = Annotated[
    int, BeforeValidator(_whole), Field(ge=0, le=1000), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 1000})
]
Flag = Annotated[bool, BeforeValidator(_true_or_false)]
Day = Annotated[date, BeforeValidator(_day)]
Days = Annotated[int, BeforeValidator(lambda value: _span(value, SECONDS_PER_DAY)), _SPAN_SCHEMA]
Hours = Annotated[int, BeforeValidator(lambda value: _span(value, SECONDS_PER_HOUR)), _SPAN_SCHEMA]
WholeDays = Annotated[int, BeforeValidator(_whole_days), WithJsonSchema({"type": "integer", "minimum": 0})]
