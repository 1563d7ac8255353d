"""What alembic runs: the migrations inside the transaction that the caller began."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from incentives.ledger.models import Base

connection = context.config.attributes["connection"]
assert isinstance(connection, Connection)
context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
context.run_migrations()
