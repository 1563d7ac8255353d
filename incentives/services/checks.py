"""Use cases: judge what was delivered, and what is about to be paid; keep the outcomes as JSON under logs/checks/.

Nothing is stopped here: callers ask `quality.outcomes.stopping` and decide. The log keeps counts and sentences,
never whom or which amount an outcome is about.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING

from incentives.bonus.result import Statement
from incentives.errors import InputError
from incentives.money import to_minor
from incentives.periods import Period
from incentives.services.check_profiles import delivered_frames
from incentives.serving.durable import replace_text
from incentives.serving.snapshots import open_read_only
from incentives.warehouse.record import Build
from incentives.workspace import Workspace
from quality.delivered import DeliveredTolerances, check_delivered_frames
from quality.outcomes import CheckOutcome
from quality.payable import USUAL_TIMES, check_payable_frames

if TYPE_CHECKING:
    import pandas as pd

# Steps after the components that change what a person is owed.
ADJUSTING_STEPS = frozenset({"total_cap", "guarantee", "hold_harmless"})

_CONSERVATION = """
with credited as (
    select currency, cast(sum(credit_minor) as bigint) as credited_minor
    from marts.fct_credits
    where business_date >= $start and business_date < $end
    group by currency
),
sold as (
    select currency, cast(sum(net_minor) as bigint) as net_minor
    from marts.fct_order_lines
    where business_date >= $start and business_date < $end
    group by currency
)
select
    currency,
    coalesce(credited.credited_minor, 0) as credited_minor,
    coalesce(sold.net_minor, 0) as net_minor
from sold
full join credited using (currency)
order by currency
"""


def check_delivered(ws: Workspace, build: Build) -> tuple[CheckOutcome, ...]:
    """Judge what a build holds of the deliveries, before it is published.

    Args:
        ws: The workspace; its `[quality]` section holds the tolerances.
        build: The finished build.
    """
    quality = ws.config.quality
    tolerances = DeliveredTolerances(quality.quarantine_share_max_percent, quality.control_total_tolerance_minor)
    outcomes = check_delivered_frames(delivered_frames(build.database, build.as_of), tolerances)
    _keep(ws, f"delivered-{build.build_id}", outcomes)
    return outcomes


def check_payable(
    ws: Workspace,
    statements: Sequence[Statement],
    *,
    period: Period,
    pay_group: str,
    database: Path,
    caps: Mapping[tuple[str, int, str], int] | None = None,
) -> tuple[CheckOutcome, ...]:
    """Judge the statements of one pay group and period, before anybody approves them.

    Args:
        ws: The workspace.
        statements: What the calculation returned.
        period: The period that it was for.
        pay_group: Name of the pay group.
        database: The published results that it read (or a built warehouse): its people, credits and net sales.
        caps: Total cap in minor units by plan, version and currency, for the plans that have one.

    Raises:
        InputError: There is no such pay group.
    """
    group = ws.config.pay_groups.get(pay_group)
    if group is None:
        raise InputError(
            f"there is no pay group '{pay_group}'.", where="pay_groups", remedy=f"One of {', '.join(ws.config.pay_groups)}."
        )
    with open_read_only(database) as connection:
        conservation = connection.execute(_CONSERVATION, {"start": period.start, "end": period.end}).df()
        known = {row[0] for row in connection.execute("select associate_id from marts.dim_associates").fetchall()}
    frames = {
        "statements": statements_frame(statements, known, group.currency, caps or {}),
        "conservation": conservation,
    }
    outcomes = check_payable_frames(frames)
    _keep(ws, f"payable-{period.label}-{pay_group}", outcomes)
    return outcomes


def statements_frame(
    statements: Sequence[Statement], known: Collection[str], currency: str, caps: Mapping[tuple[str, int, str], int]
) -> pd.DataFrame:
    """Return the frame `statements` of the suite `payable`: one row per statement, as `quality.payable` states."""
    import pandas as pd

    worths: dict[tuple[str, str], list[int]] = {}
    rows = []
    for statement in statements:
        worth = statement.worth_minor
        cap = caps.get((statement.plan, statement.plan_version, statement.currency), worth)
        if any(step.step == "hold_harmless" for step in statement.trace):
            # Another plan's cap holds for what that plan would have paid.
            cap = worth
        worths.setdefault((statement.plan, statement.currency), []).append(worth)
        rows.append(
            (statement.associate_id, statement.plan, statement.currency, worth, _explained(statement), max(worth - cap, 0))
        )
    columns = ["associate_id", "plan", "currency", "worth_minor", "explained_minor", "over_cap_minor"]
    frame = pd.DataFrame(rows, columns=columns)
    usual = {key: USUAL_TIMES * median_low(values) for key, values in worths.items()}
    frame["is_own_currency"] = [int(row[2] == currency) for row in rows]
    frame["is_known"] = [int(row[0] in known) for row in rows]
    frame["is_usual"] = [int(row[3] <= usual[row[1], row[2]] or usual[row[1], row[2]] <= 0) for row in rows]
    whole = [*columns[3:], "is_own_currency", "is_known", "is_usual"]
    return frame.astype(dict.fromkeys(whole, "int64"))


def _explained(statement: Statement) -> int:
    """Return what the statement's parts come to: its components; where a step adjusts them, what the last step states.

    A sum below zero comes to nothing unless the worth itself carries it.
    """
    total = sum(component.amount_minor for component in statement.components)
    if total == statement.worth_minor:
        return total
    steps = [step for step in statement.trace if step.component == "total" and step.unit == "money"]
    if any(step.step in ADJUSTING_STEPS for step in steps):
        return to_minor(steps[-1].output, statement.currency)
    return max(total, 0)


def _keep(ws: Workspace, name: str, outcomes: Sequence[CheckOutcome]) -> None:
    folder = ws.logs / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    kept = [{key: value for key, value in asdict(outcome).items() if key != "subjects"} for outcome in outcomes]
    replace_text(folder / f"{name}.json", json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
