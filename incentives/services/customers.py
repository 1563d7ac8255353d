"""Use case: say who one customer is, read from the last build: what is joined, by what, since when, and what follows.

Read from the warehouse and not from the published snapshot: tokens of every customer's identifiers have no place in the
file that the portal reads. Nothing is computed again; no clear value is shown but the id that the caller gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from incentives.errors import InputError
from incentives.feeds.columns import Personal
from incentives.feeds.contracts import FEEDS
from incentives.feeds.erased_rows import source_column
from incentives.feeds.tokens import Tokenizer
from incentives.services.customer_facts import (
    Customer,
    HouseOrder,
    Hub,
    HubCount,
    Identifier,
    Owner,
    Record,
    RoleCount,
    Sighting,
)
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

# Feeds whose rows carry a customer's record.
_RECORD_FEEDS = ("order_lines", "interactions", "customers", "permissions", "customer_identifiers", "client_ownership")
# Feed -> column that carries an identifier -> its kind.
_IDENTIFIERS = {
    "order_lines": {"loyalty_id": "loyalty_id", "customer_email": "email", "customer_phone": "phone"},
    "interactions": {
        "loyalty_id": "loyalty_id",
        "customer_email": "email",
        "customer_phone": "phone",
        "social_handle": "social_handle",
    },
}
_TOKEN_SHOWN = 10


def explain_customer(ws: Workspace, customer_id: str, *, source: str | None = None) -> Customer:
    """Return who a customer is, by the id that a source gives them.

    Args:
        ws: The workspace.
        customer_id: The source's own id in clear, or `source:id`.
        source: The source, where several know the id.

    Raises:
        InputError: Nothing was built yet, no record has the id, or records of several sources have it.
    """
    import duckdb

    if not ws.warehouse.is_file():
        raise InputError("nothing was built yet.", where=str(ws.root), remedy="Run `incentives build` first.")
    tokenizer = Tokenizer(ws.key())
    with closing(duckdb.connect(str(ws.warehouse), read_only=True)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        _collect_records(connection)
        asked = _asked(connection, tokenizer, customer_id, source)
        return _customer(connection, asked)


def short_token(token: str) -> str:
    """Return the beginning of a token, enough to tell those of one customer apart.

    >>> short_token("t_0123456789abcdef0123456789abcdef")
    't_01234567…'
    """
    return token if len(token) <= _TOKEN_SHOWN else f"{token[:_TOKEN_SHOWN]}…"


def _collect_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a view of every record in force: key, source and token."""
    selects = " union ".join(
        f"select customer_record_key, {source_column(FEEDS[feed])} as source, customer_id from staging.stg_{feed} "
        "where customer_record_key is not null and not is_withdrawn"
        for feed in _RECORD_FEEDS
    )
    connection.execute(f"create temp view records as {selects}")


def _asked(connection: duckdb.DuckDBPyConnection, tokenizer: Tokenizer, customer_id: str, source: str | None) -> Record:
    """Return the record that the caller names; `source:id` is read as such where no record has all of it as its id."""
    candidates = [(source, customer_id)]
    before, colon, after = customer_id.partition(":")
    if source is None and colon:
        candidates.append((before, after))
    for of_source, identifier in candidates:
        token = tokenizer.token(Personal.CUSTOMER_ID, identifier)
        found = connection.execute(
            "select distinct customer_record_key, source from records where customer_id = ? order by source", [token]
        ).fetchall()
        found = [(key, name) for key, name in found if of_source in (None, name)]
        if len(found) > 1:
            raise InputError(
                f"several sources have a customer '{identifier}': {', '.join(name for _, name in found)}.",
                remedy="Name one with --source SOURCE.",
            )
        if found:
            key, name = found[0]
            return Record(int(key), str(name), identifier)
    raise InputError(
        f"no customer record has the id '{customer_id}'{f' in {source}' if source else ''} in the last build.",
        remedy="Give the id as the source has it, with --source SOURCE or as SOURCE:ID; build first if it was landed since.",
    )


def _customer(connection: duckdb.DuckDBPyConnection, asked: Record) -> Customer:
    (customer_key,) = _row(
        connection,
        "select coalesce(max(customer_key), ?) from intermediate.int_customer_map where customer_record_key = ?",
        [asked.key, asked.key],
    )
    connection.execute(
        "create temp table own_keys as select cast(? as bigint) as customer_record_key union "
        "select customer_record_key from intermediate.int_customer_map where customer_key = ?",
        [customer_key, customer_key],
    )
    connection.execute(
        "create temp table own_identifiers as select edges.customer_record_key, edges.identifier, false as is_hub "
        "from intermediate.int_identity_edges as edges semi join own_keys using (customer_record_key) union "
        "select sightings.customer_record_key, sightings.identifier, true from intermediate.int_identity_sightings as sightings "
        "semi join own_keys using (customer_record_key) semi join intermediate.int_identity_hubs using (identifier)"
    )
    _collect_kinds(connection)
    records = _records(connection, asked)
    orders, touches, left_out = _row(
        connection,
        "select (select count(distinct order_key) from marts.fct_order_lines where customer_key = ? and line_kind = 'sale'), "
        "count(*), count(left_out_reason) from intermediate.int_touches where customer_key = ?",
        [customer_key, customer_key],
    )
    (limit,) = _row(connection, "select max(cast(value as bigint)) from config.settings where name = 'house_account_over'", [])
    owned = connection.execute(
        "select associate_id, valid_from, nullif(valid_to, date '9999-12-31') from intermediate.int_client_owners "
        "where customer_key = ? order by valid_from, associate_id",
        [customer_key],
    ).fetchall()
    own = connection.execute(
        "select distinct associate_id from staging.stg_associates semi join own_keys using (customer_record_key) "
        "where not is_withdrawn order by associate_id"
    ).fetchall()
    identifiers = _identifiers(connection, records)
    return Customer(
        records=tuple(records.values()),
        joins=tuple(found for _, is_hub, found in identifiers if not is_hub and len(found.seen) > 1),
        hubs=tuple(Hub(found, _hub_counts(connection, token)) for token, is_hub, found in identifiers if is_hub),
        orders=int(orders),
        touches=int(touches),
        touches_left_out=int(left_out),
        house_account_over=int(limit),
        house_orders=_house_orders(connection, customer_key),
        owners=tuple(Owner(*row) for row in owned),
        own_record_of=tuple(str(associate_id) for (associate_id,) in own),
        roles=_roles(connection, customer_key),
    )


def _collect_kinds(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a table of kind and oldest load of each identifier that the records carry; rows without a record stand for themselves."""
    parts = [
        "select customer_record_key, identifier_value as identifier, identifier_type as kind, load_id "
        "from staging.stg_customer_identifiers where not is_withdrawn"
    ]
    parts += [
        f"select customer_record_key, {column} as identifier, '{kind}' as kind, load_id from staging.stg_{feed} where not is_withdrawn"
        for feed, columns in _IDENTIFIERS.items()
        for column, kind in columns.items()
    ]
    connection.execute(
        "create temp table kinds as select customer_record_key, identifier, min(kind) as kind, min(load_id) as load_id "
        f"from ({' union all '.join(parts)}) semi join own_identifiers using (identifier) group by customer_record_key, identifier"
    )


def _records(connection: duckdb.DuckDBPyConnection, asked: Record) -> dict[int, Record]:
    """Return key -> record, the one that was asked for first."""
    rows = connection.execute(
        "select keys.customer_record_key, min(records.source), min(records.customer_id), min(kinds.kind) from own_keys as keys "
        "left join records using (customer_record_key) "
        "left join own_identifiers as carried on keys.customer_record_key = carried.customer_record_key and not carried.is_hub "
        "left join kinds on carried.identifier = kinds.identifier "
        "group by keys.customer_record_key order by 2 nulls last, 3, 1"
    ).fetchall()
    found = {asked.key: asked}
    for key, source, token, kind in rows:
        label = short_token(str(token)) if source is not None else f"rows without a customer id, named by {_words(kind)}"
        found.setdefault(int(key), Record(int(key), source, label))
    return found


def _identifiers(connection: duckdb.DuckDBPyConnection, records: dict[int, Record]) -> tuple[tuple[str, bool, Identifier], ...]:
    """Return (token, is it a hub, identifier) of each identifier that the records carry."""
    rows = connection.execute(
        "select own.identifier, own.is_hub, own.customer_record_key, any_kind.kind, coalesce(exact.load_id, nameless.load_id), "
        "cast(loads.landed_at as date) from own_identifiers as own "
        "left join (select identifier, min(kind) as kind from kinds group by identifier) as any_kind using (identifier) "
        "left join kinds as exact on own.identifier = exact.identifier and own.customer_record_key = exact.customer_record_key "
        "left join (select identifier, load_id from kinds where customer_record_key is null) as nameless "
        "on own.identifier = nameless.identifier "
        "left join bronze.loads as loads on coalesce(exact.load_id, nameless.load_id) = loads.load_id "
        "order by any_kind.kind, own.identifier, 5 nulls last, own.customer_record_key"
    ).fetchall()
    found: dict[str, tuple[bool, str, list[Sighting]]] = {}
    for token, is_hub, key, kind, load_id, landed in rows:
        found.setdefault(str(token), (bool(is_hub), str(kind), []))[2].append(Sighting(records[int(key)], load_id, landed))
    return tuple(
        (token, is_hub, Identifier(_words(kind), short_token(token), tuple(seen)))
        for token, (is_hub, kind, seen) in found.items()
    )


def _hub_counts(connection: duckdb.DuckDBPyConnection, token: str) -> tuple[HubCount, ...]:
    rows = connection.execute(
        "select source, customer_records, customer_records_max from intermediate.int_identity_hubs where identifier = ? order by source",
        [token],
    ).fetchall()
    return tuple(HubCount(*row) for row in rows)


def _house_orders(connection: duckdb.DuckDBPyConnection, customer_key: int) -> tuple[HouseOrder, ...]:
    rows = connection.execute(
        "select lines.source, lines.order_id, max(accounts.orders_in_window), max(accounts.touches_in_window) "
        "from intermediate.int_house_accounts as accounts inner join intermediate.int_order_moments as moments using (moment_key) "
        "inner join marts.fct_order_lines as lines using (order_key) where moments.customer_key = ? group by all order by all",
        [customer_key],
    ).fetchall()
    return tuple(HouseOrder(*row) for row in rows)


def _roles(connection: duckdb.DuckDBPyConnection, customer_key: int) -> tuple[RoleCount, ...]:
    rows = connection.execute(
        "select role, count(distinct order_line_key) filter (where recipient <> 'house'), "
        "count(distinct order_line_key) filter (where recipient = 'house') from marts.fct_credits "
        "where customer_key = ? and line_kind = 'sale' and role is not null group by role order by min(role_order)",
        [customer_key],
    ).fetchall()
    return tuple(RoleCount(*row) for row in rows)


def _words(kind: str | None) -> str:
    return "an identifier" if kind is None else kind.replace("_", " ")


def _row(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object]) -> tuple[int, ...]:
    row = connection.execute(query, list(parameters)).fetchone()
    assert row is not None
    return tuple(row)
