"""A bonus plan in a pay currency pays on every order's credit, converted once at the rate of its sale's day."""

from __future__ import annotations

from datetime import date

import duckdb
from support_bonus import plan_of, worth
from support_crediting import Retailer, credited
from support_models import build, models_under

from incentives.periods import Period
from incentives.plans.model import Plan
from incentives.services.bonus import read_inputs

POLICY = "policy: global\nvalid_from: 2000-01-01\nroles: {seller: 100}\n"
PLAN = plan_of("components:\n  - {id: sales, measure: credited_revenue, payout: {curve: tiers, table: [{from: 0, rate: 10%}]}}\n")
WATCHES = plan_of(
    "components:\n  - {id: sales, measure: credited_revenue, filter: {category: [watches]}, payout: {curve: tiers, table: [{from: 0, rate: 10%}]}}\n"
)
TARGETS = """
create or replace table staging.stg_targets (subject_type varchar, subject_id varchar, measure varchar, currency varchar,
    value_minor bigint, value_milli bigint, period_start date, period_end date, is_withdrawn boolean)
"""
CALENDARS = """
create or replace table staging.stg_calendars (calendar_id varchar, date date, is_working boolean, is_withdrawn boolean);
alter table staging.stg_locations add column if not exists calendar_id varchar
"""


def _sold() -> Retailer:
    """100.00 EUR and 100.00 USD, the dollar at 0.9: 190.00 EUR."""
    retailer = Retailer()
    retailer.associates("a")
    retailer.sale("1", "2026-03-12T12:00:00Z", 10_000, associate_id="a", currency="EUR", category="watches")
    retailer.sale("2", "2026-03-12T12:00:00Z", 10_000, associate_id="a", currency="USD", category="watches")
    retailer.add("fx_rates", rate_date=date(2026, 3, 12), from_currency="USD", to_currency="EUR", rate_e9=900_000_000)
    return retailer


def _paid(connection: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, int]:
    connection.execute(TARGETS)
    connection.execute(CALENDARS)
    build(connection, models_under("intermediate/dimensions", "intermediate/measures", "marts/dimensions", "marts/measures"))
    return worth(plan, read_inputs(connection, [plan], Period.parse("2026-03")), "2026-03")


def test_with_a_pay_currency_both_orders_are_paid_on() -> None:
    found = credited(_sold(), POLICY, ["EUR"])

    assert _paid(found, PLAN) == {"a": 1900}
    assert _paid(found, WATCHES) == {"a": 1900}


def test_without_one_money_of_another_currency_is_not_added() -> None:
    found = credited(_sold(), POLICY)

    assert _paid(found, PLAN) == {"a": 1000}
