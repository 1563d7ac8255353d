"""Deliveries by hand through the staging models themselves, in memory, without landing and without dbt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import duckdb

from incentives.feeds.columns import Feed
from incentives.feeds.config_tables import create_config
from incentives.feeds.contracts import FEEDS
from incentives.feeds.dbt_files import project_dir
from incentives.feeds.model_rendering import ModelRenderer
from incentives.feeds.sql_rows import insert_rows
from incentives.settings import Config

CONFIG = Config.model_validate(
    {
        "workspace": {"id": "0" * 32, "name": "Test", "time_zone": "Europe/Paris"},
        "sources": {
            "till": {"feeds": ["*"]},
            "paris": {"feeds": ["*"], "time_zone": "Europe/Paris"},
            "hub": {"feeds": ["*"], "delivers_for": ["shop", "till"]},
            "any": {"feeds": ["*"], "delivers_for": ["*"]},
        },
        "pay_groups": {"fr": {"legal_entity": "Test", "country": "FR", "currency": "EUR"}},
    }
)
Text = str | None
Place = tuple[int, int, int]


@dataclass(frozen=True)
class Delivered:
    """One delivered row: who delivered it, in which load, and its texts by column."""

    values: Mapping[str, Text]
    load_id: int = 1
    file_ordinal: int = 1
    by: str = "till"


@contextmanager
def staged(feed_name: str, rows: Iterable[Delivered]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database with the four staging relations of a feed; delivered rows are numbered from 1 in their order."""
    feed = FEEDS[feed_name]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        _create_bronze(connection, feed, list(rows))
        create_config(connection, CONFIG, datetime(2026, 4, 1, tzinfo=UTC))
        connection.execute("create schema staging")
        for model, statement in _statements(feed_name).items():
            connection.execute(f"create table staging.{model} as {statement}")
        yield connection


def outcomes(feed_name: str, rows: Iterable[Delivered]) -> list[str]:
    """Return where each delivered row ended, in the order of the rows."""
    with staged(feed_name, rows) as connection:
        return [
            str(outcome)
            for (outcome,) in connection.execute(
                f"select outcome from staging.row_outcomes_{feed_name} order by delivered_row"
            ).fetchall()
        ]


def reasons(feed_name: str, rows: Iterable[Delivered]) -> list[str | None]:
    """Return the reason for which each delivered row was refused, None where it was not."""
    with staged(feed_name, rows) as connection:
        return [
            reason
            for (reason,) in connection.execute(
                f"select quarantine.reason from staging.row_outcomes_{feed_name} as ended "
                f"left join staging.quarantine_{feed_name} as quarantine using (load_id, file_ordinal, delivered_row) order by delivered_row"
            ).fetchall()
        ]


def in_force(feed_name: str, rows: Iterable[Delivered], columns: str) -> list[tuple[object, ...]]:
    """Return columns of the records in force, in the order in which they were delivered."""
    with staged(feed_name, rows) as connection:
        return connection.execute(f"select {columns} from staging.stg_{feed_name} order by delivered_row").fetchall()


@cache
def _statements(feed_name: str) -> dict[str, str]:
    """Return the SQL of the feed's models in the order in which they read each other."""
    models = {f"{kind}_{feed_name}": f"staging.{kind}_{feed_name}" for kind in ("parsed", "row_outcomes", "stg", "quarantine")}
    renderer = ModelRenderer(project_dir(), sources={"bronze": "bronze", "config": "config"}, models=models)
    return {model: renderer.render(model) for model in models}


def _create_bronze(connection: duckdb.DuckDBPyConnection, feed: Feed, rows: list[Delivered]) -> None:
    names = [column.name for column in feed.fact_columns]
    unknown = {name for row in rows for name in row.values} - set(names)
    assert not unknown, f"{feed.name} has no {unknown}"
    connection.execute("create schema bronze")
    columns = ", ".join(f"{name} varchar" for name in names)
    connection.execute(
        f"create table bronze.{feed.name} ({columns}, load_id integer, file_ordinal integer, delivered_row bigint, delivered_by varchar)"
    )
    insert_rows(
        connection,
        f"bronze.{feed.name}",
        [
            (*(row.values.get(name) for name in names), row.load_id, row.file_ordinal, number, row.by)
            for number, row in enumerate(rows, 1)
        ],
    )
    connection.execute(
        "create table bronze.rejects (feed varchar, load_id integer, file_ordinal integer, delivered_row bigint, raw varchar, reason varchar, sentence varchar)"
    )
    connection.execute(
        "create table bronze.files (load_id integer, file_ordinal integer, source varchar, feed varchar, file_name varchar, delivered_sha256 varchar, outcome varchar)"
    )
