"""How values are written: every digit kept, signs and groups as the viewer's locale has them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from incentives.portal.amounts import LOCALES, Writer, age_words, locale_for

PARIS = ZoneInfo("Europe/Paris")
ENGLISH, FRENCH, GERMAN = (Writer(LOCALES[tag], PARIS) for tag in ("en", "fr", "de"))


@pytest.mark.parametrize(
    ("writer", "minor", "currency", "written"),
    [
        (ENGLISH, 128_000, "EUR", "€1,280.00"),
        (ENGLISH, -840, "EUR", "−€8.40"),
        (ENGLISH, -5, "EUR", "−€0.05"),
        (ENGLISH, 1_234_567, "JPY", "¥1,234,567"),
        (ENGLISH, 1_234_567, "KWD", "KWD\u00a01,234.567"),
        (ENGLISH, -100, "AED", "−AED\u00a01.00"),
        (FRENCH, 128_000, "EUR", "1\u202f280,00\u00a0€"),
        (GERMAN, -128_000, "EUR", "−1.280,00\u00a0€"),
        (GERMAN, 128_000, "AED", "1.280,00\u00a0AED"),
    ],
)
def test_amounts_are_written_as_the_locale_does(writer: Writer, minor: int, currency: str, written: str) -> None:
    assert writer.amount(minor, currency) == written


def test_a_plus_stands_only_where_it_is_asked_for_and_never_before_nothing() -> None:
    assert [ENGLISH.amount(minor, "EUR", signed=True) for minor in (2_100, 0, -840)] == ["+€21.00", "€0.00", "−€8.40"]


def test_hidden_amounts_leave_no_digit() -> None:
    hidden = Writer(LOCALES["en"], PARIS, hidden=True)

    written = [
        hidden.amount(-128_000, "EUR", signed=True),
        hidden.with_currency("362.7584", "EUR"),
        hidden.concealed("1.5% of 3,800.00 in the band"),
    ]

    assert not any(character.isdigit() for text in written for character in text)


@pytest.mark.parametrize(
    ("ratio", "digits", "written"),
    [
        (Fraction(21, 100), 1, "21\u00a0%"),
        (Fraction(2, 3), 2, "66.67\u00a0%"),
        (Fraction(-1, 8), 1, "−12.5\u00a0%"),
        (Fraction(0), 0, "0\u00a0%"),
        (Fraction(2155, 1000), 0, "216\u00a0%"),
    ],
)
def test_percentages_are_rounded_half_even_and_lose_zeros_at_their_end(ratio: Fraction, digits: int, written: str) -> None:
    assert ENGLISH.percent(ratio, digits) == written


def test_an_exact_figure_keeps_every_digit_and_a_fraction_stays_one() -> None:
    assert ENGLISH.with_currency("18137.9251", "EUR") == "€18,137.9251"
    assert FRENCH.with_currency("-0.5", "EUR") == "−0,5\u00a0€"
    assert ENGLISH.with_currency("1/300", "EUR") == "€1/300"
    assert ENGLISH.plain("2026-03-01") == "2026-03-01"


def test_moments_are_those_of_the_viewers_place_and_as_short_as_they_stay_clear() -> None:
    moment, today = datetime(2026, 3, 31, 22, 30, tzinfo=UTC), date(2026, 4, 1)

    assert ENGLISH.when(moment, today) == "00:30"
    assert ENGLISH.when(moment, date(2026, 4, 9)) == "1\u00a0April, 00:30"
    assert ENGLISH.when(moment, date(2027, 4, 1)) == "1\u00a0April 2026, 00:30"


@pytest.mark.parametrize(
    ("header", "tag"), [("fr-CH, en;q=0.5", "fr"), ("pt, de;q=0.7", "de"), ("", "en"), ("*", "en"), ("EN-gb", "en")]
)
def test_the_first_known_language_of_the_browser_counts(header: str, tag: str) -> None:
    assert locale_for(header).tag == tag


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(604_800, "7 days"), (86_400, "1 day"), (86_399, "23 hours"), (60, "1 minute"), (59, "less than a minute")],
)
def test_ages_are_counted_in_whole_units(seconds: int, words: str) -> None:
    assert age_words(seconds) == words


@pytest.mark.parametrize(
    ("label", "words"),
    [("2026-03", "March 2026"), ("2026-Q1", "First quarter of 2026"), ("2026-H2", "Second half of 2026"), ("2026", "2026")],
)
def test_periods_have_names(label: str, words: str) -> None:
    assert ENGLISH.period(label) == words
