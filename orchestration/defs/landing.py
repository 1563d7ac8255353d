"""What sources deliver, landed into bronze: one asset a feed, one step for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from incentives import clock
from incentives.feeds.contracts import FEEDS
from incentives.services.landing import land
from orchestration.dbt_graph import DATA_ENGINEERING
from orchestration.resources import WAREHOUSE_WRITER, WorkspaceResource

_INDEX = {
    "files": "One row per delivered file: what became of it.",
    "loads": "One row per load.",
    "rejects": "One row per delivered row whose structure cannot be read.",
}
_MEANINGS = {name: feed.meaning for name, feed in FEEDS.items()} | _INDEX

SPECS = [
    dg.AssetSpec(["bronze", name], description=meaning, group_name="landing", owners=[DATA_ENGINEERING], kinds={"csv", "parquet"})
    for name, meaning in _MEANINGS.items()
]


@dg.multi_asset(name="deliveries", specs=SPECS, pool=WAREHOUSE_WRITER)
def deliveries(workspace: WorkspaceResource) -> Iterator[dg.MaterializeResult[None]]:
    """Land everything that waits in the inbox as one load."""
    with workspace.opened() as ws:
        report = land(ws, now=clock.now())
    for spec in SPECS:
        files = [file for file in report.files if file.feed == spec.key.path[-1]]
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={"load_id": report.load_id, "files": len(files), "rows_delivered": sum(f.delivered for f in files)},
        )
