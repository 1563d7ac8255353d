"""Use case: the adjustments that a version of a cycle carries, each with its order lines and their causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from incentives.ledger import heads
from incentives.ledger.engine import Ledger
from incentives.periods import Period
from incentives.services.cycle_reads import resolve_pay_group, statements_of_cycle
from incentives.services.cycle_views import StatementView
from incentives.services.manifests import parse_manifest
from incentives.services.payouts import Adjusted, adjusted_period
from incentives.workspace import Workspace

# A line with a credit to nobody asked about still tells an override from a withdrawal.
_CHANGES = """
with settled as (
    select recipient, source, order_id, line_id, role, currency, any_value(line_kind) as line_kind, sum(credit_minor) as minor
    from read_parquet($settled)
    where earned_date >= cast($start as date) and earned_date < cast($end as date) group by all
),
today as (
    select recipient, source, order_id, line_id, role, currency, any_value(line_kind) as line_kind, sum(credit_minor) as minor
    from read_parquet($now)
    where earned_date >= cast($start as date) and earned_date < cast($end as date) group by all
),
lines_settled as (select distinct source, order_id, line_id from settled),
lines_today as (select distinct source, order_id, line_id from today)
select recipient, source, order_id, line_id, role, currency, coalesce(today.line_kind, settled.line_kind),
    cast(coalesce(settled.minor, 0) as bigint), cast(coalesce(today.minor, 0) as bigint),
    lines_settled.source is not null, lines_today.source is not null
from settled full outer join today using (recipient, source, order_id, line_id, role, currency)
left join lines_settled using (source, order_id, line_id)
left join lines_today using (source, order_id, line_id)
where coalesce(settled.minor, 0) <> coalesce(today.minor, 0)
order by recipient, source, order_id, line_id, role
"""

_Row = tuple[str, str, str, str, str | None, str, str, int, int, bool, bool]


@dataclass(frozen=True, slots=True)
class AdjustedLine:
    """A line whose credit in one role is not what was settled; minor units.

    `cause`: late (the line was not there), return (a return that was not there), withdrawn (the line is gone), corrected (another
    amount, or an override credits somebody else).
    """

    source: str
    order_id: str
    line_id: str
    role: str | None
    currency: str
    settled_minor: int
    now_minor: int
    cause: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What one person's locked period is worth by now, what is settled of it, and the lines that make the difference."""

    number: str
    associate_id: str
    plan: str
    earned_period: str
    currency: str
    worth_minor: int
    settled_minor: int
    due_minor: int
    lines: tuple[AdjustedLine, ...]


def adjustments_of(
    ws: Workspace, period: Period, pay_group: str | None = None, *, version: int | None = None
) -> tuple[Adjustment, ...]:
    """Return the adjustments that a version of a cycle carries, in the order of its statements.

    Raises:
        InputError: Not opened or not calculated.
        CheckFailedError: A frozen input is missing or has changed.
    """
    group = resolve_pay_group(ws, pay_group)
    statements = statements_of_cycle(ws, period, group, version=version)
    found = [view for view in statements if view.is_adjustment and not view.is_decision]
    lines: dict[str, tuple[AdjustedLine, ...]] = {}
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = heads.find(session, group, period)
        calculation = heads.calculation_of(session, head, version)
        manifest, event = parse_manifest(calculation.manifest), calculation.event_id
        for earned in sorted({view.earned_period for view in found}):
            adjusted = adjusted_period(ws, session, head, manifest, earned, event)
            lines |= _changed(adjusted, earned, [view for view in found if view.earned_period == earned])
    return tuple(
        Adjustment(
            view.number,
            view.associate_id,
            view.plan,
            view.earned_period,
            view.currency,
            view.worth_minor,
            view.settled_minor,
            view.due_minor,
            lines[view.number],
        )
        for view in found
    )


def _changed(adjusted: Adjusted, earned: str, views: Sequence[StatementView]) -> dict[str, tuple[AdjustedLine, ...]]:
    """Return the changed lines of each statement's window, by its number; one query for each window."""
    period = Period.parse(earned)
    by_start: dict[str, list[StatementView]] = {}
    for view in views:
        starts = [part.window_start for part in view.components if part.window_start]
        by_start.setdefault(min([*starts, period.start.isoformat()]), []).append(view)
    lines: dict[str, tuple[AdjustedLine, ...]] = {}
    for start, of_start in by_start.items():
        people: dict[str, list[AdjustedLine]] = {}
        for row in _rows(adjusted.settled, adjusted.divisions, start, period.end.isoformat()):
            people.setdefault(row[0], []).append(_line(row))
        lines |= {view.number: tuple(people.get(view.associate_id, ())) for view in of_start}
    return lines


def _rows(settled: Path, now: Path, start: str, end: str) -> Sequence[_Row]:
    with duckdb.connect() as connection:
        parameters = {"settled": str(settled), "now": str(now), "start": start, "end": end}
        return connection.execute(_CHANGES, parameters).fetchall()


def _line(row: _Row) -> AdjustedLine:
    _, source, order_id, line_id, role, currency, kind, settled, now, was_there, is_there = row
    cause = "corrected"
    if not was_there:
        cause = "return" if kind == "return" else "late"
    elif not is_there:
        cause = "withdrawn"
    return AdjustedLine(source, order_id, line_id, role, currency, settled, now, cause)
