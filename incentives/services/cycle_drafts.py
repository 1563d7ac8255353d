"""From a calculation's result to what the ledger records: the two do not know each other, this module knows both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from incentives.bonus.result import BonusException, ComponentResult, Statement, TraceStep
from incentives.errors import InputError
from incentives.ledger.audit import JsonValue
from incentives.ledger.drafts import CalculationDraft, ComponentDraft, StatementDraft
from incentives.periods import Period
from incentives.services.manifests import freeze
from incentives.serving import snapshots
from incentives.workspace import Workspace


def calculation_draft(ws: Workspace, period: Period, pay_group: str) -> CalculationDraft:
    """Calculate from the published snapshot, freeze what was read, and return what the ledger is to record.

    Raises:
        InputError: Nothing is published yet.
        DocumentError: A plan has mistakes.
    """
    from incentives.services.bonus import calculate

    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError(
            "nothing is published yet, so there is nothing to calculate from.", remedy="Run `incentives build` first."
        )
    calculation = calculate(ws, period, pay_group, as_of=snapshot.as_of.date())
    if snapshots.current(ws) != snapshot:
        raise InputError("another snapshot was published during the calculation.", remedy="Calculate again.")
    manifest = freeze(
        ws,
        snapshot,
        period=period,
        pay_group=pay_group,
        inputs=calculation.inputs,
        plan_texts={text.path.name: text.text for text in calculation.plans},
    )
    return CalculationDraft(
        snapshot.last_load,
        manifest,
        tuple(exception_json(found) for found in calculation.result.exceptions),
        statement_drafts(calculation.result.statements),
    )


def statement_drafts(statements: Sequence[Statement]) -> Iterator[StatementDraft]:
    """Yield the statements as drafts, each made when it is read."""
    for statement in statements:
        yield StatementDraft(
            statement.associate_id,
            statement.plan,
            statement.plan_version,
            statement.agreement,
            statement.period.label,
            statement.currency,
            statement.worth_minor,
            0,
            tuple(_component(part) for part in statement.components),
            tuple(_step(step) for step in statement.trace),
        )


def exception_json(found: BonusException) -> Mapping[str, JsonValue]:
    """Return an exception as the ledger keeps it."""
    return {
        "kind": found.kind,
        "subject_type": found.subject_type,
        "subject_id": found.subject_id,
        "plan": found.plan,
        "component": found.component,
        "detail": found.detail,
        "amount_minor": found.amount_minor,
        "currency": found.currency,
    }


def _component(part: ComponentResult) -> ComponentDraft:
    attainment = None if part.attainment is None else f"{part.attainment.numerator}/{part.attainment.denominator}"
    return ComponentDraft(
        part.component,
        part.measure,
        part.measure_unit,
        part.window_start,
        part.window_end,
        part.measure_value,
        part.target_value,
        attainment,
        part.amount_minor,
    )


def _step(step: TraceStep) -> Mapping[str, JsonValue]:
    return {
        "sequence": step.sequence,
        "component": step.component,
        "step": step.step,
        "label": step.label,
        "inputs": step.inputs,
        "output": step.output,
        "unit": step.unit,
    }
