"""Makes the files of a snapshot: the marts as they stand in the warehouse, and people's names apart from them.

Nothing is computed here. A table of schema `marts` is copied whole; what is not in `marts` never reaches a reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from incentives.duckdb_format import NEW_FILE
from incentives.feeds.bronze_index import BronzeIndex
from incentives.workspace import Workspace

MARTS = "marts"
# What DuckDB may hold while it copies; the rest goes to disk.
_MEMORY_MAX = "2GB"
# Pages ask for one person's rows: they lie together, so that a reader passes over all others; lines are looked up by their moments.
# What an increment brings lies behind them.
_ORDERED = {
    "fct_credits": ("recipient", "earned_date"),
    "fct_credit_touches": ("recipient", "root_line_key"),
    "fct_measures": ("subject_type", "subject_id", "measure", "earned_date"),
    "fct_pay_measures": ("subject_type", "subject_id", "measure", "earned_date"),
    "fct_order_lines": ("ordered_at",),
}


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """What a snapshot says of itself, one row of `marts.snapshot_info`; moments are UTC."""

    publication: str
    build_id: str
    last_load: int
    as_of: datetime
    published_at: datetime
    code_fingerprint: str


def write_results(warehouse: Path, target: Path, info: SnapshotInfo) -> None:
    """Copy every table of schema `marts` into a new DuckDB file, with `marts.snapshot_info`.

    A view that reads marts alone stays one, over the copies: key figures are summed when they are asked for. One that reads what
    no reader gets is copied as a table.
    """
    with closing(_open(target, warehouse)) as connection:
        connection.execute(f"create schema {MARTS}")
        _copy_tables(connection, _tables(connection), info)


@dataclass(frozen=True, slots=True)
class Step:
    """From which load to which an increment's changes of the marts lead, and the fingerprint of the code that both were built by."""

    since_load: int
    through_load: int
    fingerprint: str


def read_step(changes: Path) -> Step | None:
    """Return the step of a file of changes; None where there is none that can be read."""
    if not changes.is_file():
        return None
    try:
        with closing(duckdb.connect(str(changes), read_only=True)) as connection:
            row = connection.execute("select since_load, through_load, fingerprint from step").fetchone()
    except duckdb.Error:
        return None
    return None if row is None else Step(*row)


def bring_up_results(warehouse: Path, results: Path, info: SnapshotInfo, changes: Path) -> None:
    """Make what `write_results` writes of a copy of the results before: big marts by what changed of them, the others whole.

    Args:
        warehouse: The warehouse of now.
        results: The copy, changed in place.
        info: What the snapshot says of itself.
        changes: What the increment changed of the marts since those results.
    """
    with closing(_open(results, warehouse)) as connection:
        connection.execute(f"attach {_literal(str(changes))} as changes (read_only)")
        # In one transaction: each of them would wait for the disk.
        connection.execute("begin transaction")
        for view in _names(connection, "view", "current_database()", MARTS):
            connection.execute(f"drop view {MARTS}.{_identifier(view)}")
        changed = _names(connection, "table", "'changes'", "added")
        for table in _names(connection, "table", "current_database()", MARTS):
            if table in changed:
                _bring_up_table(connection, _identifier(table))
            else:
                connection.execute(f"drop table {MARTS}.{_identifier(table)}")
        connection.execute("commit")
        connection.execute("detach changes")
        _copy_tables(connection, [table for table in _tables(connection) if table not in changed], info)


def _names(connection: duckdb.DuckDBPyConnection, kind: str, catalogue: str, schema: str) -> list[str]:
    """Return the names of a schema's tables or views, in order."""
    rows = connection.execute(
        f"select {kind}_name from duckdb_{kind}s() where database_name = {catalogue} and schema_name = ? and not internal order by 1",
        [schema],
    ).fetchall()
    return [str(name) for (name,) in rows]


def _open(target: Path, warehouse: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(target), config={"memory_limit": _MEMORY_MAX, **NEW_FILE})
    connection.execute(f"attach {_literal(str(warehouse))} as warehouse (read_only)")
    return connection


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of what is copied as a table."""
    views = _views_of_marts(connection)
    names = connection.execute(
        "select table_name from information_schema.tables where table_catalog = 'warehouse' and table_schema = ? order by 1",
        [MARTS],
    ).fetchall()
    return [str(name) for (name,) in names if name not in views]


def _copy_tables(connection: duckdb.DuckDBPyConnection, tables: Sequence[str], info: SnapshotInfo) -> None:
    """Copy tables whole, tell what the snapshot is, and make the views anew."""
    for table in tables:
        name = _identifier(table)
        order = f" order by {', '.join(_ORDERED[table])}" if table in _ORDERED else ""
        connection.execute(f"create table {MARTS}.{name} as select * from warehouse.{MARTS}.{name}{order}")
    connection.execute(
        f"create or replace table {MARTS}.snapshot_info (publication varchar, build_id varchar, last_load integer, "
        "as_of timestamp, published_at timestamp, code_fingerprint varchar)"
    )
    connection.execute(
        f"insert into {MARTS}.snapshot_info values (?, ?, ?, ?, ?, ?)",
        [info.publication, info.build_id, info.last_load, info.as_of, info.published_at, info.code_fingerprint],
    )
    views = _views_of_marts(connection)
    connection.execute("detach warehouse")
    for view, select in views.items():
        connection.execute(f"create view {MARTS}.{_identifier(view)} as {select}")
    connection.execute("checkpoint")


def _bring_up_table(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Take the rows away whose keys are among the removed ones, and add the added ones."""
    keys = [str(row[0]) for row in connection.execute(f"describe changes.removed.{name}").fetchall()]
    same = " and ".join(f"kept.{_identifier(key)} is not distinct from gone.{_identifier(key)}" for key in keys)
    connection.execute(
        f"delete from {MARTS}.{name} where rowid in (select kept.rowid from {MARTS}.{name} as kept semi join changes.removed.{name} as gone on {same})"
    )
    connection.execute(f"insert into {MARTS}.{name} by name select * from changes.added.{name}")


def _views_of_marts(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the selects of the views that read marts alone, each after those that it reads."""
    kept = connection.execute(
        "select 1 from duckdb_tables() where database_name = 'warehouse' and schema_name = 'build' and table_name = 'models'"
    ).fetchone()
    if kept is None:
        return {}
    rows = connection.execute(
        "select name, select_text from warehouse.build.models where is_view and schema_name = ? order by position", [MARTS]
    ).fetchall()
    copied = {str(name) for name, select in rows if any(f'"{schema}".' in select for schema in ("intermediate", "staging"))}
    return {str(name): str(select) for name, select in rows if name not in copied}


def write_contacts(ws: Workspace, target: Path, last_load: int) -> None:
    """Write `associate_names(associate_id, name)`: each person's name as delivered last, up to a load."""
    with closing(duckdb.connect(str(target), config=NEW_FILE)) as connection:
        connection.execute("create table associate_names (associate_id varchar not null, name varchar not null)")
        for facts, personal in _associate_files(ws, last_load):
            # A later delivery wins, and an empty name takes nothing away.
            connection.execute(
                "create or replace temp table delivered as "
                "select facts.associate_id, trim(personal.name) as name "
                f"from read_parquet({_literal(str(facts))}) as facts "
                f"inner join read_parquet({_literal(str(personal))}) as personal using (delivered_row) "
                "where facts.associate_id is not null and trim(personal.name) <> '' "
                "qualify row_number() over (partition by facts.associate_id order by facts.delivered_row desc) = 1"
            )
            connection.execute("delete from associate_names where associate_id in (select associate_id from delivered)")
            connection.execute("insert into associate_names select associate_id, name from delivered order by 1")
        connection.execute("checkpoint")


def _associate_files(ws: Workspace, last_load: int) -> Sequence[tuple[Path, Path]]:
    """Return facts and personal files of the associates feed, in the order of delivery."""
    return [
        (ws.root / file.facts_path, ws.root / file.personal_path)
        for file in BronzeIndex(ws.bronze_index).files(through=last_load)
        if file.feed == "associates" and file.facts_path is not None and file.personal_path is not None
    ]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
