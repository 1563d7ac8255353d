"""The reference page of the measures, written from the warehouse's registry.

`python -m incentives.services.measure_reference` writes it; with --check it says whether it is current.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from incentives.plans.registry import Measure, read_registry

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "measures.md"
_ADDS_UP = {
    "sum": "adds up over days",
    "ratio": "a ratio of two sums over the window",
    "distinct": "counts each once over the window, whatever the days",
    "last": "the last value of the window",
}
_INTRODUCTION = """\
# Measures

Written from `dbt_project/seeds/measure_registry.csv` by `python -m incentives.services.measure_reference`; do not edit by hand.

A measure has one definition, in the warehouse (`fct_measures`); bonus plans pay on these and on nothing else. Rows carry two
dates: the business date (net sales of a period) and the earned date (pay). Money stands once per currency and is never summed
across currencies. Counts of orders and clients stop counting when everything has come back.
"""


def render() -> str:
    """Return the page: one section a measure."""
    measures = sorted(read_registry().measures.values(), key=lambda measure: measure.name)
    return "\n".join([_INTRODUCTION, *(_section(measure) for measure in measures)])


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with --check say whether the one on disk is current; return the exit code."""
    if "--check" in arguments:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == render()
        if not current:
            print(
                f"{PAGE} is not what the registry says; run `python -m incentives.services.measure_reference`.", file=sys.stderr
            )
        return 0 if current else 1
    PAGE.write_text(render(), encoding="utf-8")
    return 0


def _section(measure: Measure) -> str:
    payable = "Plans may pay on it." if measure.payable else "Shown, never paid."
    minimum = f" Not shown below {measure.minimum_count} cases." if measure.minimum_count else ""
    feeds = ", ".join(feed.replace("_", " ") for feed in measure.feeds.split("|"))
    return (
        f"## {measure.name}\n\n{measure.description}\n\n"
        f"Unit {measure.unit}; of {_subject(measure)}; {_ADDS_UP[measure.additivity]}. {payable}{minimum} Needs {feeds}.\n"
    )


def _subject(measure: Measure) -> str:
    return f"{'an' if measure.subject == 'associate' else 'a'} {measure.subject}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
