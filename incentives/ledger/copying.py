"""Every row of one store into another, empty one, of either kind."""

from __future__ import annotations

from sqlalchemy import Table, func, inspect, select, text
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.engine import Ledger
from incentives.ledger.models import AuditEvent, Base, EntrySeal

_ROWS = 5_000


def copy_ledger(source: Ledger, target: Ledger, where: str) -> None:
    """Copy a ledger, as one moment of it, into a store that holds nothing; all of it or nothing.

    Args:
        source: What is copied.
        target: Migrated, and without an event.
        where: Names the target in messages.

    Raises:
        InputError: The target holds acts already.
    """
    with source.reading() as old, target.act() as new:
        if new.scalar(select(func.count()).select_from(AuditEvent)):
            raise InputError(
                "this database holds a ledger already, and nothing of a ledger is ever replaced.",
                where=where,
                remedy="Name an empty database.",
            )
        for table in _tables():
            _copy_table(old, new, table)


def _tables() -> list[Table]:
    """Return the tables in the order in which their guards take rows: an entry is sealed when it has its postings."""
    seals = Base.metadata.tables[EntrySeal.__tablename__]
    return [table for table in Base.metadata.sorted_tables if table is not seals] + [seals]


def _copy_table(old: Session, new: Session, table: Table) -> None:
    keys = list(table.primary_key.columns)
    rows = old.execute(select(table).order_by(*keys).execution_options(yield_per=_ROWS)).mappings()
    for some in rows.partitions():
        new.execute(table.insert(), [dict(row) for row in some])
    if new.get_bind().dialect.name != "postgresql":
        return
    for column in inspect(new.connection()).get_columns(table.name):
        sequence = new.scalar(
            text("select pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column["name"]}
        )
        if sequence is not None:
            last = new.scalar(select(func.max(table.c[column["name"]])))
            if last is not None:
                new.execute(text("select setval(:sequence, :last)"), {"sequence": sequence, "last": last})
