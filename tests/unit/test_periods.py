"""Calendar periods."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives.errors import InputError
from incentives.periods import CALENDARS, Calendar, Period


@pytest.mark.parametrize(
    "text, start, end",
    [
        ("2026-03", date(2026, 3, 1), date(2026, 4, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026-H2", date(2026, 7, 1), date(2027, 1, 1)),
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_period_is_half_open_from_its_first_day(text: str, start: date, end: date) -> None:
    period = Period.parse(text)

    assert (period.start, period.end, period.label) == (start, end, text)


@given(day=st.dates(date(1900, 1, 1), date(2200, 1, 1)), calendar=st.sampled_from(CALENDARS))
def test_every_day_lies_in_exactly_one_period_of_a_calendar(day: date, calendar: Calendar) -> None:
    period = Period.containing(day, calendar)

    assert period.contains(day)
    assert not period.next().contains(day)
    assert not period.previous().contains(day)
    assert period.next().previous() == period
    assert Period.parse(period.label) == period


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-Q5", "2026-H3", "March 2026", "", "26-03", "0000"])
def test_text_that_names_no_period_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InputError, match="2026-03"):
        Period.parse(text)
