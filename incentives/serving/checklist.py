"""What needs a person before a cycle is signed, counted from a snapshot: how many, and how much money hangs on it."""

from __future__ import annotations

from dataclasses import dataclass

from incentives.serving.marts import Marts


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One kind of open item in one currency; `currency` is None where no money is known to hang on it."""

    kind: str
    count: int
    amount_minor: int
    currency: str | None


def open_items(marts: Marts) -> tuple[OpenItem, ...]:
    """Return exceptions, quarantined rows and control totals that do not agree, most money first."""
    rows = marts.rows(
        "select kind, cast(count(*) as bigint), cast(coalesce(sum(abs(amount_minor)), 0) as bigint), currency "
        "from marts.exceptions group by kind, currency "
        "union all select 'quarantined_' || feed, cast(count(*) as bigint), 0, null from marts.quarantined_rows group by feed "
        "union all select 'control_total_difference', cast(count(*) as bigint), "
        "cast(coalesce(sum(abs(difference_minor)), 0) as bigint), currency from marts.control_total_differences "
        "where difference_minor <> 0 or lines_difference <> 0 group by currency "
        "order by 3 desc, 2 desc, 1, 4",
    )
    return tuple(OpenItem(*row) for row in rows)
