"""Cycles, statements, postings, audit chain, exports, accounts; and the guards that keep them as they were written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incentives.ledger.migrations import guards_0001

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "audit_events",
    "audit_texts",
    "cycles",
    "cycle_acts",
    "calculations",
    "statements",
    "statement_components",
    "statement_traces",
    "journal_entries",
    "postings",
    "entry_seals",
    "payroll_exports",
    "payroll_lines",
    "accounts",
    "role_grants",
    "personal_tokens",
)


def upgrade() -> None:
    """Create the tables and their guards."""
    _create_audit()
    _create_cycles()
    _create_statements()
    _create_postings()
    _create_exports()
    _create_access()
    for statement in guards_0001.create_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Drop guards and tables; what they hold is lost."""
    for statement in guards_0001.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
    for table in reversed(TABLES):
        op.drop_table(table)


def _key(name: str, reference: str | None = None, *, generated: bool = False) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    parts = [sa.ForeignKey(reference)] if reference else []
    return sa.Column(name, kind, *parts, primary_key=True, autoincrement="auto" if generated else False)


def _integer(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _reference(name: str, target: str, *, null: bool = False) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, sa.ForeignKey(target), nullable=null)


def _create_audit() -> None:
    op.create_table(
        "audit_events",
        _key("event_id"),
        _moment("at"),
        _text("person_id"),
        _text("actor_kind"),
        _integer("account_id", null=True),
        _text("act"),
        _text("subject"),
        _text("details"),
        _text("text_digest", null=True),
        _text("previous_hash"),
        _text("event_hash"),
        sa.UniqueConstraint("event_hash"),
    )
    op.create_table("audit_texts", _key("event_id", "audit_events.event_id"), _text("salt", null=True), _text("body", null=True))


def _create_cycles() -> None:
    op.create_table(
        "cycles",
        _key("cycle_id", generated=True),
        _text("pay_group"),
        _text("calendar"),
        _text("period"),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        _text("legal_entity"),
        _text("country"),
        _text("currency"),
        _reference("event_id", "audit_events.event_id"),
        sa.UniqueConstraint("pay_group", "period", name="uq_cycles_pay_group_period"),
    )
    op.create_table(
        "cycle_acts",
        _key("cycle_id", "cycles.cycle_id"),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        _text("act"),
        _text("state"),
        _integer("version", null=True),
        _text("digest", null=True),
        _text("person_id"),
        _text("actor_kind"),
        _moment("acted_at"),
        _moment("review_until", null=True),
        _reference("event_id", "audit_events.event_id"),
        sa.UniqueConstraint("event_id", name="uq_cycle_acts_event"),
        sa.CheckConstraint(
            "state in ('open', 'calculated', 'in_review', 'approved', 'locked', 'exported')", name="ck_cycle_acts_state"
        ),
        sa.CheckConstraint("version is not null or state = 'open'", name="ck_cycle_acts_version"),
    )
    op.create_table(
        "calculations",
        _key("calculation_id"),
        _reference("cycle_id", "cycles.cycle_id"),
        _integer("version"),
        _text("digest"),
        _integer("last_load"),
        _text("manifest"),
        _text("manifest_digest"),
        _text("exceptions"),
        _moment("calculated_at"),
        _reference("event_id", "audit_events.event_id"),
        sa.UniqueConstraint("cycle_id", "version", name="uq_calculations_cycle_version"),
    )


def _create_statements() -> None:
    op.create_table(
        "statements",
        _key("statement_id"),
        # Deferred: the statements are written as they are calculated, and the calculation's digest is over all of them.
        sa.Column(
            "calculation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("calculations.calculation_id", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        _text("number"),
        _text("associate_id"),
        _text("plan"),
        _integer("plan_version"),
        _text("agreement"),
        _text("earned_period"),
        _text("currency"),
        _integer("worth_minor"),
        _integer("settled_minor"),
        _integer("due_minor"),
        _text("digest"),
        sa.UniqueConstraint("calculation_id", "number", name="uq_statements_number"),
        sa.CheckConstraint("due_minor = worth_minor - settled_minor", name="ck_statements_due"),
    )
    op.create_index("ix_statements_associate", "statements", ["associate_id", "earned_period"])
    op.create_table(
        "statement_components",
        _key("statement_id", "statements.statement_id"),
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        _text("component"),
        _text("measure"),
        _text("measure_unit"),
        _text("window_start"),
        _text("window_end"),
        _integer("measure_value", null=True),
        _integer("target_value", null=True),
        _text("attainment", null=True),
        _integer("amount_minor"),
    )
    op.create_table("statement_traces", _key("statement_id", "statements.statement_id"), _text("steps"))


def _create_postings() -> None:
    op.create_table(
        "journal_entries",
        _key("entry_id"),
        _reference("cycle_id", "cycles.cycle_id"),
        _text("kind"),
        _text("associate_id"),
        _reference("statement_id", "statements.statement_id", null=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        _moment("recorded_at"),
        _text("idempotency_key"),
        _reference("event_id", "audit_events.event_id"),
        sa.UniqueConstraint("idempotency_key"),
    )
    op.create_index("ix_journal_entries_cycle_id", "journal_entries", ["cycle_id"])
    op.create_index("ix_journal_entries_event_id", "journal_entries", ["event_id"])
    op.create_table(
        "postings",
        _key("posting_id"),
        _reference("entry_id", "journal_entries.entry_id"),
        _text("account"),
        _text("associate_id"),
        _text("currency"),
        _integer("amount_minor"),
        sa.CheckConstraint("amount_minor <> 0", name="ck_postings_amount"),
    )
    op.create_index("ix_postings_entry_id", "postings", ["entry_id"])
    op.create_index("ix_postings_balance", "postings", ["account", "associate_id", "currency"])
    op.create_table("entry_seals", _key("entry_id", "journal_entries.entry_id"), _integer("posting_count"), _text("digest"))


def _create_exports() -> None:
    op.create_table(
        "payroll_exports",
        _key("cycle_id", "cycles.cycle_id"),
        _text("file_name"),
        _text("sha256"),
        _integer("row_count"),
        _integer("people"),
        _moment("exported_at"),
        _reference("event_id", "audit_events.event_id"),
    )
    op.create_table(
        "payroll_lines",
        _key("cycle_id", "payroll_exports.cycle_id"),
        sa.Column("line_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        _text("associate_id"),
        _text("pay_element"),
        _text("currency"),
        _integer("amount_minor"),
    )


def _create_access() -> None:
    op.create_table(
        "accounts",
        _key("account_id", generated=True),
        _text("person_id"),
        _text("login"),
        _text("display_name", null=True),
        _text("password_hash", null=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        _moment("created_at"),
        _moment("revoked_at", null=True),
        _integer("failed_attempts"),
        _moment("last_failed_at", null=True),
        sa.UniqueConstraint("login"),
    )
    op.create_index("ix_accounts_person_id", "accounts", ["person_id"])
    op.create_table(
        "role_grants",
        _key("grant_id", generated=True),
        _text("person_id"),
        _text("role"),
        _text("pay_group"),
        _text("change"),
        _text("decided_by"),
        _moment("decided_at"),
        _reference("event_id", "audit_events.event_id"),
        sa.CheckConstraint("change in ('propose', 'grant', 'revoke')", name="ck_role_grants_change"),
    )
    op.create_index("ix_role_grants_person", "role_grants", ["person_id"])
    op.create_table(
        "personal_tokens",
        _key("token_id", generated=True),
        _reference("account_id", "accounts.account_id"),
        _text("prefix"),
        _text("token_sha256"),
        _moment("issued_at"),
        _moment("expires_at"),
        _moment("revoked_at", null=True),
        sa.UniqueConstraint("token_sha256"),
    )
