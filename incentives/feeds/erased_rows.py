"""Which rows of a feed are about somebody who was forgotten: decided from tokens, by landing and by erasure alike."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from incentives.feeds.columns import Feed, Personal
from incentives.feeds.erasure_log import Erased

_JOINED = "\x1f"


def erased_rows(feed: Feed, facts: pa.RecordBatch | pa.Table, erased: Erased) -> pa.Array:
    """Return for each row of facts whether it is about somebody who was forgotten."""
    found = pa.array([False] * facts.num_rows, pa.bool_())
    records = pa.array(sorted(f"{source}{_JOINED}{token}" for source, token in erased.records), pa.string())
    identifiers = pa.array(sorted(erased.identifiers), pa.string())
    for column in feed.personal_columns:
        if column.personal is Personal.CLEAR_ONLY:
            continue
        values = whole(facts.column(column.name))
        if column.personal is Personal.CUSTOMER_ID:
            source = whole(facts.column(source_column(feed)))
            values = pc.binary_join_element_wise(pc.utf8_trim_whitespace(source), values, _JOINED)
            among = pc.is_in(values, value_set=records)
        else:
            among = pc.is_in(values, value_set=identifiers)
        found = pc.or_(found, among)
    return found


def source_column(feed: Feed) -> str:
    """Return the column that names the source of a row's customer record."""
    names = {column.name for column in feed.columns}
    return "customer_source" if "customer_source" in names else "source"


def without(feed: Feed, personal: pa.Table, forgotten: pa.Array) -> pa.Table:
    """Return personal rows without the forgotten ones; an associate keeps their own record and loses the customer id in it."""
    if feed.name != "associates":
        return personal.filter(pc.invert(forgotten))
    position = personal.schema.get_field_index("customer_id")
    cleared = pc.if_else(forgotten, pa.scalar(None, pa.string()), personal.column("customer_id"))
    return personal.set_column(position, "customer_id", cleared)


def whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
