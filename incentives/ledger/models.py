"""Tables of the operational store, typed.

Two kinds of table live here. What was decided or posted is append-only: the database refuses UPDATE and DELETE on
it (see the first migration). Accounts, tokens and the free text beside the audit chain may change in the few ways
that their guards name. A cycle's state is not stored: it is the state of its last act.

Sign: debits are positive, credits negative; what is owed to an associate is credit-normal.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, Dialect, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

BigKey = BigInteger().with_variant(Integer, "sqlite")


class UtcMoment(TypeDecorator[datetime]):
    """A moment in UTC; a value without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn a moment of any zone into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables; every integer is 64 bits wide, every text unbounded."""

    type_annotation_map = {int: BigInteger, str: Text, datetime: UtcMoment, date: Date}  # noqa: RUF012


class AuditEvent(Base):
    """One act, chained to the one before it; `details` is canonical JSON with the state before and after."""

    __tablename__ = "audit_events"

    event_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    person_id: Mapped[str]
    actor_kind: Mapped[str]
    account_id: Mapped[int | None]
    act: Mapped[str]
    subject: Mapped[str]
    details: Mapped[str]
    text_digest: Mapped[str | None]
    previous_hash: Mapped[str]
    event_hash: Mapped[str] = mapped_column(unique=True)


class AuditText(Base):
    """The free text of an event, beside the chain so that it can be erased; erased = both columns empty."""

    __tablename__ = "audit_texts"

    event_id: Mapped[int] = mapped_column(BigKey, ForeignKey("audit_events.event_id"), primary_key=True, autoincrement=False)
    salt: Mapped[str | None]
    body: Mapped[str | None]


class Cycle(Base):
    """One pay group, calendar and period; entity, country and currency as configured when it was opened."""

    __tablename__ = "cycles"
    __table_args__ = (UniqueConstraint("pay_group", "period", name="uq_cycles_pay_group_period"),)

    cycle_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    pay_group: Mapped[str]
    calendar: Mapped[str]
    period: Mapped[str]
    period_start: Mapped[date]
    period_end: Mapped[date]
    legal_entity: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class CycleAct(Base):
    """One act on a cycle and the state it led to; the highest sequence holds."""

    __tablename__ = "cycle_acts"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_cycle_acts_event"),
        CheckConstraint(
            "state in ('open', 'calculated', 'in_review', 'approved', 'locked', 'exported')", name="ck_cycle_acts_state"
        ),
        CheckConstraint("version is not null or state = 'open'", name="ck_cycle_acts_version"),
    )

    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.cycle_id"), primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    act: Mapped[str]
    state: Mapped[str]
    version: Mapped[int | None]
    digest: Mapped[str | None]
    person_id: Mapped[str]
    actor_kind: Mapped[str]
    acted_at: Mapped[datetime]
    review_until: Mapped[datetime | None]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class CycleInstruction(Base):
    """What a person instructed of a cycle before its approval; the last row of a kind and subject holds.

    `subject` is a person's id, of a waiver the check's name; `version` the version that was current.
    """

    __tablename__ = "cycle_instructions"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_cycle_instructions_event"),
        CheckConstraint("kind in ('hold', 'release', 'write_off', 'waive')", name="ck_cycle_instructions_kind"),
    )

    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.cycle_id"), primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    subject: Mapped[str]
    version: Mapped[int]
    is_withdrawn: Mapped[bool]
    person_id: Mapped[str]
    given_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class Restatement(Base):
    """What a locked cycle is frozen with anew: proposed by one person, confirmed by another; both rows hold the manifest."""

    __tablename__ = "restatements"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_restatements_event"),
        CheckConstraint("state in ('proposed', 'confirmed')", name="ck_restatements_state"),
    )

    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.cycle_id"), primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    manifest: Mapped[str]
    person_id: Mapped[str]
    acted_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class Publication(Base):
    """A text of a plan, policy or mapping: proposed by one person, confirmed by another; empty: taken out of effect."""

    __tablename__ = "publications"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_publications_event"),
        CheckConstraint("state in ('proposed', 'confirmed')", name="ck_publications_state"),
    )

    document: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    body: Mapped[str]
    person_id: Mapped[str]
    acted_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class Calculation(Base):
    """One version of a cycle's statements and the manifest of what it was made from."""

    __tablename__ = "calculations"
    __table_args__ = (UniqueConstraint("cycle_id", "version", name="uq_calculations_cycle_version"),)

    calculation_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.cycle_id"))
    version: Mapped[int]
    digest: Mapped[str]
    last_load: Mapped[int]
    manifest: Mapped[str]
    manifest_digest: Mapped[str]
    exceptions: Mapped[str]
    calculated_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class Statement(Base):
    """What one person is due under one plan, for the cycle's own period or, as an adjustment, for an earlier one.

    `worth_minor` is the worth of `earned_period` as computed in this version, `settled_minor` what locked cycles
    already hold of it, `due_minor` the difference, which this cycle posts when it locks.
    """

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("calculation_id", "number", name="uq_statements_number"),
        CheckConstraint("due_minor = worth_minor - settled_minor", name="ck_statements_due"),
        Index("ix_statements_associate", "associate_id", "earned_period"),
    )

    statement_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    # Deferred: the statements are written as they are calculated, and the calculation's digest is over all of them.
    calculation_id: Mapped[int] = mapped_column(ForeignKey("calculations.calculation_id", deferrable=True, initially="DEFERRED"))
    number: Mapped[str]
    associate_id: Mapped[str]
    plan: Mapped[str]
    plan_version: Mapped[int]
    agreement: Mapped[str]
    earned_period: Mapped[str]
    currency: Mapped[str]
    worth_minor: Mapped[int]
    settled_minor: Mapped[int]
    due_minor: Mapped[int]
    digest: Mapped[str]


class StatementComponent(Base):
    """One component of a statement; attainment is an exact fraction in text (`7/8`), empty without a target."""

    __tablename__ = "statement_components"

    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.statement_id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    component: Mapped[str]
    measure: Mapped[str]
    measure_unit: Mapped[str]
    window_start: Mapped[str]
    window_end: Mapped[str]
    measure_value: Mapped[int | None]
    target_value: Mapped[int | None]
    attainment: Mapped[str | None]
    amount_minor: Mapped[int]


class StatementTrace(Base):
    """The steps of a statement as canonical JSON, apart so that lists of statements stay quick to read."""

    __tablename__ = "statement_traces"

    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.statement_id"), primary_key=True, autoincrement=False)
    steps: Mapped[str]


class JournalEntry(Base):
    """One set of postings for one person and currency; the idempotency key makes a second one impossible."""

    __tablename__ = "journal_entries"

    entry_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.cycle_id"), index=True)
    kind: Mapped[str]
    associate_id: Mapped[str]
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("statements.statement_id"))
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"), index=True)


class Posting(Base):
    """One signed amount on one account: debit positive, credit negative."""

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="ck_postings_amount"),
        Index("ix_postings_balance", "account", "associate_id", "currency"),
    )

    posting_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entries.entry_id"), index=True)
    account: Mapped[str]
    associate_id: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]


class EntrySeal(Base):
    """Closes an entry: the database seals only what sums to zero per currency, and takes no posting afterwards."""

    __tablename__ = "entry_seals"

    entry_id: Mapped[int] = mapped_column(BigKey, ForeignKey("journal_entries.entry_id"), primary_key=True, autoincrement=False)
    posting_count: Mapped[int]
    digest: Mapped[str]


class PayrollExport(Base):
    """The one payroll file of a cycle: its fingerprint, rows and people, as first written."""

    __tablename__ = "payroll_exports"

    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.cycle_id"), primary_key=True, autoincrement=False)
    file_name: Mapped[str]
    sha256: Mapped[str]
    row_count: Mapped[int]
    people: Mapped[int]
    exported_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class PayrollLine(Base):
    """One row of a payroll file: person, pay element, currency, amount."""

    __tablename__ = "payroll_lines"

    cycle_id: Mapped[int] = mapped_column(ForeignKey("payroll_exports.cycle_id"), primary_key=True, autoincrement=False)
    line_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    associate_id: Mapped[str]
    pay_element: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]


class Account(Base):
    """How one person signs in. A person may hold several accounts; acts compare persons, never accounts."""

    __tablename__ = "accounts"

    account_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    person_id: Mapped[str] = mapped_column(index=True)
    login: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str | None]
    password_hash: Mapped[str | None]
    is_demo: Mapped[bool]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    failed_attempts: Mapped[int]
    last_failed_at: Mapped[datetime | None]


class RoleGrant(Base):
    """A role proposed, granted to, or revoked from a person; in force = granted and not revoked since.

    `pay_group` limits a role to one pay group; "*" is all of them.
    """

    __tablename__ = "role_grants"
    __table_args__ = (
        CheckConstraint("change in ('propose', 'grant', 'revoke')", name="ck_role_grants_change"),
        Index("ix_role_grants_person", "person_id"),
    )

    grant_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    person_id: Mapped[str]
    role: Mapped[str]
    pay_group: Mapped[str]
    change: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class PersonalToken(Base):
    """A personal token, stored as its SHA-256 and named by its first characters."""

    __tablename__ = "personal_tokens"

    token_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.account_id"))
    prefix: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AccessRead(Base):
    """One look of one person at another's pay; never changed, and removed after twelve months."""

    __tablename__ = "access_reads"
    __table_args__ = (Index("ix_access_reads_subject", "subject_id", "read_at"),)

    read_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[str]
    subject_id: Mapped[str]
    purpose: Mapped[str]
    read_at: Mapped[datetime]
