"""Days whose measures may differ: measured again whole, from everything that was done on them.

A measure's row stands on a business date and an earned date; the rows of one such pair follow from what bears the two dates,
from the orders that count on the first, and from nothing else.
"""

from __future__ import annotations

from incentives.warehouse.increments.scratch import BEFORE, Scratch

_PAIR = "business_date, earned_date"
# A moment's local date is its UTC date, the one before or the one after.
_AROUND = "unnest([cast({0} as date) - 1, cast({0} as date), cast({0} as date) + 1])"


def count_orders(scratch: Scratch) -> None:
    """Compare the orders that count, and their places among those of their clients."""
    scratch.differ("int_remaining_orders", "semi join scope.orders using (order_key)")
    scratch.show_now("int_remaining_orders", ("order_key",))
    scratch.table(
        "scope.counted_customers",
        "select customer_key from added.int_remaining_orders union select customer_key from removed.int_remaining_orders",
    )
    scratch.table(
        "intermediate.int_remaining_orders",
        "select * from now.int_remaining_orders semi join scope.counted_customers using (customer_key) union "
        "select * from added.int_remaining_orders",
    )
    scratch.run("int_counted_orders")
    scratch.table(
        "scope.placed_orders",
        "select order_key from intermediate.int_counted_orders union select order_key from removed.int_remaining_orders",
    )
    scratch.differ("int_counted_orders", "semi join scope.placed_orders using (order_key)")
    scratch.show_now("int_counted_orders", ("order_key",))


def scope_days(scratch: Scratch) -> None:
    """Find the pairs of dates on which a measure may differ: `scope.days(business_date, earned_date)`."""
    changed = "(select * from removed.{0} union all by name select * from added.{0})"
    credits, lines, orders = (changed.format(name) for name in ("fct_credits", "int_order_lines", "int_counted_orders"))
    interactions, feedback = changed.format("stg_interactions"), changed.format("stg_feedback")
    counted = f"(select * from now.int_counted_orders union all by name select * from {BEFORE}.intermediate.int_counted_orders)"
    single_days = [
        f"select business_date as day from {orders}",
        # Whoever advised on an order assisted on the day on which it counts.
        f"select business_date from {counted} semi join (select order_key from {credits}) using (order_key)",
        f"select business_date from {counted} semi join ({_residents(changed)}) using (customer_key)",
        f"select business_date from {counted} semi join scope.changed_locations using (location_id)",
        f"select {_AROUND.format('started_at')} from {interactions}",
        f"select {_AROUND.format('started_at')} from now.stg_interactions semi join scope.changed_locations using (location_id)",
        f"select {_AROUND.format('given_at')} from {feedback}",
        f"select {_AROUND.format('given_at')} from now.stg_feedback as answers semi join {interactions} as about "
        "on answers.interaction_source = about.source and answers.interaction_id = about.interaction_id",
        f"select work_date from {changed.format('stg_hours')}",
        f"select score_date from {changed.format('stg_scores')}",
    ]
    members = f"(select distinct associate_id as recipient from {changed.format('stg_assignments')})"
    scratch.table(
        "scope.days",
        f"select {_PAIR} from {credits} union select {_PAIR} from {lines} where business_date is not null "
        f"union select {_PAIR} from {changed.format('fct_pay_credits')} "
        f"union select {_PAIR} from now.fct_credits semi join {members} using (recipient) "
        f"union select {_PAIR} from now.fct_pay_credits semi join {members} using (recipient) "
        f"union select day as business_date, day as earned_date from ({' union '.join(single_days)}) where day is not null",
    )


def measure_days(scratch: Scratch) -> None:
    """Measure the days in scope again and compare their measures."""
    scratch.table("scope.dates", "select distinct business_date from scope.days")
    scratch.table(
        "intermediate.int_counted_orders", "select * from now.int_counted_orders semi join scope.dates using (business_date)"
    )
    scratch.table(
        "intermediate.int_order_lines",
        f"select * from now.int_order_lines semi join scope.days using ({_PAIR}) union "
        "select * from now.int_order_lines semi join intermediate.int_counted_orders using (order_key)",
    )
    scratch.table(
        "intermediate.int_credits", "select * from now.int_credits semi join intermediate.int_order_lines using (order_line_key)"
    )
    scratch.table("marts.fct_credits", f"select * from now.fct_credits semi join scope.days using ({_PAIR})")
    scratch.table("marts.fct_pay_credits", f"select * from now.fct_pay_credits semi join scope.days using ({_PAIR})")
    scratch.table("scope.around", f"select distinct {_AROUND.format('business_date')} as day from scope.dates")
    scratch.table(
        "staging.stg_feedback",
        "select * from now.stg_feedback where cast(given_at as date) in (select day from scope.around)",
    )
    scratch.table(
        "staging.stg_interactions",
        "select * from now.stg_interactions where cast(started_at as date) in (select day from scope.around) union "
        "select rows.* from now.stg_interactions as rows semi join staging.stg_feedback as answers "
        "on rows.source = answers.interaction_source and rows.interaction_id = answers.interaction_id",
    )
    scratch.table(
        "staging.stg_order_lines",
        "select * from now.stg_order_lines semi join intermediate.int_order_lines using (order_line_key)",
    )
    scratch.table("staging.stg_hours", "select * from now.stg_hours where work_date in (select business_date from scope.dates)")
    scratch.table(
        "staging.stg_scores", "select * from now.stg_scores where score_date in (select business_date from scope.dates)"
    )
    scratch.look_up_dates()
    scratch.run("int_measures_of_orders", "int_measures_of_work", "dim_assignments", "fct_measures", "fct_pay_measures")
    for model in ("fct_measures", "fct_pay_measures"):
        scratch.differ(
            model,
            f"semi join scope.days using ({_PAIR})",
            computed=f"select * from marts.{model} semi join scope.days using ({_PAIR})",
        )


def _residents(changed: str) -> str:
    """Return the customers who may live elsewhere than was known: their records came, or were joined otherwise."""
    records = f"select customer_record_key from {changed.format('stg_customers')} union select customer_record_key from scope.changed_records"
    return (
        "select unnest([coalesce(earlier.customer_key, customer_record_key), coalesce(later.customer_key, customer_record_key)]) as customer_key "
        f"from ({records}) as records left join {BEFORE}.intermediate.int_customer_map as earlier using (customer_record_key) "
        "left join now.int_customer_map as later using (customer_record_key) where customer_record_key is not null"
    )
