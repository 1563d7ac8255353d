"""The measures that a plan may name, as the warehouse's registry defines them.

The registry is the dbt seed `measure_registry`; this module reads it and adds nothing to it. Measures of the
`scores` feed are named by the systems that deliver them, so a workspace adds those that it has received.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import incentives
from incentives.errors import OutsideError

SEED = Path("seeds") / "measure_registry.csv"
TEAM, LOCATION, ASSOCIATE = "team", "location", "associate"
# Measures that exist line by line in the credits, so that a filter or `per_line` can be applied to them.
LINE_MEASURES = (
    "credited_revenue",
    "credited_revenue_seller",
    "credited_revenue_advisor",
    "credited_revenue_relationship",
    "credited_units",
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its unit, how it adds up over days, and whether a plan may pay on it."""

    name: str
    unit: str
    additivity: str
    sign: str
    minimum_count: int
    payable: bool
    description: str = ""
    feeds: str = ""

    @property
    def subject(self) -> str:
        """Whose measure it is: an associate's, a team's or a location's."""
        for subject in (TEAM, LOCATION):
            if self.name.startswith(f"{subject}_"):
                return subject
        return ASSOCIATE

    @property
    def is_money(self) -> bool:
        """Whether it is an amount of a currency."""
        return self.unit == "money"


@dataclass(frozen=True, slots=True)
class Registry:
    """Measures by name."""

    measures: dict[str, Measure]

    def get(self, name: str) -> Measure | None:
        """Return a measure, or None where nobody computes it."""
        return self.measures.get(name)

    def nearest(self, name: str) -> str | None:
        """Return the known name that looks most like a mistyped one."""
        found = difflib.get_close_matches(name, self.measures, n=1, cutoff=0.75)
        return found[0] if found else None

    def with_scores(self, names: Iterable[str]) -> Registry:
        """Return the registry with measures that the scores feed has delivered."""
        added = {name: Measure(name, "count", "last", "any", 0, True, feeds="scores") for name in names}
        return Registry({**added, **self.measures})


def read_registry(path: Path | None = None) -> Registry:
    """Read the registry from the dbt project that ships with the package.

    Raises:
        OutsideError: The file is missing: the installation is broken.
    """
    found = path or seed_path()
    with found.open(encoding="utf-8", newline="") as handle:
        return Registry({row["measure"]: _measure(row) for row in csv.DictReader(handle)})


def _measure(row: dict[str, str]) -> Measure:
    return Measure(
        name=row["measure"],
        unit=row["unit"],
        additivity=row["additivity"],
        sign=row["sign"],
        minimum_count=int(row["minimum_count"] or 0),
        payable=row["payable"].lower() == "true",
        description=row["description"],
        feeds=row["feeds"],
    )


def seed_path() -> Path:
    """Return the registry's file.

    Raises:
        OutsideError: It is missing.
    """
    package = Path(incentives.__file__).parent
    for project in (package / "_dbt_project", package.parent / "dbt_project"):
        if (project / SEED).is_file():
            return project / SEED
    raise OutsideError(
        "the measure registry is not part of this installation.", where=str(SEED), remedy="Install the package again."
    )
