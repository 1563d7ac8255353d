"""What was delivered, judged as asset checks: a blocking one that fails keeps the snapshot from being published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import dagster as dg

from orchestration.resources import WAREHOUSE_WRITER, WorkspaceResource
from quality.checks import Check
from quality.delivered import DeliveredTolerances, delivered_checks
from quality.outcomes import CheckOutcome

# Where a claim is about more than the counts of deliveries, the mart that it is about, by frame of the suite.
MART_OF_FRAME = {"days": "fct_order_lines", "control_totals": "control_total_differences"}
DELIVERIES = "delivery_counts"


def check_spec(check: Check, asset_key: dg.AssetKey) -> dg.AssetCheckSpec:
    """Return a check of a suite as Dagster lists it."""
    return dg.AssetCheckSpec(check.name, asset=asset_key, description=check.remedy, blocking=check.blocking)


def check_results(specs: Iterable[dg.AssetCheckSpec], outcomes: Iterable[CheckOutcome]) -> Iterator[dg.AssetCheckResult]:
    """Yield one result a check; it passed where every outcome of its name did. Counts and sentences, no subjects."""
    by_name: dict[str, list[CheckOutcome]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.name, []).append(outcome)
    for spec in specs:
        found = by_name.get(spec.name, [])
        yield dg.AssetCheckResult(
            asset_key=spec.asset_key,
            check_name=spec.name,
            passed=all(outcome.passed for outcome in found),
            severity=dg.AssetCheckSeverity.ERROR if spec.blocking else dg.AssetCheckSeverity.WARN,
            metadata={"observed": "; ".join(outcome.observed for outcome in found) or "nothing to judge"},
        )


DELIVERED = [
    check_spec(check, dg.AssetKey(["marts", MART_OF_FRAME.get(check.frame, DELIVERIES)]))
    for check in delivered_checks(DeliveredTolerances())
]


@dg.multi_asset_check(name="delivered", specs=DELIVERED, pool=WAREHOUSE_WRITER)
def delivered(workspace: WorkspaceResource) -> Iterator[dg.AssetCheckResult]:
    """Judge what the sources delivered, as the last build holds it."""
    from incentives.services.build_reports import last_build
    from incentives.services.checks import check_delivered

    with workspace.opened() as ws:
        yield from check_results(DELIVERED, check_delivered(ws, last_build(ws)))
