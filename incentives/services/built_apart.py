"""Another warehouse from what has landed: under other policies, or with what was delivered shown otherwise.

It is built by the same code as the real one, in a folder of its own that goes away with the block. Nothing of the
workspace changes, and nobody has to wait for it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.bronze_views import loads_through
from incentives.feeds.dbt_files import project_dir
from incentives.feeds.locked_divisions import FEED, is_of
from incentives.policies.load import PolicyVersion, load_policy_texts
from incentives.warehouse.documents import landed_config, landed_policies
from incentives.warehouse.fingerprint import code_fingerprint
from incentives.warehouse.record import Build, read_build
from incentives.workspace import Workspace

Alter = Callable[[duckdb.DuckDBPyConnection], None]
_PARSED = Path("target") / "partial_parse.msgpack"


def last_build(ws: Workspace) -> Build:
    """Return the workspace's build, which must hold all that sources delivered, by the rules of today.

    Raises:
        InputError: There is none, or something landed since, or the rules are others now.
    """
    build = read_build(ws.build_record, ws.warehouse)
    remedy = "Run `incentives build` first."
    if build is None:
        raise InputError("nothing is built yet, so there is nothing to compare with.", where=str(ws.warehouse), remedy=remedy)
    since = [file for file in BronzeIndex(ws.bronze_index).files() if file.load_id > build.last_load and file.feed != FEED]
    if since or build.fingerprint != code_fingerprint(project_dir()):
        raise InputError(
            "the last build does not hold what has landed since, or was made by other rules.",
            where=str(ws.warehouse),
            remedy=remedy,
        )
    return build


@contextmanager
def divided_anew(ws: Workspace, build: Build) -> Iterator[Path]:
    """Give a warehouse of the build's loads in which nothing is locked: the build's own where no cycle locked anything."""
    if any(file.feed == FEED for file in BronzeIndex(ws.bronze_index).files(build.last_load)):
        with built_apart(ws, build.last_load) as database:
            yield database
    else:
        yield build.database


@contextmanager
def built_apart(
    ws: Workspace,
    load_id: int,
    *,
    policies: Sequence[PolicyVersion] | None = None,
    alter: Alter | None = None,
    with_locked: bool = False,
    but_of: Collection[str] = (),
) -> Iterator[Path]:
    """Give the DuckDB file of a warehouse built from the loads up to one, without its data tests.

    Args:
        ws: The workspace; it is read only.
        load_id: The last load to build from.
        policies: In the place of the landed ones.
        alter: Told the database before anything is built: schema `bronze` shows what was landed.
        with_locked: Whether divisions that cycles locked hold here too; without, everything is divided anew.
        but_of: Cycles, `period/pay group`, whose divisions do not hold.

    Raises:
        CheckFailedError: A model could not be built, or the policies leave a day without one.
        OutsideError: dbt could not run.
    """
    from incentives.warehouse import database as databases
    from incentives.warehouse import dbt_run
    from incentives.warehouse.gaps import refuse_policy_gaps

    landed = BronzeIndex(ws.bronze_index).files(load_id)
    files = tuple(
        file for file in landed if file.feed != FEED or (with_locked and not any(is_of(file, cycle) for cycle in but_of))
    )
    loads = loads_through(ws.bronze_index, load_id)
    ws.warehouse_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="apart-", dir=ws.warehouse_dir) as folder:
        database = Path(folder) / databases.NAME
        shown = databases.Landed(
            root=ws.root,
            files=files,
            loads=loads,
            config=landed_config(ws.root, files) or ws.config,
            policies=load_policy_texts(landed_policies(ws.root, files).items()) if policies is None else policies,
            as_of=datetime.fromisoformat(loads[-1].landed_at).astimezone(UTC),
        )
        databases.create_database(database, shown)
        if alter is not None:
            with closing(duckdb.connect(str(database))) as connection:
                alter(connection)
        _share_parsed(ws.warehouse_dir / "dbt", Path(folder) / "dbt")
        with refuse_policy_gaps(database):
            dbt_run.build(project_dir(), database, Path(folder) / "dbt", tests=False)
        yield database


def _share_parsed(known: Path, work: Path) -> None:
    """Let dbt begin with what it parsed for the real build; where there is none it parses anew."""
    (work / _PARSED).parent.mkdir(parents=True)
    if (known / _PARSED).is_file():
        shutil.copyfile(known / _PARSED, work / _PARSED)
