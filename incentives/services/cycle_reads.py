"""Reading cycles and statements, for portal and command line alike.

Nothing here decides who may see what: the caller asks for what its reader may see.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.locked_divisions import FEED as LOCKED_DIVISIONS
from incentives.ledger import heads as ledger_heads
from incentives.ledger.engine import Ledger, plain_rows
from incentives.ledger.goodwills import goodwills_of
from incentives.ledger.heads import CycleHead
from incentives.ledger.instructions import instructions_of
from incentives.ledger.models import AuditText, Calculation, CycleAct, Statement
from incentives.ledger.opening import opening_of
from incentives.ledger.payroll_results import answered
from incentives.ledger.questions import questions
from incentives.ledger.statements import StatementRow, read_statements, statements_numbered
from incentives.ledger.states import (
    FINAL_STATES,
    GOODWILL,
    INSTRUCTABLE_STATES,
    CycleState,
    Instruction,
    StateError,
    acts_possible,
)
from incentives.periods import Period
from incentives.services.close_checklist import recorded_items
from incentives.services.cycle_views import (
    ActView,
    ComponentView,
    CurrencyTotal,
    CycleStatus,
    CycleSummary,
    DeliveryView,
    ExceptionView,
    InstructionView,
    OpeningTotal,
    PersonTotal,
    StatementView,
    TraceView,
    read_exceptions,
)
from incentives.workspace import Workspace


def resolve_pay_group(ws: Workspace, pay_group: str | None) -> str:
    """Return the pay group that is meant: the named one, the default, or the only one.

    Raises:
        InputError: Not configured, or several and none is the default.
    """
    groups = ws.config.pay_groups
    if pay_group is not None:
        if pay_group not in groups:
            raise InputError(
                f"'{pay_group}' is not a pay group of this workspace.", remedy=f"It has {', '.join(sorted(groups)) or 'none'}."
            )
        return pay_group
    defaults = [name for name, group in groups.items() if group.default]
    if defaults or len(groups) == 1:
        return defaults[0] if defaults else next(iter(groups))
    raise InputError("which pay group is meant?", remedy=f"Name one with --pay-group: {', '.join(sorted(groups)) or 'none'}.")


def list_cycles(ws: Workspace) -> tuple[CycleSummary, ...]:
    """Return every cycle, by pay group, calendar and period."""
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        return tuple(_summary(session, head) for head in ledger_heads.heads(session))


def cycle_summary(ws: Workspace, period: Period, pay_group: str | None = None) -> CycleSummary:
    """Return one cycle as `list_cycles` does.

    Raises:
        InputError: It was not opened.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        return _summary(session, ledger_heads.find(session, resolve_pay_group(ws, pay_group), period))


def cycle_status(ws: Workspace, period: Period, pay_group: str | None = None) -> CycleStatus:
    """Return everything that finance sees of one cycle.

    Raises:
        InputError: It was not opened.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = ledger_heads.find(session, resolve_pay_group(ws, pay_group), period)
        return status_of(ws, session, head)


def require_before_approval(ws: Workspace, period: Period, pay_group: str | None = None) -> None:
    """Refuse a cycle whose approval is past, or that has nothing to approve.

    Raises:
        InputError: It was not opened.
        StateError: It is neither calculated nor in review.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = ledger_heads.find(session, resolve_pay_group(ws, pay_group), period)
    if head.state not in INSTRUCTABLE_STATES:
        raise StateError(
            f"the cycle is {head.state.value.replace('_', ' ')}; nothing of its checklist is to be decided.",
            where=head.subject,
            remedy="`incentives cycle status` says who decided what.",
        )


def statements_of_cycle(
    ws: Workspace, period: Period, pay_group: str | None = None, *, version: int | None = None, with_trace: bool = False
) -> tuple[StatementView, ...]:
    """Return the statements of a version of a cycle, by default of the current one.

    Raises:
        InputError: The cycle was not opened or not calculated.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = ledger_heads.find(session, resolve_pay_group(ws, pay_group), period)
        calculation = ledger_heads.calculation_of(session, head, version)
        number, of_version = calculation.calculation_id, calculation.version
        rows = read_statements(session, number, with_trace=with_trace)
        return tuple(_view(head, of_version, row) for row in rows)


def totals_of_cycle(
    ws: Workspace, period: Period, pay_group: str | None = None, *, version: int | None = None
) -> tuple[PersonTotal, ...]:
    """Return what each person is due by a version of a cycle, by default the current one, by person, plan and currency.

    Raises:
        InputError: The cycle was not opened or not calculated.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = ledger_heads.find(session, resolve_pay_group(ws, pay_group), period)
        number = ledger_heads.calculation_number(session, head, version)
        rows = plain_rows(
            session,
            select(Statement.associate_id, Statement.plan, Statement.currency, func.sum(Statement.due_minor))
            .where(Statement.calculation_id == number)
            .group_by(Statement.associate_id, Statement.plan, Statement.currency)
            .order_by(Statement.associate_id, func.min(Statement.statement_id)),
        )
        return tuple(PersonTotal(*row) for row in rows)


def statements_of(ws: Workspace, associate_id: str, *, drafts: bool = True) -> tuple[StatementView, ...]:
    """Return one person's statements, latest period first: final ones, and drafts while their cycle is in review.

    Args:
        ws: The workspace.
        associate_id: Whose.
        drafts: Whether drafts are wanted; an associate sees them from the review on.
    """
    return team_statements(ws, [associate_id], drafts=drafts)


def team_statements(
    ws: Workspace, associate_ids: Sequence[str], period: Period | None = None, *, drafts: bool = True
) -> tuple[StatementView, ...]:
    """Return the statements that these people may see themselves, latest period first, of one period or of all."""
    shown = {CycleState.LOCKED, CycleState.EXPORTED}
    if drafts:
        shown |= {CycleState.IN_REVIEW, CycleState.APPROVED}
    views: list[StatementView] = []
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        found = [head for head in ledger_heads.heads(session) if head.state in shown]
        for head in sorted(found, key=lambda head: (head.period_start, head.pay_group), reverse=True):
            if period is None or head.period == period.label:
                calculation = ledger_heads.calculation_of(session, head)
                number, version = calculation.calculation_id, calculation.version
                views += [_view(head, version, row) for row in read_statements(session, number, associates=associate_ids)]
    return tuple(views)


def statement(ws: Workspace, number: str) -> StatementView:
    """Return one statement of its cycle's current version, with its trace.

    Args:
        ws: The workspace.
        number: `period/pay group/associate`, as statements and lists show it.

    Raises:
        InputError: There is none.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = ledger_heads.of_statement(session, number)
        if head.version is None:
            raise ledger_heads.no_statement(number)
        calculation = ledger_heads.calculation_of(session, head)
        version = calculation.version
        row = statements_numbered(session, calculation.calculation_id, number)
        if row is None:
            raise ledger_heads.no_statement(number)
        return _view(head, version, row)


def publications_in_use(ws: Workspace) -> frozenset[str]:
    """Return the publications that cycles which are not locked were calculated from: publishing keeps them."""
    found = set()
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        for head in ledger_heads.heads(session):
            if head.version is not None and head.state not in FINAL_STATES:
                found.add(str(json.loads(ledger_heads.calculation_of(session, head).manifest)["publication"]))
    return frozenset(found)


def status_of(ws: Workspace, session: Session, head: CycleHead) -> CycleStatus:
    """Return the status of a cycle inside an open session."""
    calculation: Calculation | None = None
    exceptions: tuple[ExceptionView, ...] = ()
    if head.version is not None:
        calculation = ledger_heads.calculation_of(session, head)
        exceptions = read_exceptions(calculation.exceptions)
    made = ledger_heads.acts_of(session, head.cycle_id)
    reasons = select(AuditText).where(AuditText.event_id.in_([act.event_id for act in made]))
    texts = {row.event_id: row.body for row in session.scalars(reasons)}
    acts = tuple(_act(act, texts.get(act.event_id)) for act in made)
    is_final = head.state in FINAL_STATES
    since = _deliveries_after(ws, calculation.last_load) if calculation is not None and not is_final else ()
    blockers = []
    asked = 0 if is_final else sum(one.outcome is None for one in questions(session, cycle_id=head.cycle_id))
    if asked:
        blockers.append(f"{asked} {'questions' if asked > 1 else 'question'} about its statements to decide, or to waive.")
    if calculation is not None and not is_final:
        waived = {one.subject for one in instructions_of(session, head) if one.kind is Instruction.WAIVE}
        stopping = [item for item in recorded_items(ws, calculation) if item.stops and item.name not in waived]
        blockers += [f"{item.sentence} Or waive {item.name}." for item in stopping]
    return CycleStatus(
        _summary(session, head),
        head.legal_entity,
        head.country,
        calculation.last_load if calculation else None,
        calculation.calculated_at if calculation else None,
        tuple(act.value for act in acts_possible(head.state)),
        acts,
        exceptions,
        since,
        tuple(blockers),
        _instructed(session, head),
        _opening(session, head),
        answered(session, head) if head.state is CycleState.EXPORTED else (),
    )


def _instructed(session: Session, head: CycleHead) -> tuple[InstructionView, ...]:
    told = [
        InstructionView(one.kind.value, one.subject, one.person_id, one.given_at, _reason(session, one.event_id))
        for one in instructions_of(session, head)
    ]
    for given in goodwills_of(session, head):
        words = _reason(session, given.event_id)
        amount = (given.amount_minor, given.currency)
        told.append(InstructionView(GOODWILL, given.associate_id, given.person_id, given.given_at, words, *amount))
    return tuple(told)


def _opening(session: Session, head: CycleHead) -> tuple[OpeningTotal, ...]:
    totals: dict[tuple[str, str], list[int]] = {}
    for one in opening_of(session, head):
        totals.setdefault((one.balance, one.currency), []).append(one.amount_minor)
    return tuple(OpeningTotal(*key, len(amounts), sum(amounts)) for key, amounts in sorted(totals.items()))


def _reason(session: Session, event_id: int) -> str | None:
    return session.scalar(select(AuditText.body).where(AuditText.event_id == event_id))


def _deliveries_after(ws: Workspace, load_id: int) -> tuple[DeliveryView, ...]:
    return tuple(
        DeliveryView(file.load_id, file.file_name, file.feed, file.rows_delivered)
        for file in BronzeIndex(ws.bronze_index).files(after=load_id)
        if file.outcome == "loaded" and file.feed != LOCKED_DIVISIONS
    )


def _summary(session: Session, head: CycleHead) -> CycleSummary:
    totals: list[CurrencyTotal] = []
    people = 0
    if head.version is not None:
        mine = Statement.calculation_id == ledger_heads.calculation_number(session, head)
        rows = session.execute(
            select(
                Statement.currency,
                func.count(Statement.associate_id.distinct()),
                func.sum(Statement.worth_minor),
                func.sum(Statement.due_minor),
            )
            .where(mine)
            .group_by(Statement.currency)
            .order_by(Statement.currency)
        )
        totals = [CurrencyTotal(currency, count, int(worth), int(due)) for currency, count, worth, due in rows]
        people = session.scalar(select(func.count(Statement.associate_id.distinct())).where(mine)) or 0
    return CycleSummary(
        head.pay_group,
        head.calendar,
        head.period,
        head.currency,
        head.state.value,
        head.version,
        head.digest,
        people,
        tuple(totals),
    )


def _act(act: CycleAct, reason: str | None) -> ActView:
    return ActView(act.sequence, act.act, act.state, act.version, act.digest, act.person_id, act.actor_kind, act.acted_at, reason)


def _view(head: CycleHead, version: int, row: StatementRow) -> StatementView:
    return StatementView(
        number=row.number,
        associate_id=row.associate_id,
        pay_group=head.pay_group,
        period=head.period,
        earned_period=row.earned_period,
        state=head.state.value,
        version=version,
        plan=row.plan,
        plan_version=row.plan_version,
        agreement=row.agreement,
        currency=row.currency,
        worth_minor=row.worth_minor,
        settled_minor=row.settled_minor,
        due_minor=row.due_minor,
        digest=row.digest,
        components=tuple(
            ComponentView(
                part.component,
                part.measure,
                part.measure_unit,
                part.window_start,
                part.window_end,
                part.measure_value,
                part.target_value,
                part.attainment,
                part.amount_minor,
            )
            for part in row.components
        ),
        trace=tuple(TraceView(**step) for step in orjson.loads(row.steps)) if row.steps else (),
    )
