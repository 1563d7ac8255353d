"""Use case: the whole way of the data, from delivered files to the snapshot that readers read.

Write, audit, publish: what was landed is built into a new warehouse, checked, and only then readers are switched.
A failed check leaves yesterday's snapshot in place. Every step is idempotent, so a run that was killed is
followed by one that ends in the same state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from incentives.services.landing import LandingReport
from incentives.services.landing import land as land_inbox
from incentives.services.warehouse import build_warehouse
from incentives.serving import snapshots
from incentives.serving.snapshots import Snapshot
from incentives.warehouse.record import Build
from incentives.workspace import Workspace

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PipelineReport:
    """What a run did.

    Attributes:
        landing: What became of each delivered file; None where nothing was to be landed.
        build: The build, which may be an earlier one that still holds.
        snapshot: What readers read now.
        switched: False where they read it before the run: it was checked when it was published.
    """

    landing: LandingReport | None
    build: Build
    snapshot: Snapshot
    switched: bool


def run_pipeline(
    ws: Workspace, *, now: datetime, land: bool = True, full_refresh: bool = False, say: Say | None = None
) -> PipelineReport:
    """Land the inbox, build the warehouse, check it and publish it.

    Args:
        ws: The workspace.
        now: The moment of the run.
        land: Whether the inbox is landed first.
        full_refresh: Build even where nothing changed.
        say: Receives one line for each step.

    Raises:
        CheckFailedError: A test or a blocking check did not hold; nothing was published.
        BusyError: Another run works on the workspace; names it.
    """
    tell = say or _nobody
    landing = None
    if land:
        tell("Landing what was delivered …")
        landing = land_inbox(ws, now=now)
    tell("Building the warehouse …")
    build = build_warehouse(ws, now=now, full_refresh=full_refresh)
    published = snapshots.current(ws)
    if published is not None and published.publication == build.build_id and not build.changed:
        return PipelineReport(landing, build, published, switched=False)
    from incentives.services.publishing import publish_checked

    tell("Checking and publishing it …")
    return PipelineReport(landing, build, publish_checked(ws, build, now=now), switched=True)


def _nobody(_line: str) -> None:
    """Take a line when nobody listens."""
