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

from incentives.feeds.bronze_index import BronzeIndex
from incentives.workspace import Workspace

MARTS = "marts"
# What DuckDB may hold while it copies; the rest goes to disk.
_MEMORY_MAX = "2GB"


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
    with closing(duckdb.connect(str(target), config={"memory_limit": _MEMORY_MAX})) as connection:
        connection.execute(f"attach {_literal(str(warehouse))} as warehouse (read_only)")
        connection.execute(f"create schema {MARTS}")
        views = _views_of_marts(connection)
        tables = connection.execute(
            "select table_name from information_schema.tables where table_catalog = 'warehouse' and table_schema = ? order by 1",
            [MARTS],
        ).fetchall()
        for (table,) in tables:
            if table in views:
                continue
            name = _identifier(str(table))
            connection.execute(f"create table {MARTS}.{name} as select * from warehouse.{MARTS}.{name}")
        connection.execute(
            f"create or replace table {MARTS}.snapshot_info (publication varchar, build_id varchar, last_load integer, "
            "as_of timestamp, published_at timestamp, code_fingerprint varchar)"
        )
        connection.execute(
            f"insert into {MARTS}.snapshot_info values (?, ?, ?, ?, ?, ?)",
            [info.publication, info.build_id, info.last_load, info.as_of, info.published_at, info.code_fingerprint],
        )
        connection.execute("detach warehouse")
        for name, select in views.items():
            connection.execute(f"create view {MARTS}.{_identifier(name)} as {select}")
        connection.execute("checkpoint")


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
    with closing(duckdb.connect(str(target))) as connection:
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
