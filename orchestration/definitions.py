"""Everything that Dagster knows. Loading it reads code and dbt's manifest, and connects to nothing.

Services that bring pandas or SQLAlchemy are imported by the steps that call them: each would add a second or more to
every load of the definitions, and Dagster loads them for each step.
"""

from __future__ import annotations

import dagster as dg

from orchestration import automation
from orchestration.defs import bonus, landing, quality, serving, warehouse
from orchestration.resources import resources

defs = dg.Definitions(
    assets=[
        *warehouse.CONFIGURATION,
        landing.pulled,
        landing.deliveries,
        warehouse.warehouse,
        serving.snapshot,
        bonus.statements,
    ],
    asset_checks=[quality.delivered],
    jobs=[automation.nightly_job, automation.statements_job],
    schedules=[automation.warehouse_nightly],
    sensors=[automation.statements_after_publish],
    resources=resources(),
)
