"""Use case: restate a locked cycle with what is known today of targets, assignments, plans, rates and every other input.

How its order lines were divided stays as it was locked, unless they are to be divided anew: by the policies, touches, owners and joined
customers of today. The difference by cause is shown before anybody confirms it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger import heads, restatements
from incentives.ledger.audit import JsonValue, digest_of
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead
from incentives.ledger.rules import require_finance
from incentives.ledger.statements import read_statements, row_of
from incentives.ledger.states import FINAL_STATES
from incentives.periods import Period
from incentives.services.accounts import Person
from incentives.services.adjustments import open_drafts, settled_by_period
from incentives.services.built_apart import built_apart, last_build
from incentives.services.cycle_differences import causes_of
from incentives.services.cycle_reads import resolve_pay_group
from incentives.services.frozen_divisions import freeze_divisions
from incentives.services.manifests import CalculatedFrom, freeze, frozen_inputs, frozen_pay_group, frozen_plans, parse_manifest
from incentives.serving import snapshots
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


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
    ws: Workspace,
    period: Period,
    *,
    pay_group: str | None = None,
    by: Person,
    now: datetime,
    reason: str,
    divide_anew: bool = False,
) -> RestatementView:
    """Freeze a locked period anew from the published snapshot and propose it.

    Args:
        ws: The workspace.
        period: Of the cycle.
        pay_group: Its pay group; the default one, or the only one.
        by: Finance of the pay group.
        now: When.
        reason: In words.
        divide_anew: Also divide its order lines by what holds today, for every pay group that was locked with them.

    Raises:
        AccessError: `by` is not finance of the pay group, or is paid by the cycle.
        InputError: Nothing is published, or the cycle is not locked.
        DocumentError: A plan has mistakes.
    """
    group = resolve_pay_group(ws, pay_group)
    require_finance(by, group)
    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError("nothing is published yet, so there is nothing to restate from.", remedy="Run `incentives build` first.")
    with Ledger.open(ws.ledger_place) as ledger:
        with ledger.reading() as session:
            head = heads.find(session, group, period)
            restatements.require_restatable(head)
            together = [other.subject for other in heads.heads(session) if other.period == head.period]
        with _divided_anew(ws, snapshot, together) if divide_anew else nullcontext(snapshot) as source:
            manifest = _frozen(ws, source, period, group, divide_anew)
        if snapshots.current(ws) != snapshot:
            raise InputError("another snapshot was published meanwhile.", remedy="Restate again.")
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
    with ws.writer_lock("restate"), Ledger.open(ws.ledger_place) as ledger:
        with ledger.act() as session:
            restatements.confirm(session, by.actor(), heads.find(session, group, period), at=now, digest=digest)
        freeze_divisions(ws, ledger, now)
    return restatement_of(ws, period, group)


@dataclass(frozen=True, slots=True)
class _Apart:
    """A warehouse beside the publication that it stands in for."""

    database: Path
    publication: str
    build_id: str
    last_load: int
    as_of: datetime
    code_fingerprint: str

    def connect(self) -> duckdb.DuckDBPyConnection:
        return snapshots.open_read_only(self.database)


@contextmanager
def _divided_anew(ws: Workspace, snapshot: snapshots.Snapshot, together: Sequence[str]) -> Iterator[CalculatedFrom]:
    """Give a warehouse of the last build's loads in which the divisions of some cycles do not hold."""
    build = last_build(ws)
    with built_apart(ws, build.last_load, with_locked=True, but_of=together) as database:
        yield _Apart(database, snapshot.publication, build.build_id, build.last_load, snapshot.as_of, snapshot.code_fingerprint)


def _frozen(ws: Workspace, source: CalculatedFrom, period: Period, pay_group: str, divide_anew: bool) -> dict[str, JsonValue]:
    from incentives.services.bonus import read_plans_and_inputs

    with source.connect() as connection:
        plans, inputs = read_plans_and_inputs(ws, connection, period)
    return freeze(
        ws,
        source,
        period=period,
        pay_group=pay_group,
        inputs=inputs,
        plan_texts={text.path.name: text.text for text in plans},
        adjusted={},
        divided_anew=divide_anew,
    )


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
