"""Every file of the corpus of bad files ends as its index says, by the command line and in the warehouse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import duckdb
import pytest
from bad_files import configure, write_corpus
from support_cli import run
from support_landing import NOW, new_workspace

from incentives.services.warehouse import build_warehouse
from incentives.workspace import Workspace

COUNTS = ("outcome", "reason", "delivered", "accepted", "duplicate", "superseded", "quarantined")
Entry = dict[str, object]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[Entry], list[Entry]]:
    """The workspace into which the corpus was landed, the index, and what the command said of each file."""
    folder = tmp_path_factory.mktemp("corpus")
    index: list[Entry] = json.loads(write_corpus(folder / "files").read_text())
    ws = new_workspace(folder)
    configure(ws.root)
    said: list[Entry] = []
    for landing in ("1", "2"):
        shutil.rmtree(ws.inbox)
        shutil.copytree(folder / "files" / landing, ws.inbox)
        # A killed process would say nothing and exit otherwise.
        said += [{**row, "landing": int(landing)} for row in run("land", "--workspace", ws.root, "--format", "json").json()]
    return Workspace.open(ws.root), index, said


@pytest.mark.slow
def test_each_file_of_the_corpus_ends_with_the_outcome_and_the_four_counts_of_its_index(
    landed: tuple[Workspace, list[Entry], list[Entry]],
) -> None:
    _, index, said = landed

    found = {(row["landing"], row["file"]): {name: row[name] for name in COUNTS} for row in said}

    assert len(found) == len(said) == len(index) > 90
    for entry in index:
        assert found[entry["landing"], entry["file"]] == {name: entry[name] for name in COUNTS}, entry["file"]


@pytest.mark.slow
def test_in_the_warehouse_reasons_and_net_in_force_are_those_of_the_index(
    landed: tuple[Workspace, list[Entry], list[Entry]],
) -> None:
    ws, index, _ = landed

    build = build_warehouse(ws, now=NOW)

    with duckdb.connect(str(build.database), read_only=True) as connection:
        net = dict(_pairs(connection, "sum(lines.net_minor)", "staging.stg_order_lines as lines"))
        reasons: dict[str, dict[str, int]] = {}
        for name, reason, count in connection.execute(
            "select files.file_name, refused.reason, count(*) from staging.quarantine_order_lines as refused "
            "inner join bronze.files as files using (load_id, file_ordinal) group by all"
        ).fetchall():
            reasons.setdefault(name, {})[reason] = count
    for entry in index:
        name = str(entry["file"])
        assert net.get(name, 0) == entry["net_minor"], name
        assert reasons.get(name, {}) == entry["reasons"], name


@pytest.mark.slow
def test_a_file_that_is_set_aside_lies_there_byte_for_byte(landed: tuple[Workspace, list[Entry], list[Entry]]) -> None:
    ws, index, _ = landed

    kept = {path.name for path in ws.set_aside.rglob("*") if path.is_file()}

    assert kept == {entry["file"] for entry in index if entry["outcome"] == "set_aside"}


def _pairs(connection: duckdb.DuckDBPyConnection, value: str, relation: str) -> Iterator[tuple[str, int]]:
    query = f"select files.file_name, {value} from {relation} inner join bronze.files as files using (load_id, file_ordinal) group by all"
    for name, number in connection.execute(query).fetchall():
        yield str(name), int(number)
