"""A month's bonus of 100,000 people with eight components, beside the read of what it is calculated from."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import Bench
from benchmarks.figures import GIB, Bar, Figure, Taken

if TYPE_CHECKING:
    import pyarrow as pa

    from incentives.bonus.inputs import BonusInputs

_PEOPLE, _TEAMS = 100_000, 5_000
_PLAN = """
plan: adviser
version: 1
valid_from: 2026-01-01
calendar: month
currency: EUR
eligibility: {roles: [client_advisor], min_active_days: 10}
proration: {by: calendar_days}
components:
  - {id: sales, measure: credited_revenue, target: individual, payout: {curve: tiers, mode: marginal, basis: attainment, table: [{from: 0%, rate: 1.0%}, {from: 100%, rate: 1.5%}, {from: 120%, rate: 2.0%}]}, threshold: 80%}
  - {id: advice, measure: credited_revenue_advisor, payout: {curve: tiers, mode: marginal, basis: value, table: [{from: 0, rate: 0.5%}, {from: 5000, rate: 0.8%}]}}
  - {id: clients, measure: new_clients, payout: {curve: per_unit, amount: 10.00, threshold: 3}}
  - {id: kept, measure: retained_clients, payout: {curve: per_unit, amount: 4.00}}
  - {id: orders, measure: credited_orders, payout: {curve: step, basis: value, table: [{from: 0, amount: 0}, {from: 20, amount: 100.00}, {from: 40, amount: 250.00}]}}
  - {id: together, measure: team_credited_revenue, payout: {curve: pool, rate: 0.1%, share_by: fte}}
  - {id: book, measure: credited_revenue_relationship, payout: {curve: linear, basis: value, on_target: 200.00, table: [{from: 0, factor: 0}, {from: 10000, factor: 1}]}}
  - {id: year, measure: credited_revenue_seller, interval: year, on_change: carry, payout: {curve: tiers, mode: marginal, basis: value, table: [{from: 0, rate: 0.2%}, {from: 60000, rate: 0.4%}]}}
modifiers:
  - {applies_to: [sales], measure: csat_mean, missing: 1.0, table: [{from: 0, factor: 0.9}, {from: 8.0, factor: 1.0}, {from: 9.3, factor: 1.1}]}
total: {cap: 9000.00}
"""


def make_inputs(bench: Bench) -> None:
    """Write the inputs as a cycle's manifest keeps them: Parquet files of integers."""

    bench.keep("bonus", lambda target: _inputs().to_parquet(target), Path(__file__))


def read_inputs(bench: Bench) -> Taken:
    """Read the inputs."""
    from incentives.bonus.inputs import BonusInputs

    with bench.timed() as span:
        BonusInputs.from_parquet(bench.folder / "bonus")
    return span.taken


def calculate_bonus(bench: Bench) -> Taken:
    """Read the inputs and calculate every statement."""
    from incentives.bonus.calculate import calculate
    from incentives.bonus.inputs import BonusInputs
    from incentives.bonus.pay_group import PayGroup
    from incentives.periods import Period
    from incentives.plans.load import parse_plan
    from incentives.plans.registry import read_registry

    plan = parse_plan(_PLAN, Path("plan.yaml"), read_registry()).plan
    with bench.timed() as span:
        inputs = BonusInputs.from_parquet(bench.folder / "bonus")
        result = calculate([plan], inputs, Period.parse("2026-03"), PayGroup("all", "month", "EUR", True))
    return Taken(span.taken.value, span.taken.cpu_s, {"statements": float(len(result.statements))})


def _inputs() -> BonusInputs:
    """Return a person's month of measures, target and assignment for each; figures vary by a fixed rule."""
    from incentives.bonus.inputs import SCHEMAS, BonusInputs
    from incentives.plans.registry import read_registry

    people = [f"a{number:06}" for number in range(_PEOPLE)]
    teams = [f"t{number % _TEAMS:05}" for number in range(_PEOPLE)]
    money = {
        "credited_revenue": 1_000_000,
        "credited_revenue_seller": 600_000,
        "credited_revenue_advisor": 300_000,
        "credited_revenue_relationship": 100_000,
    }
    counts = {"new_clients": 8, "retained_clients": 6, "credited_orders": 60}
    rows: list[tuple[object, ...]] = []
    for month in (1, 2, 3):
        day = date(2026, month, 15)
        for name, most in money.items():
            rows += [
                ("associate", who, name, None, day, day, "EUR", most * (number * 37 % 200) // 100, None, False)
                for number, who in enumerate(people)
            ]
        rows += [
            ("team", f"t{number:05}", "team_credited_revenue", None, day, day, "EUR", 20_000_000 + number, None, False)
            for number in range(_TEAMS)
        ]
    day = date(2026, 3, 15)
    for name, most in counts.items():
        rows += [
            (
                "associate",
                who,
                name,
                f"{unit}" if name != "credited_orders" else None,
                day,
                day,
                None,
                1 if name != "credited_orders" else most,
                None,
                False,
            )
            for number, who in enumerate(people)
            for unit in range(number % most if name != "credited_orders" else 1)
        ]
    rows += [
        ("associate", who, "csat_mean", None, day, day, None, 850 * (10 + number % 20), 100 * (10 + number % 20), False)
        for number, who in enumerate(people)
    ]
    registry = [
        (one.name, one.unit, one.additivity, one.sign, one.minimum_count, one.payable)
        for one in read_registry().measures.values()
    ]
    first, after = date(2026, 1, 1), date(2027, 1, 1)
    tables = {
        "measures": rows,
        "associates": [(who, date(2020, 1, 1), None, None) for who in people],
        "assignments": [
            (who, date(2020, 1, 1), None, team, "client_advisor", None, None, 1000, "EUR")
            for who, team in zip(people, teams, strict=True)
        ],
        "targets": [("associate", who, "credited_revenue", first, after, 12_000_000, None, "EUR") for who in people],
        "registry": registry,
    }
    return BonusInputs.from_tables({name: _table(found, SCHEMAS[name]) for name, found in tables.items()})


def _table(rows: list[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True))
    return pa.Table.from_arrays(
        [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


FIGURES = (
    Figure(
        name="bonus",
        title="bonus of 100,000 people with 8 components",
        act=calculate_bonus,
        reference_title="the read of its inputs",
        reference=read_inputs,
        prepare=make_inputs,
        bars=dict.fromkeys(("XS", "S", "L"), Bar(value_max=10, memory_max=2 * GIB)),
    ),
)
