"""Overpayments: what negative adjustments and what was carried forward take of a payout, where a plan sets a ceiling to it.

A payout under a plan with a recoverable draw is charged by that plan's `recovery` terms, overpayments before draws. What the ceiling
leaves waits on an account of its own, so that the rest of the payout is paid, and the next cycles go on with it. Who is under no
such terms any more is charged as everybody is: with what they are due, and the rest is carried forward.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incentives.ledger.balances import Balances, overpaid_before
from incentives.ledger.draws import DrawTerms
from incentives.ledger.heads import CycleHead
from incentives.ledger.models import AuditEvent, CycleAct
from incentives.ledger.postings import EntryDraft, EntryKind, LedgerAccount, payable_of_group, transfer
from incentives.ledger.states import Act

# The rules by which a lock derives what it posts; a lock's event names them, and what was locked is derived by them for ever.
# 1, where it names none; from 2 on overpayments know a ceiling.
LOCK_RULES = 2
_WITH_CEILING = 2


def overpaid_people(
    session: Session, head: CycleHead, entries: Iterable[EntryDraft], terms_of_draws: Sequence[DrawTerms]
) -> Balances:
    """Return what a lock has to charge to payouts under recovery terms, by person and currency.

    It is what earlier cycles left, and what the cycle's adjustments and what was carried forward come to below zero, once
    everything else that the cycle owes the person has paid of it.

    Args:
        session: Reads the ledger.
        head: The cycle.
        entries: What the lock posts of statements, holdbacks and opening balances.
        terms_of_draws: Of the version's statements.
    """
    lock = _lock_event(session, head)
    rules = LOCK_RULES if lock is None else json.loads(lock.details).get("rules", 1)
    if rules < _WITH_CEILING:
        return {}
    needed: Balances = {}
    for terms in terms_of_draws:
        key = (terms.associate_id, terms.currency)
        # The statement's own payout is in `entries`; it is what is charged.
        needed[key] = needed.get(key, 0) + max(terms.worth_minor, 0) - terms.held_minor
    if not needed:
        return {}
    for entry in entries:
        for posting in entry.postings:
            key = (entry.associate_id, posting.currency)
            if posting.account is LedgerAccount.PAYABLE and key in needed:
                needed[key] += posting.amount_minor
    before = overpaid_before(session, head)
    carried = payable_of_group(
        session,
        head.pay_group,
        head.calendar,
        before=head.period_start,
        before_event=None if lock is None else lock.event_id,
    )
    return {key: max(amount + before.get(key, 0) - min(carried.get(key, 0), 0), 0) for key, amount in needed.items()}


def overpayment_entries(session: Session, head: CycleHead, left: Balances) -> list[EntryDraft]:
    """Return what a lock moves between what is payable and what is left to later cycles.

    Args:
        session: Reads the ledger.
        head: The cycle.
        left: What payouts under recovery terms could not be charged; of anybody else nothing is left.
    """
    before = overpaid_before(session, head)
    entries = []
    for key in sorted(before.keys() | left.keys()):
        moved = left.get(key, 0) - before.get(key, 0)
        if moved:
            kind = EntryKind.OVERPAYMENT_DEFERRED if moved > 0 else EntryKind.OVERPAYMENT_RECOVERED
            who, currency = key
            name = f"{kind.value}/{head.subject}/{who}/{currency}"
            entries.append(transfer(kind, name, who, currency, abs(moved), head.period_end - timedelta(days=1), None))
    return entries


def _lock_event(session: Session, head: CycleHead) -> AuditEvent | None:
    query = select(AuditEvent).join(CycleAct, CycleAct.event_id == AuditEvent.event_id)
    return session.scalar(query.where(CycleAct.cycle_id == head.cycle_id, CycleAct.act == Act.LOCK.value))
