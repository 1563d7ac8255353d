"""Builders for ledger tests: an opened ledger, people, statements, and a cycle brought to a state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from incentives.ledger import accruals, cycles, exports, goodwills, instructions
from incentives.ledger.audit import Actor
from incentives.ledger.cycles import PayGroupTerms
from incentives.ledger.drafts import CalculationDraft, ComponentDraft, StatementDraft
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead, find
from incentives.ledger.states import Instruction
from incentives.periods import Period

NOON = datetime(2026, 4, 2, 12, 0, tzinfo=UTC)
ANNA = Actor("anna", "person", 1)
BORIS = Actor("boris", "person", 2)
CLARA = Actor("clara", "person", 3)
NIGHTLY = Actor("nightly", "job")
TERMS = PayGroupTerms("main", "Maison SA", "FR", "EUR")
MARCH = Period.parse("2026-03")
APRIL = Period.parse("2026-04")
APPEND_ONLY = (
    "audit_events",
    "cycles",
    "cycle_acts",
    "calculations",
    "statements",
    "statement_components",
    "statement_traces",
    "journal_entries",
    "postings",
    "entry_seals",
    "payroll_exports",
    "payroll_lines",
)


def draft_statement(
    associate_id: str,
    worth_minor: int,
    *,
    period: Period = MARCH,
    currency: str = "EUR",
    plan: str = "sales",
    settled_minor: int = 0,
) -> StatementDraft:
    """One statement with one component and a trace of one step."""
    part = ComponentDraft(
        "personal_sales",
        "credited_revenue",
        "money",
        period.start.isoformat(),
        period.end.isoformat(),
        worth_minor * 100,
        10_000_00,
        "7/8",
        worth_minor,
    )
    step = {
        "sequence": 1,
        "component": "total",
        "step": "worth",
        "label": "Worth",
        "inputs": {"sum": str(worth_minor)},
        "output": str(worth_minor),
        "unit": "money",
    }
    return StatementDraft(associate_id, plan, 1, "", period.label, currency, worth_minor, settled_minor, (part,), (step,))


def draft(*statements: StatementDraft, last_load: int = 3) -> CalculationDraft:
    """A calculation of these statements, in the order that the ledger wants."""
    ordered = sorted(statements, key=lambda row: (row.associate_id, row.earned_period, row.plan, row.currency))
    return CalculationDraft(last_load, {"last_load": last_load, "inputs": {}}, (), ordered)


@dataclass(slots=True)
class Desk:
    """A ledger, and a clock that moves a minute with each act."""

    ledger: Ledger
    now: datetime = NOON

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def head(self, period: Period = MARCH) -> CycleHead:
        with self.ledger.reading() as session:
            return find(session, TERMS.name, period)

    def open(self, actor: Actor = ANNA, period: Period = MARCH) -> CycleHead:
        with self.ledger.act() as session:
            return cycles.open_cycle(session, actor, TERMS, period, at=self.tick())

    def calculate(
        self, statements: Sequence[StatementDraft], actor: Actor = ANNA, period: Period = MARCH, expected: int | None = None
    ) -> CycleHead:
        with self.ledger.act() as session:
            head = find(session, TERMS.name, period)
            return cycles.record_calculation(
                session, actor, head, draft(*statements), expected_sequence=expected or head.sequence, at=self.tick()
            )

    def review(self, actor: Actor = ANNA, period: Period = MARCH, until: datetime | None = None) -> CycleHead:
        with self.ledger.act() as session:
            return cycles.review(session, actor, find(session, TERMS.name, period), at=self.tick(), review_until=until)

    def approve(self, actor: Actor = BORIS, period: Period = MARCH, digest: str | None = None) -> CycleHead:
        with self.ledger.act() as session:
            return cycles.approve(session, actor, find(session, TERMS.name, period), at=self.tick(), digest=digest)

    def send_back(self, actor: Actor = BORIS, period: Period = MARCH, reason: str = "Store 12 is missing.") -> CycleHead:
        with self.ledger.act() as session:
            return cycles.send_back(session, actor, find(session, TERMS.name, period), at=self.tick(), reason=reason)

    def instruct(
        self, kind: str, subject: str, actor: Actor = ANNA, period: Period = MARCH, *, withdraw: bool = False
    ) -> instructions.Instructed:
        with self.ledger.act() as session:
            return instructions.instruct(
                session,
                actor,
                find(session, TERMS.name, period),
                Instruction(kind),
                subject,
                at=self.tick(),
                reason="Asked for by the store.",
                withdraw=withdraw,
            )

    def goodwill(
        self,
        who: str,
        amount_minor: int,
        actor: Actor = ANNA,
        period: Period = MARCH,
        *,
        currency: str = "EUR",
        withdraw: bool = False,
    ) -> goodwills.Given:
        with self.ledger.act() as session:
            head = find(session, TERMS.name, period)
            return goodwills.give(
                session, actor, head, who, currency, amount_minor, at=self.tick(), reason="The till was down.", withdraw=withdraw
            )

    def accrue(self, actor: Actor = ANNA, period: Period = MARCH) -> accruals.Accrued:
        with self.ledger.act() as session:
            return accruals.accrue(session, actor, find(session, TERMS.name, period), at=self.tick())

    def lock(self, actor: Actor = BORIS, period: Period = MARCH) -> CycleHead:
        with self.ledger.act() as session:
            return cycles.lock(session, actor, find(session, TERMS.name, period), at=self.tick())

    def export(self, actor: Actor = BORIS, period: Period = MARCH) -> exports.PayrollFile:
        with self.ledger.act() as session:
            return exports.export(session, actor, find(session, TERMS.name, period), is_demo=False, at=self.tick())

    def whole_way(self, statements: Sequence[StatementDraft], period: Period = MARCH) -> exports.PayrollFile:
        self.open(period=period)
        self.calculate(statements, period=period)
        self.review(period=period)
        self.approve(period=period)
        self.lock(period=period)
        return self.export(period=period)


@contextmanager
def desk(place: Path | str) -> Iterator[Desk]:
    """A desk on a new ledger."""
    with Ledger.open(place) as ledger:
        yield Desk(ledger)
