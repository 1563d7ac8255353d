"""Divisions of order lines that a locked cycle froze: landed like a delivery, read by every later build.

The cycle's own manifest keeps them too; here they are a load, so that (loads, code) still fixes every row of a build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb

from incentives.feeds.bronze_files import put, sync_folders
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.landing import WORKSPACE_SOURCE, work_folder
from incentives.feeds.sql_rows import literal
from incentives.workspace import Workspace

FEED = "locked_divisions"
_RESTATED = ".restated-"
COLUMNS = {
    "source": "varchar",
    "order_id": "varchar",
    "line_id": "varchar",
    "role": "varchar",
    "role_order": "bigint",
    "recipient": "varchar",
    "reason": "varchar",
    "share_e12": "bigint",
    "cycle": "varchar",
    "last_load": "integer",
}


def land_locked_divisions(
    ws: Workspace, divisions: Path, cycle: str, window: tuple[str, str], last_load: int, now: datetime, *, restated: int = 0
) -> int | None:
    """Land how the sales that a cycle pays were divided, once for each cycle and each restatement that divides them anew.

    The caller holds the writer's lock.

    Args:
        ws: The workspace.
        divisions: The manifest's Parquet file of divisions.
        cycle: `period/pay group`.
        window: First earned day of the cycle's period, and the first after it, as ISO 8601.
        last_load: The load that the cycle was calculated from.
        now: The moment of landing.
        restated: The number of the restatement; 0 of the lock itself.

    Returns:
        The number of the new load, or None where the cycle's divisions landed before.
    """
    index = BronzeIndex(ws.bronze_index)
    name = file_name(cycle, restated)
    if index.last_text(FEED, name) is not None:
        return None
    with work_folder(ws) as folder:
        temporary = folder / "divisions.parquet"
        rows = _write(divisions, temporary, cycle, window, last_load)
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
        size = temporary.stat().st_size
        final = ws.bronze / "facts" / FEED / f"{digest}.parquet"
        facts_sha256 = put(temporary, final)
    sync_folders([final], ws.root)
    row = IndexedFile(
        load_id=index.last_load() + 1,
        file_ordinal=1,
        source=WORKSPACE_SOURCE,
        feed=FEED,
        file_name=name,
        delivered_sha256=digest,
        delivered_bytes=size,
        outcome="loaded",
        rows_delivered=rows,
        facts_path=final.relative_to(ws.root).as_posix(),
        facts_sha256=facts_sha256,
    )
    index.add_load(row.load_id, now, [row])
    return row.load_id


def file_name(cycle: str, restated: int = 0) -> str:
    """Return the name under which the divisions of a cycle, `period/pay group`, or of one of its restatements land."""
    return f"{cycle.replace('/', '-')}{f'{_RESTATED}{restated}' if restated else ''}.parquet"


def is_of(file: IndexedFile, cycle: str) -> bool:
    """Return whether a file holds divisions that a cycle froze, at its lock or by a restatement."""
    stem = cycle.replace("/", "-")
    return file.feed == FEED and (file.file_name == f"{stem}.parquet" or file.file_name.startswith(f"{stem}{_RESTATED}"))


def create_locked_divisions(connection: duckdb.DuckDBPyConnection, root: Path, files: Sequence[IndexedFile]) -> None:
    """Create table `config.locked_divisions`: of lines that several cycles froze, the first freeze alone, unless a restatement took its place."""
    columns = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS.items())
    connection.execute(f"create table config.locked_divisions ({columns})")
    for file in files:
        if file.feed == FEED and file.outcome == "loaded" and file.facts_path is not None:
            if _RESTATED in file.file_name:
                connection.execute(
                    "delete from config.locked_divisions where (source, order_id, line_id) in "
                    f"(select (source, order_id, line_id) from read_parquet({literal(str(root / file.facts_path))}))"
                )
            connection.execute(
                f"insert into config.locked_divisions select frozen.* from read_parquet({literal(str(root / file.facts_path))}) as frozen "
                "where not exists (select 1 from config.locked_divisions as before where before.source = frozen.source "
                "and before.order_id = frozen.order_id and before.line_id = frozen.line_id)"
            )


def _write(divisions: Path, target: Path, cycle: str, window: tuple[str, str], last_load: int) -> int:
    """Write the sales of a window in the order of their lines and return how many rows they have."""
    with closing(duckdb.connect()) as connection:
        written = connection.execute(
            f"copy (select source, order_id, line_id, role, cast(role_order as bigint) as role_order, recipient, reason, "
            f"cast(share_e12 as bigint) as share_e12, {literal(cycle)} as cycle, cast({last_load} as integer) as last_load "
            f"from read_parquet({literal(str(divisions))}) where line_kind = 'sale' "
            f"and earned_date >= date {literal(window[0])} and earned_date < date {literal(window[1])} "
            f"order by source, order_id, line_id, role_order, recipient) to {literal(str(target))} (format parquet, compression zstd)"
        ).fetchone()
    return int(written[0]) if written else 0
