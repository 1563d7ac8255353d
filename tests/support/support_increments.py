"""Increments beside full builds of the same loads, both without dbt: the same selects, rendered by Jinja alone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path

import duckdb
from support_arrivals import LANDED
from support_models import PROJECT, models_under, render

from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.bronze_views import loads_through
from incentives.policies import load_policy_texts
from incentives.warehouse.database import Landed, create_database, finish
from incentives.warehouse.increments.compiled import BuildState, CompiledModel
from incentives.warehouse.increments.merge import LOOKED_UP
from incentives.warehouse.increments.work import Increment, increment
from incentives.workspace import Workspace

FINGERPRINT = "the selects of this checkout"
Rows = dict[str, tuple[list[tuple[object, ...]], list[tuple[object, ...]]]]


def full_build(ws: Workspace, database: Path, policies: Sequence[str], through_load: int) -> None:
    """Build everything that landed up to a load into a file that can be incremented."""
    create_database(database, _landed(ws, policies, through_load))
    with closing(duckdb.connect(str(database))) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 1")
        for schema in ("staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        for seed in (PROJECT / "seeds").glob("*.csv"):
            connection.execute(f"create table marts.{seed.stem} as select * from read_csv('{seed}')")
        for model in compiled_models():
            connection.execute(f"create {'view' if model.is_view else 'table'} {model.schema}.{model.name} as {model.sql}")
    finish(database, compiled_models(), [], _state(through_load))


def bring_up(ws: Workspace, database: Path, policies: Sequence[str], since_load: int, through_load: int) -> Increment:
    """Bring a built file up to a later load."""
    landed = _landed(ws, policies, through_load)
    beside = database.parent
    return increment(
        database,
        landed,
        _state(through_load),
        since_load=since_load,
        spill=beside / "spilled",
        changes=beside / "changes.duckdb",
    )


def different_rows(one: Path, other: Path) -> Rows:
    """Return for each table that differs the rows that only the one and only the other has."""
    found: Rows = {}
    with closing(duckdb.connect(config={"threads": "1"})) as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'other' "
            "and schema_name in ('staging', 'intermediate', 'marts', 'config') order by all"
        ).fetchall()
        for schema, name in names:
            if name in LOOKED_UP:
                continue
            sides = [f"select * from {side}.{schema}.{name}" for side in ("one", "other")]
            only = tuple(connection.execute(f"{mine} except all {yours}").fetchall() for mine, yours in (sides, reversed(sides)))
            if any(only):
                found[str(name)] = (only[0], only[1])
    return found


@cache
def compiled_models() -> tuple[CompiledModel, ...]:
    """Return every model of the project as dbt compiles it; what is ephemeral stands inside its readers."""
    paths = {path.stem: path for path in (PROJECT / "models").rglob("*.sql")}
    ephemeral = {name for name, path in paths.items() if path.parts[-3:-1] == ("intermediate", "dimensions")}
    found = []
    for name in models_under("staging", "intermediate", "marts"):
        if name in ephemeral:
            continue
        sql = render(name)
        for inner in ephemeral:
            sql = sql.replace(f"intermediate.{inner}", f"({render(inner)})")
        is_view = "materialized='view'" in paths[name].read_text() or paths[name].parts[-2] in ("config", "deliveries")
        found.append(CompiledModel(name, paths[name].relative_to(PROJECT / "models").parts[0], is_view, sql, ()))
    # Ordered already; no model is said to read another, so that their order stays.
    return tuple(found)


def _landed(ws: Workspace, policies: Sequence[str], through_load: int) -> Landed:
    return Landed(
        root=ws.root,
        files=BronzeIndex(ws.bronze_index).files(through_load),
        loads=loads_through(ws.bronze_index, through_load),
        config=ws.config,
        policies=load_policy_texts((f"{number}.yaml", text) for number, text in enumerate(policies)),
        as_of=LANDED + timedelta(minutes=through_load),
    )


def _state(load: int) -> BuildState:
    return BuildState(load, LANDED + timedelta(minutes=load), FINGERPRINT)
