"""Which texts of plans, policies and mappings two people put into effect."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incentives.ledger.migrations import guards_0005

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and its guards."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "publications",
        sa.Column("document", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", key, sa.ForeignKey("audit_events.event_id"), nullable=False),
        sa.UniqueConstraint("event_id", name="uq_publications_event"),
        sa.CheckConstraint("state in ('proposed', 'confirmed')", name="ck_publications_state"),
    )
    for statement in guards_0005.create_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Drop the table; what it holds is lost."""
    for statement in guards_0005.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
    op.drop_table("publications")
