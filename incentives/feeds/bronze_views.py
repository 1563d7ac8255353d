"""Shows landed files to SQL: one view per feed over its Parquet files, and what landing recorded as tables.

Nothing is read here but the index and the files' footers. Files are listed, never found by a pattern, so that a
file half-written by a killed run does not exist for a build.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from incentives.feeds.bronze_index import IndexedFile
from incentives.feeds.columns import Feed
from incentives.feeds.contracts import FEEDS
from incentives.feeds.sql_rows import insert_rows, literal

SCHEMA = "bronze"
REJECT_COLUMNS = ("feed", "load_id", "file_ordinal", "delivered_row", "raw", "reason", "sentence")
# Columns of `bronze.files`, as the index names them.
_FILE_COLUMNS = {
    "load_id": "integer",
    "file_ordinal": "integer",
    "source": "varchar",
    "feed": "varchar",
    "file_name": "varchar",
    "delivered_sha256": "varchar",
    "outcome": "varchar",
    "reason": "varchar",
    "sentence": "varchar",
    "rows_delivered": "bigint",
    "rows_rejected": "bigint",
    "facts_path": "varchar",
    "rejects_path": "varchar",
}


@dataclass(frozen=True, slots=True)
class Load:
    """One load: its number, and when it was landed (ISO 8601, UTC)."""

    load_id: int
    landed_at: str


def loads_through(index: Path, load_id: int) -> tuple[Load, ...]:
    """Return the whole loads up to a number, oldest first."""
    if not index.is_file():
        return ()
    with closing(sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "select load_id, landed_at from loads where load_id <= ? order by load_id", [load_id]
        ).fetchall()
    return tuple(Load(*row) for row in rows)


def create_bronze(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    files: Sequence[IndexedFile],
    loads: Iterable[Load],
    *,
    since_load: int = 0,
    always: frozenset[str] = frozenset(),
) -> None:
    """Create schema `bronze`: a view per feed, and the tables `files`, `loads` and `rejects`.

    Args:
        connection: A DuckDB database without that schema.
        root: The workspace's folder, to which the files' paths are relative.
        files: The files to show.
        loads: The loads that brought them.
        since_load: Views and rejects show only what later loads brought; the tables of files and loads show all.
        always: Feeds whose views show all loads whatever `since_load` says.
    """
    connection.execute(f"create schema {SCHEMA}")
    connection.execute(f"create table {SCHEMA}.loads (load_id integer, landed_at timestamp)")
    insert_rows(connection, f"{SCHEMA}.loads", [(load.load_id, utc_text(load.landed_at)) for load in loads])
    columns = ", ".join(f"{name} {data_type}" for name, data_type in _FILE_COLUMNS.items())
    connection.execute(f"create table {SCHEMA}.files ({columns})")
    insert_rows(connection, f"{SCHEMA}.files", [tuple(getattr(file, name) for name in _FILE_COLUMNS) for file in files])
    _create_rejects(
        connection, root, [file for file in files if file.load_id > since_load or file.feed in always], since_load, always
    )
    show_facts(connection, root, FEEDS.values(), files, since_load=since_load, always=always)


def show_facts(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    feeds: Iterable[Feed],
    files: Sequence[IndexedFile],
    *,
    since_load: int = 0,
    always: frozenset[str] = frozenset(),
) -> None:
    """Create the views of feeds over their files, or replace them; `create_bronze` says what the arguments mean."""
    for feed in feeds:
        since = 0 if feed.name in always else since_load
        paths = [
            file.facts_path
            for file in files
            if file.feed == feed.name and file.outcome == "loaded" and file.facts_path and file.load_id > since
        ]
        query = _facts_query(connection, root, feed, paths, since)
        connection.execute(f"create or replace view {SCHEMA}.{feed.name} as {query}")


def utc_text(moment: str) -> str:
    """Return an ISO 8601 moment as UTC without its offset, as SQL reads it."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def path_list(root: Path, paths: Iterable[str]) -> str:
    """Return a SQL list of absolute paths, each once."""
    return "[" + ", ".join(literal(str(root / path)) for path in dict.fromkeys(paths)) + "]"


def _facts_query(connection: duckdb.DuckDBPyConnection, root: Path, feed: Feed, paths: list[str], since_load: int) -> str:
    """Return the query of a feed's rows; a column that no landed file has yet is empty."""
    if not paths:
        columns = [*(f"cast(null as varchar) as {column.name}" for column in feed.fact_columns), *_place("null")]
        return f"select {', '.join(columns)} where false"
    relation = f"read_parquet({path_list(root, paths)}, union_by_name = true, filename = 'landed_path')"
    present = {str(row[0]) for row in connection.execute(f"describe select * from {relation}").fetchall()}
    columns = [
        f"facts.{column.name}" if column.name in present else f"cast(null as varchar) as {column.name}"
        for column in feed.fact_columns
    ]
    columns += ["files.load_id", "files.file_ordinal", "facts.delivered_row", "files.source as delivered_by"]
    # One file of facts stands for every delivery that gave the same bytes.
    return (
        f"select {', '.join(columns)} from {relation} as facts inner join {SCHEMA}.files as files "
        f"on facts.landed_path = concat({literal(f'{root}/')}, files.facts_path) "
        f"and files.feed = {literal(feed.name)} and files.outcome = 'loaded' and files.load_id > {since_load}"
    )


def _create_rejects(
    connection: duckdb.DuckDBPyConnection, root: Path, files: Sequence[IndexedFile], since_load: int, always: frozenset[str]
) -> None:
    paths = [file.rejects_path for file in files if file.rejects_path and file.outcome == "loaded"]
    types = ("varchar", "integer", "integer", "bigint", "varchar", "varchar", "varchar")
    columns = ", ".join(f"{name} {data_type}" for name, data_type in zip(REJECT_COLUMNS, types, strict=True))
    connection.execute(f"create table {SCHEMA}.rejects ({columns})")
    if paths:
        whole = ", ".join(map(literal, sorted(always))) or "''"
        connection.execute(
            f"insert into {SCHEMA}.rejects select files.feed, files.load_id, files.file_ordinal, rejects.file_row, rejects.raw, "
            f"rejects.reason, rejects.sentence from read_parquet({path_list(root, paths)}, filename = 'landed_path') as rejects "
            f"inner join {SCHEMA}.files as files on rejects.landed_path = concat({literal(f'{root}/')}, files.rejects_path) "
            f"and files.outcome = 'loaded' and (files.load_id > {since_load} or files.feed in ({whole}))"
        )


def _place(value: str) -> list[str]:
    return [
        f"cast({value} as integer) as load_id",
        f"cast({value} as integer) as file_ordinal",
        f"cast({value} as bigint) as delivered_row",
        f"cast({value} as varchar) as delivered_by",
    ]
