"""What a calculation returns: statements, their components, the trace of every step, and exceptions.

These are plain values. They know neither the ledger nor pandas; whoever stores or shows them takes them as
they are. Every figure in a trace step is exact text, so that a person can recompute it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from incentives.periods import Period

Unit = Literal["money", "count", "ratio", "days", "text"]

# Kinds of exceptions; each stands on the close checklist. docs/reference/plans.md lists them.
EXCEPTION_KINDS: tuple[str, ...] = (
    "target_missing",
    "target_zero",
    "target_currency",
    "other_currency",
    "person_without_plan",
    "pool_without_weight",
)


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of the arithmetic.

    Attributes:
        sequence: Position in the statement, from 1.
        component: Component id, or `total` for the steps after the components.
        step: Name of the step: measure, target, proration, attainment, threshold, row, curve, previous, difference,
            earned_rate, modifier, gate, cap, rounding, component, total, total_cap, guarantee, hold_harmless, holdback, holdback_gate, draw, worth.
        label: The step in words, with the numbers on it.
        inputs: Named inputs as exact text; a measure step names measure, window, dates and filter, which is what leads
            to the credits behind it.
        output: Result as exact text: money in major units of the statement's currency, a ratio as a fraction or
            decimal; a fraction that no decimal states is written `a/b`.
        unit: What `output` counts.
    """

    sequence: int
    component: str
    step: str
    label: str
    inputs: dict[str, str]
    output: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class ComponentResult:
    """One component of one statement, rounded once.

    Attributes:
        component: The component's id in the plan.
        measure: Name of the measure it pays on (of a goal: the goals' measures joined by `+`).
        measure_value: Measure of the window: minor units when the measure is money, whole units of a count; a value
            that is not whole (hours, a ratio) is in thousandths and `measure_unit` says so. None: not known.
        target_value: Target of the same window in the same unit, rounded half-even; None without a target.
        attainment: Exact measure over exact target; None without a target, or with one of zero.
        amount_minor: What the component pays in this period, minor units of the statement's currency, signed.
        measure_unit: `money`, `count` or `thousandths`.
        window_start: First day that the measure counts.
        window_end: First day after.
    """

    component: str
    measure: str
    measure_value: int | None
    target_value: int | None
    attainment: Fraction | None
    amount_minor: int
    measure_unit: Literal["money", "count", "thousandths"] = "money"
    window_start: str = ""
    window_end: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one person is owed for one plan, period and currency, and why.

    A person whose plan or currency changes inside a period has one statement for each; (associate_id, plan,
    currency) is unique in a calculation. `worth_minor` is after caps and guarantee and before holdback, draw
    and recovery; it equals the last step of `trace`.
    """

    associate_id: str
    plan: str
    plan_version: int
    period: Period
    currency: str
    worth_minor: int
    components: tuple[ComponentResult, ...]
    trace: tuple[TraceStep, ...]
    agreement: str = ""


@dataclass(frozen=True, slots=True)
class BonusException:
    """Something that a person has to look at before the cycle is signed; nothing was guessed instead.

    Attributes:
        kind: One of `EXCEPTION_KINDS`.
        subject_type: `associate` or `team`.
        subject_id: Whom it is about.
        plan: Plan name, or empty.
        component: Component id, or empty.
        detail: One sentence.
        amount_minor: Money at stake where it is known.
        currency: Of `amount_minor`.
    """

    kind: str
    subject_type: str
    subject_id: str
    plan: str
    component: str
    detail: str
    amount_minor: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class BonusResult:
    """All statements of one pay group and period, ordered by associate, plan and currency.

    `statements` is a sequence that makes each statement when it is read: the calculation is columns, and a
    hundred thousand traces are not kept in memory.
    """

    statements: Sequence[Statement]
    exceptions: tuple[BonusException, ...] = field(default=())

    def total_minor(self) -> dict[str, int]:
        """Return the worth of all statements by currency."""
        totals: dict[str, int] = {}
        for statement in self.statements:
            totals[statement.currency] = totals.get(statement.currency, 0) + statement.worth_minor
        return dict(sorted(totals.items()))
