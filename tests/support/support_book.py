"""The plain book beside the ledger: one account for each person, and the statements of three kinds of plan."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis.stateful import RuleBasedStateMachine, rule
from support_ledger import Desk, draft_statement

from incentives.errors import InputError
from incentives.ledger.drafts import StatementDraft
from incentives.periods import Period

PLAIN, WAITS, DRAWS = "a1", "a2", "a3"
PAID = (PLAIN, WAITS, DRAWS)


@dataclass
class Book:
    """One person's account, in minor units; `payable` below zero is owed by them."""

    settled: dict[Period, int] = field(default_factory=lambda: defaultdict(int))
    waiting: dict[Period, int] = field(default_factory=lambda: defaultdict(int))
    payable: int = 0
    held: int = 0
    owed: int = 0
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


def plan_draft(who: str, worth: int, period: Period) -> StatementDraft:
    """A statement; of one person a fifth waits 40 days, another has a draw of 100.00 that tops up."""
    draft = draft_statement(who, worth, period=period)
    if who == WAITS and worth:
        return replace(draft, steps=(*draft.steps, _holdback(worth // 5, period.end + timedelta(days=40))))
    if who == DRAWS:
        inputs = {"form": "top_up", "pays": "yes", "recovers": "yes", "ceiling": "100%", "minimum": "100.00"}
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
