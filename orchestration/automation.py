"""What runs by itself, and when. Nothing here approves: people do."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from orchestration.resources import WorkspaceResource

SNAPSHOT = dg.AssetKey(["serving", "snapshot"])
STATEMENTS = dg.AssetKey(["bonus", "statements"])

nightly_job = dg.define_asset_job(
    "nightly_job",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(STATEMENTS) - dg.AssetSelection.groups("configuration"),
    description="Land what was delivered, build the warehouse, check it, and publish the snapshot.",
)

statements_job = dg.define_asset_job(
    "statements_job",
    selection=dg.AssetSelection.assets(STATEMENTS),
    description="Draft the statements of the cycles that begin in a month.",
)

# Sources deliver until midnight; managers look at seven.
warehouse_nightly = dg.ScheduleDefinition(
    name="warehouse_nightly", job=nightly_job, cron_schedule="30 3 * * *", execution_timezone="UTC"
)


@dg.asset_sensor(asset_key=SNAPSHOT, job=statements_job, name="statements_after_publish")
def statements_after_publish(
    context: dg.SensorEvaluationContext, asset_event: dg.EventLogEntry, workspace: WorkspaceResource
) -> Iterator[dg.RunRequest]:
    """Draft the statements of each open cycle anew when a snapshot has been published."""
    from incentives.services.cycle_jobs import months_to_draft

    with workspace.opened() as ws:
        for first_day in months_to_draft(ws):
            yield dg.RunRequest(run_key=f"{asset_event.run_id}/{first_day}", partition_key=first_day.isoformat())
