"""The steps of a calculation as people read them: measures by their names, numbers as the viewer writes them.

The trace's own text is exact and meant for recomputing; here only its words are exchanged. A step that has no words of
its own is shown as it was recorded, so nothing is ever left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from incentives.portal import words
from incentives.portal.amounts import HIDDEN, Writer
from incentives.services.cycle_views import TraceView

# How a recorded label ends -> what is said instead; what stands before it (a line or a part) stays.
_SAID = {
    "target to date, prorated once": "Target so far, prorated once",
    "on_target to date, prorated once": "Amount at 100 % so far, prorated once",
    "how often a fixed amount counts to date": "How often a fixed amount counts so far",
    "F to the end of the period": "Earned up to the end of the period",
    "the highest F so far stands": "The highest so far stands",
    "F to the end of the period before, on the same data and the same curve": (
        "Of it, earned up to the period before, from the same figures by the same rule"
    ),
    "the period's part of F": "What this period adds",
    "F is at most the interval's cap": "Capped for the whole interval",
    "sum of the parts": "Both parts together",
    "sum of the lines": "All lines together",
    "sum of the components": "Components together",
    "rounded once, half to even, to the minor unit": "Rounded, once",
    "at most the total's cap, taken from the last component first": "Capped in total, the last component first",
    "at least the guarantee": "At least the guaranteed amount",
    "worth: what is owed before holdback, draw and recovery": "Owed for this period",
    "worth never falls below zero": "Owed for this period; it never falls below zero",
    "own share of the pool, by largest remainder": "Your share of the pool",
    "the threshold is reached": "The threshold is reached",
    "the threshold is not reached: nothing is paid": "The threshold is not reached: nothing is paid",
    "no target: the component pays nothing": "No target: this component pays nothing",
}
_BAND = re.compile(r"^(?P<lead>.*?)row from (?P<start>[^:]+): (?P<rate>\S+) of (?P<on>\S+) (?P<where>in the band|in all)$")
_DECIMAL = re.compile(r"(?<![\d.,/-])-?\d+\.\d+(?![\d.,/%-])")
_DATES = {"earned_date": "by the day it was earned", "business_date": "by the day it happened"}
_PRORATION = {"calendar_days": "by calendar days", "working_days": "by working days", "hours": "by hours", "none": "not prorated"}
# Steps whose label already carries every input.
_SELF_EXPLAINED = frozenset({"row", "curve", "rounding", "worth", "difference", "standing", "lines", "parts"})


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step: what is done, what with, what comes out, and the exact fraction where the output is rounded."""

    label: str
    note: str
    output: str
    exact: str


def read_step(step: TraceView, currency: str, writer: Writer) -> StepLine:
    """Return a step as it is read on a page."""
    output, exact = _output(step, currency, writer)
    return StepLine(_hide(_label(step, writer), writer), _hide(_note(step, writer), writer), output, exact)


def _label(step: TraceView, writer: Writer) -> str:
    label = step.label
    for recorded, said in _SAID.items():
        if label == recorded or label.endswith(f": {recorded}"):
            return _sentence(f"{label[: -len(recorded)]}{said}")
    if step.step == "measure":
        measure = step.inputs.get("measure", "")
        if label.endswith(measure):
            return _sentence(f"{label[: len(label) - len(measure)]}{words.measure(measure)}")
    if step.step == "attainment":
        return _sentence(f"{label.split('measure / target')[0]}Compared with the target")
    band = _BAND.match(label)
    if band:
        where = "in this band" if band["where"] == "in the band" else "in all"
        return _sentence(
            f"{band['lead']}From {_spaced(band['start'])}: {_spaced(band['rate'])} of {writer.plain(band['on'])} {where}"
        )
    return _sentence(words.measures_named(_DECIMAL.sub(lambda found: writer.plain(found.group()), label)))


def _note(step: TraceView, writer: Writer) -> str:
    inputs = step.inputs
    if step.step in _SELF_EXPLAINED:
        return ""
    if step.step == "measure" and {"from", "to"} <= inputs.keys():
        days = f"{_day(inputs['from'], writer)} to {_day(inputs['to'], writer)}"
        dated = _DATES.get(inputs.get("dates", ""), "")
        filters = [
            f"only {words.spoken(name.removeprefix('filter '))} {value}"
            for name, value in inputs.items()
            if name.startswith("filter ")
        ]
        return ", ".join(part for part in (days, dated, *filters) if part)
    if step.step == "target":
        return _PRORATION.get(inputs.get("proration", ""), "")
    if step.step == "attainment":
        return f"{writer.plain(inputs.get('measure', ''))} of {writer.plain(inputs.get('target', ''))}"
    return " · ".join(
        f"{words.spoken(name)} {words.measures_named(writer.plain(value))}" for name, value in inputs.items() if value
    )


def _output(step: TraceView, currency: str, writer: Writer) -> tuple[str, str]:
    """Return the output and, where it is a fraction that no decimal states, the exact one beside it."""
    if writer.hidden and step.unit != "text":
        return HIDDEN, ""
    if step.unit == "money":
        return writer.with_currency(step.output, currency), ""
    if step.unit == "ratio" and "/" in step.output:
        return writer.percent(Fraction(step.output), 2), step.output
    return (_spaced(step.output) if step.output.endswith("%") else writer.plain(step.output)), ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _spaced(text: str) -> str:
    return text[:-1].rstrip() + "\u00a0%" if text.endswith("%") else text


def _day(text: str, writer: Writer) -> str:
    return writer.day(date.fromisoformat(text), year=True)


def _hide(text: str, writer: Writer) -> str:
    return writer.concealed(text)
