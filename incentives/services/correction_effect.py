"""What a correction would change, before it is sent: credits and payouts as they are, and as they would be.

The record is landed in a copy of the workspace and a warehouse is built from it, so it is read, refused and credited by the same code as the
real one will be. Nothing of the workspace changes.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from incentives.errors import InputError
from incentives.periods import Period
from incentives.services.built_apart import built_apart, last_build
from incentives.services.landing import land
from incentives.services.trial_payouts import Payer, worth
from incentives.settings import CONFIG_NAME
from incentives.workspace import Workspace

# What of a workspace landing and building read; personal data is not among it.
_READ = ("bronze/facts", "bronze/rejects", "policies", "mappings", "plans")
_CREDITS = "select source, order_id, line_id, role, recipient, currency, earned_date, credit_minor from {side}.marts.fct_credits"
_CHANGED = f"""
with before as ({_CREDITS.format(side="one")} except all {_CREDITS.format(side="other")}),
after as ({_CREDITS.format(side="other")} except all {_CREDITS.format(side="one")}),
both_sides as (
    select *, credit_minor as was, 0 as becomes from before union all select *, 0, credit_minor from after
)
select source, order_id, line_id, role, recipient, currency, earned_date, sum(was)::bigint, sum(becomes)::bigint
from both_sides group by all having sum(was) <> sum(becomes) order by all
"""


@dataclass(frozen=True, slots=True)
class CreditEffect:
    """One line's credit of one recipient in one role, minor units, as it is and as it would be; `house` is nobody."""

    source: str
    order_id: str
    line_id: str
    role: str | None
    recipient: str
    currency: str
    earned_date: date
    was_minor: int
    becomes_minor: int


@dataclass(frozen=True, slots=True)
class PayEffect:
    """What a period is worth to a person by the plans of today, minor units, as it is and as it would be."""

    period: str
    associate_id: str
    currency: str
    was_minor: int
    becomes_minor: int


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything that a correction changes."""

    credits: tuple[CreditEffect, ...]
    payouts: tuple[PayEffect, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Whose credit or pay would change."""
        named = {one.recipient for one in self.credits} | {one.associate_id for one in self.payouts}
        return tuple(sorted(named - {"house"}))


def csv_text(row: Mapping[str, str]) -> str:
    """Return one record as a delivered file holds it."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return buffer.getvalue()


def effect_of(ws: Workspace, source: str, feed: str, row: Mapping[str, str], *, now: datetime) -> Effect:
    """Return what one record would change if a source delivered it now.

    Args:
        ws: The workspace; it is read only.
        source: Who would deliver it.
        feed: Of which feed it is.
        row: Its columns.
        now: The moment of its landing.

    Raises:
        InputError: The last build is not of today's loads and rules, or the record would be refused.
        CheckFailedError: A model could not be built.
    """
    build = last_build(ws)
    with _copy(ws) as copy:
        file = copy.inbox / source / f"{feed}-correction.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(csv_text(row), encoding="utf-8")
        report = land(copy, [file], now=now)
        if report.load_id is None or report.files[0].accepted != 1:
            why = report.files[0].sentence or "the source said something newer, or the same, before"
            raise InputError(f"the record would not count: {why}.", where=f"{source}, {feed}")
        with built_apart(copy, report.load_id, with_locked=True) as corrected:
            return Effect(*_compared(ws, build.database, corrected))


@contextmanager
def _copy(ws: Workspace) -> Iterator[Workspace]:
    """Give a workspace with the same bronze: the files are shared, the index is its own."""
    ws.warehouse_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="correction-", dir=ws.warehouse_dir) as folder:
        root = Path(folder)
        for name in _READ:
            if (ws.root / name).is_dir():
                shutil.copytree(ws.root / name, root / name, copy_function=_share)
        for path in (ws.bronze_index, ws.root / CONFIG_NAME):
            (root / path.relative_to(ws.root)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, root / path.relative_to(ws.root))
        parsed = Path("dbt") / "target" / "partial_parse.msgpack"
        if (ws.warehouse_dir / parsed).is_file():
            (root / "warehouse" / parsed).parent.mkdir(parents=True)
            shutil.copyfile(ws.warehouse_dir / parsed, root / "warehouse" / parsed)
        yield Workspace.open(root)


def _share(source: str, target: str) -> None:
    """Share a facts file, which never changes; copy what is written in place."""
    if Path(source).suffix == ".parquet":
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def _compared(ws: Workspace, before: Path, after: Path) -> tuple[tuple[CreditEffect, ...], tuple[PayEffect, ...]]:
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach '{before}' as one (read_only)")
        connection.execute(f"attach '{after}' as other (read_only)")
        credits_changed = tuple(CreditEffect(*row) for row in connection.execute(_CHANGED).fetchall())
    calendars = {group.calendar for group in ws.config.pay_groups.values()}
    days = {one.earned_date for one in credits_changed}
    payouts: list[PayEffect] = []
    for period in sorted({Period.containing(day, calendar) for day in days for calendar in calendars}):
        was, becomes = ({(who, code): minor for who, code, minor in _worth(ws, side, period)} for side in (before, after))
        payouts += [
            PayEffect(period.label, *key, was.get(key, 0), becomes.get(key, 0))
            for key in sorted(was.keys() | becomes.keys())
            if was.get(key, 0) != becomes.get(key, 0)
        ]
    return credits_changed, tuple(payouts)


def _worth(ws: Workspace, database: Path, period: Period) -> list[tuple[str, str, int]]:
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        found: dict[tuple[str, str], int] = {}
        for who, currency, minor in worth(Payer.of(ws, connection, period).payouts(connection)):
            found[who, currency] = found.get((who, currency), 0) + minor
    return [(*key, minor) for key, minor in found.items()]
