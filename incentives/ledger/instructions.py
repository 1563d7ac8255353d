"""What finance instructs of a cycle before its approval, each with a reason; the lock posts what it moves.

`hold`: a person's payout of this cycle is not paid with it. `release`: what is held of them is paid with this cycle. `write_off`: what
they still owe after this cycle is not asked for any more. `waive`: a check that does not hold stops the approval of this
one version no longer. The last word on a kind and subject holds; whoever gave one does not approve the cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor, JsonValue, append_event
from incentives.ledger.balances import held_before
from incentives.ledger.heads import CycleHead, calculation_of, people_of
from incentives.ledger.models import CycleInstruction
from incentives.ledger.rules import require_human, require_instructable, require_not_own_pay, require_reason
from incentives.ledger.states import Instruction


@dataclass(frozen=True, slots=True)
class Instructed:
    """An instruction in force: who gave it, when, and about whom; a waiver's subject is the check's name."""

    kind: Instruction
    subject: str
    version: int
    person_id: str
    given_at: datetime
    event_id: int


def instruct(
    session: Session,
    actor: Actor,
    head: CycleHead,
    kind: Instruction,
    subject: str,
    *,
    at: datetime,
    reason: str,
    withdraw: bool = False,
) -> Instructed:
    """Give an instruction, or withdraw one.

    Args:
        session: Of an act.
        actor: A person who is not paid by the cycle.
        head: The cycle as it stands now: calculated or in review.
        kind: What is to be done.
        subject: The person's id; of a waiver the check's name.
        at: When.
        reason: In words; it lies beside the chain.
        withdraw: Takes the same instruction back.

    Raises:
        AccessError: A job, or somebody whose own pay it is.
        StateError: The cycle is not calculated, or approved already.
        InputError: Nothing of the person can be held or released, or nothing was instructed that could be withdrawn.
    """
    require_human(actor, kind.value)
    require_instructable(head.state, kind.value, head.subject)
    require_reason(reason, head.subject)
    people = people_of(session, head)
    require_not_own_pay(actor, people, head.subject)
    if actor.person_id == subject:
        raise AccessError(f"{actor.person_id} does not act on their own pay.", where=head.subject)
    in_force = {(one.kind, one.subject) for one in instructions_of(session, head)}
    if withdraw and (kind, subject) not in in_force:
        raise InputError(f"there is no `{kind.value}` of {subject} to withdraw.", where=head.subject)
    if not withdraw:
        _require_possible(session, head, kind, subject, people, in_force)
    version = calculation_of(session, head).version
    details: dict[str, JsonValue] = {"subject": subject, "version": version, "withdrawn": withdraw}
    event = append_event(session, actor, kind.value, head.subject, at=at, details=details, reason=reason)
    last = session.scalar(select(func.max(CycleInstruction.sequence)).where(CycleInstruction.cycle_id == head.cycle_id)) or 0
    session.add(
        CycleInstruction(
            cycle_id=head.cycle_id,
            sequence=last + 1,
            kind=kind.value,
            subject=subject,
            version=version,
            is_withdrawn=withdraw,
            person_id=actor.person_id,
            given_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()
    return Instructed(kind, subject, version, actor.person_id, at, event.event_id)


def instructions_of(session: Session, head: CycleHead) -> tuple[Instructed, ...]:
    """Return what is in force for a cycle's current version, in the order of kind and subject; waivers of this version only."""
    rows = session.scalars(
        select(CycleInstruction).where(CycleInstruction.cycle_id == head.cycle_id).order_by(CycleInstruction.sequence)
    )
    last: dict[tuple[Instruction, str], CycleInstruction] = {}
    for row in rows:
        if row.kind != Instruction.WAIVE.value or row.version == head.version:
            last[Instruction(row.kind), row.subject] = row
    return tuple(
        Instructed(kind, subject, row.version, row.person_id, row.given_at, row.event_id)
        for (kind, subject), row in sorted(last.items())
        if not row.is_withdrawn
    )


def instructors_of(session: Session, cycle_id: int) -> list[tuple[str, str]]:
    """Return (kind, person) of everything that was ever instructed of a cycle."""
    rows = session.execute(select(CycleInstruction.kind, CycleInstruction.person_id).where(CycleInstruction.cycle_id == cycle_id))
    return [(kind, person) for kind, person in rows]


def _require_possible(
    session: Session,
    head: CycleHead,
    kind: Instruction,
    subject: str,
    people: frozenset[str],
    in_force: set[tuple[Instruction, str]],
) -> None:
    if (kind, subject) in in_force:
        raise InputError(f"`{kind.value}` of {subject} was instructed before.", where=head.subject)
    if kind is Instruction.HOLD and subject not in people:
        raise InputError(f"{subject} has no statement in this cycle that could be held.", where=head.subject)
    if kind is Instruction.RELEASE and not any(who == subject for who, _ in held_before(session, head)):
        raise InputError(f"nothing is held of {subject} from a locked cycle.", where=head.subject)
    other = {Instruction.HOLD: Instruction.RELEASE, Instruction.RELEASE: Instruction.HOLD}.get(kind)
    if other is not None and (other, subject) in in_force:
        raise InputError(f"`{other.value}` of {subject} is instructed; withdraw it first.", where=head.subject)
