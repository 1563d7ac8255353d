"""Any order of acts by any people: the ledger agrees with a plain model, balances, and never changes a row."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select, text
from support_ledger import Desk, draft_statement
from support_stores import POSTGRESQL, SQLITE, new_place

from incentives.errors import InputError
from incentives.ledger.audit import Actor
from incentives.ledger.drafts import StatementDraft
from incentives.ledger.engine import Ledger
from incentives.ledger.integrity import verify
from incentives.ledger.models import Base
from incentives.periods import Period

PERIODS = tuple(Period.parse(label) for label in ("2026-01", "2026-02", "2026-03"))
PEOPLE = ("anna", "boris", "clara")
PAID = ("a1", "a2", "a3")
MUTABLE = {"audit_texts", "accounts", "personal_tokens", "access_reads"}
SHAPING = {"open", "calculate", "review"}

periods = st.sampled_from(PERIODS)
people = st.sampled_from(PEOPLE)
amounts = st.dictionaries(st.sampled_from([*PAID, "clara"]), st.integers(-900_00, 900_00), max_size=4)


@dataclass
class PlainCycle:
    """What a cycle is, said again in the plainest way."""

    state: str = "open"
    acts: list[tuple[str, str]] = field(default_factory=list)
    due: dict[str, int] = field(default_factory=dict)


FOLLOWS = {
    ("open", "calculate"): "calculated",
    ("calculated", "calculate"): "calculated",
    ("in_review", "calculate"): "calculated",
    ("calculated", "review"): "in_review",
    ("in_review", "approve"): "approved",
    ("approved", "send_back"): "calculated",
    ("approved", "lock"): "locked",
    ("locked", "export"): "exported",
    ("exported", "export"): "exported",
}


class LedgerMachine(RuleBasedStateMachine):
    """Acts in any order; `plain` says what must come of each."""

    store = SQLITE

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.office = Desk(Ledger.open(new_place(self.store, self.folder)))
        self.plain: dict[Period, PlainCycle] = {}
        self.paid: dict[str, int] = defaultdict(int)
        self.rows: dict[str, set[tuple[object, ...]]] = {}

    def teardown(self) -> None:
        if hasattr(self, "office"):
            with self.office.ledger.reading() as session:
                assert verify(session).findings == []
            self.office.ledger.close()
            shutil.rmtree(self.folder)

    @rule(period=periods, person=people)
    def open(self, period: Period, person: str) -> None:
        later_locked = any(other > period and cycle.state in ("locked", "exported") for other, cycle in self.plain.items())
        allowed = period not in self.plain and not later_locked
        self._act(allowed, lambda: self.office.open(Actor(person), period))
        if allowed:
            self.plain[period] = PlainCycle(acts=[("open", person)])

    @rule(period=periods, person=people, due=amounts)
    def calculate(self, period: Period, person: str, due: dict[str, int]) -> None:
        cycle = self.plain.get(period)
        allowed = cycle is not None and (cycle.state, "calculate") in FOLLOWS and person not in due
        statements: list[StatementDraft] = [draft_statement(who, amount, period=period) for who, amount in due.items()]
        self._act(allowed, lambda: self.office.calculate(statements, Actor(person), period))
        if allowed and cycle is not None:
            cycle.due = dict(due)
            self._moved(cycle, "calculate", person)

    @rule(period=periods, person=people)
    def review(self, period: Period, person: str) -> None:
        self._simple("review", period, person)

    @rule(period=periods, person=people)
    def approve(self, period: Period, person: str) -> None:
        cycle = self.plain.get(period)
        shaped = cycle is not None and any(act in SHAPING and who == person for act, who in cycle.acts)
        self._simple("approve", period, person, also=not shaped)

    @rule(period=periods, person=people)
    def send_back(self, period: Period, person: str) -> None:
        self._simple("send_back", period, person)

    @rule(period=periods, person=people)
    def lock(self, period: Period, person: str) -> None:
        earlier = sorted(other for other in self.plain if other < period)
        in_order = all(self.plain[other].state in ("locked", "exported") for other in earlier)
        no_gap = not earlier or earlier[-1].next() == period
        self._simple("lock", period, person, also=in_order and no_gap)

    @rule(period=periods, person=people)
    def export(self, period: Period, person: str) -> None:
        waiting = any(other < period and cycle.state == "locked" for other, cycle in self.plain.items())
        cycle = self.plain.get(period)
        first = cycle is not None and cycle.state == "locked"
        done = self._simple("export", period, person, also=not (first and waiting))
        if done and first and cycle is not None:
            for who in {*cycle.due, *self._owed()}:
                balance = self._owed(before=period).get(who, 0) + cycle.due.get(who, 0)
                self.paid[who] += max(balance, 0)

    @rule(acts=st.integers(1, 6), due=amounts)
    def bring_on(self, acts: int, due: dict[str, int]) -> None:
        """Bring the first unfinished cycle on by its next acts, so that locked and exported ones are met often."""
        for _ in range(acts):
            unfinished = [period for period in PERIODS if period not in self.plain or self.plain[period].state != "exported"]
            if unfinished:
                self._next(unfinished[0], {who: amount for who, amount in due.items() if who in PAID})

    def _next(self, period: Period, due: dict[str, int]) -> None:
        state = self.plain[period].state if period in self.plain else None
        if state is None:
            self.open(period, "anna")
        elif state == "open":
            self.calculate(period, "anna", due)
        elif state == "calculated":
            self.review(period, "anna")
        elif state == "in_review":
            self.approve(period, "boris")
        elif state == "approved":
            self.lock(period, "boris")
        else:
            self.export(period, "boris")

    @invariant()
    def every_entry_and_currency_sums_to_zero(self) -> None:
        if hasattr(self, "office"):
            query = text("select entry_id, currency, sum(amount_minor) from postings group by 1, 2 having sum(amount_minor) <> 0")
            with self.office.ledger.reading() as session:
                assert session.execute(query).all() == []

    @invariant()
    def nothing_is_posted_but_what_is_locked_and_paid(self) -> None:
        if not hasattr(self, "office"):
            return
        locked = [cycle for cycle in self.plain.values() if cycle.state in ("locked", "exported")]
        earned: dict[str, int] = defaultdict(int)
        for cycle in locked:
            for who, amount in cycle.due.items():
                earned[who] += amount
        with self.office.ledger.reading() as session:
            rows = session.execute(
                text("select associate_id, account, sum(amount_minor) from postings group by 1, 2 having sum(amount_minor) <> 0")
            ).all()
        found = {(who, account): amount for who, account, amount in rows}
        for who in {*earned, *self.paid}:
            assert found.pop((who, "incentive_expense"), 0) == earned[who]
            assert found.pop((who, "payroll_clearing"), 0) == -self.paid[who]
            # Settled = exported + carried forward.
            assert found.pop((who, "associate_payable"), 0) == self.paid[who] - earned[who]
        assert found == {}

    @invariant()
    def no_row_that_was_written_ever_changes(self) -> None:
        if not hasattr(self, "office"):
            return
        with self.office.ledger.reading() as session:
            for name, table in Base.metadata.tables.items():
                if name not in MUTABLE:
                    rows = {tuple(row) for row in session.execute(select(table))}
                    assert self.rows.get(name, set()) <= rows
                    self.rows[name] = rows

    @invariant()
    def the_states_are_those_of_the_model(self) -> None:
        if hasattr(self, "office"):
            assert {period: self.office.head(period).state.value for period in self.plain} == {
                period: cycle.state for period, cycle in self.plain.items()
            }

    def _owed(self, before: Period | None = None) -> dict[str, int]:
        """What the cycles before a period earned less what was paid, in the plainest way."""
        owed: dict[str, int] = defaultdict(int)
        for period, cycle in self.plain.items():
            if cycle.state in ("locked", "exported") and (before is None or period < before):
                for who, amount in cycle.due.items():
                    owed[who] += amount
        for who, amount in self.paid.items():
            owed[who] -= amount
        return owed

    def _simple(self, act: str, period: Period, person: str, *, also: bool = True) -> bool:
        cycle = self.plain.get(period)
        allowed = cycle is not None and (cycle.state, act) in FOLLOWS and person not in cycle.due and also
        self._act(allowed, lambda: getattr(self.office, act)(Actor(person), period))
        if allowed and cycle is not None:
            self._moved(cycle, act, person)
        return allowed

    def _moved(self, cycle: PlainCycle, act: str, person: str) -> None:
        cycle.state = FOLLOWS[(cycle.state, act)]
        cycle.acts.append((act, person))

    def _act(self, allowed: bool, act: object) -> None:
        assert callable(act)
        if allowed:
            act()
            return
        try:
            act()
        except InputError:
            return
        raise AssertionError("an act was done that the rules refuse")


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class LedgerMachineOnPostgresql(LedgerMachine):
    """The same acts, in a database of its own each time."""

    store = POSTGRESQL


TestLedgerMachineOnPostgresql = LedgerMachineOnPostgresql.TestCase
TestLedgerMachineOnPostgresql.settings = settings(TestLedgerMachine.settings, max_examples=4)
