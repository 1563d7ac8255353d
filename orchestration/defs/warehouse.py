"""The warehouse: dbt's models as assets, their tests as checks, built by the service that the command line calls.

A build makes the whole warehouse anew; asking for one model builds them all and reports that one.
"""

# No `from __future__ import annotations`: Dagster reads the annotation of `context` as it stands.
from collections.abc import Iterator

import dagster as dg
from dagster_dbt import dbt_assets

from incentives import clock
from incentives.errors import CheckFailedError, OutsideError
from incentives.services.build_reports import build_report, failed_build_report
from incentives.services.warehouse import build_warehouse
from orchestration.dbt_graph import Outcome, WarehouseTranslator, configuration_specs, outcomes_of
from orchestration.manifest import read_manifest
from orchestration.resources import WAREHOUSE_WRITER, WorkspaceResource

MANIFEST = read_manifest()


@dbt_assets(
    manifest=MANIFEST,
    dagster_dbt_translator=WarehouseTranslator(),
    name="warehouse",
    pool=WAREHOUSE_WRITER,
)
def warehouse(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Iterator[Outcome]:
    """Build the warehouse into a new file; a failed build reports its tests and leaves the last one in place."""
    with workspace.opened() as ws:
        try:
            build_warehouse(ws, now=clock.now())
        except (CheckFailedError, OutsideError):
            yield from outcomes_of(context, failed_build_report(ws))
            raise
        yield from outcomes_of(context, build_report(ws))


# Everything that a reader may read: the snapshot copies it whole.
MARTS = sorted(key for key in warehouse.keys if key.path[0] == "marts")

# Policies and settings, landed by the build itself where their text is new.
CONFIGURATION = configuration_specs(MANIFEST)
