"""Checking the whole ledger against itself: chain, acts, versions, postings, exports, roles and guards.

Each check recomputes from the rows what the act's event recorded, so a row changed with the guards removed disagrees
with its seal, its digest or its event, and is named. Findings come in the order of the checks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from incentives.ledger.audit import chain_head, check_chain, digest_of
from incentives.ledger.exports import file_bytes, recorded_lines
from incentives.ledger.goodwills import check_goodwills
from incentives.ledger.heads import CycleHead, acts_of, heads
from incentives.ledger.integrity_instructions import check_instructions, check_restatements
from incentives.ledger.integrity_postings import check_entries
from incentives.ledger.migrations import guards_0001, guards_0003, guards_0004, guards_0005, guards_0006
from incentives.ledger.models import AuditEvent, Calculation, Cycle, CycleAct, JournalEntry, PayrollExport, RoleGrant
from incentives.ledger.publications import check_publications
from incentives.ledger.questions import check_questions
from incentives.ledger.statements import VersionDigest, recorded_digests
from incentives.ledger.states import Act


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: which row, and what is wrong with it."""

    place: str
    sentence: str


@dataclass(slots=True)
class Verified:
    """What was looked at, and what does not hold."""

    events: int = 0
    head: str = ""
    statements: int = 0
    entries: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class CycleVerified:
    """What was looked at of one cycle, all its versions, and what does not hold."""

    statements: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify(session: Session, cycles: Iterable[CycleVerified] | None = None) -> Verified:
    """Check everything and return what does not hold, first finding first.

    Args:
        session: Reading one state of the ledger.
        cycles: What checking each cycle found, in the order of `heads`, where that is done elsewhere.
    """
    result = Verified()
    result.events, result.head = chain_head(session)
    result.findings += [Finding(f"audit event {found.event_id}", found.sentence) for found in check_chain(session)]
    for one in cycles if cycles is not None else (verify_cycle(session, head) for head in heads(session)):
        result.statements += one.statements
        result.findings += one.findings
    result.entries = session.scalar(select(func.count()).select_from(JournalEntry)) or 0
    result.findings += [Finding(place, sentence) for place, sentence in check_publications(session)]
    result.findings += [Finding(place, sentence) for place, sentence in check_questions(session)]
    result.findings += _check_roles(session)
    result.findings += _check_guards(session)
    return result


def verify_cycle(session: Session, head: CycleHead) -> CycleVerified:
    """Check one cycle: acts, versions, instructions, postings and export."""
    result = CycleVerified()
    result.findings += _check_cycle(session, head)
    result.findings += _check_acts(session, head)
    for calculation in session.scalars(
        select(Calculation).where(Calculation.cycle_id == head.cycle_id).order_by(Calculation.version)
    ).all():
        result.findings += _check_version(session, head, calculation, result)
    for check in (check_instructions, check_restatements, check_goodwills, check_entries):
        result.findings += [Finding(place, sentence) for place, sentence in check(session, head)]
    result.findings += _check_export(session, head)
    return result


def _details(session: Session, event_id: int) -> Mapping[str, object]:
    event = session.get(AuditEvent, event_id)
    parsed = json.loads(event.details) if event is not None else {}
    return parsed if isinstance(parsed, dict) else {}


def _check_cycle(session: Session, head: CycleHead) -> Iterator[Finding]:
    row = session.get_one(Cycle, head.cycle_id)
    recorded = _details(session, row.event_id)
    found = {
        "pay_group": row.pay_group,
        "calendar": row.calendar,
        "period": row.period,
        "period_start": row.period_start.isoformat(),
        "period_end": row.period_end.isoformat(),
        "legal_entity": row.legal_entity,
        "country": row.country,
        "currency": row.currency,
    }
    for name, value in found.items():
        if recorded.get(name) != value:
            yield Finding(f"cycle {head.subject}", f"{name} is {value}, and was {recorded.get(name)} when it was opened")


def _check_acts(session: Session, head: CycleHead) -> Iterator[Finding]:
    for number, act in enumerate(acts_of(session, head.cycle_id), 1):
        place = f"act {act.sequence} of cycle {head.subject}"
        event = session.get(AuditEvent, act.event_id)
        if act.sequence != number:
            yield Finding(place, f"act {number} is missing before it")
        if event is None:
            yield Finding(place, f"its event {act.event_id} is missing")
            continue
        yield from (Finding(place, sentence) for sentence in _act_differences(act, event))
    recorded = select(AuditEvent.event_id).where(
        AuditEvent.subject == head.subject,
        AuditEvent.act.in_([act.value for act in Act]),
        AuditEvent.event_id.not_in(select(CycleAct.event_id)),
    )
    for event_id in session.scalars(recorded):
        yield Finding(f"cycle {head.subject}", f"the act of event {event_id} is missing")


def _act_differences(act: CycleAct, event: AuditEvent) -> Iterator[str]:
    after = json.loads(event.details).get("after") or {}
    pairs = (
        ("act", act.act, event.act),
        ("state", act.state, after.get("state")),
        ("version", act.version, after.get("version")),
        ("digest", act.digest, after.get("digest")),
        ("person", act.person_id, event.person_id),
        ("kind of actor", act.actor_kind, event.actor_kind),
        ("time", act.acted_at, event.at),
    )
    for name, found, recorded in pairs:
        if found != recorded:
            yield f"its {name} is {found}, and event {event.event_id} recorded {recorded}"


def _check_version(session: Session, head: CycleHead, calculation: Calculation, result: CycleVerified) -> Iterator[Finding]:
    place = f"version {calculation.version} of cycle {head.subject}"
    # Reading statements empties the session, so what is needed of the calculation is taken first.
    calculation_id, version, recorded_digest = calculation.calculation_id, calculation.version, calculation.digest
    details = _details(session, calculation.event_id)
    manifest_digest = digest_of(json.loads(calculation.manifest))
    if manifest_digest != calculation.manifest_digest or manifest_digest != details.get("manifest_digest"):
        yield Finding(place, "its manifest is not what was recorded")
    if digest_of(json.loads(calculation.exceptions)) != details.get("exceptions_digest"):
        yield Finding(place, "its exceptions are not what was recorded")
    digest, count, named = VersionDigest(head.subject, version, manifest_digest), 0, False
    for number, recorded, found in recorded_digests(session, calculation_id):
        digest.add(found)
        count += 1
        if found != recorded:
            named = True
            yield Finding(f"statement {number}, version {version}", "it is not what was recorded")
    result.statements += count
    if count != details.get("statements"):
        yield Finding(place, f"it has {count} statements, and {details.get('statements')} were recorded")
    elif digest.value() != recorded_digest and not named:
        yield Finding(place, "its statements do not give its digest")
    after = details.get("after")
    if not isinstance(after, dict) or after.get("digest") != recorded_digest:
        yield Finding(place, "its digest is not what was recorded")


def _check_export(session: Session, head: CycleHead) -> Iterator[Finding]:
    record = session.get(PayrollExport, head.cycle_id)
    if record is None:
        if any(act.act == "export" for act in acts_of(session, head.cycle_id)):
            yield Finding(f"export of cycle {head.subject}", "its record is missing")
        return
    details = _details(session, record.event_id)
    lines = recorded_lines(session, head)
    if hashlib.sha256(file_bytes(head, lines)).hexdigest() != details.get("sha256"):
        yield Finding(f"payroll rows of cycle {head.subject}", "they do not give the file that was exported")
    if record.sha256 != details.get("sha256"):
        yield Finding(f"export of cycle {head.subject}", "its fingerprint is not what was recorded")


def _check_roles(session: Session) -> Iterator[Finding]:
    for row in session.scalars(select(RoleGrant).order_by(RoleGrant.grant_id)):
        event = session.get(AuditEvent, row.event_id)
        recorded = json.loads(event.details) if event is not None else {}
        same = event is not None and (
            event.act == f"role_{row.change}"
            and event.person_id == row.decided_by
            and recorded == {"person_id": row.person_id, "role": row.role, "pay_group": row.pay_group}
        )
        if not same:
            yield Finding(f"role grant {row.grant_id}", f"the role {row.role} of {row.person_id} is not what was recorded")
    granted = select(AuditEvent.event_id).where(
        AuditEvent.act.in_(("role_propose", "role_grant", "role_revoke")),
        AuditEvent.event_id.not_in(select(RoleGrant.event_id)),
    )
    for event_id in session.scalars(granted):
        yield Finding(f"audit event {event_id}", "the role grant that it recorded is missing")


def _check_guards(session: Session) -> Iterator[Finding]:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        found: set[str] = set(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars())
    else:
        schema = inspect(connection).default_schema_name
        query = text("SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = :schema")
        found = set(connection.execute(query, {"schema": schema}).scalars())
        # TRUNCATE triggers are not in the standard's view.
        found |= set(
            connection.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")).scalars()
        )
    wanted = frozenset[str]().union(
        *(one.guard_names(connection.dialect.name) for one in (guards_0001, guards_0003, guards_0004, guards_0005, guards_0006))
    )
    for name in sorted(wanted - found):
        yield Finding(f"guard {name}", "the database no longer has it")
