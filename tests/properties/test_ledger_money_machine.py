"""Money after the lock in any order of events: the ledger agrees with a second, plain book, and both equations hold.

The world is what each person sold in each month; worth is a tenth of it. Late sales, returns, corrections, overrides, withdrawals and restatements
change it at any time, customers are merged, targets change, people ask and leave; cycles are opened, calculated, instructed, locked and exported. The plain book below is kept by hand rules alone.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import select, text
from support_book import PAID, PEOPLE, SUMS, Accruing, Book, Inputs, Locking, plan_draft
from support_ledger import TERMS, Desk, draft_statement
from support_stores import POSTGRESQL, SQLITE, new_place

from incentives.errors import InputError
from incentives.ledger import goodwills, questions, restatements
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import find
from incentives.ledger.integrity import verify
from incentives.ledger.models import Base
from incentives.ledger.payroll_results import ACCEPTED, REFUSED, PayrollResult, record_results
from incentives.periods import Period
from incentives.services.adjustments import locked_before, settled_by_period

PERIODS = tuple(Period.parse(f"2026-{month:02}") for month in range(1, 9))
ANNA, BORIS = Actor("anna"), Actor("boris")
people, sums, months = PEOPLE, SUMS, st.sampled_from(PERIODS)


class MoneyMachine(Accruing, Inputs, Locking):
    """Events and acts in any order; `books` is the plain recomputation."""

    store, periods = SQLITE, PERIODS

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.office = Desk(Ledger.open(new_place(self.store, self.folder)))
        self.sold: dict[tuple[str, Period], int] = defaultdict(int)
        self.books = {who: Book() for who in PAID}
        self.tenths: dict[Period, int] = defaultdict(lambda: 1)
        self.merged = defaultdict(list)
        self.left: dict[str, int] = {}
        self.current = 0
        self.state = "none"
        self.listed: set[str] = set()
        self.calculated: dict[tuple[str, Period], int] = {}
        self.told: set[tuple[str, str]] = set()
        self.goodwill: dict[str, int] = {}
        self.ever_listed: set[str] = set()
        self.answers: dict[tuple[str, Period], str] = {}
        self.reached: set[Period] = set()
        self.outcomes: dict[Period, str] = {}
        self.rows: dict[str, set[tuple[object, ...]]] = {}

    def teardown(self) -> None:
        if hasattr(self, "office"):
            with self.office.ledger.reading() as session:
                assert verify(session).findings == []
            self.office.ledger.close()
            shutil.rmtree(self.folder)

    @rule(who=people, month=months, amount=sums)
    def a_sale_comes_late(self, who: str, month: Period, amount: int) -> None:
        self.sold[who, month] += amount

    @rule(who=people, month=months, amount=sums)
    def a_sale_is_returned(self, who: str, month: Period, amount: int) -> None:
        self.sold[who, month] -= amount

    @rule(who=people, other=people, month=months, amount=sums)
    def an_override_credits_somebody_else(self, who: str, other: str, month: Period, amount: int) -> None:
        self.sold[who, month] -= amount
        self.sold[other, month] += amount

    @rule(who=people, month=months, amount=sums)
    def a_line_is_corrected(self, who: str, month: Period, amount: int) -> None:
        self.sold[who, month] = amount

    @rule(who=people, month=months)
    def a_line_is_withdrawn(self, who: str, month: Period) -> None:
        self.sold[who, month] = 0

    @rule(month=months, tenths=st.integers(1, 3))
    def a_locked_month_is_restated(self, month: Period, tenths: int) -> None:
        """Two people freeze a locked month anew, at another rate; a month that is not locked is refused."""
        manifest = {"last_load": 3, "inputs": {}, "tenths": tenths}
        try:
            with self.office.ledger.act() as session:
                restatements.propose(
                    session, ANNA, find(session, TERMS.name, month), manifest, at=self.office.tick(), reason="Rate."
                )
        except InputError:
            assert not self.is_locked(month)
            return
        assert self.is_locked(month)
        with pytest.raises(AccessError), self.office.ledger.act() as session:
            restatements.confirm(session, ANNA, find(session, TERMS.name, month), at=self.office.tick())
        with self.office.ledger.act() as session:
            restatements.confirm(session, BORIS, find(session, TERMS.name, month), at=self.office.tick())
        self.tenths[month] = tenths
        self.take_merges(month)

    @rule(who=people)
    def somebody_leaves(self, who: str) -> None:
        """From the next cycle on they have no statement of their own; what they are owed or owe goes on."""
        if self.state == "none" and len(self.left) < 2:
            self.left.setdefault(who, self.current)

    @rule(steps=st.integers(1, 7))
    def the_cycle_goes_on(self, steps: int) -> None:
        for _ in range(steps):
            if self.current < len(PERIODS):
                self._next(PERIODS[self.current])

    @rule(
        sales=st.dictionaries(people, sums, max_size=3),
        returns=st.dictionaries(people, sums, max_size=3),
        told=st.lists(st.tuples(st.sampled_from(("hold", "release", "write_off")), people), max_size=3),
    )
    def a_month_passes(self, sales: dict[str, int], returns: dict[str, int], told: list[tuple[str, str]]) -> None:
        """Bring the current cycle to its payroll file, with sales of it and returns of the month before."""
        if self.current == len(PERIODS):
            return
        period, number = PERIODS[self.current], self.current
        for who, amount in sales.items():
            self.sold[who, period] += amount
        for who, amount in returns.items() if number else ():
            self.sold[who, PERIODS[number - 1]] -= amount
        while self.state in ("none", "open"):
            self._next(period)
        if self.state in ("calculated", "in_review"):
            self._calculate(period)
        for kind, who in told:
            self.finance_instructs(kind, who)
        while self.current == number:
            self._next(period)

    @rule()
    def it_is_calculated_again(self) -> None:
        if self.state in ("calculated", "in_review"):
            self._calculate(PERIODS[self.current])

    @rule(kind=st.sampled_from(("hold", "release", "write_off")), who=people)
    def an_instruction_is_given(self, kind: str, who: str) -> None:
        self.finance_instructs(kind, who)

    def finance_instructs(self, kind: str, who: str) -> None:
        open_now = self.state in ("calculated", "in_review")
        other = {"hold": "release", "release": "hold"}.get(kind)
        allowed = (
            open_now
            and (kind, who) not in self.told
            and (other, who) not in self.told
            and (kind != "release" or self.books[who].held > 0)
            and (kind != "hold" or self._is_there(who))
        )
        if self.current == len(PERIODS) or self.state == "none":
            return
        try:
            self.office.instruct(kind, who, period=PERIODS[self.current])
        except InputError:
            assert not allowed
        else:
            assert allowed
            self.told.add((kind, who))

    @rule(who=people, tens=st.integers(0, 5))
    def goodwill_is_given(self, who: str, tens: int) -> None:
        allowed = self.state in ("calculated", "in_review") and tens and who not in self.goodwill and who in self.ever_listed
        if self.current == len(PERIODS) or self.state == "none":
            return
        try:
            self.office.goodwill(who, tens * 10_00, period=PERIODS[self.current])
        except InputError:
            assert not allowed
        else:
            assert allowed
            self.goodwill[who] = tens * 10_00

    @rule(who=people)
    def somebody_asks_and_gets_goodwill(self, who: str) -> None:
        """Decided together with the goodwill, or not at all."""
        period, asked = PERIODS[min(self.current, len(PERIODS) - 1)], 0
        if self.current == len(PERIODS) or self.state == "none":
            return
        number, at = f"{period.label}/{TERMS.name}/{who}", self.office.tick()
        before_people = self.state in ("in_review", "approved", "locked") and self._is_there(who)
        with suppress(InputError), self.office.ledger.act() as session:
            asked = questions.ask(session, Actor(who), find(session, TERMS.name, period), number, "Mine?", at=at)
        assert bool(asked) == before_people
        allowed = bool(asked) and self.state == "in_review" and who not in self.goodwill
        with suppress(InputError), self.office.ledger.act() as session:
            questions.decide(session, ANNA, asked, questions.Outcome.GOODWILL, "Yes.", at=at)
            head = find(session, TERMS.name, period)
            goodwills.give(session, ANNA, head, who, "EUR", 5_00, at=at, reason="Yes.", question_id=asked)
        with self.office.ledger.reading() as session:
            given = {one.question_id for one in goodwills.goodwills_of(session, find(session, TERMS.name, period))}
            assert (asked in given) == allowed
            assert not asked or (questions.question(session, asked).outcome is not None) == allowed
        self.goodwill |= {who: 5_00} if allowed else {}

    @rule(who=people, number=st.integers(0, len(PERIODS) - 1), refused=st.booleans())
    def payroll_answers(self, who: str, number: int, refused: bool) -> None:
        """Payroll accepts or refuses a payment, once; whenever that is, also after the next lock."""
        period = PERIODS[number]
        book = self.books[who]
        outcome = REFUSED if refused else ACCEPTED
        result = PayrollResult(who, "EUR", outcome, "The account was closed.")
        known = self.answers.get((who, period))
        allowed = book.payments.get(period, 0) > 0 and known in (None, outcome)
        try:
            with self.office.ledger.act() as session:
                head = find(session, TERMS.name, period)
                record_results(session, ANNA, head, [result], accept_rest=False, at=self.office.tick())
        except InputError:
            assert not allowed
            return
        assert allowed
        if known is None:
            self.answers[who, period] = outcome
            book.exported -= book.payments[period]
            book.payable += book.payments[period] if refused else 0
            book.accepted += 0 if refused else book.payments[period]

    def _next(self, period: Period) -> None:
        if self.state == "none":
            self.office.open(period=period)
            self.state = "open"
        elif self.state == "open":
            self._calculate(period)
        elif self.state == "calculated":
            self.office.review(period=period)
            self.state = "in_review"
        elif self.state == "in_review":
            self.office.approve(period=period)
            self.state = "approved"
        elif self.state == "approved":
            self.office.lock(period=period)
            self.book_lock(period)
            self.state = "locked"
        else:
            lines = self.office.export(period=period).lines
            for who, book in self.books.items():
                paid = max(book.payable, 0)
                assert sum(line.amount_minor for line in lines if line.associate_id == who) == paid
                book.payable -= paid
                book.exported += paid
                book.payments[period] = paid
            self.current, self.state, self.told = self.current + 1, "none", set()
            self.goodwill = {}

    def _calculate(self, period: Period) -> None:
        """Draft the period's own statements, and for each locked period what the ledger says is not settled yet."""
        drafts = [plan_draft(who, self.worth(who, period), period) for who in PAID if who not in self.left]
        with self.office.ledger.reading() as session:
            earlier = locked_before(session, find(session, TERMS.name, period)) or ()
            settled = settled_by_period(session, earlier)
        for before in PERIODS[: self.current]:
            for who in PAID:
                held = settled.get(before.label, {}).get((who, "sales", "EUR"))
                amount = held.amount_minor if held else 0
                if self.worth(who, before) != amount:
                    drafts.append(replace(draft_statement(who, self.worth(who, before), period=before), settled_minor=amount))
        drafts = self.with_gates(drafts, period)
        drafts.sort(key=lambda draft: (draft.associate_id, draft.earned_period != period.label, draft.earned_period))
        self.office.calculate(drafts, period=period)
        self.listed = {draft.associate_id for draft in drafts}
        self.ever_listed |= self.listed
        self.calculated = {(who, one): self.worth(who, one) for who in PAID for one in PERIODS[: self.current + 1]}
        self.state = "calculated"

    def _is_there(self, who: str) -> bool:
        """Whether the current version has a statement of a person."""
        return who in self.listed

    @invariant()
    def settled_is_what_the_last_lock_said_each_period_is_worth(self) -> None:
        """Equation 1: with what the next calculation would find open, settled comes to worth."""
        if not hasattr(self, "office"):
            return
        query = text(
            "select s.associate_id, s.earned_period, sum(s.worth_minor - s.settled_minor) from statements s"
            " join calculations c on c.calculation_id = s.calculation_id"
            " join cycle_acts a on a.cycle_id = c.cycle_id and a.act = 'lock' and a.version = c.version group by 1, 2"
        )
        with self.office.ledger.reading() as session:
            found = {(who, period): amount for who, period, amount in session.execute(query) if amount}
        assert found == {
            (who, p.label): amount for who, book in self.books.items() for p, amount in book.settled.items() if amount
        }

    @invariant()
    def what_was_earned_is_paid_waits_or_is_carried(self) -> None:
        """Equation 2, with every term from the postings on one side and from the plain book on the other."""
        if not hasattr(self, "office"):
            return
        query = text("select associate_id, account, sum(amount_minor) from postings group by 1, 2 having sum(amount_minor) <> 0")
        with self.office.ledger.reading() as session:
            found = {(who, account): amount for who, account, amount in session.execute(query)}
        for who, book in self.books.items():
            settled, waiting = sum(book.settled.values()), sum(book.waiting.values())
            assert settled + book.goodwill + book.drawn - book.recovered == (
                book.exported
                + book.accepted
                + book.held
                + waiting
                + book.forfeited
                + book.payable
                - book.overpaid
                - book.written_off
            )
            assert found.pop((who, "incentive_expense"), 0) == settled + book.accrued
            assert found.pop((who, "incentive_accrued"), 0) == -book.accrued
            assert found.pop((who, "associate_payable"), 0) == -book.payable
            assert found.pop((who, "associate_held"), 0) == -book.held
            assert found.pop((who, "holdback_payable"), 0) == -waiting
            assert found.pop((who, "forfeited_holdbacks"), 0) == -book.forfeited
            assert found.pop((who, "draws_receivable"), 0) == book.owed
            assert found.pop((who, "overpayments_receivable"), 0) == book.overpaid
            assert found.pop((who, "payroll_clearing"), 0) == -book.exported
            assert found.pop((who, "payroll_paid"), 0) == -book.accepted
            assert found.pop((who, "goodwill_expense"), 0) == book.goodwill
            assert found.pop((who, "write_off_expense"), 0) == book.written_off + book.draws_written_off
        assert found == {}

    @invariant()
    def every_entry_sums_to_zero_and_no_row_ever_changes(self) -> None:
        if not hasattr(self, "office"):
            return
        with self.office.ledger.reading() as session:
            sums = text("select entry_id from postings group by entry_id, currency having sum(amount_minor) <> 0")
            assert session.execute(sums).all() == []
            for name, table in Base.metadata.tables.items():
                if name not in {"audit_texts", "accounts", "personal_tokens", "access_reads"}:
                    rows = {tuple(row) for row in session.execute(select(table))}
                    assert self.rows.get(name, set()) <= rows
                    self.rows[name] = rows


TestMoneyMachine = MoneyMachine.TestCase
TestMoneyMachine.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class MoneyMachineOnPostgresql(MoneyMachine):
    """The same acts, in a database of its own each time."""

    store = POSTGRESQL


TestMoneyMachineOnPostgresql = MoneyMachineOnPostgresql.TestCase
TestMoneyMachineOnPostgresql.settings = settings(TestMoneyMachine.settings, max_examples=4)
