"""The checks that stand before an approval: what is recorded and about to be paid, judged by the suite `payable`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal, cast

from incentives.bonus.result import ComponentResult, Statement, TraceStep, Unit
from incentives.errors import InputError
from incentives.money import round_half_even
from incentives.periods import Period
from incentives.plans.load import PlanText
from incentives.services.cycle_views import ComponentView, StatementView, TraceView
from incentives.services.manifests import frozen_inputs, frozen_plans
from incentives.serving import snapshots
from incentives.workspace import Workspace
from quality.outcomes import CheckOutcome

MeasureUnit = Literal["money", "count", "thousandths"]


def payable_outcomes(
    ws: Workspace, period: Period, pay_group: str, statements: Iterable[StatementView], manifest: Mapping[str, object]
) -> tuple[CheckOutcome, ...]:
    """Judge the recorded statements of a version against the publication that they were calculated from.

    Where that publication is gone, the current one stands in for it.

    Raises:
        InputError: Nothing is published.
        CheckFailedError: A frozen input is missing or has changed.
    """
    from incentives.services.checks import check_payable

    current = snapshots.current(ws)
    if current is None:
        raise InputError("nothing is published, so nothing can be checked.", remedy="Run `incentives build` first.")
    calculated_from = ws.snapshots / str(manifest["publication"]) / snapshots.RESULTS
    plans = frozen_plans(ws, manifest, frozen_inputs(ws, manifest))
    own = [as_calculated(view, period) for view in statements if view.earned_period == period.label]
    return check_payable(
        ws,
        own,
        period=period,
        pay_group=pay_group,
        database=calculated_from if calculated_from.is_file() else current.results,
        caps=_caps(plans, {statement.currency for statement in own}),
    )


def as_calculated(view: StatementView, period: Period) -> Statement:
    """Return a recorded statement as the calculation returned it."""
    return Statement(
        view.associate_id,
        view.plan,
        view.plan_version,
        period,
        view.currency,
        view.worth_minor,
        tuple(_component(part) for part in view.components),
        tuple(_step(step) for step in view.trace),
        view.agreement,
    )


def _component(part: ComponentView) -> ComponentResult:
    return ComponentResult(
        part.component,
        part.measure,
        part.measure_value,
        part.target_value,
        None if part.attainment is None else Fraction(part.attainment),
        part.amount_minor,
        cast(MeasureUnit, part.measure_unit),
        part.window_start,
        part.window_end,
    )


def _step(step: TraceView) -> TraceStep:
    return TraceStep(step.sequence, step.component, step.step, step.label, step.inputs, step.output, cast(Unit, step.unit))


def _caps(plans: Iterable[PlanText], currencies: set[str]) -> dict[tuple[str, int, str], int]:
    """Return the total cap of each plan that has one, in the currencies that are paid."""
    caps: dict[tuple[str, int, str], int] = {}
    for text in plans:
        cap = text.plan.total.cap
        if cap is not None:
            named = cap.currencies or tuple(currencies)
            caps |= {
                (text.plan.plan, text.plan.version, currency): round_half_even(cap.minor(currency))
                for currency in named
                if currency in currencies
            }
    return caps
