"""What alembic runs: the migrations inside the transaction that the caller began."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from incentives.ledger.models import Base
from incentives.ledger.question_models import Question

connection = context.config.attributes["connection"]
assert isinstance(connection, Connection)
assert Question.metadata is Base.metadata
context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
context.run_migrations()
