"""Small profiles of the built warehouse, computed by SQL, for the suite `delivered`.

The file is opened read-only. Counts, shares in whole numbers per 10,000, days and amounts of whole sources: no cell of
a personal column is read. Grain and columns of each frame stand in `quality.delivered`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from incentives.feeds.contracts import FEEDS

if TYPE_CHECKING:
    import pandas as pd

USUAL_GAP_TIMES = 3
SILENT_DAYS_MIN = 7
ROWS_TO_COMPARE = 100
# Key columns of a feed that may be empty in a row, and what says that a row has them.
KEY_COLUMNS = {
    "order_lines": {
        "associate_id": "associate_id is not null",
        "customer": "coalesce(customer_id, customer_email, customer_phone, loyalty_id) is not null",
        "seller_or_customer": "coalesce(associate_id, customer_id, customer_email, customer_phone, loyalty_id) is not null",
        "location_id": "location_id is not null",
        "completed_at": "completed_at is not null",
    },
    "interactions": {
        "customer": "coalesce(customer_id, customer_email, customer_phone, loyalty_id, social_handle) is not null",
    },
}
ESSENTIAL = "seller_or_customer"

# A file refused whole counts until the same source delivers that name again and it loads.
_FILES = """
select
    files.load_id,
    files.source,
    files.feed,
    files.file_name,
    files.delivered,
    case
        when files.outcome = 'set_aside' then files.delivered
        else files.accepted + files.duplicate + files.superseded + files.quarantined
    end as accounted,
    cast(files.outcome = 'set_aside' and not exists (
        select 1 from marts.delivery_counts as later
        where later.source = files.source and later.file_name = files.file_name
            and later.load_id > files.load_id and later.outcome <> 'set_aside'
    ) as bigint) as is_set_aside
from marts.delivery_counts as files
where files.feed is null or files.feed in (select unnest(?))
order by files.load_id, files.file_ordinal
"""

# Feeds whose rows are what credit is made of: without many of them nothing can be believed. Rows that are missing
# from the others (targets, assignments, rates) each show where they are needed, on a cycle's checklist.
MONEY_FEEDS = ("order_lines", "interactions")

_DELIVERIES = """
with latest as (
    select source, feed, max(load_id) as load_id
    from marts.delivery_counts
    where outcome = 'loaded' and delivered > 0 and feed in (select unnest(?))
    group by source, feed
),
refused as (
    select load_id, file_ordinal, count(*) as refused_rows
    from marts.quarantined_rows
    where closed_by_load is null
    group by load_id, file_ordinal
)
select
    counts.source,
    counts.feed,
    cast((10000 * coalesce(sum(refused.refused_rows), 0) + sum(counts.delivered) - 1) // sum(counts.delivered) as bigint) as quarantined_bp
from marts.delivery_counts as counts
inner join latest using (source, feed, load_id)
left join refused using (load_id, file_ordinal)
where counts.outcome = 'loaded' and counts.delivered > 0
group by counts.source, counts.feed
order by counts.source, counts.feed
"""

_COLUMNS = """
with latest as (
    select source, max(load_id) as load_id from staging.stg_{feed} group by source
),
shares as (
    select
        rows_in_force.source,
        count(*) filter (where rows_in_force.load_id = latest.load_id) as new_rows,
        count(*) filter (where rows_in_force.load_id = latest.load_id and not ({filled})) as new_empty,
        count(*) filter (where rows_in_force.load_id < latest.load_id) as old_rows,
        count(*) filter (where rows_in_force.load_id < latest.load_id and not ({filled})) as old_empty
    from staging.stg_{feed} as rows_in_force
    inner join latest using (source)
    group by rows_in_force.source
)
select
    source,
    '{feed}' as feed,
    '{column}' as column_name,
    10000 * new_empty // new_rows as empty_bp,
    case
        when new_rows >= {enough} and old_rows >= {enough}
            then greatest(0, 10000 * new_empty // new_rows - 10000 * old_empty // old_rows)
        else 0
    end as risen_bp,
    cast('{column}' = '{essential}' and new_rows >= {enough} and 100 * new_empty > 99 * new_rows as bigint) as is_essential_empty
from shares
"""

# A source's usual gap is the median of its own; the days from its last line to anybody's last line are a gap too.
_DAYS = """
with by_day as (
    select source, business_date as day
    from marts.fct_order_lines
    where business_date is not null
    group by source, business_date
),
ends as (
    select max(day) as day from by_day
),
gaps as (
    select
        by_day.source,
        by_day.day,
        coalesce(lead(by_day.day) over (partition by by_day.source order by by_day.day), ends.day + 1) as next_day
    from by_day
    cross join ends
),
usual as (
    select source, greatest($min_days, $times * quantile_disc(next_day - day, 0.5)) as days_max
    from gaps
    group by source
),
longest as (
    select
        source,
        max(next_day - day) as days,
        arg_max(day, next_day - day) + 1 as first_day,
        arg_max(next_day, next_day - day) - 1 as last_day
    from gaps
    group by source
),
dated as (
    select
        source,
        count(*) filter (where ordered_at > $latest or ordered_at < timestamp '2000-01-01') as implausible_rows
    from marts.fct_order_lines
    group by source
)
select
    dated.source,
    cast(coalesce(greatest(0, longest.days - 1 - usual.days_max), 0) as bigint) as silent_days,
    cast(longest.first_day as varchar) as first_silent_day,
    cast(longest.last_day as varchar) as last_silent_day,
    cast(dated.implausible_rows as bigint) as implausible_rows
from dated
left join longest using (source)
left join usual using (source)
order by dated.source
"""

_CONTROL_TOTALS = """
select
    source,
    cast(business_date as varchar) as business_date,
    currency,
    basis,
    cast(abs(difference_minor) as bigint) as difference_minor,
    cast(abs(lines_difference) as bigint) as lines_difference
from marts.control_totals
order by source, business_date, currency, basis
"""


def delivered_frames(database: Path, as_of: datetime) -> dict[str, pd.DataFrame]:
    """Return the frames of the suite `delivered`.

    Args:
        database: The built warehouse.
        as_of: When its last load was landed; lines dated more than a day later are implausible.
    """
    latest = (as_of + timedelta(days=1)).replace(tzinfo=None)
    feeds = list(FEEDS)
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = " union all ".join(
            f"({_COLUMNS.format(feed=feed, column=column, filled=filled, enough=ROWS_TO_COMPARE, essential=ESSENTIAL)})"
            for feed, named in KEY_COLUMNS.items()
            for column, filled in named.items()
        )
        days = {"min_days": SILENT_DAYS_MIN, "times": USUAL_GAP_TIMES, "latest": latest}
        return {
            "files": connection.execute(_FILES, [feeds]).df(),
            "deliveries": connection.execute(_DELIVERIES, [list(MONEY_FEEDS)]).df(),
            "reference_deliveries": connection.execute(_DELIVERIES, [[feed for feed in feeds if feed not in MONEY_FEEDS]]).df(),
            "columns": connection.execute(f"{columns} order by 1, 2, 3").df(),
            "days": connection.execute(_DAYS, days).df(),
            "control_totals": connection.execute(_CONTROL_TOTALS).df(),
        }
