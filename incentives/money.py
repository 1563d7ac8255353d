"""Money as integer minor units, and the exact arithmetic on it.

Holds the currencies' digits, conversion from and to decimal text, half-even rounding and the
largest-remainder division. Nothing here touches binary floating point.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from incentives.errors import InputError

AMOUNT_MINOR_MAX = 10**13
DEFAULT_DIGITS = 2

# ISO 4217 minor units that are not 2. Source: ISO 4217 list one, 2024-06.
_DIGITS_BY_CURRENCY: dict[str, int] = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}

# Active ISO 4217 currency codes (funds codes and metals left out).
CURRENCIES: tuple[str, ...] = tuple(
    (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC "
        "CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD "
        "JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO "
        "NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
        "TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
    ).split()
)

_AMOUNT_TEXT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def currency_digits(currency: str) -> int:
    """Return the number of decimal digits of a currency's minor unit (EUR 2, JPY 0, KWD 3).

    Raises:
        InputError: `currency` is not an active ISO 4217 code.
    """
    if currency not in _CURRENCY_SET:
        raise InputError(f"'{currency}' is not an ISO 4217 currency code.", remedy="Use a code such as EUR, USD or JPY.")
    return _DIGITS_BY_CURRENCY.get(currency, DEFAULT_DIGITS)


_CURRENCY_SET = frozenset(CURRENCIES)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A signed amount: `minor` whole minor units of `currency`."""

    currency: str
    minor: int

    def __str__(self) -> str:
        return f"{format_minor(self.minor, self.currency)} {self.currency}"


def to_minor(text: str | Decimal, currency: str) -> int:
    """Return an amount in major units, given as decimal text, as minor units.

    >>> to_minor("12.50", "EUR"), to_minor("-1200", "JPY")
    (1250, -1200)

    Raises:
        InputError: Not a plain decimal, more digits than the currency has, or beyond 10^13 minor units.
    """
    plain = str(text).strip()
    if not _AMOUNT_TEXT.fullmatch(plain):
        raise InputError(f"'{text}' is not an amount.", remedy="Write plain digits with a decimal point, such as 1250.00.")
    digits = currency_digits(currency)
    sign = -1 if plain.startswith("-") else 1
    whole, _, fraction = plain.lstrip("+-").partition(".")
    if len(fraction) > digits:
        raise InputError(f"'{text}' has more than the {digits} decimal digits of {currency}.")
    scale: int = 10**digits
    minor = int(whole) * scale + int(fraction.ljust(digits, "0") or "0")
    if minor > AMOUNT_MINOR_MAX:
        raise InputError(f"'{text}' {currency} is beyond the largest amount that is accepted (10^13 minor units).")
    return sign * minor


def format_minor(minor: int, currency: str) -> str:
    """Return minor units as a plain decimal in major units, with a point and no grouping.

    >>> format_minor(-5, "EUR"), format_minor(1200, "JPY")
    ('-0.05', '1200')
    """
    digits = currency_digits(currency)
    sign = "-" if minor < 0 else ""
    if digits == 0:
        return f"{sign}{abs(minor)}"
    whole, fraction = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{fraction:0{digits}d}"


def round_half_even(value: Fraction) -> int:
    """Return the nearest integer, a tie going to the even one.

    >>> round_half_even(Fraction(5, 2)), round_half_even(Fraction(-7, 2))
    (2, -4)
    """
    return round(value)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Divide an integer among weights by the largest-remainder method; the parts sum to `total`.

    The absolute amount is divided and the sign put back last, so that a return mirrors its sale. Ties
    of remainders go to the earlier position: the caller orders the weights.

    >>> allocate(4, [1, 3, 3])
    [0, 2, 2]

    Args:
        total: Amount to divide, in minor units, any sign.
        weights: Non-negative integers, at least one of them positive unless `total` is 0.

    Raises:
        InputError: A weight is negative, or none is positive while there is something to divide.

    Source: Hamilton's method (largest remainder), as docs/explanation/crediting.md describes it.
    """
    if any(weight < 0 for weight in weights):
        raise InputError("A weight is negative; an amount can be divided among non-negative weights only.")
    weight_sum = sum(weights)
    if weight_sum == 0:
        if total == 0:
            return [0 for _ in weights]
        raise InputError("No weight is positive; there is nobody to divide the amount among.")
    magnitude = abs(total)
    quotients = [divmod(magnitude * weight, weight_sum) for weight in weights]
    parts = [whole for whole, _ in quotients]
    left_over = magnitude - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda position: (-quotients[position][1], position))
    for position in by_remainder[:left_over]:
        parts[position] += 1
    return parts if total >= 0 else [-part for part in parts]
