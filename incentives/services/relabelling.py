"""Other labels for where work happened: what the neutrality audit delivers in the place of the real ones.

Channels change names among themselves, activities of equal credit likewise, and places that differ in kind alone:
each one for one, so that nothing but the label moves. Nothing here knows what a channel is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from incentives.feeds.bronze_views import SCHEMA
from incentives.feeds.sql_rows import insert_rows

Labels = Mapping[str, str]

CHANNELS, ACTIVITIES, LOCATIONS = "channels", "activities", "locations"
# Which columns of which feeds carry a label.
PLACES: Mapping[str, tuple[tuple[str, str], ...]] = {
    CHANNELS: (("order_lines", "channel"), ("interactions", "channel")),
    ACTIVITIES: (("hours", "activity"),),
    LOCATIONS: (
        ("order_lines", "location_id"),
        ("order_lines", "fulfilment_location_id"),
        ("interactions", "location_id"),
        ("assignments", "location_id"),
    ),
}
# Activities that count as the same hours worked; training and leave do not.
EQUAL_ACTIVITIES = ("boutique", "contact_centre", "online", "social")
# Kinds of place where customers are served from afar.
_AFAR = ("online", "contact_centre", "studio")


@dataclass(frozen=True, slots=True)
class Relabelling:
    """New labels by kind of label: old -> new. A kind that is left out keeps its labels."""

    name: str
    labels: Mapping[str, Labels] = field(default_factory=dict)

    def show(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Show the new labels in the database's views of what was landed."""
        columns: dict[str, list[str]] = {}
        for kind, labels in self.labels.items():
            connection.execute(f"create table {SCHEMA}.relabelled_{kind} (old varchar primary key, new varchar)")
            insert_rows(connection, f"{SCHEMA}.relabelled_{kind}", list(labels.items()))
            for feed, column in PLACES[kind]:
                # A scalar subquery leaves the rows of the view alone, whatever a label is.
                columns.setdefault(feed, []).append(
                    f"coalesce((select labels.new from {SCHEMA}.relabelled_{kind} as labels "
                    f"where labels.old = trim(delivered.{column})), delivered.{column}) as {column}"
                )
        for feed, changed in columns.items():
            connection.execute(f"alter view {SCHEMA}.{feed} rename to {feed}_as_delivered")
            connection.execute(
                f"create view {SCHEMA}.{feed} as "
                f"select delivered.* replace ({', '.join(changed)}) from {SCHEMA}.{feed}_as_delivered as delivered"
            )


def permuted(connection: duckdb.DuckDBPyConnection) -> Relabelling:
    """Return a permutation of the labels that a finished warehouse holds."""
    return Relabelling(
        "permuted",
        {CHANNELS: _turned(_channels(connection)), ACTIVITIES: _turned(EQUAL_ACTIVITIES), LOCATIONS: _locations(connection)},
    )


def erased(connection: duckdb.DuckDBPyConnection) -> Relabelling:
    """Return one label for every channel."""
    return Relabelling("erased", {CHANNELS: dict.fromkeys(_channels(connection), "any")})


def _channels(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select channel from staging.stg_order_lines union select channel from staging.stg_interactions order by 1"
    ).fetchall()
    return [str(channel) for (channel,) in rows if channel is not None]


def _locations(connection: duckdb.DuckDBPyConnection) -> Labels:
    """Return new names for places of one country, time zone and calendar, in each group where some serve from afar."""
    rows = connection.execute(
        "select country, time_zone, calendar_id, location_id, kind from staging.stg_locations where not is_withdrawn order by all"
    ).fetchall()
    groups: dict[tuple[object, ...], list[tuple[str, str]]] = {}
    for country, time_zone, calendar_id, location_id, kind in rows:
        groups.setdefault((country, time_zone, calendar_id), []).append((str(location_id), str(kind)))
    labels: dict[str, str] = {}
    for group in groups.values():
        if len(group) > 1 and any(kind in _AFAR for _, kind in group):
            labels.update(_turned([location_id for location_id, _ in group]))
    return labels


def _turned(labels: Sequence[str]) -> Labels:
    """Return each label's successor, the first after the last; a label that is alone gets another name."""
    if len(labels) == 1:
        return {labels[0]: f"{labels[0]} (renamed)"}
    return dict(zip(labels, [*labels[1:], *labels[:1]], strict=True))
