"""Makes the DuckDB file that dbt builds in: what was landed as views, configuration and policies as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from incentives.duckdb_format import NEW_FILE
from incentives.feeds.bronze_index import IndexedFile
from incentives.feeds.bronze_views import Load, create_bronze
from incentives.feeds.config_tables import create_config
from incentives.feeds.locked_divisions import create_locked_divisions
from incentives.feeds.sql_rows import insert_rows
from incentives.policies.compile import policy_tables, policy_tables_ddl
from incentives.policies.load import PolicyVersion
from incentives.settings import Config
from incentives.warehouse.increments.compiled import BuildState, CompiledModel, keep_models, keep_state
from incentives.warehouse.increments.staging import WHOLE_FEEDS

# The file's stem is the catalogue's name inside views: a file of another name could not read them.
NAME = "warehouse.duckdb"
# What DuckDB may hold in memory while it builds; the rest goes to disk. dbt's profile says the same.
MEMORY_VARIABLE, MEMORY_MAX = "INCENTIVES_DUCKDB_MEMORY", "5GB"


@dataclass(frozen=True, slots=True)
class Landed:
    """Everything that decides the rows of a build.

    Attributes:
        root: The workspace's folder, to which the files' paths are relative.
        files: What landed.
        loads: The loads that brought it.
        config: The configuration that landed last.
        policies: The policies that landed last.
        as_of: When the last load was landed.
    """

    root: Path
    files: Sequence[IndexedFile]
    loads: Sequence[Load]
    config: Config
    policies: Sequence[PolicyVersion]
    as_of: datetime


def create_database(database: Path, landed: Landed) -> None:
    """Create the file of a build with schemas bronze and config; a file left by a killed run is replaced."""
    database.parent.mkdir(parents=True, exist_ok=True)
    database.unlink(missing_ok=True)
    drop_log(database)
    with closing(duckdb.connect(str(database), config=NEW_FILE)) as connection:
        fill_database(connection, landed)


def drop_log(database: Path) -> None:
    """Remove what a killed run wrote beside a DuckDB file: whoever opens another file of that name would apply it to that."""
    for log in database.parent.glob(f"{database.name}.wal*"):
        log.unlink()


def fill_database(connection: duckdb.DuckDBPyConnection, landed: Landed, *, since_load: int = 0) -> None:
    """Create schemas bronze and config in an empty database.

    With `since_load` its feeds show only what later loads brought, those apart whose records are compared with each other.
    """
    create_bronze(connection, landed.root, landed.files, landed.loads, since_load=since_load, always=WHOLE_FEEDS)
    create_config(connection, landed.config, landed.as_of)
    create_locked_divisions(connection, landed.root, landed.files)
    for statement in policy_tables_ddl():
        connection.execute(statement)
    for table, rows in policy_tables(landed.policies).items():
        insert_rows(connection, f"config.{table}", rows)


def finish(database: Path, models: Iterable[CompiledModel], tests: Iterable[CompiledModel], state: BuildState) -> None:
    """Keep what an increment needs of a full build, and bring everything into the one file, so that it can be moved."""
    with closing(duckdb.connect(str(database))) as connection:
        keep_models(connection, models, tests, state)
        connection.execute("force checkpoint")
        keep_state(connection, replace(state, compact_bytes=database.stat().st_size))
        connection.execute("force checkpoint")
