"""Makes the DuckDB file that dbt builds in: what was landed as views, configuration and policies as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb

from incentives.feeds.bronze_index import IndexedFile
from incentives.feeds.bronze_views import Load, create_bronze
from incentives.feeds.config_tables import create_config
from incentives.feeds.locked_divisions import create_locked_divisions
from incentives.feeds.sql_rows import insert_rows
from incentives.policies.compile import policy_tables, policy_tables_ddl
from incentives.policies.load import PolicyVersion
from incentives.warehouse.increments.compiled import BuildState, CompiledModel, keep_models
from incentives.warehouse.increments.staging import WHOLE_FEEDS
from incentives.workspace import Config

# The file's stem is the catalogue's name inside views: a file of another name could not read them.
NAME = "warehouse.duckdb"


def create_database(
    database: Path,
    *,
    root: Path,
    files: Sequence[IndexedFile],
    loads: Sequence[Load],
    config: Config,
    policies: Sequence[PolicyVersion],
    as_of: datetime,
    since_load: int = 0,
) -> None:
    """Create the file of a build with schemas bronze and config; a file left by a killed run is replaced.

    With `since_load` its feeds show only what later loads brought, those apart whose records are compared with each other.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    for left_over in (database, database.with_name(f"{database.name}.wal")):
        left_over.unlink(missing_ok=True)
    with closing(duckdb.connect(str(database))) as connection:
        create_bronze(connection, root, files, loads, since_load=since_load, always=WHOLE_FEEDS)
        create_config(connection, config, as_of)
        create_locked_divisions(connection, root, files)
        for statement in policy_tables_ddl():
            connection.execute(statement)
        for table, rows in policy_tables(policies).items():
            insert_rows(connection, f"config.{table}", rows)


def finish(database: Path, models: Iterable[CompiledModel], tests: Iterable[CompiledModel], state: BuildState) -> None:
    """Keep what an increment needs of a full build, and bring everything into the one file, so that it can be moved."""
    with closing(duckdb.connect(str(database))) as connection:
        keep_models(connection, models, tests, state)
        connection.execute("force checkpoint")
