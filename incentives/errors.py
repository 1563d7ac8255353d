"""Errors that a person can act on: what is wrong, where, and what to do.

Each class maps to one exit code of the command line; nothing else in the package decides exit codes.
"""

from __future__ import annotations

from collections.abc import Sequence

EXIT_DONE = 0
EXIT_CHECK_FAILED = 1
EXIT_INPUT_WRONG = 2
EXIT_OUTSIDE_FAILED = 3


class IncentivesError(Exception):
    """Base of all errors that are shown to people.

    Args:
        what: One sentence that says what is wrong.
        where: File, line, key, table or row, as exact as is known.
        remedy: What the reader can do about it.
    """

    exit_code = EXIT_INPUT_WRONG

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.render())

    def render(self) -> str:
        """Return the error as people read it: `where: what. remedy`."""
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"


class CheckFailedError(IncentivesError):
    """A check that guards money did not hold (exit code 1)."""

    exit_code = EXIT_CHECK_FAILED


class InputError(IncentivesError):
    """The input or the call is wrong (exit code 2)."""


class DocumentError(InputError):
    """A policy, plan or configuration file has mistakes; carries every one of them.

    Args:
        problems: One line each: `file:line: key: what was expected`.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class BusyError(InputError):
    """Another run holds the pipeline; names the holder."""


class OutsideError(IncentivesError):
    """Something outside failed; trying again may help (exit code 3)."""

    exit_code = EXIT_OUTSIDE_FAILED
