"""Families whose credits may differ: worked out again whole, with whatever of their customers decides about them.

A family is a sale and the lines that return it. Too many of them cost time only: their credits are what a full build gives.
"""

from __future__ import annotations

from incentives.warehouse.increments.scratch import BEFORE, Scratch

# Made of the lines in scope alone, in an order in which each can be made.
CREDIT_MODELS = (
    "int_locked_divisions",
    "int_sale_lines",
    "int_seller_lists",
    "int_order_sellers",
    "int_order_moments",
    "int_customer_orders",
)
DIVISION_MODELS = (
    "int_house_accounts",
    "int_touch_candidates",
    "int_relationship_owners",
    "int_split_cells",
    "int_credit_splits",
    "int_credit_lines",
    "int_credit_allocations",
    "int_self_purchases",
    "int_credits",
    "int_pay_rates",
    "int_pay_lines",
    "int_pay_credits",
    "int_line_credits",
    "int_remaining_orders",
    "int_order_line_labels",
    "fct_order_lines",
    "fct_credits",
    "fct_pay_credits",
    "fct_credit_touches",
    "locked_lines",
)


def scope_families(scratch: Scratch) -> None:
    """Find the families whose credits may differ, and show the models their lines and what they depend on.

    A sale's moment and sellers follow from its order: the sales of an order are worked out together.

    Leaves `scope.lines(order_line_key)`, `scope.orders(order_key)` and `scope.customers(customer_key, from_s, to_s)`: lines and
    orders as they were or are, the span of seconds in which touches and orders of a customer may matter.
    """
    _seed(scratch)
    # Lines as they were and as they are: a family that fell apart is found by either.
    scratch.view(
        "scope.either",
        f"select * from {BEFORE}.intermediate.int_order_lines union all by name select * from added.int_order_lines",
    )
    scratch.table(
        "scope.orders",
        "select distinct order_key from scope.either where line_kind = 'sale' and order_line_key in (select root_line_key from scope.roots)",
    )
    scratch.table(
        "scope.families",
        "select root_line_key from scope.roots union "
        "select order_line_key from scope.either semi join scope.orders using (order_key) where line_kind = 'sale'",
    )
    scratch.table(
        "scope.lines",
        "select distinct order_line_key from scope.either semi join scope.families using (root_line_key)",
    )
    scratch.table(
        "intermediate.int_order_lines", "select * from now.int_order_lines semi join scope.lines using (order_line_key)"
    )
    scratch.table(
        "scope.customers",
        f"select customer_key, min(ordered_s) - ({_reach()}) as from_s, max(ordered_s) as to_s "
        "from intermediate.int_order_lines where customer_key is not null group by customer_key",
    )
    scratch.table("staging.stg_order_lines", "select * from now.stg_order_lines semi join scope.lines using (order_line_key)")


def credit_families(scratch: Scratch) -> None:
    """Divide the families in scope anew."""
    scratch.run(*CREDIT_MODELS)
    scratch.differ("int_customer_orders", "semi join scope.orders using (order_key)")
    scratch.show_now("int_customer_orders", ("order_key", "ordered_s", "customer_key"))
    for model, moment in (("int_customer_orders", "ordered_s"), ("int_touches", "started_s")):
        scratch.table(
            f"intermediate.{model}",
            f"select near.* from now.{model} as near inner join scope.customers as customers "
            f"on near.customer_key = customers.customer_key and near.{moment} between customers.from_s and customers.to_s",
        )
    scratch.table(
        "intermediate.int_client_owners", "select * from now.int_client_owners semi join scope.customers using (customer_key)"
    )
    scratch.run(*DIVISION_MODELS)
    for model in ("int_credits", "fct_credits", "fct_pay_credits"):
        scratch.differ(model, "semi join scope.lines using (order_line_key)")
    scratch.show_now("int_credits", ("order_line_key", "role_order", "recipient"))
    scratch.show_now("fct_credits", ("order_line_key", "role_order", "recipient"))
    # A role is empty where a line is divided among none, and names no row then.
    scratch.table("scope.pay_credits", "select * from marts.fct_pay_credits")
    scratch.view(
        "now.fct_pay_credits",
        f"select * from {BEFORE}.marts.fct_pay_credits anti join scope.lines using (order_line_key) "
        "union all by name select * from scope.pay_credits",
    )


def _seed(scratch: Scratch) -> None:
    """Find the sales that may be divided otherwise: `scope.roots(root_line_key)`."""
    for side in ("removed", "added"):
        scratch.table(
            f"scope.moments_{side}",
            f"select customer_key, started_s as at_s from {side}.int_touches union all "
            f"select customer_key, ordered_s as at_s from {side}.int_order_lines where customer_key is not null",
        )
    scratch.table(
        "scope.moved_customers",
        "select customer_key, min(at_s) as from_s, max(at_s) as to_s from "
        "(select * from scope.moments_removed union all select * from scope.moments_added) group by customer_key",
    )
    scratch.table("scope.own_customers", _own_customers())
    scratch.table("scope.moved_sellers", _moved_sellers())
    sales = "select root_line_key from now.int_order_lines as sales"
    scratch.table(
        "scope.roots",
        "select root_line_key from removed.int_order_lines union select root_line_key from added.int_order_lines union "
        # What only reporting reads of a line may have changed: its label.
        f"{sales} semi join (select order_line_key from removed.stg_order_lines union select order_line_key from added.stg_order_lines) "
        "using (order_line_key) union "
        "select sales.root_line_key from now.int_order_lines as sales inner join scope.moved_customers as moved "
        f"on sales.customer_key = moved.customer_key and sales.ordered_s between moved.from_s and moved.to_s + ({_reach()}) union "
        f"{sales} semi join scope.own_customers using (customer_key) union "
        f"{sales} semi join scope.moved_sellers using (sellers) union "
        f"{sales} semi join ({_locked()}) using (source, order_id, line_id) union "
        "select sales.root_line_key from now.int_order_lines as sales inner join "
        "(select from_currency, rate_date from removed.stg_fx_rates union select from_currency, rate_date from added.stg_fx_rates) as rates "
        "on sales.currency = rates.from_currency and sales.earned_date between rates.rate_date and rates.rate_date + 7",
    )


def _reach() -> str:
    """Return the longest time, in seconds, for which a policy looks back."""
    return "select coalesce(max(greatest(lookback_s, coalesce(active_s, 0))), 0) from staging.stg_policy_versions"


def _own_customers() -> str:
    """Return the customers whose book changed, or who are people that changed or were joined otherwise."""
    people = (
        "select customer_record_key from (select * from removed.stg_associates union all by name select * from added.stg_associates) "
        "union select customer_record_key from now.stg_associates semi join scope.changed_records using (customer_record_key)"
    )
    return (
        "select customer_key from removed.int_client_owners union select customer_key from added.int_client_owners union "
        "select customer_key from now.int_client_owners semi join scope.changed_associates using (associate_id) union "
        "select unnest([coalesce(earlier.customer_key, customer_record_key), coalesce(later.customer_key, customer_record_key)]) "
        f"from ({people}) as people left join {BEFORE}.intermediate.int_customer_map as earlier using (customer_record_key) "
        "left join now.int_customer_map as later using (customer_record_key) where customer_record_key is not null"
    )


def _moved_sellers() -> str:
    """Return the lists of sellers on which somebody stands who changed; lists that came are on lines that came."""
    return f"select distinct sellers from {BEFORE}.intermediate.int_seller_lists semi join scope.changed_associates using (associate_id)"


def _locked() -> str:
    """Return the lines whose division a cycle froze since, or otherwise."""
    now, before = "select * from config.locked_divisions", f"select * from {BEFORE}.config.locked_divisions"
    return f"select distinct source, order_id, line_id from (({now} except {before}) union all ({before} except {now}))"
