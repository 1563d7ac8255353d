"""Use case: say how a payout came about, from the statement down to the order lines behind it.

Everything is read from what was recorded and frozen with the cycle; nothing is computed again, and nothing that
happened since shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from sqlalchemy.orm import Session

from incentives.bonus.inputs import BonusInputs
from incentives.ledger import heads
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead
from incentives.ledger.restatements import manifest_in_force
from incentives.periods import Period
from incentives.services.adjustments import locked_before
from incentives.services.cycle_reads import statement
from incentives.services.cycle_views import ComponentView, StatementView, TraceView
from incentives.services.manifests import (
    adjusted_divisions,
    adjusted_inputs,
    frozen_divisions,
    frozen_inputs,
    is_adjusted,
    parse_manifest,
)
from incentives.workspace import Workspace

# Measures that are sums over credited lines, with the role that each counts (None: every role).
LINE_MEASURES: dict[str, str | None] = {
    "credited_revenue": None,
    "credited_revenue_seller": "seller",
    "credited_revenue_advisor": "advisor",
    "credited_revenue_relationship": "relationship",
    "credited_orders": None,
    "credited_units": None,
}

_LINES = """
select source, order_id, line_id, line_kind, role, share_e12, credit_minor, currency, business_date, earned_date, policy
from read_parquet($divisions)
where recipient = $associate and {dated} >= cast($start as date) and {dated} < cast($end as date) {role}
order by {dated}, source, order_id, line_id, role_order
"""
_CHANGES = """
with settled as (
    select source, order_id, line_id, role, currency, sum(credit_minor) as minor from read_parquet($settled)
    where recipient = $associate and earned_date >= cast($start as date) and earned_date < cast($end as date) group by all
),
today as (
    select source, order_id, line_id, role, currency, sum(credit_minor) as minor from read_parquet($now)
    where recipient = $associate and earned_date >= cast($start as date) and earned_date < cast($end as date) group by all
)
select source, order_id, line_id, role, currency, cast(coalesce(settled.minor, 0) as bigint), cast(coalesce(today.minor, 0) as bigint)
from settled full outer join today using (source, order_id, line_id, role, currency)
where coalesce(settled.minor, 0) <> coalesce(today.minor, 0)
order by source, order_id, line_id, role
"""


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """One order line's credit in one role, as the calculation saw it."""

    source: str
    order_id: str
    line_id: str
    line_kind: str
    role: str | None
    share_e12: int
    credit_minor: int
    currency: str
    business_date: date
    earned_date: date
    policy: str


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One row of a measure that is not a sum of credited lines; minor units of `currency`, or plain units without one."""

    measure: str
    subject_id: str
    earned_date: date
    unit_key: str | None
    numerator: int
    currency: str | None


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line's credit in one role, as it was settled and as it is now; minor units, 0 where there was or is none."""

    source: str
    order_id: str
    line_id: str
    role: str | None
    currency: str
    settled_minor: int
    now_minor: int


@dataclass(frozen=True, slots=True)
class ComponentExplanation:
    """One component: its recorded result, the steps that led to it, and what its measure is made of."""

    component: ComponentView
    steps: tuple[TraceView, ...]
    lines: tuple[CreditedLine, ...]
    rows: tuple[MeasureRow, ...]


@dataclass(frozen=True, slots=True)
class PayoutExplanation:
    """A statement with each component explained, and the steps after the components.

    `changes` are the lines for which an adjustment differs from what was settled; empty for the period's own statement.
    """

    statement: StatementView
    components: tuple[ComponentExplanation, ...]
    after: tuple[TraceView, ...]
    last_load: int
    changes: tuple[ChangedLine, ...] = ()


def explain_payout(ws: Workspace, number: str) -> PayoutExplanation:
    """Explain one statement of its cycle's current version.

    Args:
        ws: The workspace.
        number: `period/pay group/associate`.

    Raises:
        InputError: There is no such statement.
        CheckFailedError: A frozen input is missing or has changed.
    """
    found = statement(ws, number)
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = heads.find(session, found.pay_group, Period.parse(found.period))
        calculation = heads.calculation_of(session, head, found.version)
        manifest, last_load, event = parse_manifest(calculation.manifest), calculation.last_load, calculation.event_id
        moves = found.is_adjustment and not found.is_decision
        adjusted = adjusted_period(ws, session, head, manifest, found.earned_period, event) if moves else None
    inputs = adjusted.inputs if adjusted else frozen_inputs(ws, manifest)
    divisions = str(adjusted.divisions if adjusted else frozen_divisions(ws, manifest))
    components = []
    for part in found.components:
        steps = tuple(step for step in found.trace if step.component == part.component)
        by_line = part.measure in LINE_MEASURES
        lines = _lines(divisions, found.associate_id, part, steps) if by_line else ()
        rows = () if by_line else _rows(inputs, found.associate_id, part)
        components.append(ComponentExplanation(part, steps, lines, rows))
    names = {part.component for part in found.components}
    after = tuple(step for step in found.trace if step.component not in names)
    changes = _changes(adjusted, found, components) if adjusted else ()
    return PayoutExplanation(found, tuple(components), after, last_load, changes)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A locked period as a later version saw it, and the divisions that were settled before."""

    inputs: BonusInputs
    divisions: Path
    settled: Path


def adjusted_period(
    ws: Workspace, session: Session, head: CycleHead, manifest: Mapping[str, object], period: str, before_event: int
) -> Adjusted:
    """Return a locked period as a version of a later cycle saw it, and what was settled of its lines before."""
    earlier = locked_before(session, head) or ()
    own = next(parse_manifest(heads.calculation_of(session, one).manifest) for one in earlier if one.period == period)
    settled = frozen_divisions(ws, own)
    for one in earlier:
        between = parse_manifest(heads.calculation_of(session, one).manifest)
        if is_adjusted(between, period):
            settled = adjusted_divisions(ws, between, period)
    frozen = parse_manifest(manifest_in_force(session, next(one for one in earlier if one.period == period), before_event))
    inputs = adjusted_inputs(ws, manifest, period, frozen_inputs(ws, frozen))
    return Adjusted(inputs, adjusted_divisions(ws, manifest, period), settled)


def _changes(adjusted: Adjusted, found: StatementView, components: Sequence[ComponentExplanation]) -> tuple[ChangedLine, ...]:
    """Return the person's lines that are not credited as they were settled, in the window of the statement's components."""
    period = Period.parse(found.earned_period)
    starts = [part.component.window_start for part in components if part.component.window_start]
    with duckdb.connect() as connection:
        rows = connection.execute(
            _CHANGES,
            {
                "settled": str(adjusted.settled),
                "now": str(adjusted.divisions),
                "associate": found.associate_id,
                "start": min([*starts, period.start.isoformat()]),
                "end": period.end.isoformat(),
            },
        ).fetchall()
    return tuple(ChangedLine(*row) for row in rows)


def _lines(divisions: str, associate_id: str, part: ComponentView, steps: tuple[TraceView, ...]) -> tuple[CreditedLine, ...]:
    """Return the credited lines of a component's window; returns count at their sale's date unless the plan says otherwise."""
    role = LINE_MEASURES[part.measure]
    by_business = any(step.step == "measure" and step.inputs.get("dates") == "business_date" for step in steps)
    dated = "business_date" if by_business else "earned_date"
    with duckdb.connect() as connection:
        rows = connection.execute(
            _LINES.format(dated=dated, role="" if role is None else "and role = $role"),
            {"divisions": divisions, "associate": associate_id, "start": part.window_start, "end": part.window_end}
            | ({} if role is None else {"role": role}),
        ).fetchall()
    return tuple(CreditedLine(*row) for row in rows)


def _rows(inputs: BonusInputs, associate_id: str, part: ComponentView) -> tuple[MeasureRow, ...]:
    """Return the rows of measures that are not sums of lines, of the person and of the teams and places they worked in."""
    start, end = date.fromisoformat(part.window_start), date.fromisoformat(part.window_end)
    mine = inputs.assignments[inputs.assignments["associate_id"] == associate_id]
    subjects = {associate_id, *mine["team_id"].dropna().tolist(), *mine["location_id"].dropna().tolist()}
    frame = inputs.measures
    chosen = frame[frame["measure"].isin(part.measure.split("+")) & frame["subject_id"].isin(subjects)]
    columns = ("measure", "subject_id", "earned_date", "unit_key", "numerator", "currency")
    rows = zip(*(chosen[column].tolist() for column in columns), strict=True)
    found = (
        MeasureRow(str(measure), str(subject), day, _text(unit_key), int(numerator), _text(currency))
        for measure, subject, day, unit_key, numerator, currency in rows
        if start <= day < end
    )
    return tuple(sorted(found, key=lambda row: (row.measure, row.subject_id, row.earned_date, row.unit_key or "")))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
