"""Use case: calculate what a pay group is owed for a period, from the published snapshot and the workspace's plans.

Reads the marts into frozen inputs and hands them to the pure calculation. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import duckdb

from incentives.bonus.pay_group import PayGroup
from incentives.errors import InputError
from incentives.periods import Calendar, Period
from incentives.plans.load import PlanText, read_plans
from incentives.plans.model import Component, Modifier, Plan
from incentives.plans.payouts import Goal, PerUnit, Spiff
from incentives.services.plans import published_registry
from incentives.serving import snapshots
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa

    from incentives.bonus.inputs import BonusInputs
    from incentives.bonus.result import BonusResult

REVENUE, ON_TARGET = "credited_revenue", "on_target"

# Money of a pay currency is every order's, converted once; it takes the place of what was ordered in that currency.
_MEASURES = """
with chosen as (
    select subject_type, subject_id, measure, unit_key, earned_date, business_date, currency, numerator, denominator,
           false as is_converted
    from marts.fct_measures
    where (measure, currency) not in (select (measure, currency) from marts.fct_pay_measures) or currency is null
    union all
    select subject_type, subject_id, measure, null, earned_date, business_date, currency, numerator, null, true
    from marts.fct_pay_measures
)
select * from chosen
where measure in (select unnest($measures))
  and ((earned_date >= $start and earned_date < $end) or (business_date >= $start and business_date < $end))
"""
_CHOSEN_CREDITS = """
with chosen as (
    select order_line_key, role, recipient, currency, credit_minor from marts.fct_credits
    where currency not in (select pay_currency from marts.fct_pay_credits)
    union all
    select order_line_key, role, recipient, pay_currency, credit_minor from marts.fct_pay_credits
)
"""
_ORDERED_CREDITS = "with chosen as (select order_line_key, role, recipient, currency, credit_minor from marts.fct_credits)\n"
_CREDIT_ROWS = """
select chosen.recipient as associate_id, chosen.order_line_key, credits.root_line_key, credits.order_key, chosen.role,
       credits.category, credits.sku, credits.location_id, concat(case when clients.is_new then 'new' when not clients.is_new then 'returning' else '' end,
              case when clients.is_local then '|local' when not clients.is_local then '|visiting' else '' end) as client, credits.earned_date,
       credits.business_date, chosen.currency, chosen.credit_minor, lines.quantity_milli, credits.share_e12
from chosen
inner join marts.fct_credits as credits
    on chosen.order_line_key = credits.order_line_key and chosen.recipient = credits.recipient and chosen.role = credits.role
inner join marts.fct_order_lines as lines on chosen.order_line_key = lines.order_line_key
left join marts.fct_order_lines as sales on credits.root_line_key = sales.order_line_key
left join marts.fct_order_clients as clients on sales.order_key = clients.order_key
where chosen.recipient <> 'house'
  and ((credits.earned_date >= $start and credits.earned_date < $end) or (credits.business_date >= $start and credits.business_date < $end))
"""
# What was ordered, in the currencies of the orders: for plans that convert at a yearly rate.
_ORDERED_MEASURES = """
select subject_type, subject_id, measure, unit_key, earned_date, business_date, currency, numerator, denominator
from marts.fct_measures
where measure in (select unnest($measures)) and currency is not null
  and ((earned_date >= $start and earned_date < $end) or (business_date >= $start and business_date < $end))
"""
_PLAN_RATES = "select rate_year, from_currency, to_currency, rate_e9 from marts.dim_plan_rates"
_ATTENDANCE = """
select associate_id, work_date, scheduled_centi, worked_centi, leave_centi from marts.fct_attendance
where work_date >= $start and work_date < $until
"""
_WORKING_DAYS = "select location_id, calendar_day, is_working from marts.dim_working_days"
# What stands in for marts that a snapshot of an earlier version does not have: nothing is converted there.
_STAND_INS = {
    "fct_pay_measures": "(select subject_type, subject_id, measure, currency, numerator, business_date, earned_date from marts.fct_measures where false)",
    "fct_order_clients": "(select order_key, false as is_new, false as is_local from marts.fct_order_lines where false)",
    "dim_plan_rates": "(select 0 as rate_year, currency as from_currency, currency as to_currency, numerator as rate_e9 from marts.fct_measures where false)",
    "dim_working_days": "(select location_id, earned_date as calendar_day, true as is_working from marts.fct_credits where false)",
    "fct_attendance": "(select subject_id as associate_id, earned_date as work_date, numerator as scheduled_centi, numerator as worked_centi, numerator as leave_centi from marts.fct_measures where false)",
    "fct_pay_credits": "(select order_line_key, role, recipient, currency as pay_currency, credit_minor from marts.fct_credits where false)",
}
_ASSOCIATES = "select associate_id, hired_on, left_on, pay_group from marts.dim_associates"
_ASSIGNMENTS = """
select associate_id, valid_from, valid_to, team_id, role, location_id, manager_id, fte_milli, currency from marts.dim_assignments
where valid_from < $end
"""
_TARGETS = """
select subject_type, subject_id, measure, period_start, period_end, value_minor, value_milli, currency
from marts.dim_targets
where measure in (select unnest($measures)) and period_start < $until and period_end > $start
"""
# Measures of the scores feed are named by the systems that deliver them.
_REGISTRY = """
select measure, unit, additivity, sign, minimum_count, payable from marts.measure_registry
union all
select distinct measure, 'count', 'last', 'any', 0, true from marts.fct_measures
where measure not in (select measure from marts.measure_registry)
"""


@dataclass(frozen=True, slots=True)
class Calculation:
    """A calculation with all it was made from.

    Attributes:
        result: Statements and exceptions.
        inputs: The frames that were read; a manifest freezes them.
        plans: The plans' texts, every version of the workspace.
        as_of: The day for which the snapshot was built.
    """

    result: BonusResult
    inputs: BonusInputs
    plans: tuple[PlanText, ...]
    as_of: date


def calculate(ws: Workspace, period: Period, pay_group: str, *, as_of: date) -> Calculation:
    """Calculate a pay group's statements of a period from the published snapshot.

    Raises:
        InputError: Nothing is published, no such pay group, or two plans cover one person on one day.
        DocumentError: A plan has mistakes; every one is named with file, line and key.
    """
    from incentives.bonus.calculate import calculate as calculate_bonus

    group = pay_group_of(ws, pay_group)
    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError(
            "nothing is published yet, so there is nothing to calculate from.", remedy="Run `incentives build` first."
        )
    with snapshot.connect() as connection:
        plans, inputs = read_plans_and_inputs(ws, connection, period)
    return Calculation(calculate_bonus([text.plan for text in plans], inputs, period, group), inputs, plans, as_of)


def read_plans_and_inputs(
    ws: Workspace, connection: duckdb.DuckDBPyConnection, period: Period
) -> tuple[tuple[PlanText, ...], BonusInputs]:
    """Return the workspace's plans, read against what a snapshot or warehouse measures, and what they need of it. Raises as `calculate`."""
    plans = tuple(read_plans(ws.plans, published_registry(connection)))
    return plans, read_inputs(connection, [text.plan for text in plans], period)


def pay_group_of(ws: Workspace, name: str) -> PayGroup:
    """Return a pay group of the workspace.

    Raises:
        InputError: There is none of that name.
    """
    section = ws.config.pay_groups.get(name)
    if section is None:
        raise InputError(
            f"there is no pay group '{name}'.",
            where="incentives.toml",
            remedy=f"Known: {', '.join(sorted(ws.config.pay_groups))}.",
        )
    return PayGroup(name, section.calendar, section.currency, section.default)


def read_measures(connection: duckdb.DuckDBPyConnection, measures: Sequence[str], start: date, end: date) -> pa.Table:
    """Read measures of an interval of days, the last one not included, as the inputs' frame of measures holds them."""
    return _read(connection, _MEASURES, measures=measures, start=start, end=end)


def read_inputs(connection: duckdb.DuckDBPyConnection, plans: Sequence[Plan], period: Period) -> BonusInputs:
    """Read what plans need for a period: their measures from the start of the longest interval, and everybody's assignments.

    Args:
        connection: A snapshot, or a finished warehouse.
        plans: Every version of every plan; those of other calendars or later days are left out.
        period: The period to pay.
    """
    from incentives.bonus.inputs import BonusInputs

    concerned = [plan for plan in plans if plan.calendar == period.calendar and plan.valid_from < period.end]
    measures = sorted({REVENUE, *(name for plan in concerned for name in _measures_of(plan))})
    intervals = [Period.containing(period.start, calendar) for plan in concerned for calendar in _intervals(plan)]
    start = min(
        [
            period.start,
            *(interval.start for interval in intervals),
            *(day for plan in concerned for day in _spiff_starts(plan, period)),
        ]
    )
    until = max([period.end, *(interval.end for interval in intervals)])
    window = {"start": start, "end": period.end}

    read = partial(_read, connection)
    tables = {
        "measures": read(_MEASURES, measures=measures, **window),
        "associates": read(_ASSOCIATES),
        "assignments": read(_ASSIGNMENTS, end=until),
        "targets": read(_TARGETS, measures=[*measures, ON_TARGET], start=start, until=until),
        "registry": read(_REGISTRY),
    }
    if any(_reads_lines(component) for plan in concerned for component in plan.components):
        tables["credits"] = read(_CHOSEN_CREDITS + _CREDIT_ROWS, **window)
    at_rates = [plan for plan in concerned if plan.fx == "plan_rate"]
    if at_rates:
        tables["plan_rates"] = read(_PLAN_RATES)
        named = sorted({name for plan in at_rates for name in _measures_of(plan)})
        tables["ordered_measures"] = read(_ORDERED_MEASURES, measures=named, **window)
        if any(_reads_lines(component) for plan in at_rates for component in plan.components):
            tables["ordered_credits"] = read(_ORDERED_CREDITS + _CREDIT_ROWS, **window)
    if any(plan.proration.leave == "exclude" or plan.proration.by == "hours" for plan in concerned):
        tables["attendance"] = read(_ATTENDANCE, start=start, until=until)
    if any(plan.proration.by == "working_days" for plan in concerned):
        tables["working_days"] = read(_WORKING_DAYS)
    return BonusInputs.from_tables(tables)


def _read(connection: duckdb.DuckDBPyConnection, sql: str, **parameters: object) -> pa.Table:
    """Return what a query gives, with stand-ins for the marts that the snapshot does not have."""
    asked = "select table_name from information_schema.tables where table_schema = 'marts'"
    marts = {str(name) for (name,) in connection.execute(asked).fetchall()}
    for name, stand_in in _STAND_INS.items():
        sql = sql if name in marts else sql.replace(f"marts.{name}", stand_in)
    return connection.execute(sql, parameters).to_arrow_table()


def _measures_of(plan: Plan) -> Iterator[str]:
    for component in plan.components:
        payout = component.payout
        if component.measure is not None:
            yield component.measure
        if isinstance(payout, Goal):
            yield from payout.weights
        if isinstance(payout, PerUnit) and payout.amount_by is not None:
            yield payout.amount_by.measure
        for name in (getattr(payout, "share_by", None), getattr(getattr(payout, "among", None), "measure", None)):
            if name is not None and name not in ("equal", "fte"):
                yield name
    for modifier in plan.modifiers:
        if modifier.measure or modifier.gate:
            yield modifier.measure or modifier.gate or ""


def _intervals(plan: Plan) -> Iterator[Calendar]:
    parts: list[Component | Modifier] = [*plan.components, *plan.modifiers]
    for part in parts:
        if part.interval is not None:
            yield part.interval


def _spiff_starts(plan: Plan, period: Period) -> Iterator[date]:
    """Yield the first days of spiffs that have not ended before the period."""
    for component in plan.components:
        payout = component.payout
        if isinstance(payout, Spiff) and payout.start is not None and (payout.end is None or payout.end >= period.start):
            yield payout.start


def _reads_lines(component: Component) -> bool:
    payout = component.payout
    return component.filter is not None or component.pays == "per_line" or (isinstance(payout, Spiff) and payout.each == "order")
