"""What held-back payouts of earlier periods wait for: read from a snapshot, decided, and put on statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from incentives.bonus.inputs import BonusInputs
from incentives.bonus.pay_group import PayGroup
from incentives.ledger.audit import JsonValue
from incentives.ledger.drafts import StatementDraft
from incentives.ledger.holdbacks import GATE_STEP, OPEN, SHUT, OpenGate
from incentives.money import format_minor
from incentives.periods import Period
from incentives.plans.numbers import number_text

if TYPE_CHECKING:
    import duckdb

    from incentives.services.adjustments import Settled

SettledByPeriod = Mapping[str, Mapping[tuple[str, str, str], "Settled"]]


def gate_measures(connection: duckdb.DuckDBPyConnection, spec: Mapping[str, object], inputs: BonusInputs) -> BonusInputs:
    """Return inputs with the measures that gates look at.

    Args:
        connection: A snapshot, or a finished warehouse.
        spec: As `gates_spec` gives it; empty where nothing waits.
        inputs: Of the calculation.
    """
    from incentives.services.bonus import read_measures

    if not spec:
        return inputs
    days = [date.fromisoformat(str(spec[key])) for key in ("from", "to")]
    names = spec["measures"]
    assert isinstance(names, list)
    table = read_measures(connection, [str(name) for name in names], days[0], days[1])
    return replace(inputs, gate_measures=BonusInputs.from_tables({"gate_measures": table}).gate_measures)


def gates_spec(gates: Sequence[OpenGate], period: Period) -> dict[str, JsonValue]:
    """Return what is read for open gates at a period: measures and days; empty where there is none."""
    if not gates:
        return {}
    return {
        "measures": sorted({gate.terms.measure for gate in gates}),
        "from": min(gate.terms.since for gate in gates).isoformat(),
        "to": period.end.isoformat(),
    }


def with_decisions(
    adjustments: Sequence[StatementDraft],
    gates: Sequence[OpenGate],
    settled: SettledByPeriod,
    inputs: BonusInputs,
    group: PayGroup,
    period: Period,
) -> list[StatementDraft]:
    """Return a cycle's adjustments with what is decided of gates: on the statement of the same period, or on one that is due nothing.

    A gate that is not reached and may still be is not mentioned. Pure.
    """
    decided: dict[tuple[str, str, str, str], list[dict[str, JsonValue]]] = {}
    for gate, step in _decisions(gates, inputs, group, period):
        decided.setdefault(gate.place, []).append(step)
    found = []
    for draft in adjustments:
        steps = decided.pop((draft.associate_id, draft.plan, draft.earned_period, draft.currency), [])
        found.append(replace(draft, steps=_numbered((*draft.steps, *steps))))
    for (associate, plan, earned, currency), steps in decided.items():
        held = settled[earned][associate, plan, currency]
        worth: dict[str, JsonValue] = {
            "component": "total",
            "step": "worth",
            "label": "as it is settled",
            "inputs": {},
            "output": format_minor(held.amount_minor, currency),
            "unit": "money",
        }
        own = _numbered((worth, *steps))
        amount = held.amount_minor
        found.append(
            StatementDraft(associate, plan, held.plan_version, held.agreement, earned, currency, amount, amount, (), own)
        )
    return found


def _decisions(
    gates: Sequence[OpenGate], inputs: BonusInputs, group: PayGroup, period: Period
) -> Iterator[tuple[OpenGate, dict[str, JsonValue]]]:
    from incentives.bonus.gates import Asked, values_of

    asked = [Asked(gate.associate_id, gate.terms.measure, gate.currency, gate.terms.since) for gate in gates]
    values = values_of(asked, inputs, group, period.end) if asked else {}
    for gate, question in zip(gates, asked, strict=True):
        value, terms = values[question], gate.terms
        reached = value is not None and value >= Fraction(terms.at_least)
        if not reached and gate.decide_by > period.end:
            continue
        what = "released" if reached else "forfeited"
        was = f"has reached {terms.at_least}" if reached else f"has not reached {terms.at_least} in time"
        yield (
            gate,
            {
                "component": terms.component,
                "step": GATE_STEP,
                "label": f"{terms.measure} {was}: what waits of {terms.component} is {what}",
                "inputs": {
                    "measure": terms.measure,
                    "at_least": terms.at_least,
                    "value": "not known" if value is None else number_text(value),
                    "from": terms.since.isoformat(),
                    "to": period.end.isoformat(),
                    "dates": "earned_date",
                },
                "output": OPEN if reached else SHUT,
                "unit": "text",
            },
        )


def _numbered(steps: Sequence[Mapping[str, JsonValue]]) -> tuple[Mapping[str, JsonValue], ...]:
    return tuple({**step, "sequence": number} for number, step in enumerate(steps, 1))
