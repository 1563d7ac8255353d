"""A check, declared: which expectation of Great Expectations holds on which frame, and what it means if not.

Declaring costs nothing: the library is imported (six seconds) only when a suite is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Argument = str | int | list[str]


@dataclass(frozen=True, slots=True)
class Check:
    """One claim about one frame.

    Attributes:
        name: The claim as an identifier.
        frame: Name of the frame that it is about.
        blocking: Whether a failure stops what comes next.
        expectation: Class name in `great_expectations.expectations`.
        arguments: Its arguments.
        rows: What a row of the frame is, in the plural.
        expected: What is asked for, in words.
        remedy: What a failure means and what to do.
        subjects: Columns that identify a row for whoever has to look at it.
    """

    name: str
    frame: str
    blocking: bool
    expectation: str
    arguments: Mapping[str, Argument]
    rows: str
    expected: str
    remedy: str
    subjects: tuple[str, ...] = field(default=())
