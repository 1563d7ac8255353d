"""What payroll says of an exported cycle: a payment was accepted, or refused with a reason. An export is not a payment.

Accepted clears what stood with payroll; refused puts it back to what is owed to the person, and the next cycle that is exported pays it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor, JsonValue, append_event
from incentives.ledger.exports import recorded_lines
from incentives.ledger.heads import CycleHead, people_of
from incentives.ledger.models import JournalEntry
from incentives.ledger.postings import EntryKind, post_entries, prepare_entries, transfer
from incentives.ledger.rules import require_not_own_pay
from incentives.ledger.states import CycleState, StateError

ACT = "payroll_result"
Outcome = Literal["accepted", "refused"]
ACCEPTED: Outcome = "accepted"
REFUSED: Outcome = "refused"
WAITING = "waiting"
_KINDS: dict[Outcome, EntryKind] = {ACCEPTED: EntryKind.PAYROLL_ACCEPTED, REFUSED: EntryKind.PAYROLL_REFUSED}


@dataclass(frozen=True, slots=True)
class PayrollResult:
    """What payroll says of one person's payment in one currency; a refusal has a reason."""

    associate_id: str
    currency: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many payments were accepted and refused by an act, how many results were known, and how many payments still wait; amounts by currency."""

    accepted: int
    refused: int
    known: int
    waiting: int
    accepted_minor: dict[str, int]
    refused_minor: dict[str, int]


def record_results(
    session: Session, actor: Actor, head: CycleHead, results: Sequence[PayrollResult], *, accept_rest: bool, at: datetime
) -> Recorded:
    """Record what payroll says of an exported cycle; the same result again changes nothing.

    Args:
        session: Of an act.
        actor: Who records it.
        head: The cycle.
        results: One for a person and currency.
        accept_rest: Whether every payment without a result was accepted.
        at: When.

    Raises:
        AccessError: A job, or somebody who is paid by the cycle.
        StateError: The cycle is not exported.
        InputError: A payment that was not exported, two results for one, another result than was recorded, or a refusal without a reason.
    """
    if actor.kind != "person":
        raise AccessError(f"{actor.person_id} is a {actor.kind}; `{ACT}` is for a person.")
    if head.state is not CycleState.EXPORTED:
        raise StateError(f"the cycle is {head.state.value}; payroll answers what was exported.", where=head.subject)
    require_not_own_pay(actor, people_of(session, head), head.subject)
    paid = _paid(session, head)
    known = recorded_outcomes(session, head)
    told = _told(results, paid, known, head)
    if accept_rest:
        for associate, currency in paid.keys() - told.keys() - known.keys():
            told[associate, currency] = PayrollResult(associate, currency, ACCEPTED)
    new = [one for key, one in sorted(told.items()) if key not in known]
    sums: dict[Outcome, dict[str, int]] = {ACCEPTED: {}, REFUSED: {}}
    for one in new:
        amounts = sums[one.outcome]
        amounts[one.currency] = amounts.get(one.currency, 0) + paid[one.associate_id, one.currency]
    if new:
        _post(session, actor, head, new, paid, at)
    counts = {outcome: sum(one.outcome == outcome for one in new) for outcome in (ACCEPTED, REFUSED)}
    waiting = len(paid) - len(known) - len(new)
    return Recorded(counts[ACCEPTED], counts[REFUSED], len(told) - len(new), waiting, sums[ACCEPTED], sums[REFUSED])


@dataclass(frozen=True, slots=True)
class Answered:
    """What payroll said of a cycle's payments in one currency: `outcome` is accepted, refused or waiting; minor units."""

    outcome: str
    currency: str
    people: int
    amount_minor: int


def answered(session: Session, head: CycleHead) -> tuple[Answered, ...]:
    """Return what payroll said of the payments of an exported cycle; nothing before the export."""
    told = recorded_outcomes(session, head)
    found: dict[tuple[str, str], list[int]] = {}
    for (associate, currency), amount in _paid(session, head).items():
        found.setdefault((told.get((associate, currency), WAITING), currency), []).append(amount)
    return tuple(Answered(*key, len(amounts), sum(amounts)) for key, amounts in sorted(found.items()))


def recorded_outcomes(session: Session, head: CycleHead) -> dict[tuple[str, str], str]:
    """Return what payroll said of a cycle's payments so far, by person and currency."""
    outcomes = {kind.value: outcome for outcome, kind in _KINDS.items()}
    rows = session.execute(
        select(JournalEntry.associate_id, JournalEntry.kind, JournalEntry.idempotency_key).where(
            JournalEntry.cycle_id == head.cycle_id, JournalEntry.kind.in_(list(outcomes))
        )
    )
    return {(associate, key.rpartition("/")[2]): outcomes[kind] for associate, kind, key in rows}


def _paid(session: Session, head: CycleHead) -> dict[tuple[str, str], int]:
    """Return what a cycle's export pays each person in each currency, minor units."""
    paid: dict[tuple[str, str], int] = {}
    for line in recorded_lines(session, head):
        paid[line.associate_id, line.currency] = paid.get((line.associate_id, line.currency), 0) + line.amount_minor
    return paid


def _told(
    results: Sequence[PayrollResult], paid: dict[tuple[str, str], int], known: dict[tuple[str, str], str], head: CycleHead
) -> dict[tuple[str, str], PayrollResult]:
    problems: list[str] = []
    told: dict[tuple[str, str], PayrollResult] = {}
    for one in results:
        key = (one.associate_id, one.currency)
        name = f"{one.associate_id} in {one.currency}"
        if key not in paid:
            problems.append(f"nothing was exported for {name}")
        elif key in told:
            problems.append(f"{name} stands twice")
        elif one.outcome == REFUSED and not one.reason.strip():
            problems.append(f"the refusal of {name} has no reason")
        elif known.get(key, one.outcome) != one.outcome:
            problems.append(f"{name} was recorded as {known[key]} before")
        told[key] = one
    if problems:
        more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        raise InputError(f"nothing was recorded: {'; '.join(problems[:5])}{more}.", where=head.subject)
    return told


def _post(
    session: Session, actor: Actor, head: CycleHead, new: Sequence[PayrollResult], paid: dict[tuple[str, str], int], at: datetime
) -> None:
    entries = [
        transfer(
            _KINDS[one.outcome],
            f"payroll-result/{head.subject}/{one.associate_id}/{one.currency}",
            one.associate_id,
            one.currency,
            paid[one.associate_id, one.currency],
            at.date(),
            None,
        )
        for one in new
    ]
    prepared = prepare_entries(session, entries)
    refused = [one for one in new if one.outcome == REFUSED]
    details: dict[str, JsonValue] = {
        "accepted": len(new) - len(refused),
        "refused": [f"{one.associate_id}/{one.currency}" for one in refused],
        "entries": len(prepared.entries),
        "entries_digest": prepared.digest,
    }
    reason = "; ".join(f"{one.associate_id} in {one.currency}: {one.reason.strip()}" for one in refused) or None
    event = append_event(session, actor, ACT, head.subject, at=at, details=details, reason=reason)
    post_entries(session, head.cycle_id, event.event_id, prepared, recorded_at=at)
