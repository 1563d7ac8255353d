"""Measures of client books, and of what is done for known clients: which may differ, and from what they are made."""

from __future__ import annotations

from incentives.warehouse.increments.scratch import BEFORE, Scratch, changed

_MONTHS = "select distinct date_trunc('month', business_date) as month from {0}.int_remaining_orders"


def count_books(scratch: Scratch) -> None:
    """Compare the books of everybody whose clients, or whose clients' orders, changed; of all where a month begins or goes.

    Needs `scope.counted_customers`: the clients of orders that changed.
    """
    owners = "(select * from now.int_client_owners union all by name select * from removed.int_client_owners)"
    scratch.table(
        "scope.booked_customers",
        "select customer_key from scope.counted_customers union select customer_key from removed.int_client_owners union "
        "select customer_key from added.int_client_owners",
    )
    earlier, later = _MONTHS.format(f"{BEFORE}.intermediate"), _MONTHS.format("now")
    begun = scratch.count(f"(({earlier} except {later}) union all ({later} except {earlier}))")
    clients = "" if begun else " semi join scope.booked_customers using (customer_key)"
    scratch.table("scope.book_owners", f"select distinct associate_id from {owners}{clients}")
    scratch.table(
        "intermediate.int_client_owners", "select * from now.int_client_owners semi join scope.book_owners using (associate_id)"
    )
    # Beside the clients' orders, one of each month: the months are those in which anything was sold.
    scratch.table(
        "intermediate.int_remaining_orders",
        "select * from now.int_remaining_orders semi join intermediate.int_client_owners using (customer_key) union "
        "select * from now.int_remaining_orders where order_key in "
        "(select min(order_key) from now.int_remaining_orders group by date_trunc('month', business_date))",
    )
    scratch.run("int_client_books")
    scratch.differ("int_client_books", "semi join scope.book_owners using (associate_id)")
    scratch.show_now("int_client_books", ("associate_id", "month_end"))


def cells_of_clients(scratch: Scratch) -> str:
    """Return a select of the people's days whose books, outreach or service cases read otherwise: associate and both dates."""
    touches, orders = changed("int_touches"), changed("int_remaining_orders")
    day = "touch_date, touch_date as earned_date"
    return (
        f"select associate_id, month_end as business_date, month_end as earned_date from {changed('int_client_books')} union "
        f"select associate_id, {day} from {touches} where kind in ('outreach', 'service_case') union "
        f"select touches.associate_id, touch_date, touch_date from (select * from now.int_touches where kind = 'outreach') as touches "
        f"semi join {orders} as orders on touches.customer_key = orders.customer_key and touches.started_at < orders.ordered_at "
        "and orders.ordered_at <= touches.started_at + interval 30 day union "
        f"select cases.associate_id, cases.touch_date, cases.touch_date from (select * from now.int_touches where kind = 'service_case') as cases "
        f"semi join (select customer_key from {touches} where kind = 'service_case') using (customer_key)"
    )


def show_clients(scratch: Scratch) -> None:
    """Show the models the books, touches and orders that make the cells; needs `scope.clients_days(associate_id, business_date)`."""
    scratch.table(
        "scope.measured_touches",
        "select touches.* from (select * from now.int_touches where kind in ('outreach', 'service_case')) as touches "
        "semi join scope.clients_days as days on touches.associate_id = days.associate_id and touches.touch_date = days.business_date",
    )
    # What follows a case may be anybody's.
    scratch.table(
        "intermediate.int_touches",
        "select * from scope.measured_touches union select * from now.int_touches where kind = 'service_case' "
        "and customer_key in (select customer_key from scope.measured_touches where kind = 'service_case')",
    )
    scratch.table(
        "intermediate.int_remaining_orders",
        "select * from now.int_remaining_orders where customer_key in (select customer_key from scope.measured_touches where kind = 'outreach')",
    )
    scratch.table(
        "intermediate.int_client_books",
        "select books.* from now.int_client_books as books semi join scope.clients_days as days "
        "on books.associate_id = days.associate_id and books.month_end = days.business_date",
    )
