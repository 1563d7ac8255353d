"""Facts about people for sight.decide, read from the snapshot that the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from incentives.serving.people import Directory, Span, team_spans


class SnapshotFacts:
    """Assignments and employment as the snapshot has them."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def employment(self, person_id: str) -> tuple[date | None, date | None] | None:
        """Return first and last day worked, or None if the person is no associate."""
        return self._directory.employment(person_id)

    def team_days(self, manager_id: str, person_id: str, today: date) -> Sequence[Span]:
        """Return the person's days in the team in which the manager leads them today.

        Without a team only the days under this manager count.
        """
        assignments = self._directory.assignments_of(person_id)
        held = [a for a in assignments if a.manager_id == manager_id and a.span.start <= today < a.span.end]
        if not held or held[0].team_id is None:
            return tuple(a.span for a in assignments if held and a.manager_id == manager_id)
        return team_spans(assignments, held[0].team_id)

    def leads_anyone(self, manager_id: str, today: date) -> bool:
        """Whether anybody is led by the manager today."""
        return bool(self._directory.led_by(manager_id, today))


class NoFacts:
    """Before the first publish nothing is known of anybody, so nobody sees anybody."""

    def employment(self, person_id: str) -> tuple[date | None, date | None] | None:
        """Nobody is known."""
        return None

    def team_days(self, manager_id: str, person_id: str, today: date) -> Sequence[Span]:
        """Nobody leads anybody."""
        return ()

    def leads_anyone(self, manager_id: str, today: date) -> bool:
        """Nobody leads anybody."""
        return False
