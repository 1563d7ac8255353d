"""The acts that move a cycle on.

Every function that acts runs inside one `Ledger.act()`: it reads the state, refuses or writes, and appends one event.
Rules kept here: the state machine, two humans, nobody on their own pay, a calendar's cycles lock in order, nothing is
posted before the lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.audit import Actor, JsonValue, append_event, canonical, digest_of
from incentives.ledger.drafts import CalculationDraft
from incentives.ledger.goodwills import givers_of, goodwills_of
from incentives.ledger.heads import CycleHead, acts_of, calculation_of, find, head_of, heads, people_of
from incentives.ledger.instructions import instructions_of, instructors_of
from incentives.ledger.lock_entries import lock_entries
from incentives.ledger.models import AuditEvent, Calculation, Cycle, CycleAct
from incentives.ledger.overpayments import LOCK_RULES
from incentives.ledger.postings import post_entries, prepare_entries
from incentives.ledger.publications import correctors_of
from incentives.ledger.questions import overriders_of
from incentives.ledger.rules import (
    require_digest,
    require_human,
    require_in_order,
    require_not_own_pay,
    require_reason,
    require_second_human,
)
from incentives.ledger.statements import VersionDigest, write_statements
from incentives.ledger.states import FINAL_STATES, GOODWILL, Act, CycleState, StateError, state_after
from incentives.periods import Period


@dataclass(frozen=True, slots=True)
class PayGroupTerms:
    """What a cycle keeps of its pay group as configured when it was opened."""

    name: str
    legal_entity: str
    country: str
    currency: str


def open_cycle(session: Session, actor: Actor, terms: PayGroupTerms, period: Period, *, at: datetime) -> CycleHead:
    """Open the cycle of a period.

    Raises:
        InputError: It is open already, or a later period of the calendar is locked.
    """
    require_human(actor, Act.OPEN)
    subject = f"{period.label}/{terms.name}"
    earlier = [head for head in heads(session) if head.pay_group == terms.name and head.calendar == period.calendar]
    if any(head.period == period.label for head in earlier):
        raise StateError("the cycle was opened before.", where=subject, remedy="`incentives cycle status` shows where it stands.")
    later_locked = [head.period for head in earlier if head.state in FINAL_STATES and head.period_start > period.start]
    if later_locked:
        raise InputError(f"{later_locked[0]} is locked, and a calendar's cycles lock in order.", where=subject)
    details = {
        "pay_group": terms.name,
        "calendar": period.calendar,
        "period": period.label,
        "period_start": period.start.isoformat(),
        "period_end": period.end.isoformat(),
        "legal_entity": terms.legal_entity,
        "country": terms.country,
        "currency": terms.currency,
    }
    event = append_event(
        session, actor, Act.OPEN.value, subject, at=at, details={"before": None, "after": _state_json(CycleState.OPEN), **details}
    )
    cycle = Cycle(
        pay_group=terms.name,
        calendar=period.calendar,
        period=period.label,
        period_start=period.start,
        period_end=period.end,
        legal_entity=terms.legal_entity,
        country=terms.country,
        currency=terms.currency,
        event_id=event.event_id,
    )
    session.add(cycle)
    session.flush()
    _add_act(session, cycle.cycle_id, 1, Act.OPEN, CycleState.OPEN, None, None, actor, event, at)
    return find(session, terms.name, period)


def record_calculation(
    session: Session, actor: Actor, head: CycleHead, draft: CalculationDraft, *, expected_sequence: int, at: datetime
) -> CycleHead:
    """Record a new version; the earlier ones stay.

    Args:
        session: Of an act.
        actor: A person, or a job.
        head: The cycle as it stands now.
        draft: What was calculated.
        expected_sequence: The last act that the calculation saw; another act since then wins.
        at: When.

    Raises:
        StateError: The cycle cannot be calculated now, or somebody acted on it meanwhile.
    """
    if head.sequence != expected_sequence:
        raise StateError(
            f"{head.last_person} acted on the cycle while it was calculated; it is {head.state.value} now.",
            where=head.subject,
            remedy="Look at its status, then calculate again.",
        )
    state = state_after(head.state, Act.CALCULATE, subject=head.subject)
    version = (session.scalar(select(func.max(Calculation.version)).where(Calculation.cycle_id == head.cycle_id)) or 0) + 1
    calculation_id = (session.scalar(select(func.max(Calculation.calculation_id))) or 0) + 1
    manifest = canonical(draft.manifest)
    manifest_digest = digest_of(draft.manifest)
    digest = VersionDigest(head.subject, version, manifest_digest)
    count, people = write_statements(session, calculation_id, head.subject, head.period, draft.statements, digest)
    require_not_own_pay(actor, people, head.subject)
    details: dict[str, JsonValue] = {
        "manifest_digest": manifest_digest,
        "statements": count,
        "exceptions_digest": digest_of(draft.exceptions),
    }
    event = _append(session, actor, Act.CALCULATE, head, state, version, digest.value(), at=at, details=details)
    session.add(
        Calculation(
            calculation_id=calculation_id,
            cycle_id=head.cycle_id,
            version=version,
            digest=digest.value(),
            last_load=draft.last_load,
            manifest=manifest,
            manifest_digest=manifest_digest,
            exceptions=canonical(draft.exceptions),
            calculated_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()
    _add_act(session, head.cycle_id, head.sequence + 1, Act.CALCULATE, state, version, digest.value(), actor, event, at)
    return _again(session, head)


def review(session: Session, actor: Actor, head: CycleHead, *, at: datetime, review_until: datetime | None = None) -> CycleHead:
    """Put the current version before its people; associates see a draft until `review_until`."""
    require_human(actor, Act.REVIEW)
    state = state_after(head.state, Act.REVIEW, subject=head.subject)
    require_not_own_pay(actor, people_of(session, head), head.subject)
    details: dict[str, JsonValue] = {"review_until": review_until.isoformat() if review_until else None}
    return _move(session, actor, Act.REVIEW, head, state, at=at, details=details, review_until=review_until)


def approve(
    session: Session,
    actor: Actor,
    head: CycleHead,
    *,
    at: datetime,
    digest: str | None = None,
    checks: Sequence[Mapping[str, JsonValue]] = (),
) -> CycleHead:
    """Approve the current version by its digest; whoever shaped the cycle cannot.

    Args:
        session: Of an act.
        actor: Made no shaping act in the cycle and is not paid by it.
        head: The cycle as it stands now.
        at: When.
        digest: What the approver has before them, whole or its first characters; must be the current version's.
        checks: Outcomes of the quality checks, kept with the event.
    """
    require_human(actor, Act.APPROVE)
    state = state_after(head.state, Act.APPROVE, subject=head.subject)
    require_digest(head.digest or "", digest, head.subject)
    acts = acts_of(session, head.cycle_id)
    made = [(act.act, act.person_id) for act in acts]
    made += [*instructors_of(session, head.cycle_id), *givers_of(session, head.cycle_id), *overriders_of(session, head.cycle_id)]
    made += correctors_of(session, acts[0].event_id)
    require_second_human(actor, made, head.subject)
    require_not_own_pay(actor, people_of(session, head), head.subject)
    until = next((act.review_until for act in reversed(acts) if act.act == Act.REVIEW.value), None)
    if until is not None and at < until:
        raise StateError(f"people may ask about their draft until {until.isoformat()}.", where=head.subject)
    told: list[JsonValue] = [[one.kind.value, one.subject, one.event_id] for one in instructions_of(session, head)]
    told += [[GOODWILL, given.associate_id, given.event_id] for given in goodwills_of(session, head)]
    return _move(session, actor, Act.APPROVE, head, state, at=at, details={"checks": list(checks), "instructions": told})


def send_back(session: Session, actor: Actor, head: CycleHead, *, at: datetime, reason: str) -> CycleHead:
    """Send an approved cycle back, with the reason."""
    require_human(actor, Act.SEND_BACK)
    state = state_after(head.state, Act.SEND_BACK, subject=head.subject)
    require_reason(reason, head.subject)
    require_not_own_pay(actor, people_of(session, head), head.subject)
    return _move(session, actor, Act.SEND_BACK, head, state, at=at, details={}, reason=reason)


def lock(session: Session, actor: Actor, head: CycleHead, *, at: datetime) -> CycleHead:
    """Lock an approved cycle: post what each statement is due. Nothing of it changes afterwards.

    Raises:
        StateError: It is not approved, or an earlier cycle of the calendar is not locked.
    """
    require_human(actor, Act.LOCK)
    state = state_after(head.state, Act.LOCK, subject=head.subject)
    require_not_own_pay(actor, people_of(session, head), head.subject)
    others = [
        (other.period_start, other.period_end, other.period, other.state in FINAL_STATES)
        for other in heads(session)
        if other.pay_group == head.pay_group and other.calendar == head.calendar and other.cycle_id != head.cycle_id
    ]
    require_in_order(head.period_start, others, head.subject)
    calculation = calculation_of(session, head)
    prepared = prepare_entries(session, lock_entries(session, head, calculation))
    details: dict[str, JsonValue] = {
        "entries": len(prepared.entries),
        "entries_digest": prepared.digest,
        "rules": LOCK_RULES,
    }
    event = _append(session, actor, Act.LOCK, head, state, head.version, head.digest, at=at, details=details)
    post_entries(session, head.cycle_id, event.event_id, prepared, recorded_at=at)
    _add_act(session, head.cycle_id, head.sequence + 1, Act.LOCK, state, head.version, head.digest, actor, event, at)
    return _again(session, head)


def record_export_act(
    session: Session, actor: Actor, head: CycleHead, *, at: datetime, details: Mapping[str, JsonValue]
) -> tuple[CycleHead, AuditEvent]:
    """Move a locked cycle to exported; `exports.export` posts the payments with the event that this returns."""
    state = state_after(head.state, Act.EXPORT, subject=head.subject)
    event = _append(session, actor, Act.EXPORT, head, state, head.version, head.digest, at=at, details=details)
    _add_act(session, head.cycle_id, head.sequence + 1, Act.EXPORT, state, head.version, head.digest, actor, event, at)
    return _again(session, head), event


def _move(
    session: Session,
    actor: Actor,
    act: Act,
    head: CycleHead,
    state: CycleState,
    *,
    at: datetime,
    details: Mapping[str, JsonValue],
    reason: str | None = None,
    review_until: datetime | None = None,
) -> CycleHead:
    event = _append(session, actor, act, head, state, head.version, head.digest, at=at, details=details, reason=reason)
    _add_act(session, head.cycle_id, head.sequence + 1, act, state, head.version, head.digest, actor, event, at, review_until)
    return _again(session, head)


def _append(
    session: Session,
    actor: Actor,
    act: Act,
    head: CycleHead,
    state: CycleState,
    version: int | None,
    digest: str | None,
    *,
    at: datetime,
    details: Mapping[str, JsonValue],
    reason: str | None = None,
) -> AuditEvent:
    before = _state_json(head.state, head.version, head.digest)
    whole = {"before": before, "after": _state_json(state, version, digest), **details}
    return append_event(session, actor, act.value, head.subject, at=at, details=whole, reason=reason)


def _state_json(state: CycleState, version: int | None = None, digest: str | None = None) -> dict[str, JsonValue]:
    return {"state": state.value, "version": version, "digest": digest}


def _add_act(
    session: Session,
    cycle_id: int,
    sequence: int,
    act: Act,
    state: CycleState,
    version: int | None,
    digest: str | None,
    actor: Actor,
    event: AuditEvent,
    at: datetime,
    review_until: datetime | None = None,
) -> None:
    session.add(
        CycleAct(
            cycle_id=cycle_id,
            sequence=sequence,
            act=act.value,
            state=state.value,
            version=version,
            digest=digest,
            person_id=actor.person_id,
            actor_kind=actor.kind,
            acted_at=at,
            review_until=review_until,
            event_id=event.event_id,
        )
    )
    session.flush()


def _again(session: Session, head: CycleHead) -> CycleHead:
    return head_of(session.get_one(Cycle, head.cycle_id), acts_of(session, head.cycle_id)[-1])
