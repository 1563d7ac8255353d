"""Generated retailers as delivered files, landed for real, and every mart that a reader sees built from them.

The rows are those of `support_retailers`, written as a source would write them. Models are built without dbt; row pointers
and counts of deliveries are not among the marts, since they are about the files and not about the business.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
from support_crediting import Retailer
from support_models import PROJECT, build, models_under, reads
from support_staging import Value

from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.bronze_views import loads_through
from incentives.feeds.contracts import FEEDS
from incentives.money import format_minor
from incentives.policies import load_policy_texts
from incentives.services.landing import land
from incentives.warehouse.database import Landed, create_database
from incentives.workspace import Workspace

KEY = "0123456789abcdef0123456789abcdef"
LANDED = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)
UPDATED = datetime(2026, 4, 30, tzinfo=UTC)
ABOUT_DELIVERIES = frozenset({"delivery_counts", "quarantined_rows", "control_totals", "control_total_differences"})
CONFIG = """
[workspace]
id = "000000000000000000000000000000dd"
name = "Maison Test"
time_zone = "Europe/Paris"
pay_currencies = ["EUR"]
house_account_over = 6

[identity]
max_customers_per_identifier = 2

[sources.hub]
feeds = ["*"]
delivers_for = ["*"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""
Text = Mapping[str, str]
File = tuple[str, list[Text]]
Marts = dict[str, list[tuple[object, ...]]]
_RENAMED = {"net_minor": "net_amount", "quantity_milli": "quantity", "rate_e9": "rate"}


def delivered_rows(retailer: Retailer) -> dict[str, list[dict[str, str]]]:
    """Return the rows of each feed as text, each with a moment of its own at which the source last changed it."""
    return {
        feed: [{**_text(row), "source_updated_at": updated(number)} for number, row in enumerate(rows)]
        for feed, rows in retailer.feeds.items()
    }


def updated(number: int) -> str:
    """Return the moment of a record's change of this number, later for a greater one."""
    return f"{(UPDATED + timedelta(seconds=number)).isoformat()}"


def key_of_row(feed: str, row: Text) -> tuple[str, ...]:
    """Return the natural key of a delivered row."""
    return tuple(row.get(column, "") for column in FEEDS[feed].key)


def land_in_loads(root: Path, loads: Iterable[Sequence[File]]) -> Workspace:
    """Make the workspace anew and land each sequence of files (feed, rows) as one load; the test sets INCENTIVES_KEY."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
    ws = Workspace.open(root)
    for load, files in enumerate(loads, 1):
        paths = [_write(root / "sent" / str(load) / f"{feed}-{number}.csv", rows) for number, (feed, rows) in enumerate(files)]
        landed = land(ws, paths, source="hub", now=LANDED + timedelta(minutes=load))
        # A file that is not read would leave its feed untested.
        assert {file.outcome for file in landed.files} <= {"loaded", "known"}, landed.files
    return ws


def built_marts(ws: Workspace, policies: Sequence[str], through_load: int | None = None) -> Marts:
    """Return every row of every mart that is not about deliveries, as of a load; rows in one order."""
    index = BronzeIndex(ws.bronze_index)
    last = index.last_load() if through_load is None else through_load
    database = ws.root / "built" / "warehouse.duckdb"
    landed = Landed(
        root=ws.root,
        files=index.files(last),
        loads=loads_through(ws.bronze_index, last),
        config=ws.config,
        policies=load_policy_texts((f"{number}.yaml", text) for number, text in enumerate(policies)),
        as_of=LANDED,
    )
    create_database(database, landed)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 1")
        build(connection, _models())
        return {
            name: sorted(connection.execute(f"select * from marts.{name}").fetchall(), key=repr)
            for name in _models()
            if name in _names_of_marts()
        }


def differences(before: Marts, after: Marts) -> dict[str, tuple[list[tuple[object, ...]], list[tuple[object, ...]]]]:
    """Return for each mart that differs the rows that only one of the two has."""
    assert before.keys() == after.keys()
    return {
        name: ([row for row in before[name] if row not in after[name]], [row for row in after[name] if row not in before[name]])
        for name in before
        if before[name] != after[name]
    }


@cache
def _names_of_marts() -> frozenset[str]:
    return frozenset(path.stem for path in (PROJECT / "models" / "marts").rglob("*.sql")) - ABOUT_DELIVERIES


@cache
def _models() -> tuple[str, ...]:
    """Return the models that these marts are made of, each after those that it reads."""
    paths = {path.stem: path for path in (PROJECT / "models").rglob("*.sql")}
    needed = set(_names_of_marts())
    waiting = list(needed)
    while waiting:
        for read in reads(paths[waiting.pop()]) & paths.keys():
            if read not in needed:
                needed.add(read)
                waiting.append(read)
    return tuple(name for name in models_under("staging", "intermediate", "marts") if name in needed)


def _write(path: Path, rows: Sequence[Text]) -> Path:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(buffer.getvalue(), encoding="utf-8")
    return path


def _text(row: Mapping[str, Value]) -> dict[str, str]:
    return {
        _RENAMED.get(name, name): _value(name, value, str(row.get("currency", "")))
        for name, value in row.items()
        if value is not None
    }


def _value(name: str, value: Value, currency: str) -> str:
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    if name == "net_minor" and isinstance(value, int):
        return format_minor(value, currency)
    if name in ("quantity_milli", "rate_e9") and isinstance(value, int):
        digits = 3 if name == "quantity_milli" else 9
        sign, whole = ("-" if value < 0 else ""), abs(value)
        return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}d}"
    return re.sub(r"^t_(\w+)$", r"\1@example.com", str(value))
