"""Steps of a calculation in words: nothing computed, nothing left out, no code on the page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from incentives.portal.amounts import LOCALES, Writer
from incentives.portal.steps import StepLine, read_step
from incentives.services.cycle_views import TraceView

WRITER = Writer(LOCALES["en"], ZoneInfo("Europe/Paris"))
HIDDEN = Writer(LOCALES["en"], ZoneInfo("Europe/Paris"), hidden=True)


def read(step: str, label: str, output: str, unit: str, writer: Writer = WRITER, **inputs: str) -> StepLine:
    return read_step(TraceView(1, "personal_sales", step, label, inputs, output, unit), "EUR", writer)


def test_a_measure_is_named_with_its_days_and_the_date_that_counts() -> None:
    window = {
        "measure": "credited_revenue",
        "from": "2026-03-01",
        "to": "2026-03-31",
        "dates": "earned_date",
        "filter category": "watches",
    }

    line = read("measure", "credited_revenue", "40937.92", "money", **window)

    assert line == StepLine(
        "Credit", "1\u00a0March 2026 to 31\u00a0March 2026, by the day it was earned, only category watches", "€40,937.92", ""
    )


def test_an_attainment_is_a_percentage_with_the_exact_fraction_beside_it() -> None:
    line = read("attainment", "measure / target, about 215.46 %", "127931/59375", "ratio", measure="40937.92", target="19000.00")

    assert line == StepLine("Compared with the target", "40,937.92 of 19,000.00", "215.46\u00a0%", "127931/59375")


def test_a_row_of_a_table_is_its_own_multiplication() -> None:
    line = read("row", "row from 120%: 2% of 18137.92 in the band", "362.7584", "money", rate="2%", measure="18137.92")

    assert line == StepLine("From 120\u00a0%: 2\u00a0% of 18,137.92 in this band", "", "€362.7584", "")


def test_the_line_or_part_before_a_known_step_stays() -> None:
    assert (
        read("curve", "line 2: F to the end of the period", "5.00", "money").label == "Line 2: Earned up to the end of the period"
    )


def test_a_step_without_words_of_its_own_is_shown_as_recorded() -> None:
    line = read("modifier", "x 1.1 by csat_mean", "110.00", "money", amount="100.00", factor="1.1")

    assert line == StepLine("X 1.1 by csat_mean", "amount 100.00 · factor 1.1", "€110.00", "")


def test_hidden_amounts_hide_in_steps_too() -> None:
    line = read("row", "row from 120%: 2% of 18137.92 in the band", "362.7584", "money", HIDDEN, measure="18137.92")

    assert not any(character.isdigit() for character in line.label + line.note + line.output)
