"""How amounts, shares, dates and times are written for the viewer: grouped and signed as their locale does.

Words are English for now; numbers follow the locale. Nothing here computes; it only writes what it is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from incentives.money import currency_digits, round_half_even
from incentives.periods import Period

MINUS = "−"
NO_BREAK = "\u00a0"
THIN = "\u202f"
HIDDEN = "•••"
SHARE_WHOLE = 10**12
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_ORDINALS = ("First", "Second", "Third", "Fourth")
_DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>\d+)(\.(?P<fraction>\d+))?")
_NUMBERS = re.compile(r"\d[\d.,/]*")
_MONTHS = tuple("January February March April May June July August September October November December".split())


@dataclass(frozen=True, slots=True)
class Locale:
    """Separators and the currency's side of one way of writing numbers."""

    tag: str
    group: str
    decimal: str
    symbol_first: bool


LOCALES = {
    "en": Locale("en", ",", ".", True),
    "fr": Locale("fr", THIN, ",", False),
    "de": Locale("de", ".", ",", False),
    "it": Locale("it", ".", ",", False),
    "es": Locale("es", ".", ",", False),
    "ar": Locale("ar", ",", ".", False),
}


def locale_for(accept_language: str) -> Locale:
    """Return the first locale of an Accept-Language header that is known; English otherwise."""
    for part in accept_language.split(","):
        tag = part.split(";")[0].strip().lower().split("-")[0]
        if tag in LOCALES:
            return LOCALES[tag]
    return LOCALES["en"]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes values for one viewer; `hidden` puts dots where amounts would stand."""

    locale: Locale
    zone: ZoneInfo
    hidden: bool = False

    def amount(self, minor: int, currency: str, *, signed: bool = False) -> str:
        """Return minor units with their currency, such as €1,280.00 or −€8.40; a plus only where asked for.

        >>> Writer(LOCALES["en"], ZoneInfo("UTC")).amount(-840, "EUR")
        '−€8.40'
        """
        if self.hidden:
            return HIDDEN
        sign = MINUS if minor < 0 else "+" if signed and minor > 0 else ""
        digits = currency_digits(currency)
        whole, fraction = divmod(abs(minor), 10**digits)
        number = self.number(whole) + (f"{self.locale.decimal}{fraction:0{digits}d}" if digits else "")
        return self._placed(sign, number, currency)

    def plain(self, text: str) -> str:
        """Return a plain decimal of a calculation with its groups, every digit kept; any other text as it is.

        >>> Writer(LOCALES["en"], ZoneInfo("UTC")).plain("40937.92")
        '40,937.92'
        """
        found = _DECIMAL.fullmatch(text)
        if not found:
            return text
        fraction = f"{self.locale.decimal}{found['fraction']}" if found["fraction"] else ""
        return f"{MINUS if found['sign'] else ''}{self.number(int(found['whole']))}{fraction}"

    def with_currency(self, text: str, currency: str) -> str:
        """Return an exact amount of a calculation with its currency; a fraction that no decimal states stays one."""
        if self.hidden:
            return HIDDEN
        negative, number = text.startswith("-"), self.plain(text.removeprefix("-"))
        return self._placed(MINUS if negative else "", number, currency)

    def number(self, value: int) -> str:
        """Return a whole number with its groups."""
        text = f"{abs(value):,}".replace(",", self.locale.group)
        return f"{MINUS}{text}" if value < 0 else text

    def quantity(self, milli: int) -> str:
        """Return a quantity kept in thousandths, without zeros at its end."""
        whole, rest = divmod(abs(milli), 1000)
        fraction = f"{rest:03d}".rstrip("0")
        return self.number(whole) + (f"{self.locale.decimal}{fraction}" if fraction else "")

    def percent(self, ratio: Fraction, digits: int = 1) -> str:
        """Return a ratio as a percentage, rounded half-even and without zeros at its end.

        >>> Writer(LOCALES["en"], ZoneInfo("UTC")).percent(Fraction(21, 100))
        '21 %'
        """
        scaled = round_half_even(ratio * 100 * 10**digits)
        whole, rest = divmod(abs(scaled), 10**digits)
        fraction = f"{rest:0{digits}d}".rstrip("0") if digits else ""
        text = self.number(whole) + (f"{self.locale.decimal}{fraction}" if fraction else "")
        return f"{MINUS if scaled < 0 else ''}{text}{NO_BREAK}%"

    def share(self, share_e12: int) -> str:
        """Return a share kept in trillionths as a percentage with up to two digits."""
        return self.percent(Fraction(share_e12, SHARE_WHOLE), 2)

    def day(self, day: date, *, year: bool = False) -> str:
        """Return a date in words: 12 March, or 12 March 2026."""
        text = f"{day.day}{NO_BREAK}{_MONTHS[day.month - 1]}"
        return f"{text} {day.year}" if year else text

    def month(self, day: date, *, short: bool = False) -> str:
        """Return a month in words: March 2026, or March alone."""
        return _MONTHS[day.month - 1] if short else f"{_MONTHS[day.month - 1]} {day.year}"

    def period(self, label: str) -> str:
        """Return a period's label in words: March 2026, first quarter of 2026."""
        period = Period.parse(label)
        match period.calendar:
            case "month":
                return self.month(period.start)
            case "quarter":
                return f"{_ORDINALS[(period.start.month - 1) // 3]} quarter of {period.start.year}"
            case "half_year":
                return f"{_ORDINALS[(period.start.month - 1) // 6]} half of {period.start.year}"
            case _:
                return f"{period.start.year}"

    def concealed(self, text: str) -> str:
        """Return a sentence of a calculation, with dots for its numbers where amounts are hidden."""
        return _NUMBERS.sub(HIDDEN, text) if self.hidden else text

    def when(self, moment: datetime, today: date) -> str:
        """Return a moment as short as it stays clear: its time today, the day before that, the year if it is another."""
        local = self.local(moment)
        if local.date() == today:
            return f"{local:%H:%M}"
        return f"{self.day(local.date(), year=local.year != today.year)}, {local:%H:%M}"

    def _placed(self, sign: str, number: str, currency: str) -> str:
        symbol = _SYMBOLS.get(currency)
        if not self.locale.symbol_first:
            return f"{sign}{number}{NO_BREAK}{symbol or currency}"
        return f"{sign}{symbol}{number}" if symbol else f"{sign}{currency}{NO_BREAK}{number}"

    def moment(self, moment: datetime) -> str:
        """Return the day, hour and minute of a moment where the viewer is."""
        local = self.local(moment)
        return f"{self.day(local.date(), year=True)}, {local:%H:%M}"

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the viewer's time zone; one without a zone is UTC."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(self.zone)


def age_words(seconds: int) -> str:
    """Return how long before something happened: 7 days, 3 hours, 12 minutes."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
