"""Touches and client books that read otherwise: delivered, of a customer, person or location that changed."""

from __future__ import annotations

from incentives.warehouse.increments.identity import carries
from incentives.warehouse.increments.scratch import BEFORE, Scratch

_NAME = "source, interaction_id"


def scope_touches(scratch: Scratch) -> None:
    """Find the interactions that are read again and show staging no others.

    Leaves `scope.changed_associates(associate_id)`, the contact permissions as they will be, and
    `staging.stg_interactions`.
    """
    scratch.table(
        "scope.changed_associates",
        "select distinct associate_id from (select * from removed.stg_associates union all by name select * from added.stg_associates)",
    )
    _permit(scratch)
    scratch.table(
        "scope.read_interactions",
        f"select {_NAME} from removed.stg_interactions union select {_NAME} from added.stg_interactions union "
        f"select {_NAME} from now.stg_interactions semi join scope.changed_records using (customer_record_key) union "
        f"select {_NAME} from now.stg_interactions where {carries('interactions', 'scope.moved_identifiers')} union "
        f"select {_NAME} from now.stg_interactions semi join scope.changed_locations using (location_id) union "
        f"select {_NAME} from now.stg_interactions semi join scope.changed_associates using (associate_id) union "
        f"select {_NAME} from {BEFORE}.intermediate.int_touches semi join scope.permission_customers using (customer_key) where kind = 'outreach'",
    )
    _show_interactions(scratch)


def read_touches(scratch: Scratch) -> None:
    """Work out the touches in scope and compare them; staging and dates must stand.

    Touches of one customer and second are ranked among each other: where one of them changed, all are read again.
    """
    scratch.look_up_dates()
    scratch.run("int_identified_interactions", "int_touch_ties", "int_touches")
    scratch.table(
        "scope.touched_seconds",
        "select customer_key, started_s from intermediate.int_touches union select customer_key, started_s from "
        f"{BEFORE}.intermediate.int_touches semi join scope.read_interactions using ({_NAME})",
    )
    scratch.table(
        "scope.beside",
        f"select {_NAME} from {BEFORE}.intermediate.int_touches semi join scope.touched_seconds using (customer_key, started_s) "
        f"anti join scope.read_interactions using ({_NAME})",
    )
    if scratch.count("scope.beside"):
        scratch.sql("insert into scope.read_interactions select * from scope.beside")
        _show_interactions(scratch)
        scratch.look_up_dates()
        scratch.run("int_identified_interactions", "int_touch_ties", "int_touches")
    scratch.differ("int_touches", f"semi join scope.read_interactions using ({_NAME})")
    scratch.show_now("int_touches", ("source", "interaction_id"))


def read_owners(scratch: Scratch) -> None:
    """Compare the client books of every customer whose ownership, or whose records, changed."""
    records = (
        "select customer_record_key from removed.stg_client_ownership union select customer_record_key from added.stg_client_ownership "
        "union select customer_record_key from scope.changed_records"
    )
    _scope_customers(scratch, "scope.owned_customers", records)
    _show_records(scratch, "client_ownership", "scope.owned_customers")
    scratch.run("int_client_owners")
    scratch.differ("int_client_owners", "semi join scope.owned_customers using (customer_key)")
    scratch.show_now("int_client_owners", ("customer_key", "associate_id", "valid_from"))


def _permit(scratch: Scratch) -> None:
    """Compare the permissions of every customer whose word, or whose records, changed."""
    words = "select customer_record_key from removed.stg_permissions union select customer_record_key from added.stg_permissions"
    _scope_customers(
        scratch, "scope.permission_customers", f"{words} union select customer_record_key from scope.changed_records"
    )
    _show_records(scratch, "permissions", "scope.permission_customers")
    scratch.run("int_contact_permissions")
    scratch.differ("int_contact_permissions", "semi join scope.permission_customers using (customer_key)")
    scratch.show_now("int_contact_permissions", ("customer_key", "method", "from_s"))
    scratch.table(
        "scope.permission_customers",
        "select customer_key from removed.int_contact_permissions union select customer_key from added.int_contact_permissions",
    )
    scratch.view("intermediate.int_contact_permissions", "select * from now.int_contact_permissions")


def _scope_customers(scratch: Scratch, name: str, records: str) -> None:
    """Make a table of the customers, before and now, to whom records belong."""
    scratch.table(
        name,
        "select distinct unnest([coalesce(earlier.customer_key, customer_record_key), coalesce(later.customer_key, customer_record_key)]) "
        f"as customer_key from ({records}) as records "
        f"left join {BEFORE}.intermediate.int_customer_map as earlier using (customer_record_key) "
        "left join now.int_customer_map as later using (customer_record_key) where customer_record_key is not null",
    )


def _show_records(scratch: Scratch, feed: str, customers: str) -> None:
    """Show staging the rows of a feed that belong to some customers, by all of their records."""
    scratch.table(
        f"staging.stg_{feed}",
        f"select * from now.stg_{feed} where customer_record_key in (select customer_key from {customers} union "
        f"select customer_record_key from now.int_customer_map semi join {customers} using (customer_key))",
    )


def _show_interactions(scratch: Scratch) -> None:
    scratch.table(
        "staging.stg_interactions", f"select * from now.stg_interactions semi join scope.read_interactions using ({_NAME})"
    )
