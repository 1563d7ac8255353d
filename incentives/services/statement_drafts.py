"""From a calculation's statements to what the ledger records: the two do not know each other, this module knows both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from incentives.bonus.result import ComponentResult, Statement, TraceStep
from incentives.ledger.audit import JsonValue
from incentives.ledger.drafts import ComponentDraft, StatementDraft


def statement_drafts(statements: Iterable[Statement]) -> Iterator[StatementDraft]:
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
