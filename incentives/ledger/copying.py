"""Every row of one store into another, empty one, of either kind."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Table, func, inspect, select, text
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.engine import Ledger
from incentives.ledger.models import AuditEvent, Base, CycleAct, CycleInstruction, EntrySeal
from incentives.ledger.question_models import Goodwill, QuestionAct

_ROWS = 5_000
# Few rows, whose guards read where a cycle stands.
_BY_EVENT = (CycleAct, CycleInstruction, Goodwill, QuestionAct)


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
        by_event = [Base.metadata.tables[model.__tablename__] for model in _BY_EVENT]
        first = _read_by(by_event)
        last = Base.metadata.tables[EntrySeal.__tablename__]
        rest = [table for table in Base.metadata.sorted_tables if table not in {*first, *by_event, last}]
        for table in first:
            _copy_table(old, new, table)
        _copy_in_order_of_events(old, new, by_event)
        # An entry is sealed when it has its postings.
        for table in [*rest, last]:
            _copy_table(old, new, table)


def _read_by(tables: Iterable[Table]) -> list[Table]:
    """Return what tables refer to, and what that refers to, in the order in which it can be copied."""
    found: set[Table] = set()
    waiting = list(tables)
    while waiting:
        referred = {key.column.table for key in waiting.pop().foreign_keys}
        waiting += referred - found
        found |= referred
    return [table for table in Base.metadata.sorted_tables if table in found]


def _copy_in_order_of_events(old: Session, new: Session, tables: Iterable[Table]) -> None:
    """Copy rows as they came: guards take what is said of a cycle only where its last act leaves it open to that."""
    rows = [(row["event_id"], table, dict(row)) for table in tables for row in old.execute(select(table)).mappings()]
    for _, table, row in sorted(rows, key=lambda found: found[0]):
        new.execute(table.insert(), [row])


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
