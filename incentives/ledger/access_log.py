"""Who read whose pay: a log of its own, apart from the audit chain, kept twelve months and shown to the person.

Apart, because every page view in the chain would be a write that all others wait for, and would keep for ever what
employees looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from incentives.ledger.engine import Ledger
from incentives.ledger.models import AccessRead

KEPT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class LoggedRead:
    """A look as the person looked at sees it."""

    reader_id: str
    purpose: str
    at: datetime


def record_reads(ledger: Ledger, reader_id: str, subjects: Sequence[str], purpose: str, *, at: datetime) -> None:
    """Remember that a person looked at the pay of others, in one write, before they are shown anything."""
    rows = [{"reader_id": reader_id, "subject_id": subject, "purpose": purpose, "read_at": at} for subject in subjects]
    if rows:
        with Session(ledger.engine) as session, session.begin():
            session.execute(insert(AccessRead), rows)


def reads_about(session: Session, subject_id: str, since: datetime) -> tuple[LoggedRead, ...]:
    """Return who looked at a person's pay since a moment, newest first."""
    rows = session.scalars(
        select(AccessRead)
        .where(AccessRead.subject_id == subject_id, AccessRead.read_at >= since)
        .order_by(AccessRead.read_at.desc(), AccessRead.read_id.desc())
    )
    return tuple(LoggedRead(row.reader_id, row.purpose, row.read_at) for row in rows)


def forget_old_reads(ledger: Ledger, *, at: datetime) -> int:
    """Delete what is older than twelve months and return how many looks that were."""
    with Session(ledger.engine) as session, session.begin():
        old = session.scalars(select(AccessRead.read_id).where(AccessRead.read_at < at - KEPT)).all()
        if old:
            session.execute(delete(AccessRead).where(AccessRead.read_at < at - KEPT))
        return len(old)
