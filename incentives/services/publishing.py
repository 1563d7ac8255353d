"""Use case: publish a build, never one that a blocking check does not let through."""

from __future__ import annotations

from datetime import datetime

from incentives.errors import CheckFailedError
from incentives.services.checks import check_delivered
from incentives.services.cycle_reads import publications_in_use
from incentives.serving import snapshots
from incentives.serving.snapshots import Snapshot
from incentives.warehouse.record import Build
from incentives.workspace import Workspace
from quality.outcomes import stopping


def publish_checked(ws: Workspace, build: Build, *, now: datetime) -> Snapshot:
    """Check what a build holds and switch readers to it; publications that unlocked cycles were made from are kept.

    Raises:
        CheckFailedError: A blocking check does not hold; readers keep the snapshot of before.
    """
    failed = stopping(check_delivered(ws, build))
    if failed:
        raise CheckFailedError(
            " ".join(outcome.sentence for outcome in failed),
            where=build.build_id,
            remedy="Readers keep the snapshot of before.",
        )
    return snapshots.publish(ws, build, now, keep=publications_in_use(ws))
