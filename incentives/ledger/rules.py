"""Who may act, and when: the rules that stand above the state machine; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from incentives.errors import InputError
from incentives.ledger.access import AccessError, Person, Role
from incentives.ledger.audit import Actor
from incentives.ledger.states import INSTRUCTABLE_STATES, SHAPING_ACTS, CycleState, StateError

DIGEST_CHARACTERS_MIN = 8
REASON_CHARACTERS_MAX = 2000


def require_human(actor: Actor, act: str) -> None:
    """Refuse a job: it may calculate and nothing else."""
    if actor.kind != "person":
        raise AccessError(f"{actor.person_id} is a {actor.kind}; `{act}` is for a person.")


def require_instructable(state: CycleState, act: str, subject: str) -> None:
    """Refuse an instruction of a cycle that is not calculated, or approved already."""
    if state not in INSTRUCTABLE_STATES:
        raise StateError(
            f"the cycle is {state.value}; `{act}` is possible while it is calculated or in review.",
            where=subject,
            remedy="Send an approved cycle back first.",
        )


def require_finance(person: Person, pay_group: str) -> None:
    """Refuse whoever is not finance of the pay group."""
    if not person.holds(Role.FINANCE, pay_group):
        raise AccessError(f"{person.person_id} is not finance for pay group {pay_group}.")


def require_second_human(actor: Actor, acts: Sequence[tuple[str, str]], subject: str) -> None:
    """Refuse an approver who shaped the cycle: opened, calculated any version, reviewed, or instructed. Persons are compared.

    Args:
        actor: Who would approve.
        acts: (act, person) of every act on the cycle and of every instruction.
        subject: The cycle.
    """
    made = sorted({act for act, person in acts if person == actor.person_id and act in SHAPING_ACTS})
    if made:
        raise AccessError(
            f"{actor.person_id} made an act in this cycle ({', '.join(made)}) and so does not approve it.",
            where=subject,
            remedy="Another finance person approves.",
        )


def require_not_own_pay(actor: Actor, paid: Collection[str], subject: str) -> None:
    """Refuse whoever is paid by the cycle."""
    if actor.kind == "person" and actor.person_id in paid:
        raise AccessError(f"{actor.person_id} is paid by this cycle and so does not act on it.", where=subject)


def require_reason(reason: str, subject: str) -> None:
    """Refuse an act without its reason in words."""
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        raise InputError(f"a reason is needed, of at most {REASON_CHARACTERS_MAX} characters.", where=subject)


def require_digest(current: str, named: str | None, subject: str) -> None:
    """Refuse a digest that does not name the current version."""
    if named is None:
        return
    if len(named) < DIGEST_CHARACTERS_MIN or not current.startswith(named.lower()):
        raise StateError(
            f"the digest named is not that of the current version, {current}.",
            where=subject,
            remedy="Look at the current version, then approve it by its digest.",
        )


def require_in_order(start: date, others: Sequence[tuple[date, date, str, bool]], subject: str) -> None:
    """Refuse a lock before the calendar's earlier cycles are locked, or over a gap between them.

    Args:
        start: First day of the cycle to lock.
        others: (first day, first day after, period, whether it is locked) of the calendar's other cycles.
        subject: The cycle.
    """
    earlier = sorted(other for other in others if other[0] < start)
    waiting = [period for _, _, period, locked in earlier if not locked]
    if waiting:
        raise StateError(f"{waiting[0]} is not locked, and a calendar's cycles lock in order.", where=subject)
    if earlier and earlier[-1][1] != start:
        raise StateError(
            f"there is no cycle between {earlier[-1][2]}, the last one locked, and this one.",
            where=subject,
            remedy="Open, calculate and lock the periods between first; afterwards they could never be paid.",
        )
