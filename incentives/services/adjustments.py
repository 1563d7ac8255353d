"""What locked periods are worth by now, and what of it is not settled yet.

Worth of a locked period is computed again from its frozen plans, people and targets, with what order lines and credit
overrides say today; divisions that were frozen with it hold (incentives.feeds.locked_divisions). Settled is what locked cycles hold of
it. The difference is an adjustment; the earliest cycle that is not locked carries it, and posts it when it is locked.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from incentives.bonus.inputs import BonusInputs
from incentives.bonus.pay_group import PayGroup
from incentives.ledger import heads
from incentives.ledger.audit import JsonValue
from incentives.ledger.drafts import StatementDraft
from incentives.ledger.heads import CycleHead
from incentives.ledger.holdbacks import open_gates
from incentives.ledger.models import Calculation, Statement
from incentives.ledger.restatements import manifest_in_force
from incentives.ledger.states import FINAL_STATES, Act
from incentives.money import format_minor
from incentives.periods import Period
from incentives.plans.load import PlanText
from incentives.plans.registry import read_registry
from incentives.services.holdback_gates import with_decisions
from incentives.services.manifests import (
    adjusted_inputs,
    frozen_inputs,
    frozen_pay_group,
    frozen_plans,
    gates_of,
    is_adjusted,
    parse_manifest,
)
from incentives.services.statement_drafts import statement_drafts
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from incentives.bonus.result import Statement as BonusStatement

# A period is final this long after its lock: what differs later is listed and not posted.
RESTATED_FOR = timedelta(days=365)
# Measures that are made of this feed move with it; every other one stays as it was frozen.
_MOVING = "order_lines"


@dataclass(frozen=True, slots=True)
class Settled:
    """What locked cycles hold of one person, plan and currency of a period."""

    amount_minor: int
    plan_version: int
    agreement: str


SettledOf = Mapping[tuple[str, str, str], Settled]


@dataclass(frozen=True, slots=True)
class Restated:
    """A locked period as it is worth by now.

    Attributes:
        head: Its cycle.
        inputs: Its frozen inputs with what order lines move as of today.
        drafts: One statement for each person, plan and currency whose worth is not what is settled.
        is_final: Whether the difference is listed and not posted any more.
        uncharged: Statements that would take something from people who left too long ago: listed and not posted.
    """

    head: CycleHead
    inputs: BonusInputs
    drafts: tuple[StatementDraft, ...]
    is_final: bool
    uncharged: tuple[StatementDraft, ...] = ()


def restated_periods(
    ws: Workspace,
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    head: CycleHead,
    associates: pd.DataFrame,
    *,
    as_of: datetime,
) -> tuple[Restated, ...]:
    """Return the locked periods of a cycle's calendar whose worth differs from what is settled, oldest first.

    Args:
        ws: The workspace.
        session: Reads the ledger.
        connection: The snapshot that the cycle is calculated from.
        head: The cycle that would carry the adjustments; where an earlier one is not locked, that one carries them.
        associates: Whom the cycle's own calculation knows, with their last days.
        as_of: The moment of the snapshot.
    """
    locked = locked_before(session, head)
    if locked is None:
        return ()
    settled = settled_by_period(session, locked)
    of_lines = [measure.name for measure in read_registry().measures.values() if _MOVING in measure.feeds.split("|")]
    found = []
    for earlier in locked:
        manifest = parse_manifest(manifest_in_force(session, earlier))
        frozen = frozen_inputs(ws, manifest)
        plans = frozen_plans(ws, manifest, frozen)
        inputs = _today(frozen, plans, Period.parse(earlier.period), connection, of_lines)
        period, group = Period.parse(earlier.period), frozen_pay_group(manifest)
        drafts = open_drafts(plans, inputs, period, group, settled.get(earlier.period, {}), frozen)
        if drafts:
            uncharged = _uncharged(drafts, plans, associates, head)
            posted = tuple(draft for draft in drafts if draft not in uncharged)
            found.append(Restated(earlier, inputs, posted, _locked_at(session, earlier) + RESTATED_FOR < as_of, uncharged))
    return tuple(found)


def locked_before(session: Session, head: CycleHead) -> tuple[CycleHead, ...] | None:
    """Return the locked cycles before one of the same calendar, oldest first; None where one of those before is not locked."""
    before = [
        other
        for other in heads.heads(session)
        if (other.pay_group, other.calendar) == (head.pay_group, head.calendar) and other.period_start < head.period_start
    ]
    if any(other.state not in FINAL_STATES for other in before):
        return None
    return tuple(sorted(before, key=lambda other: other.period_start))


def settled_by_period(session: Session, locked: Sequence[CycleHead]) -> dict[str, dict[tuple[str, str, str], Settled]]:
    """Return what locked cycles hold: earned period -> (person, plan, currency) -> the sum, and the latest version's plan."""
    settled: dict[str, dict[tuple[str, str, str], Settled]] = {}
    for head in locked:
        calculation: Calculation = heads.calculation_of(session, head)
        rows = session.execute(
            select(
                Statement.earned_period,
                Statement.associate_id,
                Statement.plan,
                Statement.currency,
                Statement.due_minor,
                Statement.plan_version,
                Statement.agreement,
            ).where(Statement.calculation_id == calculation.calculation_id)
        )
        for period, associate, plan, currency, due, version, agreement in rows:
            of_period = settled.setdefault(period, {})
            before = of_period.get((associate, plan, currency))
            of_period[associate, plan, currency] = Settled((before.amount_minor if before else 0) + due, version, agreement)
    return settled


def open_drafts(
    plans: Sequence[PlanText],
    inputs: BonusInputs,
    period: Period,
    group: PayGroup,
    settled: SettledOf,
    frozen: BonusInputs | None = None,
) -> tuple[StatementDraft, ...]:
    """Return a statement for each person, plan and currency of a period whose worth is not what is settled. Pure.

    With what was frozen, plans of `after_lock: earned_rate` pay in proportion to what remains of it.
    """
    from incentives.bonus.calculate import calculate
    from incentives.bonus.earned_rate import at_earned_rates

    own = [text.plan for text in plans]
    statements: Iterable[BonusStatement] = calculate(own, inputs, period, group).statements
    if frozen is not None and any(plan.after_lock == "earned_rate" for plan in own):
        statements = at_earned_rates(calculate(own, frozen, period, group).statements, statements, own)
    drafts: dict[tuple[str, str, str], StatementDraft] = {}
    for draft in statement_drafts(statements):
        key = (draft.associate_id, draft.plan, draft.currency)
        held = settled.get(key)
        drafts[key] = replace(draft, settled_minor=held.amount_minor if held else 0)
    for (associate, plan, currency), held in settled.items():
        if (associate, plan, currency) not in drafts:
            drafts[associate, plan, currency] = _nothing(associate, plan, currency, period, held)
    return tuple(draft for _, draft in sorted(drafts.items()) if draft.worth_minor != draft.settled_minor)


def adjustments_again(
    ws: Workspace,
    session: Session,
    head: CycleHead,
    manifest: Mapping[str, object],
    frozen_now: BonusInputs,
    before_event: int,
) -> list[StatementDraft]:
    """Return the adjustments of a version, recorded by an event, from what was frozen with it, as they were drafted."""
    before = locked_before(session, head) or ()
    settled = settled_by_period(session, before)
    found: list[StatementDraft] = []
    for earlier in before:
        if not is_adjusted(manifest, earlier.period):
            continue
        own = parse_manifest(manifest_in_force(session, earlier, before_event))
        frozen = frozen_inputs(ws, own)
        inputs = adjusted_inputs(ws, manifest, earlier.period, frozen)
        period, group = Period.parse(earlier.period), frozen_pay_group(own)
        plans = frozen_plans(ws, own, frozen)
        drafts = open_drafts(plans, inputs, period, group, settled.get(earlier.period, {}), frozen)
        uncharged = _uncharged(drafts, plans, frozen_now.associates, head)
        found += [draft for draft in drafts if draft not in uncharged]
    gates = open_gates(session, head) if gates_of(manifest) else ()
    return with_decisions(found, gates, settled, frozen_now, frozen_pay_group(manifest), Period.parse(head.period))


def in_statement_order(
    period: Period, drafts: Iterator[StatementDraft], adjustments: Iterable[StatementDraft]
) -> Iterator[StatementDraft]:
    """Yield a version's statements by person: the own period's first, then adjustments, oldest period first."""
    waiting = sorted(adjustments, key=lambda draft: (draft.associate_id, draft.earned_period, draft.plan, draft.currency))
    return heapq.merge(drafts, waiting, key=lambda draft: (draft.associate_id, draft.earned_period != period.label))


def _today(
    frozen: BonusInputs, plans: Sequence[PlanText], period: Period, connection: duckdb.DuckDBPyConnection, of_lines: Sequence[str]
) -> BonusInputs:
    """Return frozen inputs with the measures of order lines, and the credited lines, as they are today."""
    import pandas as pd

    from incentives.services.bonus import read_inputs

    today = read_inputs(connection, [text.plan for text in plans], period)

    def moved(kept: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
        parts = [kept[~kept["measure"].isin(of_lines)], now[now["measure"].isin(of_lines)]]
        return pd.concat(parts, ignore_index=True)

    return replace(
        frozen,
        measures=moved(frozen.measures, today.measures),
        ordered_measures=moved(frozen.ordered_measures, today.ordered_measures),
        credits=today.credits,
        ordered_credits=today.ordered_credits,
    )


def _uncharged(
    drafts: Sequence[StatementDraft], plans: Sequence[PlanText], associates: pd.DataFrame, head: CycleHead
) -> tuple[StatementDraft, ...]:
    """Return what a cycle may not take any more: of people who left longer before it than their plan charges leavers."""
    charged = {(text.plan.plan, text.plan.version): text.plan.leavers.charge_days for text in plans}
    left = dict(zip(associates["associate_id"].tolist(), associates["left_on"].tolist(), strict=True))
    found = []
    for draft in drafts:
        days, left_on = charged.get((draft.plan, draft.plan_version)), left.get(draft.associate_id)
        is_gone = days is not None and isinstance(left_on, date) and left_on + timedelta(days=days) < head.period_start
        if is_gone and draft.worth_minor < draft.settled_minor:
            found.append(draft)
    return tuple(found)


def _nothing(associate: str, plan: str, currency: str, period: Period, held: Settled) -> StatementDraft:
    """Return the statement of somebody whom nothing of the period is owed any more."""
    step: dict[str, JsonValue] = {
        "sequence": 1,
        "component": "total",
        "step": "worth",
        "label": "Nothing of the period is owed any more",
        "inputs": {},
        "output": format_minor(0, currency),
        "unit": "money",
    }
    return StatementDraft(
        associate, plan, held.plan_version, held.agreement, period.label, currency, 0, held.amount_minor, (), (step,)
    )


def _locked_at(session: Session, head: CycleHead) -> datetime:
    return next(act.acted_at for act in heads.acts_of(session, head.cycle_id) if act.act == Act.LOCK.value)
