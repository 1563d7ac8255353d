"""Use case: restate a locked cycle with what is known today of targets, assignments, plans, rates and every other input.

How its order lines were divided stays as it was locked. The difference by cause is shown before anybody confirms it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger import heads, restatements
from incentives.ledger.audit import digest_of
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead
from incentives.ledger.rules import require_finance
from incentives.ledger.statements import read_statements, row_of
from incentives.ledger.states import FINAL_STATES
from incentives.periods import Period
from incentives.services.accounts import Person
from incentives.services.adjustments import open_drafts, settled_by_period
from incentives.services.cycle_reads import causes_of, resolve_pay_group
from incentives.services.manifests import freeze, frozen_inputs, frozen_pay_group, frozen_plans, parse_manifest
from incentives.serving import snapshots
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RestatedStatement:
    """What one person's locked period would be worth, minor units, beside what is settled of it, and what moved."""

    associate_id: str
    plan: str
    currency: str
    settled_minor: int
    worth_minor: int
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestatementView:
    """The last restatement of a cycle: `state` is proposed or confirmed, `digest` what a second person confirms."""

    period: str
    pay_group: str
    state: str
    digest: str
    person_id: str
    differences: tuple[RestatedStatement, ...]


def propose_restatement(
    ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person, now: datetime, reason: str
) -> RestatementView:
    """Freeze a locked period anew from the published snapshot and propose it.

    Raises:
        AccessError: `by` is not finance of the pay group, or is paid by the cycle.
        InputError: Nothing is published, or the cycle is not locked.
        DocumentError: A plan has mistakes.
    """
    from incentives.services.bonus import calculate

    group = resolve_pay_group(ws, pay_group)
    require_finance(by, group)
    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError("nothing is published yet, so there is nothing to restate from.", remedy="Run `incentives build` first.")
    with Ledger.open(ws.ledger_place) as ledger:
        with ledger.reading() as session:
            heads.find(session, group, period)
        calculation = calculate(ws, period, group, as_of=snapshot.as_of.date())
        if snapshots.current(ws) != snapshot:
            raise InputError("another snapshot was published meanwhile.", remedy="Restate again.")
        manifest = freeze(
            ws,
            snapshot,
            period=period,
            pay_group=group,
            inputs=calculation.inputs,
            plan_texts={text.path.name: text.text for text in calculation.plans},
            adjusted={},
        )
        with ledger.act() as session:
            head = heads.find(session, group, period)
            restatements.propose(session, by.actor(), head, manifest, at=now, reason=reason)
    return restatement_of(ws, period, group)


def confirm_restatement(
    ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person, now: datetime, digest: str | None = None
) -> RestatementView:
    """Confirm the proposed restatement; the earliest cycle that is not locked carries it. Raises as the ledger refuses."""
    group = resolve_pay_group(ws, pay_group)
    require_finance(by, group)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        restatements.confirm(session, by.actor(), heads.find(session, group, period), at=now, digest=digest)
    return restatement_of(ws, period, group)


def restatement_of(ws: Workspace, period: Period, pay_group: str | None = None) -> RestatementView:
    """Return the last restatement of a cycle with the difference that it makes to what is settled.

    Raises:
        InputError: Not opened, or never restated.
        CheckFailedError: A frozen input is missing or has changed.
    """
    group = resolve_pay_group(ws, pay_group)
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = heads.find(session, group, period)
        last = restatements.last_of(session, head)
        if last is None:
            raise InputError("the cycle was never restated.", where=head.subject)
        state, person, text = last.state, last.person_id, last.manifest
        differences = _differences(ws, session, head, text)
    return RestatementView(head.period, group, state, digest_of(json.loads(text)), person, differences)


def _differences(ws: Workspace, session: Session, head: CycleHead, text: str) -> tuple[RestatedStatement, ...]:
    manifest = parse_manifest(text)
    inputs = frozen_inputs(ws, manifest)
    locked = [
        other
        for other in heads.heads(session)
        if (other.pay_group, other.calendar) == (head.pay_group, head.calendar) and other.state in FINAL_STATES
    ]
    settled = settled_by_period(session, locked).get(head.period, {})
    drafts = open_drafts(
        frozen_plans(ws, manifest, inputs), inputs, Period.parse(head.period), frozen_pay_group(manifest), settled
    )
    number = heads.calculation_of(session, head).calculation_id
    rows = read_statements(session, number)
    before = {(row.associate_id, row.plan, row.currency): row for row in rows if row.earned_period == head.period}
    return tuple(
        RestatedStatement(
            draft.associate_id,
            draft.plan,
            draft.currency,
            draft.settled_minor,
            draft.worth_minor,
            causes_of(before.get((draft.associate_id, draft.plan, draft.currency)), row_of(draft, 0, 0, head.subject, 1)),
        )
        for draft in drafts
    )
