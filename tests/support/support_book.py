"""The plain book beside the ledger: one account for each person, and the statements of three kinds of plan."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from sqlalchemy import func, select
from support_ledger import TERMS, Desk, draft_statement

from incentives.errors import InputError
from incentives.ledger import questions
from incentives.ledger.audit import Actor
from incentives.ledger.drafts import StatementDraft
from incentives.ledger.heads import find
from incentives.ledger.holdbacks import open_gates
from incentives.ledger.models import JournalEntry
from incentives.periods import Period

PLAIN, WAITS, DRAWS, GATED = "a1", "a2", "a3", "a4"
PAID = (PLAIN, WAITS, DRAWS, GATED)
FLOOR = 100_00
PEOPLE = st.sampled_from(PAID)
SUMS = st.integers(1, 400).map(lambda tens: tens * 50_00)


@dataclass
class Book:
    """One person's account, in minor units; `payable` below zero is owed by them."""

    settled: dict[Period, int] = field(default_factory=lambda: defaultdict(int))
    waiting: dict[Period, int] = field(default_factory=lambda: defaultdict(int))
    payable: int = 0
    held: int = 0
    owed: int = 0
    overpaid: int = 0
    forfeited: int = 0
    drawn: int = 0
    recovered: int = 0
    exported: int = 0
    accepted: int = 0
    payments: dict[Period, int] = field(default_factory=dict)
    written_off: int = 0
    draws_written_off: int = 0
    goodwill: int = 0
    accrued: int = 0


class Accruing(RuleBasedStateMachine):
    """Finance accrues at any time what the current cycle is due; the machine that is made of it books the lock."""

    office: Desk
    books: dict[str, Book]
    periods: tuple[Period, ...]
    current: int
    state: str
    calculated: dict[tuple[str, Period], int]

    @rule()
    def finance_accrues(self) -> None:
        if self.current == len(self.periods) or self.state == "none":
            return
        months = self.periods[: self.current + 1]
        allowed = self.state in ("calculated", "in_review", "approved")
        try:
            done = self.office.accrue(period=self.periods[self.current])
        except InputError:
            assert not allowed
            return
        assert allowed
        posted = 0
        for who, book in self.books.items():
            due = sum(self.calculated[who, month] - book.settled[month] for month in months)
            posted, book.accrued = posted + due - book.accrued, due
        assert sum(done.posted_minor.values()) == posted
        assert sum(done.accrued_minor.values()) == sum(book.accrued for book in self.books.values())


class Inputs(RuleBasedStateMachine):
    """What does not restate a locked month by itself: an identity merge, another target; and a line credited otherwise on a question."""

    office: Desk
    periods: tuple[Period, ...]
    current: int
    state: str
    sold: dict[tuple[str, Period], int]
    tenths: dict[Period, int]
    listed: set[str]
    merged: dict[Period, list[tuple[str, str, int]]]

    @rule(who=PEOPLE, other=PEOPLE, number=st.integers(0, 7), amount=SUMS)
    def two_customers_are_one(self, who: str, other: str, number: int, amount: int) -> None:
        """Their credit moves from one person to another, in months that are not locked; in a locked one when that is restated."""
        month = self.periods[number]
        self.merged[month].append((who, other, amount))
        if not self.is_locked(month):
            self.take_merges(month)

    @rule(number=st.integers(0, 7), tenths=st.integers(1, 3))
    def targets_change(self, number: int, tenths: int) -> None:
        """Another share of what is sold is paid; a locked month keeps its own."""
        if not self.is_locked(self.periods[number]):
            self.tenths[self.periods[number]] = tenths

    @rule(who=PEOPLE, other=PEOPLE, number=st.integers(0, 7), amount=SUMS)
    def somebody_asks_and_is_credited(self, who: str, other: str, number: int, amount: int) -> None:
        """Finance decides by an override: it posts nothing, and what it moves follows from worth, locked or not."""
        period = self.periods[number]
        statement, at, asked = f"{period.label}/{TERMS.name}/{who}", self.office.tick(), 0
        with self.office.ledger.reading() as session:
            entries = session.scalar(select(func.count()).select_from(JournalEntry))
        with suppress(InputError), self.office.ledger.act() as session:
            head = find(session, TERMS.name, period)
            asked = questions.ask(session, Actor(who), head, statement, "Mine?", at=at, order_line=("pos", "o1", "1"))
        if asked:
            with self.office.ledger.act() as session:
                questions.answer(session, Actor("marta"), asked, "Theirs.", at=at)
                more = {"sellers": who, "source": "pos"}
                questions.decide(session, Actor("anna"), asked, questions.Outcome.RE_CREDIT, "Yes.", at=at, more=more)
            self.sold[other, period] -= amount
            self.sold[who, period] += amount
        with self.office.ledger.reading() as session:
            assert session.scalar(select(func.count()).select_from(JournalEntry)) == entries

    def take_merges(self, month: Period) -> None:
        """Credit a month by the customers that are known now."""
        for who, other, amount in self.merged.pop(month, []):
            self.sold[who, month] -= amount
            self.sold[other, month] += amount

    def is_locked(self, period: Period) -> bool:
        """Whether a month's cycle is locked."""
        number = self.periods.index(period)
        return number < self.current or (number == self.current and self.state == "locked")


class Locking(RuleBasedStateMachine):
    """What a lock does, kept by hand rules alone, and the gates that one person's held-back fifth waits for."""

    office: Desk
    books: dict[str, Book]
    periods: tuple[Period, ...]
    current: int
    sold: dict[tuple[str, Period], int]
    tenths: dict[Period, int]
    left: dict[str, int]
    calculated: dict[tuple[str, Period], int]
    told: set[tuple[str, str]]
    goodwill: dict[str, int]
    reached: set[Period]
    outcomes: dict[Period, str]

    @rule(number=st.integers(0, 7))
    def what_a_month_waits_for_is_reached(self, number: int) -> None:
        """From the next calculation on."""
        self.reached.add(self.periods[number])

    def with_gates(self, drafts: list[StatementDraft], period: Period) -> list[StatementDraft]:
        """Add what is decided of gates: to the adjustment of the month that waits, or as a statement that is due nothing."""
        with self.office.ledger.reading() as session:
            head = find(session, TERMS.name, period)
            waiting = {one.earned_period for one in open_gates(session, head)}
        book = self.books[GATED]
        assert waiting == {month.label for month, amount in book.waiting.items() if amount}
        self.outcomes = {}
        for month in (one for one in self.periods if one.label in waiting):
            if month in self.reached:
                self.outcomes[month] = "open"
            elif month.end + timedelta(days=70) <= period.end:
                self.outcomes[month] = "shut"
            else:
                continue
            mine = next((one for one in drafts if (one.associate_id, one.earned_period) == (GATED, month.label)), None)
            if mine is None:
                mine = replace(draft_statement(GATED, book.settled[month], period=month), settled_minor=book.settled[month])
                drafts.append(mine)
            step = {**mine.steps[0], "sequence": 2, "component": "sales", "step": "holdback_gate", "output": self.outcomes[month]}
            drafts[drafts.index(mine)] = replace(mine, steps=(*mine.steps, step))
        return drafts

    def book_lock(self, period: Period) -> None:
        end = period.end
        for who, book in self.books.items():
            worth, due, changes = self.calculated[who, period], 0, {}
            for month in self.periods[: self.current + 1]:
                changes[month] = self.calculated[who, month] - book.settled[month]
                book.settled[month] += changes[month]
                due += changes[month]
            for month in self.periods[: self.current] if who in (WAITS, GATED) else ():
                taken = min(max(-changes[month], 0), book.waiting[month])
                rest = book.waiting[month] - taken
                over = month.end + timedelta(days=40) <= end if who == WAITS else month in self.outcomes
                lost = rest if who == GATED and self.outcomes.get(month) == "shut" else 0
                due, book.forfeited = due + taken + (rest - lost if over else 0), book.forfeited + lost
                book.waiting[month] = 0 if over else rest
            if who in (WAITS, GATED):
                book.waiting[period] = worth // 5
                due -= worth // 5
            if who == DRAWS and who not in self.left:
                # Half of the month and 100.00 of it stay; of the rest what was paid too much goes first, and what is left of that waits.
                wanted = max(book.overpaid - (due - worth) - min(book.payable, 0), 0)
                most = max(min(worth // 2, worth - FLOOR), 0)
                taken = min(wanted, most)
                due, book.overpaid = due + wanted - taken - book.overpaid, wanted - taken
                paid, back = max(FLOOR - worth, 0), min(book.owed, most - taken)
                book.drawn, book.recovered, book.owed = book.drawn + paid, book.recovered + back, book.owed + paid - back
                due += paid - back
            else:
                due, book.overpaid = due - book.overpaid, 0
            due, book.goodwill = due + self.goodwill.get(who, 0), book.goodwill + self.goodwill.get(who, 0)
            if ("hold", who) in self.told and due > 0:
                book.held, due = book.held + due, 0
            if ("release", who) in self.told:
                book.held, due = 0, due + book.held
            book.payable, book.accrued = book.payable + due, 0
            if ("write_off", who) in self.told:
                book.written_off += max(-book.payable, 0)
                book.payable = max(book.payable, 0)
                book.draws_written_off, book.owed = book.draws_written_off + book.owed, 0
                book.written_off, book.overpaid = book.written_off + book.overpaid, 0

    def worth(self, who: str, period: Period) -> int:
        if self.periods.index(period) >= self.left.get(who, len(self.periods)):
            return 0
        return max(self.sold[who, period], 0) // 10 * self.tenths[period]


def plan_draft(who: str, worth: int, period: Period) -> StatementDraft:
    """A statement; of one person a fifth waits 40 days, of one for a measure, another has a draw of 100.00 that tops up, and gives back at most half of a month."""
    draft = draft_statement(who, worth, period=period)
    if who == WAITS and worth:
        return replace(draft, steps=(*draft.steps, _holdback(worth // 5, period.end + timedelta(days=40))))
    if who == GATED and worth:
        step = _holdback(worth // 5, period.end + timedelta(days=70))
        gate = {
            "component": "sales",
            "until": "gate",
            "gate": "credited_units",
            "at_least": "3",
            "from": period.start.isoformat(),
        }
        gate["decide_by"] = (period.end + timedelta(days=70)).isoformat()
        return replace(draft, steps=(*draft.steps, {**step, "inputs": gate}))
    if who == DRAWS:
        inputs = {"form": "top_up", "pays": "yes", "recovers": "yes", "ceiling": "50%", "minimum": "100.00"}
        step = {**draft.steps[0], "sequence": 2, "step": "draw", "output": "100.00", "inputs": inputs}
        return replace(draft, steps=(*draft.steps, step))
    return draft


def _holdback(amount: int, day: date) -> dict[str, object]:
    return {
        "sequence": 2,
        "component": "total",
        "step": "holdback",
        "label": "A fifth waits",
        "inputs": {"release_on": day.isoformat()},
        "output": f"{amount // 100}.{amount % 100:02}",
        "unit": "money",
    }
