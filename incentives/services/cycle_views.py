"""What readers see of cycles and statements: frozen values, no database in them.

Amounts are integer minor units of the `currency` beside them. `state` is one of open, calculated, in_review,
approved, locked, exported; a statement is final from locked on and a draft before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import orjson

from incentives.ledger.payroll_results import Answered


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One plan component of a statement; `attainment` is an exact fraction in text, such as `7/8`.

    `measure_unit` says what `measure_value` and `target_value` count: money (minor units), count, or thousandths.
    `window_start` is the first day that counts, `window_end` the first day after.
    """

    component: str
    measure: str
    measure_unit: str
    window_start: str
    window_end: str
    measure_value: int | None
    target_value: int | None
    attainment: str | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TraceView:
    """One step of the calculation, in its order, with its inputs and its output as exact text."""

    sequence: int
    component: str
    step: str
    label: str
    inputs: dict[str, str]
    output: str
    unit: str


@dataclass(frozen=True, slots=True)
class StatementView:
    """One statement of one version of a cycle; `trace` is filled where one statement is read, not in lists."""

    number: str
    associate_id: str
    pay_group: str
    period: str
    earned_period: str
    state: str
    version: int
    plan: str
    plan_version: int
    agreement: str
    currency: str
    worth_minor: int
    settled_minor: int
    due_minor: int
    digest: str
    components: tuple[ComponentView, ...]
    trace: tuple[TraceView, ...]

    @property
    def is_final(self) -> bool:
        """Whether the cycle is locked, so that this statement never changes."""
        return self.state in ("locked", "exported")

    @property
    def is_adjustment(self) -> bool:
        """Whether it settles a difference of an earlier, locked period."""
        return self.earned_period != self.period

    @property
    def is_decision(self) -> bool:
        """Whether it only says what becomes of what an earlier, locked period held back."""
        return self.is_adjustment and self.due_minor == 0


@dataclass(frozen=True, slots=True)
class PersonTotal:
    """What one person is due under one plan in one currency, adjustments included."""

    associate_id: str
    plan: str
    currency: str
    due_minor: int


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """What a version comes to in one currency."""

    currency: str
    people: int
    worth_minor: int
    due_minor: int


@dataclass(frozen=True, slots=True)
class ActView:
    """One act on a cycle; `reason` is None where none was given or it was erased."""

    sequence: int
    act: str
    state: str
    version: int | None
    digest: str | None
    person_id: str
    actor_kind: str
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """What the calculation could not pay, or wants a person to look at; `detail` is one sentence."""

    kind: str
    subject_type: str
    subject_id: str
    plan: str
    component: str
    detail: str
    amount_minor: int | None
    currency: str | None


@lru_cache(maxsize=8)
def read_exceptions(recorded: str) -> tuple[ExceptionView, ...]:
    """Return what a calculation recorded as its exceptions; the text never changes, and each look at a cycle reads it."""
    return tuple(ExceptionView(**row) for row in orjson.loads(recorded))


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One file that landed after the calculation and is therefore not in it."""

    load_id: int
    file_name: str
    feed: str
    rows_delivered: int


@dataclass(frozen=True, slots=True)
class CycleSummary:
    """One line of the list of cycles."""

    pay_group: str
    calendar: str
    period: str
    currency: str
    state: str
    version: int | None
    digest: str | None
    people: int
    totals: tuple[CurrencyTotal, ...]


@dataclass(frozen=True, slots=True)
class InstructionView:
    """What finance instructed of a cycle and is in force: `kind` is hold, release, write_off, waive or goodwill, which has an amount."""

    kind: str
    subject: str
    person_id: str
    at: datetime
    reason: str | None
    amount_minor: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class OpeningTotal:
    """What a first cycle opens with: `balance` is payable, carried_forward, held or draw; minor units."""

    balance: str
    currency: str
    people: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CycleStatus:
    """Everything that finance sees of one cycle.

    Attributes:
        summary: State, version and totals.
        legal_entity: Who pays.
        country: Where.
        last_load: Last load that the current version was made from; None before a calculation.
        calculated_at: When the current version was calculated.
        possible: Acts that lead on from here.
        acts: Every act, oldest first.
        exceptions: What the current version could not pay, or wants looked at.
        deliveries_since: Files landed after the calculation.
        blockers: One sentence each: why it cannot be approved or locked now, as far as is known without trying.
        instructions: Holds, releases, write-offs, waivers and goodwill in force.
        opening: Of the first cycle of a pay group: the opening balances in effect, that its lock posts.
        payroll: Of an exported cycle: what payroll said of its payments so far, by outcome and currency.
    """

    summary: CycleSummary
    legal_entity: str
    country: str
    last_load: int | None
    calculated_at: datetime | None
    possible: tuple[str, ...]
    acts: tuple[ActView, ...]
    exceptions: tuple[ExceptionView, ...]
    deliveries_since: tuple[DeliveryView, ...]
    blockers: tuple[str, ...]
    instructions: tuple[InstructionView, ...] = ()
    opening: tuple[OpeningTotal, ...] = ()
    payroll: tuple[Answered, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementDifference:
    """How one person's statement moved between two versions, with the causes that the components show."""

    associate_id: str
    plan: str
    earned_period: str
    currency: str
    before_minor: int
    after_minor: int
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """A payroll export: the same whenever it is written."""

    period: str
    pay_group: str
    file: str
    control_file: str
    workbook: str
    journal: str
    journal_control_file: str
    sha256: str
    rows: int
    people: int
    totals: tuple[CurrencyTotal, ...]
    repeated: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: where exactly, and what is wrong."""

    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `verify` looked at and what does not hold, first finding first."""

    events: int
    statements: int
    entries: int
    files: int
    head: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The two steps of a replay; a step that was not asked for is None."""

    period: str
    pay_group: str
    version: int
    statements: int
    statement_differences: tuple[str, ...]
    input_differences: tuple[str, ...] | None

    @property
    def agrees(self) -> bool:
        """Whether the statements come out of their frozen inputs to the cent."""
        return not self.statement_differences
