"""The log of who read whose pay, apart from the audit chain: a row is never changed, and goes after twelve months."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_GUARD = "access_reads_unchanged"
_SENTENCE = "access_reads: a row is never changed"


def upgrade() -> None:
    """Create the log and its guard."""
    op.create_table(
        "access_reads",
        sa.Column("read_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement="auto"),
        sa.Column("reader_id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_access_reads_subject", "access_reads", ["subject_id", "read_at"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {_GUARD} BEFORE UPDATE ON access_reads BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END")
    else:
        op.execute(
            f"CREATE FUNCTION {_GUARD}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN "
            f"RAISE EXCEPTION '{_SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $guard$"
        )
        op.execute(f"CREATE TRIGGER {_GUARD} BEFORE UPDATE ON access_reads FOR EACH ROW EXECUTE FUNCTION {_GUARD}()")


def downgrade() -> None:
    """Drop the log; what it holds is lost."""
    op.drop_table("access_reads")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP FUNCTION IF EXISTS {_GUARD}() CASCADE")
