"""Statements of the cycles that people have opened, drafted by month; people review, approve and lock them."""

# No `from __future__ import annotations`: Dagster reads the annotation of `context` as it stands.
from collections.abc import Iterator

import dagster as dg

from incentives import clock
from incentives.periods import Period
from orchestration.dbt_graph import FINANCE
from orchestration.defs.quality import check_results, check_spec
from orchestration.partitions import plan_months
from orchestration.resources import WorkspaceResource
from quality.payable import payable_checks

STATEMENTS = dg.AssetKey(["bonus", "statements"])
PAYABLE = [check_spec(check, STATEMENTS) for check in payable_checks()]


@dg.asset(
    key=STATEMENTS,
    deps=[dg.AssetKey(["serving", "snapshot"])],
    check_specs=PAYABLE,
    partitions_def=plan_months,
    group_name="bonus",
    owners=[FINANCE],
    kinds={"python", "pandas"},
)
def statements(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Iterator[dg.MaterializeResult[None]]:
    """Draft the cycles whose period begins in the month, and judge what would be paid."""
    from incentives.services.cycle_jobs import check_drafts, draft_cycles

    first_day = Period.parse(context.partition_key[:7]).start
    with workspace.opened() as ws:
        drafted = draft_cycles(ws, first_day, job="dagster", now=clock.now())
        outcomes = check_drafts(ws, first_day)
    yield dg.MaterializeResult(
        metadata={"cycles": len(drafted), "people": sum(status.summary.people for status in drafted)},
        check_results=list(check_results(PAYABLE, outcomes)),
    )
