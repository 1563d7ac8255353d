"""Who a customer is: every record and identifier that the warehouse has joined, as tokens."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.columns import Personal
from incentives.feeds.contracts import FEEDS
from incentives.feeds.erased_rows import erased_rows, source_column
from incentives.feeds.erasure_log import Erased
from incentives.feeds.tokens import KINDS, Tokenizer
from incentives.workspace import Workspace

# Feeds whose rows carry a customer's record, with the column that names its source.
RECORD_FEEDS = ("order_lines", "interactions", "customers", "permissions", "customer_identifiers", "client_ownership")


@dataclass(frozen=True, slots=True)
class Named:
    """A customer as a person names them: by an id of a source, or without a source by any identifier."""

    value: str
    source: str | None = None


def person_of(ws: Workspace, named: Named, tokenizer: Tokenizer) -> Erased:
    """Return records and identifiers of the natural person.

    Identifiers that many customers share are nobody's and are not among them.

    Raises:
        InputError: Nobody was delivered under that name.
    """
    start = _named(named, tokenizer)
    joined = _joined(ws, start) if ws.warehouse.is_file() else Erased()
    found = _delivered_only(ws, start, joined)
    if not found:
        raise InputError(
            "no customer was delivered under that name.",
            remedy="Name a customer id with --source, or an email, phone, loyalty number, handle or account without.",
        )
    return found


def _named(named: Named, tokenizer: Tokenizer) -> Erased:
    if named.source is not None:
        token = tokenizer.token(Personal.CUSTOMER_ID, named.value)
        return Erased(records=frozenset({(named.source, token)})) if token else Erased()
    kinds = sorted(KINDS - {"customer_id"})
    return Erased(identifiers=frozenset(token for kind in kinds if (token := tokenizer.token(kind, named.value))))


def _joined(ws: Workspace, start: Erased) -> Erased:
    """Return what the last build has joined to a record or an identifier."""
    records = " union ".join(
        f"select customer_record_key, {source_column(FEEDS[feed])} as source, customer_id from staging.stg_{feed} "
        "where customer_record_key is not null and customer_id is not null"
        for feed in RECORD_FEEDS
    )
    with closing(duckdb.connect(str(ws.warehouse), read_only=True)) as connection:
        connection.execute(f"create temp table records as {records}")
        connection.execute("create temp table start_records (source varchar, customer_id varchar)")
        connection.execute("create temp table start_identifiers (identifier varchar)")
        connection.executemany("insert into start_records values (?, ?)", [*start.records, ("", "")])
        connection.executemany("insert into start_identifiers values (?)", [*((item,) for item in start.identifiers), ("",)])
        connection.execute(
            "create temp table persons as select distinct coalesce(map.customer_key, found.customer_record_key) as customer_key from ("
            "select customer_record_key from records inner join start_records using (source, customer_id) union "
            "select customer_record_key from intermediate.int_identity_edges inner join start_identifiers using (identifier)"
            ") as found left join intermediate.int_customer_map as map using (customer_record_key)"
        )
        connection.execute(
            "create temp table keys as select customer_key as customer_record_key from persons union "
            "select customer_record_key from intermediate.int_customer_map inner join persons using (customer_key)"
        )
        found = connection.execute("select distinct source, customer_id from records semi join keys using (customer_record_key)")
        whole = frozenset((str(source), str(token)) for source, token in found.fetchall())
        edges = connection.execute(
            "select distinct identifier from intermediate.int_identity_edges semi join keys using (customer_record_key)"
        )
        return Erased(whole, frozenset(str(identifier) for (identifier,) in edges.fetchall()))


def _delivered_only(ws: Workspace, start: Erased, joined: Erased) -> Erased:
    """Return what is joined and, where bronze has it, what was named: a build may not have seen it yet."""
    if joined:
        return Erased(joined.records | start.records, joined.identifiers)
    for file in BronzeIndex(ws.bronze_index).files():
        if file.outcome != "loaded" or file.feed not in FEEDS or file.facts_path is None:
            continue
        feed = FEEDS[file.feed]
        named = [column.name for column in feed.personal_columns if column.personal is not Personal.CLEAR_ONLY]
        if not named:
            continue
        facts: pa.Table = pq.read_table(ws.root / file.facts_path, columns=[*named, source_column(feed)])
        if pc.any(erased_rows(feed, facts, start)).as_py():
            return start
    return Erased()
