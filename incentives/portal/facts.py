"""Facts about people for sight.decide, read from the snapshot that the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from incentives.serving import people
from incentives.serving.people import Span


class SnapshotFacts:
    """Assignments and employment as the snapshot has them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def employment(self, person_id: str) -> tuple[date | None, date | None] | None:
        """Return first and last day worked, or None if the person is no associate."""
        return people.employment(self._connection, person_id)

    def team_days(self, manager_id: str, person_id: str, today: date) -> Sequence[Span]:
        """Return the person's days in the team in which the manager leads them today.

        Without a team only the days under this manager count.
        """
        assignments = people.assignments_of(self._connection, person_id)
        held = [a for a in assignments if a.manager_id == manager_id and a.span.start <= today < a.span.end]
        if not held or held[0].team_id is None:
            return tuple(a.span for a in assignments if held and a.manager_id == manager_id)
        return people.team_spans(assignments, held[0].team_id)

    def leads_anyone(self, manager_id: str, today: date) -> bool:
        """Whether anybody is led by the manager today."""
        return bool(people.led_by(self._connection, manager_id, today))


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
