"""What a check found, as a plain value that the command line, the portal and orchestration can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The outcome of one check.

    Attributes:
        name: The claim that holds when the check passes, as an identifier.
        suite: `delivered` or `payable`.
        passed: Whether the claim held.
        blocking: Whether what comes next must not happen when it did not: the publish, or the approval.
        observed: What was found: counts only, never a value of a personal or pay column.
        expected: What was asked for.
        sentence: What happened and what to do, for a person.
        subjects: Ids of what to look at (files, days, statements), the first few; for readers who may see them, never
            for logs or the metadata of orchestration.
    """

    name: str
    suite: str
    passed: bool
    blocking: bool
    observed: str
    expected: str
    sentence: str
    subjects: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether the outcome stops what comes next."""
        return self.blocking and not self.passed


def stopping(outcomes: Iterable[CheckOutcome]) -> tuple[CheckOutcome, ...]:
    """Return the outcomes that stop what comes next."""
    return tuple(outcome for outcome in outcomes if outcome.stops)
