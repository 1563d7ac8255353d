"""What an increment changed of the marts, kept beside the warehouse so that a snapshot is brought up as the warehouse was.

The file stands for one step, from the build of one load to that of a later one by the same code. It is written before the
warehouse is: a step that was not taken is taken again, and changes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from incentives.duckdb_format import VERSION
from incentives.feeds.sql_rows import literal
from incentives.warehouse.database import drop_log
from incentives.warehouse.increments.compiled import BuildState, CompiledModel
from incentives.warehouse.increments.merge import COMPARED, REPLACED, replaced_keys
from incentives.warehouse.increments.scratch import SCRATCH

MARTS = "marts"


def keep_changes(
    connection: duckdb.DuckDBPyConnection, models: Mapping[str, CompiledModel], path: Path, since_load: int, state: BuildState
) -> None:
    """Write the rows by which marts change: tables `removed.<mart>` of their keys, `added.<mart>` of whole rows, and `step`, what they lead to.

    Args:
        connection: To the increment's database, worked out and nothing merged yet.
        models: The models of the warehouse.
        path: The file; one that is there is replaced.
        since_load: The last load of the warehouse of before.
        state: What it will hold.
    """
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    drop_log(unfinished)
    connection.execute(f"attach {literal(str(unfinished))} as changes (storage_version '{VERSION}')")
    for schema in ("removed", "added"):
        connection.execute(f"create schema changes.{schema}")
    for name, key in COMPARED.items():
        if models[name].schema == MARTS:
            connection.execute(
                f"create table changes.removed.{name} as select distinct {', '.join(key)} from {SCRATCH}.removed.{name}"
            )
            connection.execute(f"create table changes.added.{name} as select * from {SCRATCH}.added.{name}")
    for name, column in REPLACED.items():
        if models[name].schema == MARTS:
            connection.execute(f"create table changes.removed.{name} as {replaced_keys(column)}")
            connection.execute(f"create table changes.added.{name} as select * from {SCRATCH}.{MARTS}.{name}")
    connection.execute("create table changes.step (since_load integer, through_load integer, fingerprint varchar)")
    connection.execute("insert into changes.step values (?, ?, ?)", [since_load, state.last_load, state.fingerprint])
    connection.execute("detach changes")
    unfinished.chmod(0o600)
    unfinished.replace(path)
