"""Use cases: people ask about their statements, managers and finance answer, finance decides.

A decision that credits otherwise is delivered as a credit override like any other, and lands with the next load: what it moves follows
from worth. A file that a killed run did not write is written when the same decision is given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger import goodwills, heads
from incentives.ledger import questions as asking
from incentives.ledger.access import AccessError, Role
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead
from incentives.ledger.questions import Asked, LineName, Outcome
from incentives.ledger.rules import require_finance
from incentives.ledger.statements import statements_numbered
from incentives.money import to_minor
from incentives.periods import Period
from incentives.services.accounts import Person
from incentives.services.correction_effect import csv_text
from incentives.serving import snapshots
from incentives.serving.durable import replace_text
from incentives.serving.people import Directory, associates_published
from incentives.workspace import Workspace
from quality.outcomes import CheckOutcome

OVERRIDES = "credit_overrides"
CHECK = "questions_decided"


def ask_question(
    ws: Workspace, statement: str, words: str, *, by: Person, now: datetime, order_line: LineName | None = None
) -> Asked:
    """Ask about a statement of one's own, or about one order line that it should hold.

    Args:
        ws: The workspace.
        statement: Its number, `period/pay group/associate`.
        words: The question.
        by: Whose statement it is.
        now: When.
        order_line: Source, order and line, credited to the person or not.

    Raises:
        AccessError: It is somebody else's.
        InputError: There is no such statement, or no such order line in what is published.
        StateError: The statements are not before their people, or the time for questions about the draft is over.
    """
    if order_line is not None:
        require_line(ws, order_line)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        head = heads.of_statement(session, statement)
        number = asking.ask(session, by.actor(), head, statement, words, at=now, order_line=order_line)
        return asking.question(session, number)


def answer_question(ws: Workspace, question_id: int, words: str, *, by: Person, now: datetime) -> Asked:
    """Answer a question: finance of the pay group, or the manager who leads the person today.

    Raises:
        AccessError: Neither of these, or whoever asked.
        InputError: There is no such question, or it is decided.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        asked = asking.question(session, question_id)
        if not by.holds(Role.FINANCE, asked.pay_group) and asked.associate_id not in led_by(ws, by, now):
            raise AccessError(
                f"{by.person_id} neither leads {asked.associate_id} nor is finance for pay group {asked.pay_group}.",
                where=f"question {question_id}",
            )
        asking.answer(session, by.actor(), question_id, words, at=now)
        return asking.question(session, question_id)


def decline_question(ws: Workspace, question_id: int, words: str, *, by: Person, now: datetime) -> Asked:
    """Decide that nothing follows. Raises as `answer_question`; `by` is finance of the pay group."""
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        _decidable(session, question_id, by)
        asking.decide(session, by.actor(), question_id, Outcome.DECLINED, words, at=now)
        return asking.question(session, question_id)


def decide_goodwill(
    ws: Workspace, question_id: int, amount: str, period: Period, words: str, *, by: Person, now: datetime
) -> Asked:
    """Decide that a cycle pays an amount outside worth; both are one act.

    Args:
        ws: The workspace.
        question_id: Which.
        amount: In major units of the statement's currency.
        period: Of the cycle that pays it: calculated or in review.
        words: The reason.
        by: Finance of the pay group; will not approve that cycle.
        now: When.

    Raises:
        AccessError: `by` may not, or asked.
        InputError: There is no such question, or it is decided, or the amount is none.
        StateError: The cycle takes no goodwill now.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        asked = _decidable(session, question_id, by)
        currency = _currency_of(session, asked)
        minor = to_minor(amount, currency)
        head = heads.find(session, asked.pay_group, period)
        asking.decide(
            session,
            by.actor(),
            question_id,
            Outcome.GOODWILL,
            words,
            at=now,
            more={"amount_minor": minor, "currency": currency, "period": period.label},
        )
        goodwills.give(
            session, by.actor(), head, asked.associate_id, currency, minor, at=now, reason=words, question_id=question_id
        )
        return asking.question(session, question_id)


def decide_re_credit(
    ws: Workspace, question_id: int, sellers: str, words: str, *, by: Person, now: datetime, source: str | None = None
) -> Asked:
    """Decide that the order line is credited otherwise, and deliver the override.

    Args:
        ws: The workspace.
        question_id: Which; about an order line, and answered by another person than `by`, who is who entered it.
        sellers: Who sold it, as on an order line: `a1`, or with shares `a1:70|a2:30`.
        words: The reason; stands in the override too.
        by: Finance of the pay group, who approves it.
        now: When.
        source: The source that delivers credit overrides; the only one that is configured for them.

    Raises:
        AccessError: `by` may not, or asked.
        InputError: There is no such question, it is decided otherwise, is about no line, was not answered, or no source delivers overrides.
    """
    place = source_of_overrides(ws, source)
    where = f"question {question_id}"
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        asked = asking.question(session, question_id)
        require_finance(by, asked.pay_group)
        if asked.order_line is None:
            raise InputError("it is about no order line.", where=where, remedy="Decide it by goodwill, or decline it.")
        entered_by = next((said.person_id for said in reversed(asked.said) if said.outcome is None), None)
        if entered_by is None or entered_by == by.person_id:
            raise InputError(
                "another person enters what finance approves.",
                where=where,
                remedy="Somebody else answers the question with what is proposed.",
            )
        if sellers_named(ws, sellers, where) & {by.person_id, entered_by}:
            raise AccessError("nobody credits themself: another person enters, another approves.", where=where)
        if not _was_decided_so(asked, by, sellers):
            asking.decide(
                session, by.actor(), question_id, Outcome.RE_CREDIT, words, at=now, more={"sellers": sellers, "source": place}
            )
        asked = asking.question(session, question_id)
    _deliver(ws, place, asked, asked.order_line or ("", "", ""), sellers, entered_by)
    return asked


def list_questions(
    ws: Workspace,
    by: Person,
    *,
    now: datetime,
    pay_group: str | None = None,
    period: Period | None = None,
    only_open: bool = False,
) -> tuple[Asked, ...]:
    """Return the questions that a person may see, oldest first: their own, of whom they lead today, of a pay group whose finance they are."""
    led = led_by(ws, by, now)
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        found = asking.questions(session)
    return tuple(
        asked
        for asked in found
        if (asked.associate_id in {by.person_id, *led} or by.holds(Role.FINANCE, asked.pay_group))
        and pay_group in (None, asked.pay_group)
        and (period is None or asked.period == period.label)
        and not (only_open and asked.outcome)
    )


def questions_outcome(session: Session, head: CycleHead) -> CheckOutcome:
    """Return whether every question about a cycle's statements is decided, as a check that stands before its approval."""
    waiting = [asked for asked in asking.questions(session, cycle_id=head.cycle_id) if asked.outcome is None]
    oldest = f" The oldest is of {waiting[0].asked_at.date().isoformat()}." if waiting else ""
    return CheckOutcome(
        CHECK,
        "payable",
        not waiting,
        True,
        f"{len(waiting)} open",
        "none open",
        f"Expected every question about the statements to be decided; {len(waiting)} are open.{oldest} "
        "See `incentives question list --open`."
        if waiting
        else "Every question about the statements is decided.",
        tuple(asked.statement for asked in waiting[:5]),
    )


def led_by(ws: Workspace, by: Person, now: datetime) -> frozenset[str]:
    """Return whom a manager leads today, by what is published."""
    current = snapshots.current(ws) if by.holds(Role.MANAGER) else None
    if current is None:
        return frozenset()
    with current.connect() as connection:
        led = Directory.read(connection).led_by(by.person_id, now.astimezone(ws.zone()).date())
    return frozenset(held.associate_id for held in led)


def _decidable(session: Session, question_id: int, by: Person) -> Asked:
    asked = asking.question(session, question_id)
    require_finance(by, asked.pay_group)
    return asked


def _was_decided_so(asked: Asked, by: Person, sellers: str) -> bool:
    if asked.outcome is not Outcome.RE_CREDIT:
        return False
    return (asked.said[-1].person_id, asked.said[-1].sellers) == (by.person_id, sellers)


def _currency_of(session: Session, asked: Asked) -> str:
    head = heads.of_statement(session, asked.statement)
    row = statements_numbered(session, heads.calculation_of(session, head, asked.version).calculation_id, asked.statement)
    return head.currency if row is None else row.currency


def require_line(ws: Workspace, line: LineName) -> None:
    """Refuse an order line that is not in what is published. Raises InputError."""
    current = snapshots.current(ws)
    if current is None:
        raise InputError("nothing is published, so no order line can be named.", remedy="Run `incentives build` first.")
    with current.connect() as connection:
        found = connection.execute(
            "select 1 from marts.fct_order_lines where source = ? and order_id = ? and line_id = ?", list(line)
        ).fetchone()
    if found is None:
        raise InputError(f"there is no line {line[2]} of order {line[1]} of {line[0]} in what is published.")


def sellers_named(ws: Workspace, sellers: str, where: str) -> frozenset[str]:
    """Return whom sellers as on an order line name: a decision is given once, so what could not be credited is refused before it.

    Raises:
        InputError: Somebody is unknown or stands twice, some have shares and others not, or the shares do not sum to 100.
    """
    parts = [part.partition(":") for part in sellers.split("|")]
    names = [name.strip() for name, _, _ in parts]
    shares = [share.strip() for _, colon, share in parts if colon]
    remedy = "Write a1, a1|a2, or with shares that sum to 100 a1:70|a2:30."
    if len(set(names)) < len(names) or len(shares) not in (0, len(names)):
        raise InputError(f"'{sellers}' does not say who sold the line.", where=where, remedy=remedy)
    try:
        total = sum(map(Decimal, shares), Decimal(0))
    except InvalidOperation as error:
        raise InputError(f"'{sellers}' has a share that is no number.", where=where, remedy=remedy) from error
    if shares and (total != 100 or min(map(Decimal, shares)) <= 0):
        raise InputError(f"the shares of '{sellers}' sum to {total}.", where=where, remedy=remedy)
    unknown = sorted(set(names) - associates_published(ws))
    if unknown:
        raise InputError(f"nobody is known as {', '.join(unknown)}.", where=where, remedy=remedy)
    return frozenset(names)


def source_of_overrides(ws: Workspace, named: str | None) -> str:
    """Return the source that delivers credit overrides: the one that is named, or the only one. Raises InputError where there is none."""
    able: Sequence[str] = sorted(name for name, source in ws.config.sources.items() if OVERRIDES in source.feeds)
    if named is None and len(able) == 1:
        return able[0]
    if named is not None and named in able:
        return named
    raise InputError(
        f"'{named}' does not deliver {OVERRIDES}." if named else f"{len(able)} sources deliver {OVERRIDES}.",
        where="sources",
        remedy=f"Name one with --source: {', '.join(able)}." if able else f'List "{OVERRIDES}" among the feeds of a source.',
    )


def _deliver(ws: Workspace, place: str, asked: Asked, line: LineName, sellers: str, entered_by: str) -> None:
    decided = asked.said[-1]
    override = {
        "override_id": f"question-{asked.question_id}",
        "source": line[0],
        "order_id": line[1],
        "line_id": line[2],
        "associate_id": sellers,
        "reason": decided.words or "",
        "question_id": str(asked.question_id),
        "decided_at": decided.at.isoformat(),
        "entered_by": entered_by,
        "approved_by": decided.person_id,
    }
    folder = ws.inbox / place
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / f"{OVERRIDES}-question-{asked.question_id}.csv", csv_text(override))
