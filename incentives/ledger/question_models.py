"""Tables of questions and of goodwill, typed; append-only, as those of `models`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incentives.ledger.models import Base, BigKey


class Question(Base):
    """What a person asks about one statement of theirs, or one order line of it, bound to the version that they saw."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_questions_event"),
        Index("ix_questions_associate", "associate_id"),
    )

    question_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.cycle_id"))
    statement: Mapped[str]
    version: Mapped[int]
    associate_id: Mapped[str]
    order_line: Mapped[str | None]
    asked_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class QuestionAct(Base):
    """An answer to a question, or its one decision; `outcome` of a decision: re_credit, goodwill or declined."""

    __tablename__ = "question_acts"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_question_acts_event"),
        CheckConstraint(
            "(act = 'answer' and outcome is null) or (act = 'decide' and outcome in ('re_credit', 'goodwill', 'declined'))",
            name="ck_question_acts_act",
        ),
    )

    question_id: Mapped[int] = mapped_column(ForeignKey("questions.question_id"), primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    act: Mapped[str]
    outcome: Mapped[str | None]
    person_id: Mapped[str]
    acted_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))


class Goodwill(Base):
    """An amount that a cycle pays somebody outside what their plan is worth; the last row of a person and currency holds."""

    __tablename__ = "goodwills"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_goodwills_event"),
        CheckConstraint("amount_minor > 0", name="ck_goodwills_amount"),
    )

    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.cycle_id"), primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    associate_id: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.question_id"))
    is_withdrawn: Mapped[bool]
    person_id: Mapped[str]
    given_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.event_id"))
