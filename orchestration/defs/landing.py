"""What sources deliver: pulled by the workspace's connectors, then landed into bronze, one asset a feed, one step for all."""

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

PULLED = dg.AssetKey(["inbox", "pulled"])
SPECS = [
    dg.AssetSpec(
        ["bronze", name],
        deps=[PULLED],
        description=meaning,
        group_name="landing",
        owners=[DATA_ENGINEERING],
        kinds={"csv", "parquet"},
    )
    for name, meaning in _MEANINGS.items()
]
ANSWERED = dg.AssetCheckSpec(
    "every_connector_pulled",
    asset=PULLED,
    description="Look at the source, or run `incentives connect pull` again.",
    blocking=False,
)


@dg.multi_asset(
    name="pulled",
    specs=[
        dg.AssetSpec(
            PULLED,
            description="What the workspace's connectors pulled into the inbox.",
            group_name="landing",
            owners=[DATA_ENGINEERING],
            kinds={"csv"},
        )
    ],
    check_specs=[ANSWERED],
)
def pulled(workspace: WorkspaceResource) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Pull what is new. A source that fails is told by the check and keeps what others delivered from nothing."""
    from incentives.services import connecting

    with workspace.opened() as ws:
        found = () if ws.config.workspace.demo else connecting.pull(ws, now=clock.now())
    yield dg.MaterializeResult(
        asset_key=PULLED,
        metadata={
            "connectors": len(found),
            "files": sum(one.files for one in found),
            "rows": sum(one.rows for one in found),
        },
    )
    failed = [one for one in found if one.problem is not None]
    yield dg.AssetCheckResult(
        asset_key=PULLED,
        check_name=ANSWERED.name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={one.name: str(one.problem) for one in failed},
    )


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
