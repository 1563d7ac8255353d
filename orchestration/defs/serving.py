"""The snapshot that readers read: published when every blocking check has passed."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from incentives import clock
from orchestration.dbt_graph import DATA_ENGINEERING
from orchestration.defs.warehouse import MARTS
from orchestration.resources import WAREHOUSE_WRITER, WorkspaceResource

# People look from seven on; when the night's snapshot is not there by then, someone should be told.
FRESH_BY_SEVEN = dg.FreshnessPolicy.cron(deadline_cron="0 7 * * *", lower_bound_delta=timedelta(hours=6))


@dg.asset(
    key=["serving", "snapshot"],
    deps=MARTS,
    group_name="serving",
    owners=[DATA_ENGINEERING],
    kinds={"duckdb"},
    pool=WAREHOUSE_WRITER,
    freshness_policy=FRESH_BY_SEVEN,
)
def snapshot(workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Publish the last build; readers are switched at one instant, and see the one before until then."""
    from incentives.services.build_reports import last_build
    from incentives.services.publishing import publish_checked

    with workspace.opened() as ws:
        published = publish_checked(ws, last_build(ws), now=clock.now())
    return dg.MaterializeResult(metadata={"publication": published.publication, "last_load": published.last_load})
