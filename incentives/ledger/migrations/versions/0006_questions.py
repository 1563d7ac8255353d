"""Questions about statements with their answers and decisions, and goodwill."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incentives.ledger.migrations import guards_0006

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and their guards."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "questions",
        sa.Column("question_id", key, primary_key=True, autoincrement=False),
        sa.Column("cycle_id", key, sa.ForeignKey("cycles.cycle_id"), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("associate_id", sa.Text(), nullable=False),
        sa.Column("order_line", sa.Text(), nullable=True),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("event_id", key, sa.ForeignKey("audit_events.event_id"), nullable=False),
        sa.UniqueConstraint("event_id", name="uq_questions_event"),
    )
    op.create_index("ix_questions_associate", "questions", ["associate_id"])
    op.create_table(
        "question_acts",
        sa.Column("question_id", key, sa.ForeignKey("questions.question_id"), primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("acted_at", moment, nullable=False),
        sa.Column("event_id", key, sa.ForeignKey("audit_events.event_id"), nullable=False),
        sa.UniqueConstraint("event_id", name="uq_question_acts_event"),
        sa.CheckConstraint(
            "(act = 'answer' and outcome is null) or (act = 'decide' and outcome in ('re_credit', 'goodwill', 'declined'))",
            name="ck_question_acts_act",
        ),
    )
    op.create_table(
        "goodwills",
        sa.Column("cycle_id", key, sa.ForeignKey("cycles.cycle_id"), primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("associate_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("question_id", key, sa.ForeignKey("questions.question_id"), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("given_at", moment, nullable=False),
        sa.Column("event_id", key, sa.ForeignKey("audit_events.event_id"), nullable=False),
        sa.UniqueConstraint("event_id", name="uq_goodwills_event"),
        sa.CheckConstraint("amount_minor > 0", name="ck_goodwills_amount"),
    )
    for statement in guards_0006.create_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Drop the tables; what they hold is lost."""
    for statement in guards_0006.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
    for table in ("goodwills", "question_acts", "questions"):
        op.drop_table(table)
