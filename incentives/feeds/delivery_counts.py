"""Where the rows of a load ended, counted when it lands, by the staging models themselves.

A row's end depends on what was delivered before under its key, so earlier rows are read too, but only those whose
keys the load brought. The counts are those that a build after this load shows; later loads may supersede rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from incentives.errors import OutsideError
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.columns import ColumnType, Feed
from incentives.feeds.contracts import FEEDS
from incentives.feeds.dbt_files import project_dir
from incentives.feeds.staging_columns import DEFAULT_VALUES
from incentives.feeds.staging_sql import SPAN_RULES
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

    from incentives.feeds.model_rendering import ModelRenderer

# Types whose typed values are equal exactly when their texts are.
_SPELLED_ONE_WAY = (ColumnType.TEXT, ColumnType.ENUM, ColumnType.DATE, ColumnType.CURRENCY)
MEMORY_LIMIT = "1GB"
# So few rows of a load are compared whether or not their key stands twice: a pass of their own would cost more.
FEW_ROWS = 20_000
# So few of all loads do not keep two threads busy.
_ROWS_OF_ONE_THREAD = 100_000
# No stock figure is computed here.
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """Where the rows of one delivered file ended."""

    accepted: int = 0
    duplicate: int = 0
    superseded: int = 0
    quarantined: int = 0

    @property
    def delivered(self) -> int:
        """Rows delivered: every one ended in exactly one place."""
        return self.accepted + self.duplicate + self.superseded + self.quarantined


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows that were quarantined for one reason in one column: how many, the first of them, and what it holds there."""

    reason: str
    column: str
    rows: int
    first_row: int
    value: str


def count_deliveries(ws: Workspace, load_id: int) -> dict[tuple[int, int], DeliveryCounts]:
    """Return the four counts of every file of a load, keyed by load and file.

    Args:
        ws: The workspace; the load is whole in its index.
        load_id: The load.

    Raises:
        OutsideError: There is no room to count; the load stands.
    """
    files = BronzeIndex(ws.bronze_index).files(load_id)
    brought = [file for file in files if file.load_id == load_id]
    feeds = [feed for feed in FEEDS.values() if any(file.feed == feed.name and file.outcome == "loaded" for file in brought)]
    ended = _count_rows(ws, load_id, files, feeds) if feeds else {}
    return {(file.load_id, file.file_ordinal): _counts(file, ended.get(file.file_ordinal, {})) for file in brought}


def usable_rows(ws: Workspace, load_id: int) -> dict[int, frozenset[int]]:
    """Return by file the numbers of a load's rows that were not quarantined."""
    files = BronzeIndex(ws.bronze_index).files(load_id)
    brought = {file.feed for file in files if file.load_id == load_id and file.outcome == "loaded"}
    feeds = [feed for name, feed in FEEDS.items() if name in brought]
    usable: dict[int, set[int]] = {}
    for _, rows in _outcomes(ws, load_id, files, feeds, "file_ordinal, delivered_row", "outcome <> 'quarantined'"):
        for ordinal, number in rows:
            usable.setdefault(int(str(ordinal)), set()).add(int(str(number)))
    return {ordinal: frozenset(numbers) for ordinal, numbers in usable.items()}


def refusals(ws: Workspace, load_id: int) -> tuple[Refusal, ...]:
    """Return why rows of a load were quarantined, counted by reason and column; broken records are not among them."""
    files = BronzeIndex(ws.bronze_index).files(load_id)
    brought = {file.feed for file in files if file.load_id == load_id and file.outcome == "loaded"}
    feeds = [feed for name, feed in FEEDS.items() if name in brought]
    parts = [f"split_part(fault, chr(31), {part})" for part in (1, 2, 3)]
    columns = f"{parts[0]}, {parts[1]}, count(*), min(delivered_row), min_by({parts[2]}, delivered_row)"
    found = _outcomes(ws, load_id, files, feeds, columns, "fault is not null group by 1, 2 order by 3 desc, 1, 2")
    return tuple(
        Refusal(str(reason), str(column), int(str(rows)), int(str(first)), str(value))
        for _, results in found
        for reason, column, rows, first, value in results
    )


def refusal_sentence(refusal: Refusal) -> str:
    """Return a refusal in the words that the quarantine has for it."""
    import duckdb

    from incentives.feeds.sql_rows import literal

    text = _renderer("compared", ()).render_text("select {{ quarantine_sentence('reason', 'place', 'value') }} from refusal")
    row = f"select {literal(refusal.reason)} as reason, {literal(refusal.column)} as place, {literal(refusal.value)} as value"
    with closing(duckdb.connect()) as connection:
        found = connection.execute(f"with refusal as ({row}) {text}").fetchone()
    return refusal.reason if found is None else str(found[0])


def _counts(file: IndexedFile, ended: dict[str, int]) -> DeliveryCounts:
    if file.outcome == "known":
        return DeliveryCounts(duplicate=file.rows_delivered)
    if file.outcome == "set_aside":
        return DeliveryCounts()
    return DeliveryCounts(
        accepted=ended.get("accepted", 0),
        duplicate=ended.get("duplicate", 0),
        superseded=ended.get("superseded", 0),
        quarantined=ended.get("quarantined", 0) + file.rows_rejected,
    )


def _count_rows(ws: Workspace, load_id: int, files: Sequence[IndexedFile], feeds: Sequence[Feed]) -> dict[int, dict[str, int]]:
    """Return how many rows of each file of the load ended where; broken records are not among them."""
    ended: dict[int, dict[str, int]] = {}
    import duckdb

    try:
        for _, rows in _outcomes(ws, load_id, files, feeds, "file_ordinal, outcome, count(*)", "true group by all"):
            for ordinal, outcome, count in rows:
                ended.setdefault(int(str(ordinal)), {})[str(outcome)] = int(str(count))
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise OutsideError(
            f"load {load_id} is landed, but where its rows ended could not be counted: {str(error).splitlines()[0]}",
            where=str(ws.bronze),
            remedy="Make room on the disk; `incentives build` counts them again.",
        ) from error
    return ended


def _outcomes(
    ws: Workspace, load_id: int, files: Sequence[IndexedFile], feeds: Sequence[Feed], columns: str, condition: str
) -> Iterator[tuple[Feed, list[tuple[object, ...]]]]:
    """Yield by feed what a query finds in the outcomes of the load's rows, as the staging models decide them.

    Of many rows only those whose key stands more than once are compared, and kept for it; of every other row its own text
    decides, which is read in one pass that keeps nothing.
    """
    import duckdb

    from incentives.feeds.bronze_views import create_bronze
    from incentives.feeds.config_tables import create_config
    from incentives.feeds.landing import work_folder

    names = {feed.name for feed in feeds}
    compared, alone = _renderer("compared", names), _renderer("alone", ())
    are_few = sum(file.rows_delivered for file in files if file.load_id == load_id) <= FEW_ROWS
    with work_folder(ws) as folder, closing(duckdb.connect()) as connection:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set temp_directory = ?", [str(folder)])
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set TimeZone = 'UTC'")
        if sum(file.rows_delivered for file in files if file.feed in names) <= _ROWS_OF_ONE_THREAD:
            connection.execute("set threads = 1")
        create_bronze(connection, ws.root, [file for file in files if file.feed in names], ())
        create_config(connection, ws.config, _NO_MOMENT)
        connection.execute("create schema compared")
        connection.execute("create schema alone")
        for feed in feeds:
            earlier = any(file.feed == feed.name and file.outcome == "loaded" and file.load_id < load_id for file in files)
            _divide(connection, feed, load_id, earlier, are_few)
            connection.execute(f"create table parsed_{feed.name} as {compared.render(f'parsed_{feed.name}')}")
            ends = (
                "select load_id, file_ordinal, delivered_row, outcome, fault "
                f"from ({compared.render(f'row_outcomes_{feed.name}')}) where load_id = {load_id}"
            )
            if not are_few:
                ends += (
                    " union all select load_id, file_ordinal, delivered_row, "
                    "case when fault is null then 'accepted' else 'quarantined' end as outcome, fault "
                    f"from ({alone.render(f'parsed_{feed.name}')})"
                )
            yield feed, connection.execute(f"select {columns} from ({ends}) where {condition}").fetchall()
            connection.execute(f"drop table parsed_{feed.name}")


def _renderer(schema: str, feeds: Collection[str]) -> ModelRenderer:
    from incentives.feeds.model_rendering import ModelRenderer

    return ModelRenderer(
        project_dir(),
        sources={"bronze": schema, "config": "config"},
        models={f"parsed_{name}": f"parsed_{name}" for name in feeds},
    )


def _divide(connection: duckdb.DuckDBPyConnection, feed: Feed, load_id: int, earlier: bool, are_few: bool) -> None:
    """Create views of the rows that can bear on each other's end, and of the load's rows that stand alone: none where they are few.

    Keys are told apart by a hash of their parts: two that share one are compared in vain, which is harmless.
    """
    parts = f"hash({', '.join(_compared_parts(feed)) or '0'})"
    rows = f"bronze.{feed.name}"
    if are_few:
        of_keys = f"{parts} in (select {parts} from {rows} where load_id = {load_id})"
        before = f" or load_id < {load_id} and {of_keys}" if earlier else ""
        connection.execute(f"create view compared.{feed.name} as select * from {rows} where load_id = {load_id}{before}")
        return
    connection.execute(
        f"create or replace temp table brought as select {parts} as part, count(*) as standing "
        f"from {rows} where load_id = {load_id} group by all"
    )
    before = (
        f" union select {parts} from {rows} where load_id < {load_id} and {parts} in (select part from brought)"
        if earlier
        else ""
    )
    connection.execute(f"create or replace temp table repeated as select part from brought where standing > 1{before}")
    connection.execute(
        f"create view compared.{feed.name} as select * from {rows} "
        f"where load_id <= {load_id} and {parts} in (select part from repeated)"
    )
    connection.execute(
        f"create view alone.{feed.name} as select * from {rows} "
        f"where load_id = {load_id} and {parts} not in (select part from repeated)"
    )


def _compared_parts(feed: Feed) -> list[str]:
    """Return the key's parts within which rows bear on each other, as far as their text tells.

    Where records in force are compared with each other, the day on which one begins is no such part.
    """
    return [
        name
        for name in feed.key
        if feed.column(name).type in _SPELLED_ONE_WAY
        and (feed.name, name) not in DEFAULT_VALUES
        and not (feed.name in SPAN_RULES and feed.column(name).type is ColumnType.DATE)
    ]
