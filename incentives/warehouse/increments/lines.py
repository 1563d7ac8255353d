"""Order lines that read otherwise: delivered, of a customer joined otherwise, at a location that changed, overridden, under another policy."""

from __future__ import annotations

from incentives.policies.compile import POLICY_TABLE_COLUMNS
from incentives.warehouse.gaps import refuse_gaps
from incentives.warehouse.increments.identity import carries
from incentives.warehouse.increments.scratch import BEFORE, Scratch

_NAME = "source, order_id, line_id"
_ORIGINAL = "coalesce(original_source, source) as source, original_order_id as order_id, original_line_id as line_id"


def scope_lines(scratch: Scratch) -> None:
    """Find the orders whose lines are read again, and show staging no other lines.

    A line's customer follows from the other lines of its order, and a return's dates from its sale's: an order is read whole,
    and with it the orders that return something of it.

    Leaves `scope.read_orders(order_key)` and `scope.changed_locations(location_id)`; `staging.stg_order_lines` also holds the
    sales that these orders return.
    """
    _scope_locations(scratch)
    _scope_policies(scratch)
    scratch.table(
        "scope.changed_lines",
        "select order_key from removed.stg_order_lines union select order_key from added.stg_order_lines union "
        "select order_key from now.stg_order_lines semi join scope.changed_records using (customer_record_key) union "
        f"select order_key from now.stg_order_lines where {carries('order_lines', 'scope.moved_identifiers')} union "
        "select order_key from now.stg_order_lines semi join scope.changed_locations using (location_id) union "
        f"select order_key from now.stg_order_lines semi join ({_overridden()}) using ({_NAME}) union "
        "select order_key from scope.repoliced_orders",
    )
    scratch.table(
        "scope.changed_names",
        f"select {_NAME} from now.stg_order_lines semi join scope.changed_lines using (order_key) union "
        f"select {_NAME} from removed.stg_order_lines",
    )
    scratch.table(
        "scope.read_orders",
        "select order_key from scope.changed_lines union "
        f"select order_key from (select order_key, {_ORIGINAL} from now.stg_order_lines where kind = 'return') "
        f"semi join scope.changed_names using ({_NAME})",
    )
    scratch.table("scope.read_lines", "select * from now.stg_order_lines semi join scope.read_orders using (order_key)")
    scratch.table(
        "staging.stg_order_lines",
        "select * from scope.read_lines union all "
        "select * from now.stg_order_lines anti join scope.read_orders using (order_key) "
        f"semi join (select {_ORIGINAL} from scope.read_lines where kind = 'return') using ({_NAME})",
    )


def read_lines(scratch: Scratch) -> None:
    """Work out the lines of the orders in scope and compare them; staging and dates must stand.

    Raises:
        CheckFailedError: A day of theirs has no policy in force; names the days.
    """
    scratch.run("int_line_overrides", "int_policies", "int_policy_days", "int_order_lines", "int_policy_gaps")
    refuse_gaps(scratch.connection)
    read = "semi join scope.read_orders using (order_key)"
    scratch.differ("int_order_lines", read, computed=f"select * from intermediate.int_order_lines {read}")
    scratch.show_now("int_order_lines", ("order_line_key",))


def _scope_locations(scratch: Scratch) -> None:
    """Find the locations whose country or time zone differs from before."""
    scratch.table(
        "scope.changed_locations",
        "select location_id from (select location_id, country, time_zone, is_withdrawn from removed.stg_locations union all "
        "select location_id, country, time_zone, is_withdrawn from added.stg_locations) group by location_id "
        "having count(*) <> 2 or min(country) is distinct from max(country) or min(time_zone) is distinct from max(time_zone) "
        "or min(is_withdrawn) <> max(is_withdrawn) or count(country) = 1 or count(time_zone) = 1",
    )


def _scope_policies(scratch: Scratch) -> None:
    """Find the orders of before on whose day another policy, or none, is in force: `scope.repoliced_orders(order_key)`.

    A policy's key is made of all that it says, so that one that says something else is another.
    """
    if not any(_differs(scratch, table) for table in POLICY_TABLE_COLUMNS):
        scratch.table("scope.repoliced_orders", f"select order_key from {BEFORE}.intermediate.int_order_lines limit 0")
        return
    # The days of all lines of before, by the model itself; lines that came are read anyway.
    scratch.view("staging.stg_order_lines", f"select * from {BEFORE}.staging.stg_order_lines")
    scratch.view("intermediate.int_local_dates", f"select * from {BEFORE}.intermediate.int_local_dates")
    scratch.run("int_policy_days")
    before, now = f"select * from {BEFORE}.intermediate.int_policy_days", "select * from intermediate.int_policy_days"
    scratch.table(
        "scope.repoliced_days",
        f"select order_date, country from ({before} except {now}) union select order_date, country from ({now} except {before})",
    )
    scratch.table(
        "scope.repoliced_orders",
        f"select distinct lines.order_key from {BEFORE}.intermediate.int_order_lines as lines "
        f"left join (select * from {BEFORE}.staging.stg_locations where not is_withdrawn) as places on lines.location_id = places.location_id "
        "inner join scope.repoliced_days as days on lines.order_date = days.order_date and coalesce(places.country, '') = days.country",
    )


def _differs(scratch: Scratch, table: str) -> bool:
    """Whether a table of the configuration says something else than before."""
    before, now = f"select * from {BEFORE}.config.{table}", f"select * from config.{table}"
    return bool(scratch.count(f"(({before} except all {now}) union all ({now} except all {before}))"))


def _overridden() -> str:
    return f"select {_NAME} from removed.stg_credit_overrides union select {_NAME} from added.stg_credit_overrides"
