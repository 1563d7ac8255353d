"""Numbers of a plan, read from their text: percentages, plain decimals, amounts by currency.

`80%` is a percentage and `0.8` a plain number; which of the two was written decides what it means (attainment
or measure), so it is kept. Everything is an exact fraction; binary floating point is never involved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from incentives.money import CURRENCIES, currency_digits

_NUMBER = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,12})?")
_NUMBER_SCHEMA = {"type": ["number", "string"], "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_PERCENT_SCHEMA = {"type": ["number", "string"], "pattern": r"^-?[0-9]+(\.[0-9]+)?%?$"}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in major units: one number in the plan's currency, or one for each currency of a `local` plan."""

    single: Fraction | None
    by_currency: tuple[tuple[str, Fraction], ...] = ()

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of a map; empty for a single number."""
        return tuple(currency for currency, _ in self.by_currency)

    @property
    def values(self) -> tuple[Fraction, ...]:
        """Every number that stands in it."""
        return (self.single,) if self.single is not None else tuple(value for _, value in self.by_currency)

    def major(self, currency: str) -> Fraction:
        """Return the amount in major units; a map must name the currency."""
        if self.single is not None:
            return self.single
        return dict(self.by_currency)[currency]

    def minor(self, currency: str) -> Fraction:
        """Return the amount in minor units, exactly.

        >>> Amount(Fraction(25)).minor("EUR")
        Fraction(2500, 1)
        """
        scale: int = 10 ** currency_digits(currency)
        return self.major(currency) * scale


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a band or a threshold starts: a percentage of the target, or a number of the measure."""

    amount: Amount
    is_percent: bool

    @property
    def share(self) -> Fraction:
        """The attainment of a percentage (1 = on target)."""
        assert self.is_percent
        assert self.amount.single is not None
        return self.amount.single


def parse_number(value: object) -> Fraction:
    """Return a plain decimal as an exact fraction.

    >>> parse_number("10.50")
    Fraction(21, 2)

    Raises:
        ValueError: Not a plain decimal with at most 12 decimals.
    """
    text = str(value).strip() if value is not None else ""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"'{text}' is not a plain number; expected digits with a decimal point, such as 10.50")
    return Fraction(text)


def parse_rate(value: object) -> Fraction:
    """Return a rate: `1.5%` or the ratio `0.015`, from 0 to 100 %.

    Raises:
        ValueError: Not a number, negative, or above 100 %.
    """
    text = str(value).strip() if value is not None else ""
    rate = parse_number(text[:-1]) / 100 if text.endswith("%") else parse_number(text)
    if not 0 <= rate <= 1:
        raise ValueError(f"'{text}' is no rate; expected 0% to 100%, such as 1.5%")
    return rate


def parse_factor(value: object) -> Fraction:
    """Return a factor, not negative: `1.1`, or `110%`.

    Raises:
        ValueError: Not a number, or negative.
    """
    text = str(value).strip() if value is not None else ""
    factor = parse_number(text[:-1]) / 100 if text.endswith("%") else parse_number(text)
    if factor < 0:
        raise ValueError(f"'{text}' is negative; a factor is 0 or more")
    return factor


def parse_share(value: object) -> Fraction:
    """Return a share that must be written as a percentage, such as `20%`.

    Raises:
        ValueError: No percentage between 0% and 100%.
    """
    text = str(value).strip() if value is not None else ""
    if not text.endswith("%"):
        raise ValueError(f"'{text}' is no percentage; expected 0% to 100%, such as 20%")
    return parse_rate(text)


def parse_amount(value: object) -> Amount:
    """Return an amount that is not negative: a number, or a map of currencies to numbers.

    Raises:
        ValueError: A negative or unreadable number, an unknown currency, an empty map.
    """
    amount = _signed_amount(value)
    if any(number < 0 for number in amount.values):
        raise ValueError("the amount is negative; expected 0 or more")
    return amount


def parse_on_target(value: object) -> Amount | str:
    """Return what full achievement pays: an amount, or `individual` (from the targets feed).

    Raises:
        ValueError: Neither.
    """
    if value == "individual":
        return "individual"
    try:
        return parse_amount(value)
    except ValueError as error:
        raise ValueError(f"expected an amount or individual: {error}") from error


def parse_bound(value: object) -> Bound:
    """Return a bound: `80%` is attainment, `5000` the measure, a map the measure in each currency.

    Raises:
        ValueError: Unreadable.
    """
    if isinstance(value, str) and value.strip().endswith("%"):
        return Bound(Amount(parse_number(value.strip()[:-1]) / 100), is_percent=True)
    return Bound(_signed_amount(value), is_percent=False)


def _signed_amount(value: object) -> Amount:
    if isinstance(value, dict):
        if not value:
            raise ValueError("the map is empty; expected one amount for each currency")
        for currency in value:
            if currency not in CURRENCIES:
                raise ValueError(f"'{currency}' is not an ISO 4217 currency")
        return Amount(None, tuple(sorted((str(currency), parse_number(number)) for currency, number in value.items())))
    if isinstance(value, list):
        raise ValueError("a list stands where an amount is expected")
    return Amount(parse_number(value))


def number_text(value: Fraction) -> str:
    """Return a number as exact decimal text, or as `a/b` where no decimal states it.

    >>> number_text(Fraction(1, 8)), number_text(Fraction(1, 3))
    ('0.125', '1/3')
    """
    rest = value.denominator
    if rest == 1:
        return str(value.numerator)
    twos = fives = 0
    while rest % 2 == 0:
        rest //= 2
        twos += 1
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    digits = value.numerator * 10**places // value.denominator
    sign = "-" if digits < 0 else ""
    whole, fraction = divmod(abs(digits), 10**places)
    return f"{sign}{whole}.{fraction:0{places}d}"


def percent_text(value: Fraction) -> str:
    """Return a ratio as a percentage: `80%`, or `a/b` where no decimal states it.

    >>> percent_text(Fraction(4, 5))
    '80%'
    """
    text = number_text(value * 100)
    return number_text(value) if "/" in text else f"{text}%"


_MAP_SCHEMA = {"type": "object", "additionalProperties": _NUMBER_SCHEMA, "propertyNames": {"pattern": "^[A-Z]{3}$"}}
_Text = PlainSerializer(str)
Rate = Annotated[Fraction, PlainValidator(parse_rate), _Text, WithJsonSchema(_PERCENT_SCHEMA)]
Factor = Annotated[Fraction, PlainValidator(parse_factor), _Text, WithJsonSchema(_PERCENT_SCHEMA)]
Number = Annotated[Fraction, PlainValidator(parse_number), _Text, WithJsonSchema(_NUMBER_SCHEMA)]
OnTarget = Annotated[
    Amount | str,
    PlainValidator(parse_on_target),
    _Text,
    WithJsonSchema({"anyOf": [_NUMBER_SCHEMA, _MAP_SCHEMA, {"const": "individual"}]}),
]
AmountValue = Annotated[Amount, PlainValidator(parse_amount), _Text, WithJsonSchema({"anyOf": [_NUMBER_SCHEMA, _MAP_SCHEMA]})]
BoundValue = Annotated[Bound, PlainValidator(parse_bound), _Text, WithJsonSchema({"anyOf": [_PERCENT_SCHEMA, _MAP_SCHEMA]})]
