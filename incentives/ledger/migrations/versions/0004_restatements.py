"""What locked cycles are frozen with anew, by two people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incentives.ledger.migrations import guards_0004

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and its guards."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "restatements",
        sa.Column("cycle_id", key, sa.ForeignKey("cycles.cycle_id"), primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", key, sa.ForeignKey("audit_events.event_id"), nullable=False),
        sa.UniqueConstraint("event_id", name="uq_restatements_event"),
        sa.CheckConstraint("state in ('proposed', 'confirmed')", name="ck_restatements_state"),
    )
    for statement in guards_0004.create_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Drop the table; what it holds is lost."""
    for statement in guards_0004.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
    op.drop_table("restatements")
