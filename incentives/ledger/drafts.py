"""What a calculation hands to the ledger: plain values, before they have numbers and digests.

The ledger knows no calculation; whoever runs one translates its result into these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from incentives.ledger.audit import JsonValue


@dataclass(frozen=True, slots=True)
class ComponentDraft:
    """One component of a statement; `attainment` is an exact fraction in text."""

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
class StatementDraft:
    """What one person is worth under one plan, currency and earned period.

    Attributes:
        associate_id: Whom it pays.
        plan: Plan name.
        plan_version: Its version.
        agreement: Reference that statements show; may be empty.
        earned_period: The cycle's own period, or an earlier locked one that it adjusts.
        currency: ISO 4217.
        worth_minor: Worth of the earned period.
        settled_minor: What locked cycles hold of it already; 0 for the cycle's own period.
        components: In plan order.
        steps: The trace, in its order, as JSON values.
    """

    associate_id: str
    plan: str
    plan_version: int
    agreement: str
    earned_period: str
    currency: str
    worth_minor: int
    settled_minor: int
    components: tuple[ComponentDraft, ...]
    steps: tuple[Mapping[str, JsonValue], ...]


@dataclass(frozen=True, slots=True)
class CalculationDraft:
    """A version about to be recorded: its manifest, what could not be paid, and its statements.

    `statements` is read once, in the order of associate, earned period, plan and currency, and may make each
    statement as it is read.
    """

    last_load: int
    manifest: Mapping[str, JsonValue]
    exceptions: tuple[Mapping[str, JsonValue], ...]
    statements: Iterable[StatementDraft]
