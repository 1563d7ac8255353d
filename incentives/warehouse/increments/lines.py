"""Order lines that read otherwise: delivered, of a customer joined otherwise, at a location that changed, overridden."""

from __future__ import annotations

from incentives.warehouse.gaps import refuse_gaps
from incentives.warehouse.increments.identity import carries
from incentives.warehouse.increments.scratch import Scratch

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
    scratch.table(
        "scope.changed_lines",
        "select order_key from removed.stg_order_lines union select order_key from added.stg_order_lines union "
        "select order_key from now.stg_order_lines semi join scope.changed_records using (customer_record_key) union "
        f"select order_key from now.stg_order_lines where {carries('order_lines', 'scope.moved_identifiers')} union "
        "select order_key from now.stg_order_lines semi join scope.changed_locations using (location_id) union "
        f"select order_key from now.stg_order_lines semi join ({_overridden()}) using ({_NAME})",
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


def _overridden() -> str:
    return f"select {_NAME} from removed.stg_credit_overrides union select {_NAME} from added.stg_credit_overrides"
