"""What a person instructs of a cycle before its approval: holds, releases, write-offs, waivers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incentives.ledger.migrations import guards_0003

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and its guards."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "cycle_instructions",
        sa.Column("cycle_id", key, sa.ForeignKey("cycles.cycle_id"), primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", key, sa.ForeignKey("audit_events.event_id"), nullable=False),
        sa.UniqueConstraint("event_id", name="uq_cycle_instructions_event"),
        sa.CheckConstraint("kind in ('hold', 'release', 'write_off', 'waive')", name="ck_cycle_instructions_kind"),
    )
    for statement in guards_0003.create_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Drop the table; what it holds is lost."""
    for statement in guards_0003.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
    op.drop_table("cycle_instructions")
