"""Which customers are joined otherwise: identifiers that came or went, and the components that they touch."""

from __future__ import annotations

from incentives.warehouse.increments.scratch import BEFORE, Scratch

IDENTIFIER_COLUMNS = {
    "order_lines": ("loyalty_id", "customer_email", "customer_phone"),
    "interactions": ("loyalty_id", "customer_email", "customer_phone", "social_handle"),
}
_SEEN_IN = ("customer_identifiers", "order_lines", "interactions")
_SIGHTING = "customer_record_key, source, identifier"
_EDGE = "customer_record_key, identifier"


def identify(scratch: Scratch) -> None:
    """Work out which customer records changed their customer: `scope.changed_records(customer_record_key)`.

    Leaves the added and removed rows of the four models of identity, `intermediate.int_customer_map` and
    `intermediate.int_identity_hubs` as they will be, and `scope.moved_identifiers(identifier)`: a row without a customer
    record may belong to another customer only if it carries one of them.
    """
    _sight(scratch)
    _find_hubs(scratch)
    _link(scratch)
    _join(scratch)
    scratch.view("intermediate.int_customer_map", "select * from now.int_customer_map")
    scratch.view("intermediate.int_identity_hubs", "select * from now.int_identity_hubs")
    scratch.table(
        "scope.moved_identifiers",
        "select identifier from scope.named_identifiers union select identifier from ("
        f"select * from {BEFORE}.intermediate.int_identity_edges union all select * from added.int_identity_edges"
        ") semi join scope.changed_records using (customer_record_key)",
    )


def carries(feed: str, identifiers: str) -> str:
    """Return the condition that a row without a customer record carries one of some identifiers."""
    columns = " or ".join(f"{column} in (select identifier from {identifiers})" for column in IDENTIFIER_COLUMNS[feed])
    return f"customer_record_key is null and ({columns})"


def _columns_of(feed: str) -> str:
    """Return what identity reads of a feed's rows: whole tables are passed over for a few of them, and most columns are text."""
    if feed not in IDENTIFIER_COLUMNS:
        return "*"
    return ", ".join(("customer_record_key", "source", "is_withdrawn", *IDENTIFIER_COLUMNS[feed]))


def _sight(scratch: Scratch) -> None:
    """Compare the sightings: those of records that lost a row are looked for again, to the others some may be added."""
    lost = " union ".join(
        f"select customer_record_key from removed.stg_{feed} where customer_record_key is not null" for feed in _SEEN_IN
    )
    scratch.table("scope.rechecked_records", lost)
    for feed in _SEEN_IN:
        columns = _columns_of(feed)
        scratch.table(
            f"staging.stg_{feed}",
            f"select {columns} from now.stg_{feed} semi join scope.rechecked_records using (customer_record_key) union all "
            f"select {columns} from added.stg_{feed} anti join scope.rechecked_records using (customer_record_key) "
            "where customer_record_key is not null",
        )
    scratch.run("int_identity_sightings")
    before = f"{BEFORE}.intermediate.int_identity_sightings"
    scratch.table(
        "added.int_identity_sightings",
        f"select * from intermediate.int_identity_sightings anti join {before} using ({_SIGHTING})",
    )
    scratch.table(
        "removed.int_identity_sightings",
        f"select * from {before} semi join scope.rechecked_records using (customer_record_key) "
        f"anti join intermediate.int_identity_sightings using ({_SIGHTING})",
    )
    scratch.show_now("int_identity_sightings", ("customer_record_key", "source", "identifier"))
    scratch.table(
        "scope.sighted_identifiers",
        "select identifier from added.int_identity_sightings union select identifier from removed.int_identity_sightings",
    )


def _find_hubs(scratch: Scratch) -> None:
    """Count again who carries the identifiers; `scope.flipped_identifiers` became or ceased to be a hub."""
    scratch.table(
        "intermediate.int_identity_sightings",
        "select * from now.int_identity_sightings semi join scope.sighted_identifiers using (identifier)",
    )
    scratch.run("int_identity_hubs")
    scratch.differ("int_identity_hubs", "semi join scope.sighted_identifiers using (identifier)")
    scratch.show_now("int_identity_hubs", ("identifier", "source"))
    scratch.table(
        "scope.flipped_identifiers",
        f"select distinct identifier from {BEFORE}.intermediate.int_identity_hubs anti join now.int_identity_hubs using (identifier) union "
        f"select distinct identifier from now.int_identity_hubs anti join {BEFORE}.intermediate.int_identity_hubs using (identifier)",
    )


def _link(scratch: Scratch) -> None:
    """Compare the edges of every identifier that may link otherwise."""
    nameless = " union ".join(
        f"select {column} as identifier from {side}.stg_{feed} where customer_record_key is null and {column} is not null"
        for feed, columns in IDENTIFIER_COLUMNS.items()
        for column in columns
        for side in ("added", "removed")
    )
    scratch.table("scope.named_identifiers", f"{nameless} union select identifier from scope.flipped_identifiers")
    scratch.table(
        "scope.linking_identifiers",
        "select identifier from scope.named_identifiers union select identifier from scope.sighted_identifiers",
    )
    for feed in IDENTIFIER_COLUMNS:
        scratch.table(
            f"staging.stg_{feed}",
            f"select {_columns_of(feed)} from now.stg_{feed} where {carries(feed, 'scope.linking_identifiers')}",
        )
    scratch.table(
        "intermediate.int_identity_sightings",
        "select * from now.int_identity_sightings semi join scope.linking_identifiers using (identifier)",
    )
    scratch.view("intermediate.int_identity_hubs", "select * from now.int_identity_hubs")
    scratch.run("int_identity_edges")
    linked = "semi join scope.linking_identifiers using (identifier)"
    scratch.differ("int_identity_edges", linked, computed=f"select * from intermediate.int_identity_edges {linked}")
    scratch.show_now("int_identity_edges", ("customer_record_key", "identifier"))


def _join(scratch: Scratch) -> None:
    """Join anew the records of every component of before that an edge which came or went reaches.

    An edge that came links its record with every holder of its identifier, so that no usable identifier leads out of them.
    """
    scratch.table(
        "scope.changed_identifiers",
        "select identifier from added.int_identity_edges union select identifier from removed.int_identity_edges",
    )
    scratch.table(
        "scope.seed_records",
        "select distinct customer_record_key from ("
        f"select {_EDGE} from {BEFORE}.intermediate.int_identity_edges union all select {_EDGE} from added.int_identity_edges"
        ") semi join scope.changed_identifiers using (identifier)",
    )
    scratch.table(
        "scope.components",
        "select distinct coalesce(joined.customer_key, seeds.customer_record_key) as customer_key from scope.seed_records as seeds "
        f"left join {BEFORE}.intermediate.int_customer_map as joined using (customer_record_key)",
    )
    scratch.table(
        "scope.component_records",
        "select customer_record_key from scope.seed_records union select customer_key from scope.components union "
        f"select customer_record_key from {BEFORE}.intermediate.int_customer_map semi join scope.components using (customer_key)",
    )
    scratch.table(
        "intermediate.int_identity_edges",
        "select * from now.int_identity_edges semi join scope.component_records using (customer_record_key)",
    )
    scratch.run("int_customer_map")
    scratch.differ("int_customer_map", "semi join scope.component_records using (customer_record_key)")
    scratch.show_now("int_customer_map", ("customer_record_key",))
    scratch.table(
        "scope.changed_records",
        "select customer_record_key from added.int_customer_map union select customer_record_key from removed.int_customer_map",
    )
