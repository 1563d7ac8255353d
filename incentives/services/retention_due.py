"""What of a workspace is no longer needed: by its `[retention]`, as the last build knows it.

Only what is closed is due: a delivered file whose rows all landed or were mended, the text of a refused row that was
mended, a client without activity. Facts, statements, postings and manifests are kept; replays need them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.bronze_views import loads_through
from incentives.feeds.contracts import FEEDS
from incentives.feeds.erased_rows import source_column
from incentives.feeds.erasure_log import Erased
from incentives.feeds.erasure_logs import erased_of
from incentives.services.natural_persons import RECORD_FEEDS
from incentives.workspace import Workspace

Place = tuple[int, int, int]
_REJECTS = """
select rows.load_id, rows.file_ordinal, rows.delivered_row, coalesce(cast(loads.landed_at as date), null) as closed_on
from marts.quarantined_rows as rows
inner join bronze.rejects as rejects using (load_id, file_ordinal, delivered_row)
left join bronze.loads as loads on rows.closed_by_load = loads.load_id
where rejects.raw is not null and rejects.raw <> '[expired]'
"""
# Refused rows of a file that nobody mended, and when the last of the others was.
_QUARANTINE = """
select rows.load_id, rows.file_ordinal, count(*) - count(rows.closed_by_load) as open_rows, max(cast(loads.landed_at as date)) as closed_on
from marts.quarantined_rows as rows left join bronze.loads as loads on rows.closed_by_load = loads.load_id
group by rows.load_id, rows.file_ordinal
"""
# When each person last did anything, or was last heard of: by customer after merges.
_ACTIVITIES = {
    "order_lines": ("ordered_at", ("loyalty_id", "customer_email", "customer_phone")),
    "interactions": ("started_at", ("loyalty_id", "customer_email", "customer_phone", "social_handle")),
}
# Rows that name a client by an identifier alone.
_NAMED = "\n    ".join(
    f"union all select edges.customer_record_key, cast(rows.{moment} as date) from staging.stg_{feed} as rows "
    f"inner join intermediate.int_identity_edges as edges on rows.{column} = edges.identifier where rows.customer_record_key is null"
    for feed, (moment, columns) in _ACTIVITIES.items()
    for column in columns
)
_LAST_ACTIVE = f"""
with seen as (
    select customer_record_key, cast(ordered_at as date) as day from staging.stg_order_lines
    union all select customer_record_key, cast(started_at as date) from staging.stg_interactions
    union all select customer_record_key, cast(changed_at as date) from staging.stg_permissions
    {_NAMED}
    union all select customers.customer_record_key, coalesce(cast(customers.created_at as date), cast(loads.landed_at as date))
        from staging.stg_customers as customers inner join bronze.loads as loads on customers.load_id = loads.load_id
    union all select identifiers.customer_record_key, cast(loads.landed_at as date)
        from staging.stg_customer_identifiers as identifiers inner join bronze.loads as loads on identifiers.load_id = loads.load_id
        where identifiers.customer_record_key not in (select customer_record_key from staging.stg_customers)
    union all select customer_record_key, coalesce(valid_to, valid_from) from staging.stg_client_ownership
)
select coalesce(map.customer_key, seen.customer_record_key) as customer_key, max(seen.day) as last_active
from seen left join intermediate.int_customer_map as map using (customer_record_key)
where seen.customer_record_key is not null
group by 1
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One store of a workspace.

    Attributes:
        store: Its name.
        rule: How long it is kept, in words.
        kept: How much is there.
        oldest: Since when, or None where nothing is there.
        due: How much of it is no longer needed.
    """

    store: str
    rule: str
    kept: int
    oldest: date | None
    due: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is no longer needed.

    Attributes:
        delivered: Files of the inbox whose rows all landed.
        set_aside: Copies of files that were refused whole.
        raw: Load, file and row of refused rows that were mended.
        people: Clients without activity, as tokens.
        clients: How many they are.
    """

    delivered: tuple[Path, ...]
    set_aside: tuple[Path, ...]
    raw: tuple[Place, ...]
    people: Erased
    clients: int


def look(ws: Workspace, now: datetime) -> tuple[tuple[Kept, ...], Due]:
    """Return every store with its rule, and what of it is due at a moment."""
    rule = ws.config.retention
    today = now.astimezone(UTC).date()
    before = today - timedelta(days=rule.delivered_days)
    inactive_before = _months_before(today, rule.personal_months)
    index = BronzeIndex(ws.bronze_index)
    landed = {load.load_id: _day(load.landed_at) for load in loads_through(ws.bronze_index, index.last_load())}
    files = index.files()
    raw: list[tuple[Place, date | None]] = []
    quarantine: dict[tuple[int, int], tuple[int, date | None]] = {}
    active: list[tuple[int, date]] = []
    people, clients = Erased(), 0
    built = 0
    if ws.warehouse.is_file():
        with closing(duckdb.connect(str(ws.warehouse), read_only=True)) as connection:
            raw = [((load, file, row), closed) for load, file, row, closed in connection.execute(_REJECTS).fetchall()]
            quarantine = {
                (load, file): (count, closed) for load, file, count, closed in connection.execute(_QUARANTINE).fetchall()
            }
            active = connection.execute(f"select * from ({_LAST_ACTIVE})").fetchall()
            people, clients = _inactive(ws, connection, inactive_before)
            built = int((connection.execute("select coalesce(max(load_id), 0) from bronze.loads").fetchone() or (0,))[0])
    delivered = list(_delivered(ws, index, files))
    closed = {
        file.delivered_sha256: _closed(file, landed, quarantine) if file.load_id <= built else None
        for file in files
        if file.outcome == "loaded"
    }
    aside = [
        (path, landed[file.load_id])
        for file in files
        if file.outcome == "set_aside" and (path := ws.set_aside / file.delivered_sha256 / Path(file.file_name).name).is_file()
    ]
    aside = list(dict(aside).items())
    due = Due(
        tuple(path for path, digest in delivered if (day := closed.get(digest)) is not None and day < before),
        tuple(path for path, day in aside if day < before),
        tuple(place for place, day in raw if day is not None and day < before),
        people,
        clients,
    )
    days, months = f"{rule.delivered_days} days", f"{rule.personal_months} months"
    ages = [_day(datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()) for path, _ in delivered]
    return (
        Kept(
            "delivered files in the inbox",
            f"{days} after all their rows landed",
            len(delivered),
            min(ages, default=None),
            len(due.delivered),
        ),
        Kept(
            "files set aside",
            f"{days} after they were",
            len(aside),
            min((day for _, day in aside), default=None),
            len(due.set_aside),
        ),
        Kept(
            "raw text of refused rows",
            f"{days} after they were mended",
            len(raw),
            min((landed[place[0]] for place, _ in raw), default=None),
            len(due.raw),
        ),
        Kept(
            "clients with clear values",
            f"{months} after their last activity, then forgotten",
            len(active),
            min((day for _, day in active if day is not None), default=None),
            clients,
        ),
        Kept(
            "facts, marts, ledger, manifests",
            "kept: what is paid is replayed from them",
            len(files),
            min(landed.values(), default=None),
            0,
        ),
    ), due


def _closed(
    file: IndexedFile, landed: dict[int, date], quarantine: dict[tuple[int, int], tuple[int, date | None]]
) -> date | None:
    """Return since when nothing of a delivered file is open, or None while something is."""
    open_rows, mended = quarantine.get((file.load_id, file.file_ordinal), (0, None))
    return None if open_rows else max(landed[file.load_id], mended or date.min)


def _delivered(ws: Workspace, index: BronzeIndex, files: tuple[IndexedFile, ...]) -> Iterator[tuple[Path, str]]:
    """Yield the files of the inbox that have landed, with their fingerprints."""
    sizes = {file.delivered_bytes for file in files if file.outcome == "loaded"}
    for path in sorted(ws.inbox.rglob("*")) if ws.inbox.is_dir() else []:
        if path.is_file() and not path.is_symlink() and path.stat().st_size in sizes:
            with path.open("rb") as handle:
                yield path, hashlib.file_digest(handle, "sha256").hexdigest()


def _inactive(ws: Workspace, connection: duckdb.DuckDBPyConnection, before: date) -> tuple[Erased, int]:
    """Return the clients who did nothing since a day, and were not forgotten yet."""
    records = " union ".join(
        f"select customer_record_key, {source_column(FEEDS[feed])} as source, customer_id from staging.stg_{feed} "
        "where customer_record_key is not null and customer_id is not null"
        for feed in RECORD_FEEDS
    )
    connection.execute(
        f"create temporary table inactive as select coalesce(map.customer_record_key, last.customer_key) as customer_record_key, last.customer_key "
        f"from ({_LAST_ACTIVE}) as last left join intermediate.int_customer_map as map using (customer_key) where last.last_active < ? "
        f"union select customer_key, customer_key from ({_LAST_ACTIVE}) as itself where last_active < ?",
        [before, before],
    )
    named = connection.execute(
        f"select distinct customer_key, source, customer_id from ({records}) as records inner join inactive using (customer_record_key)"
    ).fetchall()
    edges = connection.execute(
        "select distinct customer_key, identifier from intermediate.int_identity_edges inner join inactive using (customer_record_key)"
    ).fetchall()
    gone = erased_of(ws)
    found = Erased(
        frozenset((str(source), str(token)) for _, source, token in named) - gone.records,
        frozenset(str(identifier) for _, identifier in edges) - gone.identifiers,
    )
    clients = {key for key, source, token in named if (source, token) in found.records}
    clients |= {key for key, identifier in edges if identifier in found.identifiers}
    return found, len(clients)


def _months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last."""
    month = day.year * 12 + day.month - 1 - months
    first_after = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(month // 12, month % 12 + 1, min(day.day, (first_after - timedelta(days=1)).day))


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(UTC).date()
