"""What the workspace holds about one person, in sections of rows; other people are colleagues with a number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.columns import Feed, Personal
from incentives.feeds.contracts import FEEDS
from incentives.feeds.erased_rows import erased_rows, whole
from incentives.feeds.erasure_log import Erased
from incentives.ledger.access_log import reads_about
from incentives.ledger.engine import Ledger
from incentives.ledger.questions import questions
from incentives.services.credits import list_credits
from incentives.services.cycle_reads import statement, statements_of
from incentives.serving import snapshots
from incentives.serving.snapshots import Snapshot
from incentives.workspace import Workspace

Cell = str | int | None
Row = Mapping[str, Cell]
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_ROW = "delivered_row"
_PERSON_COLUMNS = frozenset({"associate_id", "manager_id", "entered_by", "approved_by"})
# An associate's own record is about their employment; it is in the export of the associate.
_NOT_OF_CUSTOMERS = frozenset({"associates"})


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of record about the person: a title and its rows."""

    title: str
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Colleagues:
    """Gives every other person the same number wherever they are named in one export."""

    oneself: str | None
    _numbers: dict[str, int] = field(init=False, default_factory=dict)

    def named(self, person_id: str | None) -> str | None:
        """Return how a person is called: by their id if it is the person's own, else as a colleague with a number."""
        if person_id is None or person_id in (self.oneself, "house"):
            return person_id
        return f"colleague {self._numbers.setdefault(person_id, len(self._numbers) + 1)}"

    def sellers(self, text: str | None) -> str | None:
        """Return the sellers of a line, `a1:70|a2:30`, with every person named as `named` does."""
        if text is None:
            return None
        parts = [part.partition(":") for part in text.split("|")]
        return "|".join(f"{self.named(person.strip())}{colon}{share}" for person, colon, share in parts)

    def within(self, text: str, people: Sequence[str]) -> str:
        """Return a text in which the ids of other people are replaced; ids that are numbers cannot be told from figures."""
        others = [person for person in people if person != self.oneself and not person.isdigit() and person in text]
        for person in sorted(others, key=len, reverse=True):
            text = re.sub(rf"(?<![\w-]){re.escape(person)}(?![\w-])", self.named(person) or "", text)
        return text


def associate_sections(ws: Workspace, associate_id: str) -> tuple[Section, ...]:
    """Return the record, assignments, targets, hours, credits, statements, questions and access reads of an associate.

    Raises:
        InputError: Nothing was published, or there is no such associate.
    """
    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError("nothing was published yet.", remedy="Run `incentives build` first.")
    colleagues = Colleagues(associate_id)
    with snapshot.connect() as reader:
        record = _rows(reader.execute("select * from marts.dim_associates where associate_id = ?", [associate_id]))
        if not record:
            raise InputError(f"there is no associate {associate_id}.", remedy="Use the person's id as HR delivers it.")
        assignments = _rows(
            reader.execute("select * from marts.dim_assignments where associate_id = ? order by valid_from", [associate_id])
        )
        targets = _rows(
            reader.execute(
                "select * from marts.dim_targets where (subject_type = 'associate' and subject_id = $1) or (subject_type = 'team' "
                "and subject_id in (select team_id from marts.dim_assignments where associate_id = $1)) order by all",
                [associate_id],
            )
        )
        touches = _rows(
            reader.execute(
                "select interaction_source, interaction_id, kind, role, started_at, counted, left_out_reason "
                "from marts.fct_credit_touches where recipient = ? order by all",
                [associate_id],
            )
        )
        hours = _hours(reader, associate_id)
        people = [str(row[0]) for row in reader.execute("select associate_id from marts.dim_associates").fetchall()]
    return (
        Section("Record", tuple({**row, "name": _name(snapshot, associate_id)} for row in record)),
        Section("Assignments", tuple({**row, "manager_id": colleagues.named(_text(row["manager_id"]))} for row in assignments)),
        Section("Targets", tuple(targets)),
        Section("Hours planned, worked and on leave, in hundredths", tuple(hours)),
        Section("Credits", _credits(ws, associate_id)),
        Section("Interactions before orders", tuple(touches)),
        *_statements(ws, associate_id, colleagues, people),
        Section("Questions about statements", _questions(ws, associate_id, colleagues, people)),
        Section("Who looked at the person's pay", _reads(ws, associate_id, colleagues)),
    )


def _hours(reader: duckdb.DuckDBPyConnection, associate_id: str) -> Sequence[Row]:
    """Return a person's hours by day; a snapshot that an earlier version published has none."""
    has_hours = "select count(*) > 0 from information_schema.tables where table_name = 'fct_attendance'"
    if reader.execute(has_hours).fetchone() != (True,):
        return []
    return _rows(reader.execute("select * from marts.fct_attendance where associate_id = ? order by work_date", [associate_id]))


def customer_sections(ws: Workspace, person: Erased) -> tuple[Section, ...]:
    """Return every row that was delivered about a customer, with their own clear values, and a list of these."""
    colleagues = Colleagues(None)
    clear: dict[tuple[str, str], None] = {}
    rows: dict[str, list[Row]] = {}
    for file in BronzeIndex(ws.bronze_index).files():
        if file.outcome != "loaded" or file.personal_path is None or file.feed not in FEEDS.keys() - _NOT_OF_CUSTOMERS:
            continue
        feed = FEEDS[file.feed]
        found = _delivered(ws, file, feed, person)
        for row in found:
            for column in feed.personal_columns:
                value = _text(row[column.name])
                if value is not None and not value.startswith("t_"):
                    kind = _text(row["identifier_type"]) if column.personal is Personal.BY_TYPE else column.name
                    clear[(str(kind), value)] = None
        rows.setdefault(feed.name, []).extend(_without_people(row, colleagues) for row in found)
    values = tuple({"what": kind, "value": value} for kind, value in sorted(clear))
    return (Section("Identifiers and names", values), *(Section(feed, tuple(found)) for feed, found in rows.items() if found))


def _delivered(ws: Workspace, file: IndexedFile, feed: Feed, person: Erased) -> list[dict[str, Cell]]:
    """Return the rows of a file that are about a person, their clear values in the place of tokens where they are kept."""
    assert file.facts_path is not None
    assert file.personal_path is not None
    facts: pa.Table = pq.read_table(ws.root / file.facts_path)
    facts = facts.filter(pc.fill_null(erased_rows(feed, facts, person), False))
    personal: pa.Table = pq.read_table(ws.root / file.personal_path)
    personal = personal.filter(pc.is_in(whole(personal.column(_ROW)), value_set=whole(facts.column(_ROW))))
    clear = {row[_ROW]: row for row in personal.to_pylist()}
    empty = {column.name: None for column in feed.personal_columns if column.personal is Personal.CLEAR_ONLY}
    return [{**empty, **row, **clear.get(row[_ROW], {}), "file": file.file_name} for row in facts.to_pylist()]


def _without_people(row: Row, colleagues: Colleagues) -> Row:
    return {name: colleagues.sellers(_text(value)) if name in _PERSON_COLUMNS else value for name, value in row.items()}


def _credits(ws: Workspace, associate_id: str) -> tuple[Row, ...]:
    return tuple(
        {
            "source": credit.source,
            "order_id": credit.order_id,
            "line_id": credit.line_id,
            "role": credit.role,
            "share": credit.share,
            "credit_minor": credit.credit_minor,
            "currency": credit.currency,
            "reason": credit.reason,
            "policy": credit.policy,
            "business_date": credit.business_date.isoformat(),
            "earned_date": credit.earned_date.isoformat(),
        }
        for credit in list_credits(ws, associate_id=associate_id)
    )


def _statements(ws: Workspace, associate_id: str, colleagues: Colleagues, people: Sequence[str]) -> tuple[Section, ...]:
    sections = []
    for number in [found.number for found in statements_of(ws, associate_id)]:
        view = statement(ws, number)
        head: Row = {
            "period": view.period,
            "earned_period": view.earned_period,
            "state": view.state,
            "plan": view.plan,
            "plan_version": view.plan_version,
            "currency": view.currency,
            "worth_minor": view.worth_minor,
            "settled_minor": view.settled_minor,
            "due_minor": view.due_minor,
        }
        trace: tuple[Row, ...] = tuple(
            {
                "step": step.sequence,
                "component": step.component,
                "what": colleagues.within(step.label, people),
                "inputs": colleagues.within("; ".join(f"{name} = {value}" for name, value in step.inputs.items()), people),
                "output": colleagues.within(step.output, people),
                "unit": step.unit,
            }
            for step in view.trace
        )
        sections += [Section(f"Statement {view.number}", (head,)), Section(f"How {view.number} was calculated", trace)]
    return tuple(sections)


def _questions(ws: Workspace, associate_id: str, colleagues: Colleagues, people: Sequence[str]) -> tuple[Row, ...]:
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        found = questions(session, associate_id=associate_id)
    rows: list[Row] = []
    for asked in found:
        about: Row = {"question": asked.question_id, "statement": asked.statement, "version": asked.version}
        rows.append({**about, "who": associate_id, "at": asked.asked_at.isoformat(), "text": asked.words, "outcome": None})
        rows += [
            {
                **about,
                "who": colleagues.named(said.person_id),
                "at": said.at.isoformat(),
                "text": colleagues.within(said.words, people) if said.words else None,
                "outcome": said.outcome.value if said.outcome else None,
            }
            for said in asked.said
        ]
    return tuple(rows)


def _reads(ws: Workspace, associate_id: str, colleagues: Colleagues) -> tuple[Row, ...]:
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        found = reads_about(session, associate_id, _EVER)
    return tuple({"who": colleagues.named(read.reader_id), "purpose": read.purpose, "at": read.at.isoformat()} for read in found)


def _name(snapshot: Snapshot, associate_id: str) -> str | None:
    with snapshot.connect_contacts() as contacts:
        row = contacts.execute("select name from associate_names where associate_id = ?", [associate_id]).fetchone()
    return None if row is None else str(row[0])


def _rows(result: object) -> list[dict[str, Cell]]:
    import duckdb

    assert isinstance(result, duckdb.DuckDBPyConnection)
    names = [str(column[0]) for column in result.description or ()]
    return [{name: _cell(value) for name, value in zip(names, row, strict=True)} for row in result.fetchall()]


def _cell(value: object) -> Cell:
    return value if value is None or isinstance(value, int) else str(value)


def _text(value: Cell) -> str | None:
    return None if value is None else str(value)
