"""Use case: build the warehouse from what was landed.

The build goes into a file of its own and replaces the last one when it is whole and every test holds; a run
killed at any instant leaves the last one in place. Whether there is anything to do is decided before dbt is
imported.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.bronze_views import loads_through
from incentives.feeds.dbt_files import project_dir
from incentives.policies.load import load_policies, load_policy_texts
from incentives.serving.durable import replace_text, sync_dir, sync_file
from incentives.settings import CONFIG_NAME
from incentives.warehouse.documents import POLICIES, SETTINGS, landed_config, landed_policies, policy_files
from incentives.warehouse.fingerprint import code_fingerprint
from incentives.warehouse.increments.compiled import BuildState
from incentives.warehouse.record import Build, read_build, record_text
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.warehouse.database import Landed

_INCREMENT = "increment"
_GROWTH_MAX, _BYTES_SMALL = 1.5, 64 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def build_warehouse(ws: Workspace, *, now: datetime, full_refresh: bool = False, as_of_load: int | None = None) -> Build:
    """Build the warehouse, unless the last build already holds what was landed.

    Args:
        ws: The workspace.
        now: The moment at which changed policies and settings are landed.
        full_refresh: Build even where nothing changed.
        as_of_load: Build what was known after this load, into a file of its own; the live warehouse stays.

    Returns:
        The build; `changed` is False where the last one still holds.

    Raises:
        BusyError: Another run works on the workspace; names it.
        InputError: A policy has mistakes, or there is no such load.
        CheckFailedError: A test of the warehouse did not hold; the last build stays in place.
    """
    from incentives.services.erased_everywhere import erase_restored

    with ws.writer_lock("build"):
        erase_restored(ws, now)
        if as_of_load is None:
            land_documents(ws, now)
        load_id = _load(ws, as_of_load)
        fingerprint = code_fingerprint(project_dir())
        database, record = _places(ws, as_of_load)
        before = read_build(record, database)
        if before and not full_refresh and (before.last_load, before.fingerprint) == (load_id, fingerprint):
            return before
        inputs = _inputs(ws, load_id, fingerprint)
        if as_of_load is not None or full_refresh:
            return _build(ws, inputs, database, record, "it was asked for")
        incremented = _increment(ws, inputs, database, record)
        return _build(ws, inputs, database, record, incremented) if isinstance(incremented, str) else incremented


def land_documents(ws: Workspace, now: datetime) -> None:
    """Land the configuration and the policies where their text is new, so that everything that decides is a load.

    A policy file that was removed is landed with empty text: its policy is withdrawn.

    Raises:
        DocumentError: A policy has mistakes; nothing is landed.
    """
    from incentives.feeds.landing import land_text

    if ws.policies.is_dir():
        load_policies(ws.policies)
    landed = landed_policies(ws.root, BronzeIndex(ws.bronze_index).files())
    present = policy_files(ws)
    for name in sorted(present.keys() | landed.keys()):
        text = present.get(name, "")
        if landed.get(name) != text:
            land_text(ws, POLICIES, name, text, now=now)
    land_text(ws, SETTINGS, CONFIG_NAME, (ws.root / CONFIG_NAME).read_text(encoding="utf-8"), now=now)


def _load(ws: Workspace, as_of_load: int | None) -> int:
    last = BronzeIndex(ws.bronze_index).last_load()
    if as_of_load is not None and not 1 <= as_of_load <= last:
        raise InputError(f"there is no load {as_of_load}; the last one is {last}.", where=str(ws.bronze_index))
    return last if as_of_load is None else as_of_load


def _places(ws: Workspace, as_of_load: int | None) -> tuple[Path, Path]:
    if as_of_load is None:
        return ws.warehouse, ws.build_record
    return ws.warehouse_dir / f"as_of_{as_of_load}.duckdb", ws.warehouse_dir / f"as_of_{as_of_load}.json"


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What fixes every row of a build: what landed up to a load, and the code."""

    load_id: int
    fingerprint: str
    landed: Landed

    @property
    def build_id(self) -> str:
        """Name of the build that holds them."""
        digest = hashlib.sha256(f"{self.load_id}\n{self.landed.as_of.isoformat()}\n{self.fingerprint}".encode()).hexdigest()
        return f"load-{self.load_id:06d}-{digest[:12]}"

    @property
    def state(self) -> BuildState:
        """What a warehouse of them holds."""
        return BuildState(self.load_id, self.landed.as_of, self.fingerprint)

    def build(
        self, database: Path, models: int, seconds: float, *, increment: int | None = None, full_because: str | None = None
    ) -> Build:
        """Return the build that holds them."""
        return Build(
            build_id=self.build_id,
            last_load=self.load_id,
            as_of=self.landed.as_of,
            fingerprint=self.fingerprint,
            changed=True,
            models=models,
            seconds=seconds,
            database=database,
            increment=increment,
            full_because=full_because,
        )


def _inputs(ws: Workspace, load_id: int, fingerprint: str) -> _Inputs:
    from incentives.warehouse.database import Landed

    files = BronzeIndex(ws.bronze_index).files(load_id)
    loads = loads_through(ws.bronze_index, load_id)
    landed = Landed(
        root=ws.root,
        files=files,
        loads=loads,
        config=landed_config(ws.root, files) or ws.config,
        policies=load_policy_texts(landed_policies(ws.root, files).items()),
        as_of=datetime.fromisoformat(loads[-1].landed_at).astimezone(UTC) if loads else _EPOCH,
    )
    return _Inputs(load_id, fingerprint, landed)


def _increment(ws: Workspace, inputs: _Inputs, database: Path, record: Path) -> Build | str:
    """Bring the last build up to the load, or return why a full build must be made."""
    import duckdb

    from incentives.warehouse.increments.work import TooMuchToIncrementError, held, increment

    started = time.perf_counter()
    spill = ws.warehouse_dir / _INCREMENT
    try:
        state = held(database)
        if state is None:
            return "there is no build to start from"
        if state.fingerprint != inputs.fingerprint:
            return "the product or its models changed"
        if not state.last_load < inputs.load_id:
            return "the last build holds no earlier load"
        # What increments took away leaves room in the file; a full build makes it compact again.
        if database.stat().st_size > _BYTES_SMALL + _GROWTH_MAX * state.compact_bytes:
            return "increments left much room in the warehouse's file"
        # Settings decide about every row.
        if any(file.load_id > state.last_load and file.feed == SETTINGS for file in inputs.landed.files):
            return "a setting changed"
        done = increment(database, inputs.landed, inputs.state, since_load=state.last_load, spill=spill, changes=ws.mart_changes)
    except TooMuchToIncrementError as error:
        return str(error)
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        # A full build also replaces a warehouse that another program holds, and needs less memory at a time.
        return f"the increment was given up: {str(error).splitlines()[0]}"
    finally:
        shutil.rmtree(spill, ignore_errors=True)
    build = inputs.build(database, done.models, time.perf_counter() - started, increment=done.lines)
    replace_text(record, record_text(build))
    return build


def _build(ws: Workspace, inputs: _Inputs, database: Path, record: Path, cause: str) -> Build:
    """Build in full, for a cause, into a file of its own and put it in place."""
    from incentives.warehouse import database as databases
    from incentives.warehouse import dbt_run
    from incentives.warehouse.gaps import refuse_policy_gaps

    started = time.perf_counter()
    building = ws.warehouse_dir / "building" / databases.NAME
    # What was read anew may be less than before: a snapshot of it is copied whole.
    ws.mart_changes.unlink(missing_ok=True)
    databases.create_database(building, inputs.landed)
    with refuse_policy_gaps(building):
        run = dbt_run.build(project_dir(), building, ws.warehouse_dir / "dbt")
    databases.finish(building, run.models, run.tests, inputs.state)
    build = inputs.build(database, len(run.models), time.perf_counter() - started, full_because=cause)
    building.chmod(0o600)
    sync_file(building)
    # The record goes first away and last back: a run killed between the two builds again.
    record.unlink(missing_ok=True)
    # An increment that was killed after its commit may have left the log of it: no part of the new file.
    databases.drop_log(database)
    building.replace(database)
    sync_dir(database.parent)
    replace_text(record, record_text(build))
    return build
