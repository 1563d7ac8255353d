"""Writing and reading the statements of a version.

Each statement has a digest over everything it says, and the version's digest is over its manifest and all of them in
order: the one value that an approver names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.audit import canonical, digest_of
from incentives.ledger.drafts import ComponentDraft, StatementDraft
from incentives.ledger.engine import plain_rows
from incentives.ledger.models import Statement, StatementComponent, StatementTrace

CHUNK = 2_000
_COMPONENT_NAMES = tuple(part.name for part in fields(ComponentDraft))


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A recorded statement; `steps` is the canonical JSON of its trace, empty where it was not asked for."""

    statement_id: int
    calculation_id: int
    number: str
    associate_id: str
    plan: str
    plan_version: int
    agreement: str
    earned_period: str
    currency: str
    worth_minor: int
    settled_minor: int
    due_minor: int
    digest: str
    components: tuple[ComponentDraft, ...]
    steps: str

    def expected_digest(self) -> str:
        """Return the digest of what the row says now; only meaningful where the trace was read."""
        return _digest(
            self.number,
            (self.associate_id, self.plan, self.plan_version, self.agreement, self.earned_period, self.currency),
            (self.worth_minor, self.settled_minor, self.due_minor),
            [_values(part) for part in self.components],
            self.steps,
        )


_COLUMNS = tuple(getattr(Statement, part.name) for part in fields(StatementRow) if part.name not in ("components", "steps"))


class VersionDigest:
    """Digest of a version, fed with its statements' digests in order."""

    def __init__(self, subject: str, version: int, manifest_digest: str) -> None:
        self._hash = hashlib.sha256(canonical([subject, version, manifest_digest]).encode())

    def add(self, statement_digest: str) -> None:
        """Take the next statement in."""
        self._hash.update(bytes.fromhex(statement_digest))

    def value(self) -> str:
        """Return the digest in hex."""
        return self._hash.hexdigest()


def write_statements(
    session: Session, calculation_id: int, subject: str, period: str, drafts: Iterable[StatementDraft], into: VersionDigest
) -> tuple[int, frozenset[str]]:
    """Write the statements of a version, in chunks, and return how many there are and whom they pay.

    Args:
        session: Of an act.
        calculation_id: Number that the calculation will have.
        subject: `period/pay group`, the stem of the statements' numbers.
        period: The cycle's own period.
        drafts: Sorted by associate; read once.
        into: Receives the digests.

    Raises:
        InputError: A person's statements are not next to each other, or a settled amount stands on the own period.
    """
    next_id = (session.scalar(select(func.max(Statement.statement_id))) or 0) + 1
    people: set[str] = set()
    last, ordinal, count = "", 0, 0
    chunk: list[StatementRow] = []
    for draft in drafts:
        if draft.associate_id != last:
            if draft.associate_id in people:
                raise InputError("the statements are not in the order of their people.", where=draft.associate_id)
            last, ordinal = draft.associate_id, 0
            people.add(last)
        if draft.earned_period == period and draft.settled_minor != 0:
            raise InputError("nothing can be settled of a period that is not locked.", where=draft.associate_id)
        ordinal += 1
        row = row_of(draft, next_id + count, calculation_id, subject, ordinal)
        into.add(row.digest)
        chunk.append(row)
        count += 1
        if len(chunk) == CHUNK:
            _insert(session, chunk)
            chunk = []
    _insert(session, chunk)
    return count, frozenset(people)


def read_statements(
    session: Session, calculation_id: int, *, associates: Sequence[str] | None = None, with_trace: bool = False
) -> Iterator[StatementRow]:
    """Yield the statements of a version in order, of some associates or of all."""
    query = select(*_COLUMNS).where(Statement.calculation_id == calculation_id).order_by(Statement.statement_id)
    if associates is not None:
        query = query.where(Statement.associate_id.in_(associates))
    after = 0
    while rows := session.execute(query.where(Statement.statement_id > after).limit(CHUNK)).all():
        yield from _rows(session, [tuple(row) for row in rows], with_trace)
        after = rows[-1].statement_id


def recorded_digests(session: Session, calculation_id: int) -> Iterator[tuple[str, str, str]]:
    """Yield of each statement of a version, in order: its number, the digest that stands with it, and that of what its rows say now."""
    columns = Statement.__table__.c
    query = select(*(columns[column.key] for column in _COLUMNS)).where(columns.calculation_id == calculation_id)
    after = 0
    while rows := plain_rows(session, query.where(columns.statement_id > after).order_by(columns.statement_id).limit(CHUNK)):
        after = rows[-1][0]
        wanted = _in_rows([row[0] for row in rows])
        parts, steps = _parts(session, wanted), _steps(session, wanted)
        for row in rows:
            yield row[2], row[12], _digest(row[2], row[3:9], row[9:12], parts.get(row[0], ()), steps.get(row[0], ""))


def statements_numbered(session: Session, calculation_id: int, number: str) -> StatementRow | None:
    """Return one statement of a version by its number, with its trace."""
    wanted = select(*_COLUMNS).where(Statement.calculation_id == calculation_id, Statement.number == number)
    return next(_rows(session, [tuple(row) for row in session.execute(wanted)], True), None)


def row_of(draft: StatementDraft, statement_id: int, calculation_id: int, subject: str, ordinal: int) -> StatementRow:
    """Return a draft with its number and digest; `ordinal` is its place among the person's statements, from 1."""
    number = f"{subject}/{draft.associate_id}" + (f"/{ordinal}" if ordinal > 1 else "")
    steps = canonical(draft.steps)
    due = draft.worth_minor - draft.settled_minor
    digest = _digest(
        number,
        (draft.associate_id, draft.plan, draft.plan_version, draft.agreement, draft.earned_period, draft.currency),
        (draft.worth_minor, draft.settled_minor, due),
        [_values(part) for part in draft.components],
        steps,
    )
    return StatementRow(
        statement_id,
        calculation_id,
        number,
        draft.associate_id,
        draft.plan,
        draft.plan_version,
        draft.agreement,
        draft.earned_period,
        draft.currency,
        draft.worth_minor,
        draft.settled_minor,
        due,
        digest,
        draft.components,
        steps,
    )


def _rows(session: Session, rows: Sequence[tuple[Any, ...]], with_trace: bool) -> Iterator[StatementRow]:
    """Yield rows of `_COLUMNS` with their components. Columns and no objects: a version has 100,000 statements and more."""
    if not rows:
        return
    wanted = _in_rows([row[0] for row in rows])
    parts = _parts(session, wanted)
    steps = _steps(session, wanted) if with_trace else {}
    for row in rows:
        components = tuple(ComponentDraft(*part) for part in parts.get(row[0], ()))
        values = (*row, components, steps.get(row[0], ""))
        yield StatementRow(*values)


def _in_rows(ids: Sequence[int]) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
    """Return the condition of a key: statements of one version are numbered in a row, and a range reads them faster than a list."""
    in_a_row = ids[-1] - ids[0] + 1 == len(ids)
    return lambda key: key.between(ids[0], ids[-1]) if in_a_row else key.in_(ids)


def _parts(session: Session, wanted: Callable[[ColumnElement[int]], ColumnElement[bool]]) -> dict[int, list[tuple[Any, ...]]]:
    """Return the components of statements in their order, as the values of a `ComponentDraft`."""
    columns = StatementComponent.__table__.c
    key = columns.statement_id
    query = select(key, *(columns[name] for name in _COMPONENT_NAMES)).where(wanted(key)).order_by(key, columns.position)
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in plain_rows(session, query):
        found.setdefault(row[0], []).append(row[1:])
    return found


def _steps(session: Session, wanted: Callable[[ColumnElement[int]], ColumnElement[bool]]) -> dict[int, str]:
    columns = StatementTrace.__table__.c
    return dict(plain_rows(session, select(columns.statement_id, columns.steps).where(wanted(columns.statement_id))))


def _values(part: ComponentDraft) -> tuple[str | int | None, ...]:
    return tuple(getattr(part, name) for name in _COMPONENT_NAMES)


def _insert(session: Session, rows: Sequence[StatementRow]) -> None:
    if not rows:
        return
    names = [column.name for column in Statement.__table__.columns]
    session.execute(insert(Statement), [{name: getattr(row, name) for name in names} for row in rows])
    parts = [
        {"statement_id": row.statement_id, "position": position, **{name: getattr(part, name) for name in _COMPONENT_NAMES}}
        for row in rows
        for position, part in enumerate(row.components, 1)
    ]
    if parts:
        session.execute(insert(StatementComponent), parts)
    session.execute(insert(StatementTrace), [{"statement_id": row.statement_id, "steps": row.steps} for row in rows])


def _digest(
    number: str,
    identity: Sequence[str | int],
    amounts: Sequence[int],
    components: Sequence[Sequence[str | int | None]],
    steps: str,
) -> str:
    return digest_of([number, tuple(identity), tuple(amounts), [tuple(part) for part in components], steps])
