"""Questions of people about their statements: asked, answered, and decided once, each with its words beside the chain.

A question is bound to the version of the statement that its person saw. A decision is `re_credit` (a credit override follows, and what it moves
follows from worth), `goodwill` (an amount outside worth), or `declined`. Whoever asked neither answers nor decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor, JsonValue, append_event
from incentives.ledger.heads import CycleHead, acts_of, calculation_of
from incentives.ledger.models import AuditEvent, AuditText, Cycle
from incentives.ledger.question_models import Question, QuestionAct
from incentives.ledger.rules import require_reason
from incentives.ledger.statements import statements_numbered
from incentives.ledger.states import Act, CycleState, StateError

ASK, ANSWER, DECIDE = "question_ask", "question_answer", "question_decide"
_ACTS = {"answer": ANSWER, "decide": DECIDE}
_SEEN_BY_PEOPLE = frozenset({CycleState.IN_REVIEW, CycleState.APPROVED, CycleState.LOCKED, CycleState.EXPORTED})
LineName = tuple[str, str, str]


class Outcome(StrEnum):
    """How a question was decided."""

    RE_CREDIT = "re_credit"
    GOODWILL = "goodwill"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a question: an answer, or with an outcome its decision; empty words were redacted.

    `sellers`: of a re-credit, as they were decided.
    """

    person_id: str
    at: datetime
    words: str | None
    outcome: Outcome | None
    sellers: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what was said of it; `order_line` is source, order and line, where it is about one."""

    question_id: int
    pay_group: str
    period: str
    statement: str
    version: int
    associate_id: str
    order_line: LineName | None
    asked_at: datetime
    words: str | None
    said: tuple[Said, ...]

    @property
    def outcome(self) -> Outcome | None:
        """How it was decided; None while it is open."""
        return self.said[-1].outcome if self.said else None

    @property
    def state(self) -> str:
        """asked, answered or decided."""
        return "decided" if self.outcome else "answered" if self.said else "asked"


def ask(
    session: Session, actor: Actor, head: CycleHead, number: str, words: str, *, at: datetime, order_line: LineName | None = None
) -> int:
    """Ask about a statement of one's own, as its current version says it, and return the question's number.

    Raises:
        AccessError: A job, or somebody else's statement.
        InputError: No such statement in the current version, or no words.
        StateError: The cycle's statements are not before their people, or the time for questions about the draft is over.
    """
    if actor.kind != "person":
        raise AccessError(f"{actor.person_id} is a {actor.kind}; a question is a person's.")
    if head.state not in _SEEN_BY_PEOPLE:
        raise StateError(f"the cycle is {head.state.value}; its statements are not before their people yet.", where=head.subject)
    calculation = calculation_of(session, head)
    version = calculation.version
    row = statements_numbered(session, calculation.calculation_id, number)
    if row is None:
        raise InputError(f"there is no statement {number} in the current version.", where=head.subject)
    if row.associate_id != actor.person_id:
        raise AccessError(f"{number} is not a statement of {actor.person_id}.", where=head.subject)
    until = next((act.review_until for act in reversed(acts_of(session, head.cycle_id)) if act.act == Act.REVIEW.value), None)
    if head.state is CycleState.IN_REVIEW and until is not None and at >= until:
        raise StateError(
            f"the time for questions about the draft ended at {until.isoformat()}.",
            where=head.subject,
            remedy="Ask again when the cycle is locked.",
        )
    require_reason(words, number)
    details: dict[str, JsonValue] = {"version": version, "order_line": list(order_line) if order_line else None}
    event = append_event(session, actor, ASK, number, at=at, details=details, reason=words)
    question_id = (session.scalar(select(func.max(Question.question_id))) or 0) + 1
    session.add(
        Question(
            question_id=question_id,
            cycle_id=head.cycle_id,
            statement=number,
            version=version,
            associate_id=actor.person_id,
            order_line=json.dumps(list(order_line), ensure_ascii=False) if order_line else None,
            asked_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()
    return question_id


def answer(session: Session, actor: Actor, question_id: int, words: str, *, at: datetime) -> None:
    """Answer a question that is not decided.

    Raises:
        AccessError: A job, or whoever asked.
        InputError: There is no such question, it is decided, or no words.
    """
    _say(session, actor, question_id, "answer", None, words, at)


def decide(
    session: Session,
    actor: Actor,
    question_id: int,
    outcome: Outcome,
    words: str,
    *,
    at: datetime,
    more: Mapping[str, JsonValue] | None = None,
) -> None:
    """Decide a question, once.

    Args:
        session: Of an act.
        actor: Another person than who asked.
        question_id: Which.
        outcome: What follows; the caller does it in the same act.
        words: The reason.
        at: When.
        more: What follows, in figures; kept with the event.

    Raises:
        AccessError: A job, or whoever asked.
        InputError: There is no such question, it is decided, or no reason.
    """
    _say(session, actor, question_id, "decide", outcome, words, at, more)


def questions(session: Session, *, cycle_id: int | None = None, associate_id: str | None = None) -> tuple[Asked, ...]:
    """Return questions, oldest first: all, those of a cycle's statements, or one person's."""
    query = select(Question, Cycle.pay_group, Cycle.period).join(Cycle, Cycle.cycle_id == Question.cycle_id)
    if cycle_id is not None:
        query = query.where(Question.cycle_id == cycle_id)
    if associate_id is not None:
        query = query.where(Question.associate_id == associate_id)
    rows = session.execute(query.order_by(Question.question_id)).all()
    return tuple(_asked(session, row, pay_group, period) for row, pay_group, period in rows)


def question(session: Session, question_id: int) -> Asked:
    """Return one question.

    Raises:
        InputError: There is none of that number.
    """
    row = session.get(Question, question_id)
    if row is None:
        raise InputError(f"there is no question {question_id}.", remedy="`incentives question list` lists them.")
    cycle = session.get_one(Cycle, row.cycle_id)
    return _asked(session, row, cycle.pay_group, cycle.period)


def overriders_of(session: Session, cycle_id: int) -> list[tuple[str, str]]:
    """Return (re_credit, person) of everybody who decided by an override about a cycle's statements."""
    query = select(QuestionAct.person_id).join(Question, Question.question_id == QuestionAct.question_id)
    query = query.where(Question.cycle_id == cycle_id, QuestionAct.outcome == Outcome.RE_CREDIT.value)
    return [(Outcome.RE_CREDIT.value, person) for person in session.scalars(query)]


def check_questions(session: Session) -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) of questions and what was said of them that are not what their events recorded, both ways."""
    known = set()
    subjects: dict[int, str] = {}
    for row in session.scalars(select(Question).order_by(Question.question_id)):
        known.add(row.event_id)
        subjects[row.question_id] = row.statement
        event = session.get(AuditEvent, row.event_id)
        line = json.loads(row.order_line) if row.order_line else None
        found = (ASK, row.associate_id, row.asked_at, row.statement, {"version": row.version, "order_line": line})
        if found != _recorded(event, ("version", "order_line")):
            yield f"question {row.question_id}", "it is not what was recorded"
    for said in session.scalars(select(QuestionAct).order_by(QuestionAct.question_id, QuestionAct.sequence)):
        known.add(said.event_id)
        event = session.get(AuditEvent, said.event_id)
        details = {"question_id": said.question_id, "outcome": said.outcome}
        said_so = (_ACTS[said.act], said.person_id, said.acted_at, subjects.get(said.question_id), details)
        if said_so != _recorded(event, ("question_id", "outcome")):
            yield f"question {said.question_id}", f"its {said.act} is not what was recorded"
    events = select(AuditEvent.event_id).where(AuditEvent.act.in_([ASK, ANSWER, DECIDE])).order_by(AuditEvent.event_id)
    for event_id in session.scalars(events):
        if event_id not in known:
            yield f"audit event {event_id}", "the question, or what was said of it, is missing"


def _recorded(event: AuditEvent | None, names: tuple[str, ...]) -> tuple[str, str, datetime, str, dict[str, object]] | None:
    if event is None:
        return None
    details = json.loads(event.details)
    return event.act, event.person_id, event.at, event.subject, {name: details.get(name) for name in names}


def _say(
    session: Session,
    actor: Actor,
    question_id: int,
    act: str,
    outcome: Outcome | None,
    words: str,
    at: datetime,
    more: Mapping[str, JsonValue] | None = None,
) -> None:
    if actor.kind != "person":
        raise AccessError(f"{actor.person_id} is a {actor.kind}; to {act} a question is for a person.")
    asked = question(session, question_id)
    where = f"question {question_id}"
    if actor.person_id == asked.associate_id:
        raise AccessError(f"{actor.person_id} asked the question, so another person speaks to it.", where=where)
    if asked.outcome is not None:
        raise InputError(f"it was decided before: {asked.outcome.value}.", where=where, remedy="A new question can be asked.")
    require_reason(words, where)
    details: dict[str, JsonValue] = {"question_id": question_id, "outcome": outcome.value if outcome else None, **(more or {})}
    event = append_event(session, actor, _ACTS[act], asked.statement, at=at, details=details, reason=words)
    session.add(
        QuestionAct(
            question_id=question_id,
            sequence=len(asked.said) + 1,
            act=act,
            outcome=outcome.value if outcome else None,
            person_id=actor.person_id,
            acted_at=at,
            event_id=event.event_id,
        )
    )
    session.flush()


def _asked(session: Session, row: Question, pay_group: str, period: str) -> Asked:
    acts = session.execute(
        select(QuestionAct, AuditText.body, AuditEvent.details)
        .join(AuditEvent, AuditEvent.event_id == QuestionAct.event_id)
        .outerjoin(AuditText, AuditText.event_id == QuestionAct.event_id)
        .where(QuestionAct.question_id == row.question_id)
        .order_by(QuestionAct.sequence)
    ).all()
    words = session.scalar(select(AuditText.body).where(AuditText.event_id == row.event_id))
    line = json.loads(row.order_line) if row.order_line else None
    return Asked(
        row.question_id,
        pay_group,
        period,
        row.statement,
        row.version,
        row.associate_id,
        (str(line[0]), str(line[1]), str(line[2])) if line else None,
        row.asked_at,
        words,
        tuple(_said(said, body, details) for said, body, details in acts),
    )


def _said(row: QuestionAct, words: str | None, details: str) -> Said:
    sellers = json.loads(details).get("sellers")
    return Said(row.person_id, row.acted_at, words, Outcome(row.outcome) if row.outcome else None, sellers)
