"""Builders of bonus inputs: small tables in the words of the feeds, and plans from their YAML text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from incentives.bonus import BonusInputs, BonusResult, PayGroup, Statement, calculate
from incentives.bonus.inputs import SCHEMAS
from incentives.money import to_minor
from incentives.periods import Period
from incentives.plans.load import parse_plan
from incentives.plans.model import Plan
from incentives.plans.registry import Measure, Registry, read_registry

Row = dict[str, object]
SCORES = ("units_sold", "training_completed", "key_results", "compliance_training", "demos", "mbo", "hours_worked", "csat_points")
GROUP = PayGroup("france", "month", "EUR", is_default=True)


def registry() -> Registry:
    """The shipped registry, with measures that other systems would deliver through the scores feed."""
    added = {name: Measure(name, "count", "sum", "non_negative", 0, True) for name in SCORES}
    added["csat_mean"] = Measure("csat_mean", "ratio", "ratio", "non_negative", 3, True)
    added["credited_units"] = Measure("credited_units", "count", "sum", "any", 0, True)
    return Registry({**read_registry().measures, **added})


def plan_of(text: str, measures: Registry | None = None) -> Plan:
    """A checked plan from YAML; keys that every test shares are filled in."""
    given = {line.split(":")[0] for line in text.splitlines() if line and not line.startswith(" ")}
    defaults = {"plan": "advisor", "version": "1", "valid_from": "2026-01-01", "calendar": "month", "currency": "EUR"}
    head = "".join(f"{key}: {value}\n" for key, value in defaults.items() if key not in given)
    return parse_plan(head + text, Path("plan.yaml"), measures or registry()).plan


def day(text: str) -> date:
    return date.fromisoformat(text)


def credit(
    who: str, on: str, amount: str, *, measure: str = "credited_revenue", currency: str = "EUR", returned_on: str | None = None
) -> Row:
    """An amount credited on a day; with `returned_on`, a return booked that day of a sale earned on `on`."""
    return {
        "subject_type": "team" if measure.startswith("team_") else "associate",
        "subject_id": who,
        "measure": measure,
        "earned_date": day(on),
        "business_date": day(returned_on or on),
        "currency": currency,
        "numerator": to_minor(amount, currency),
    }


def count(who: str, on: str, number: int, measure: str, *, denominator: int | None = None, unit_key: str | None = None) -> Row:
    """A counted measure on a day."""
    return {
        "subject_type": "team" if measure.startswith("team_") else "associate",
        "subject_id": who,
        "measure": measure,
        "unit_key": unit_key,
        "earned_date": day(on),
        "business_date": day(on),
        "numerator": number,
        "denominator": denominator,
    }


def target(
    who: str,
    start: str,
    end: str,
    value: str,
    *,
    measure: str = "credited_revenue",
    currency: str | None = "EUR",
    of: str = "associate",
) -> Row:
    """A target of start..end-1."""
    return {
        "subject_type": of,
        "subject_id": who,
        "measure": measure,
        "period_start": day(start),
        "period_end": day(end),
        "value_minor": to_minor(value, currency) if currency else None,
        "value_milli": None if currency else round(float(value) * 1000),
        "currency": currency,
    }


def person(who: str, hired: str | None = None, left: str | None = None, group: str | None = None) -> Row:
    return {
        "associate_id": who,
        "hired_on": day(hired) if hired else None,
        "left_on": day(left) if left else None,
        "pay_group": group,
    }


def assigned(
    who: str,
    start: str = "2020-01-01",
    end: str | None = None,
    *,
    role: str = "advisor",
    team: str = "T1",
    manager: str = "M",
    fte: int = 1000,
    currency: str | None = "EUR",
) -> Row:
    return {
        "associate_id": who,
        "valid_from": day(start),
        "valid_to": day(end) if end else None,
        "team_id": team,
        "role": role,
        "location_id": f"L-{team}",
        "manager_id": manager,
        "fte_milli": fte,
        "currency": currency,
    }


def line(
    who: str,
    on: str,
    amount: str,
    *,
    order: int,
    key: int,
    root: int | None = None,
    sku: str = "S",
    category: str = "C",
    role: str = "seller",
    units: int = 1,
) -> Row:
    """A credited order line."""
    return {
        "associate_id": who,
        "order_line_key": key,
        "root_line_key": root or key,
        "order_key": order,
        "role": role,
        "category": category,
        "sku": sku,
        "location_id": "L",
        "earned_date": day(on),
        "business_date": day(on),
        "currency": "EUR",
        "credit_minor": to_minor(amount, "EUR"),
        "quantity_milli": units * 1000,
        "share_e12": 10**12,
    }


def inputs_of(
    measures: Sequence[Row] = (),
    *,
    people: Sequence[Row] = (),
    assignments: Sequence[Row] = (),
    targets: Sequence[Row] = (),
    credits: Sequence[Row] = (),
    more: Mapping[str, Sequence[Row]] | None = None,
    measure_registry: Registry | None = None,
) -> BonusInputs:
    """Frozen inputs, `more` of them by the name of the frame; people named by measures or assignments but not given exist without dates."""
    known = {str(row["associate_id"]) for row in people}
    named = {str(row["subject_id"]) for row in measures if row["subject_type"] == "associate"} | {
        str(row["associate_id"]) for row in [*assignments, *credits]
    }
    everyone = [*people, *(person(who) for who in sorted(named - known))]
    have = {str(row["associate_id"]) for row in assignments}
    placed = [*assignments, *(assigned(str(row["associate_id"])) for row in everyone if row["associate_id"] not in have)]
    entries = [
        {
            "measure": one.name,
            "unit": one.unit,
            "additivity": one.additivity,
            "sign": one.sign,
            "minimum_count": one.minimum_count,
            "payable": one.payable,
        }
        for one in (measure_registry or registry()).measures.values()
    ]
    rows = {
        "measures": measures,
        "credits": credits,
        "associates": everyone,
        "assignments": placed,
        "targets": targets,
        "registry": entries,
        **(more or {}),
    }
    return BonusInputs.from_tables({name: _table(name, frame) for name, frame in rows.items()})


def pay(plans: Plan | Sequence[Plan], inputs: BonusInputs, period: str = "2026-01", group: PayGroup = GROUP) -> BonusResult:
    return calculate([plans] if isinstance(plans, Plan) else plans, inputs, Period.parse(period), group)


def only(result: BonusResult) -> Statement:
    """The one statement."""
    assert len(result.statements) == 1, list(result.statements)
    return result.statements[0]


def worth(plans: Plan | Sequence[Plan], inputs: BonusInputs, period: str = "2026-01", group: PayGroup = GROUP) -> dict[str, int]:
    """Worth by person, minor units."""
    totals: dict[str, int] = {}
    for statement in pay(plans, inputs, period, group).statements:
        totals[statement.associate_id] = totals.get(statement.associate_id, 0) + statement.worth_minor
    return totals


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    schema = SCHEMAS[name]
    return pa.table(
        {field.name: pa.array([row.get(field.name) for row in rows], type=field.type) for field in schema}, schema=schema
    )
