"""Full builds for tests that are about something else: dbt's own compiled selects and tests, run without dbt.

dbt builds once for a checkout and a run of the tests; its selects and tests, and the statements that made its tables, are kept in
the run's folder for caches. What builds by dbt every time: a block `by_dbt()`, a test that uses `dbt_itself`, and commands that are run `by_dbt`.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from support_models import PROJECT

from incentives.errors import CheckFailedError
from incentives.warehouse import dbt_run
from incentives.warehouse.database import NAME
from incentives.warehouse.dbt_run import DbtRun
from incentives.warehouse.increments.compiled import CompiledModel
from incentives.warehouse.parsed_project import parsed_name

BY_DBT: Callable[..., DbtRun] = dbt_run.build


@dataclass(frozen=True)
class Kept:
    """A build by dbt: what it ran, and the statement that makes each table, with its types and constraints."""

    run: DbtRun
    tables: dict[str, str]


@contextmanager
def by_dbt() -> Iterator[None]:
    """Build by dbt inside the block, as the product does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_run, "build", BY_DBT)
        yield


def build_compiled(project: Path, database: Path, work: Path, *, tests: bool = True) -> DbtRun:
    """Build as `dbt_run.build` does; by dbt where this run of the tests did not build this project before."""
    path = Path(os.environ["XDG_CACHE_HOME"]) / "built" / f"{parsed_name(project, Path(NAME))}.pickle"
    if not path.is_file():
        run = BY_DBT(project, database, work, tests=tests)
        if tests:
            _keep(path, Kept(run, table_statements(database)))
        return run
    kept: Kept = pickle.loads(path.read_bytes())
    with closing(duckdb.connect(str(database))) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        # Of so few rows two threads wait for each other longer than they work.
        connection.execute("set threads = 1")
        for schema in ("staging", "intermediate", "marts"):
            connection.execute(f"create schema if not exists {schema}")
        for seed in (PROJECT / "seeds").glob("*.csv"):
            connection.execute(kept.tables[f"marts.{seed.stem}"])
            connection.execute(f"copy marts.{seed.stem} from '{seed}' (header)")
        for model in kept.run.models:
            _make(connection, model, kept)
        failed = [problem for test in kept.run.tests if tests and (problem := _problem(connection, test))]
    if failed:
        raise CheckFailedError(
            f"what the warehouse must hold does not hold: {'; '.join(failed)}.", where="build", remedy="See the test's name."
        )
    return kept.run if tests else DbtRun(kept.run.models, ())


def table_statements(database: Path) -> dict[str, str]:
    """Return the statement that makes each table of a warehouse, by schema and name."""
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name, sql from duckdb_tables() where schema_name in ('staging', 'intermediate', 'marts')"
        ).fetchall()
    return {str(name): str(sql) for name, sql in rows}


def _make(connection: duckdb.DuckDBPyConnection, model: CompiledModel, kept: Kept) -> None:
    place = f"{model.schema}.{model.name}"
    if model.is_view:
        connection.execute(f"create view {place} as {model.sql}")
        return
    connection.execute(kept.tables[place])
    connection.execute(f"insert into {place} by name {model.sql}")


def _problem(connection: duckdb.DuckDBPyConnection, test: CompiledModel) -> str | None:
    row = connection.execute(f"select count(*) from ({test.sql})").fetchone()
    return f"{test.name}: Got {row[0]} results, configured to fail if != 0" if row and row[0] else None


def _keep(path: Path, kept: Kept) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_bytes(pickle.dumps(kept))
    beside.replace(path)
