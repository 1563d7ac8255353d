"""Connectors' files, their inbox and their state: what the workspace allows, and what is written when."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from support_cli import run as command
from support_connectors import land_all, outcomes
from support_landing import NOW

from incentives.connectors.credentials import Secrets
from incentives.connectors.inbox import Inbox, csv_bytes
from incentives.connectors.load import named_connector, warnings_of
from incentives.connectors.mapping import Mapper
from incentives.connectors.model import DatabaseConnector
from incentives.errors import BusyError, DocumentError, InputError
from incentives.services import connecting
from incentives.services.workspaces import create_workspace
from incentives.workspace import Workspace

EXAMPLES = ("till-database", "shop-orders", "service-tickets", "whatsapp-messages", "franchise-files")
SOURCES = """
[sources.pos-eu]
feeds = ["order_lines"]
[sources.shopify]
feeds = ["order_lines"]
[sources.zendesk]
feeds = ["interactions"]
[sources.whatsapp]
feeds = ["interactions"]
[sources.franchise]
feeds = ["order_lines"]
"""
SCORES = """
kind: database
source: academy
url_env: ACADEMY_URL
table: results
cursor: result_no
key: [result_no]
page_rows: 2
overlap: 1
deliver:
  - feed: scores
    columns: {associate_id: person, measure: course, score_date: taken_on, value: points}
"""


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    ws = create_workspace(tmp_path / "ws", name="Maison Test")
    config = ws.root / "incentives.toml"
    config.write_text(config.read_text() + SOURCES + '[sources.academy]\nfeeds = ["scores"]\n')
    return Workspace.open(ws.root)


def _in_force(ws: Workspace, name: str, text: str) -> Path:
    path = ws.root / "connectors" / f"{name}.yaml"
    path.write_text(text)
    return path


def _example(ws: Workspace, name: str) -> str:
    return (ws.root / "connectors" / f"{name}.yaml.example").read_text()


def test_every_shipped_example_holds_as_it_is_and_none_is_in_force(ws: Workspace) -> None:
    assert connecting.list_connectors(ws) == ()
    for name in EXAMPLES:
        _in_force(ws, name, _example(ws, name))

    listed = connecting.list_connectors(ws)

    assert [described.name for described in listed] == sorted(EXAMPLES)
    assert [warning for described in listed for warning in warnings_of(described)] == []
    assert {path.name for path in (ws.root / "connectors").glob("*.example")} == {f"{name}.yaml.example" for name in EXAMPLES}


@pytest.mark.parametrize(
    "old, new, line, problem",
    [
        ("page_rows: 5000", "page_row: 5000", 22, "page_row: unknown key"),
        ("page_rows: 5000", "page_rows: many", 22, "page_rows: expected a whole number"),
        ("url_env: TILL_DATABASE_URL", "url_env: postgresql://reader:open-sesame@till/pos", 9, "never the secret itself"),
        ("source: pos-eu", "source: pos-us", 8, "'pos-us' is not listed in incentives.toml"),
        ("kind: database", "kind: oracle", 7, "expected one of database, rest, webhook, files"),
        ("      location_id: store_no\n", "      location: store_no\n", 27, "'location' is not a column of order_lines"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(ws: Workspace, old: str, new: str, line: int, problem: str) -> None:
    path = _in_force(ws, "till", _example(ws, "till-database").replace(old, new))

    with pytest.raises(DocumentError, match=problem) as raised:
        connecting.check(ws, path)

    assert raised.value.problems[0].startswith(f"{path}:{line}: ")
    assert "open-sesame" not in str(raised.value)


def test_a_source_cannot_be_connected_to_a_feed_that_it_may_not_deliver(ws: Workspace) -> None:
    path = _in_force(ws, "academy", SCORES.replace("source: academy", "source: zendesk"))

    with pytest.raises(DocumentError, match=r"deliver\.0\.feed: 'zendesk' may not deliver scores"):
        connecting.check(ws, path)


def test_the_commands_list_check_and_warn(ws: Workspace) -> None:
    path = _in_force(ws, "academy", SCORES)
    _in_force(ws, "whatsapp-messages", _example(ws, "whatsapp-messages"))

    listed = command("connect", "list", "--workspace", ws.root, "--format", "json").json()
    checked = command("connect", "check", path, "--workspace", ws.root)
    hook = command("connect", "run", "whatsapp-messages", "--workspace", ws.root, code=2)
    unknown = command("connect", "run", "nothing", "--workspace", ws.root, code=2)

    assert listed == [
        {"name": "academy", "kind": "database", "source": "academy", "feeds": "scores", "warnings": 1},
        {"name": "whatsapp-messages", "kind": "webhook", "source": "whatsapp", "feeds": "interactions", "warnings": 0},
    ]
    assert "no column source_updated_at" in checked.err
    assert "incentives connect serve" in hook.err
    assert "There are: academy, whatsapp-messages." in unknown.err


def _academy(ws: Workspace, tmp_path: Path, rows: int) -> Secrets:
    _in_force(ws, "academy", SCORES)
    url = f"sqlite:///{tmp_path / 'academy.db'}"
    with create_engine(url).begin() as database:
        database.execute(
            text("create table if not exists results (result_no integer primary key, person, course, taken_on, points)")
        )
        for number in range(rows):
            values = {"number": number, "person": f"a-{number}", "points": f"{number}.125"}
            statement = "insert or ignore into results values (:number, :person, 'silk', '2026-02-03', :points)"
            database.execute(text(statement), values)
    return Secrets({"ACADEMY_URL": url})


def test_a_table_of_another_database_is_read_behind_a_number(ws: Workspace, tmp_path: Path) -> None:
    first = connecting.run(ws, "academy", now=NOW, secrets=_academy(ws, tmp_path, 5))
    second = connecting.run(ws, "academy", now=NOW, secrets=_academy(ws, tmp_path, 6))

    rows = [row for path in sorted((ws.inbox / "academy").glob("*.csv")) for row in csv.reader(path.open(newline=""))]
    assert (len(first.files), first.rows, second.rows, second.unchanged) == (3, {"scores": 5}, {"scores": 1}, 2)
    assert rows[:2] == [["associate_id", "measure", "score_date", "value"], ["a-0", "silk", "2026-02-03", "0.125"]]
    assert outcomes(land_all(ws)) == {"accepted": 6}


def test_a_lost_state_costs_time_and_nothing_else(ws: Workspace, tmp_path: Path) -> None:
    secrets = _academy(ws, tmp_path, 5)
    connecting.run(ws, "academy", now=NOW, secrets=secrets)
    before = {path.name: path.read_bytes() for path in (ws.inbox / "academy").iterdir()}
    (ws.root / "connectors" / "academy.json").unlink()

    connecting.run(ws, "academy", now=NOW, secrets=secrets)

    assert {path.name: path.read_bytes() for path in (ws.inbox / "academy").iterdir()} == before


def test_a_damaged_state_is_said_and_not_guessed_at(ws: Workspace, tmp_path: Path) -> None:
    secrets = _academy(ws, tmp_path, 5)
    (ws.root / "connectors" / "academy.json").write_text("{")

    with pytest.raises(InputError, match="not the state of a connector"):
        connecting.run(ws, "academy", now=NOW, secrets=secrets)


def test_one_run_of_a_connector_at_a_time(ws: Workspace, tmp_path: Path) -> None:
    from incentives.connectors.run import only_run

    secrets = _academy(ws, tmp_path, 5)

    with only_run(ws, named_connector(ws, "academy"), "connect run academy"), pytest.raises(BusyError, match="runs already"):
        connecting.run(ws, "academy", now=NOW, secrets=secrets)


def test_a_record_that_changes_and_changes_back_is_delivered_each_time(ws: Workspace) -> None:
    _in_force(ws, "academy", SCORES)
    connector = named_connector(ws, "academy").connector
    assert isinstance(connector, DatabaseConnector)
    inbox = Inbox(ws, "academy", "academy")
    inbox.begin(("results",), again=False)

    for points in ("1", "2", "1", "1"):
        record = {"person": "a-1", "course": "silk", "taken_on": "2026-02-03", "points": points}
        inbox.deliver(Mapper(connector.deliver, "academy").rows(record), {})

    assert (inbox.delivered.rows, inbox.delivered.unchanged) == ({"scores": 3}, 1)


def test_files_of_an_inbox_are_packed_where_the_connector_says_so(ws: Workspace, tmp_path: Path) -> None:
    secrets = _academy(ws, tmp_path, 5)
    _in_force(ws, "academy", SCORES + "gzip: true\n")

    connecting.run(ws, "academy", now=NOW, secrets=secrets)

    assert {"".join(path.suffixes) for path in (ws.inbox / "academy").iterdir()} == {".csv.gz"}
    assert outcomes(land_all(ws)) == {"accepted": 5}


def test_any_text_survives_the_file() -> None:
    hostile = ["a,b", 'c"d', "e\nf", "g\r\nh", " =1+1", "", "é€😀"]

    assert list(csv.reader(io.StringIO(csv_bytes(["x"] * 7, [hostile]).decode(), newline="")))[1] == hostile


@pytest.mark.parametrize("value", ["short", "two words\nand a header: x", "gêheim-und-lang"])
def test_what_cannot_be_a_secret_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(InputError, match="SHOP_TOKEN holds no secret") as raised:
        Secrets({"SHOP_TOKEN": value}).get("SHOP_TOKEN")

    assert value not in str(raised.value)


def test_a_secret_is_hidden_as_it_is_and_as_addresses_write_it() -> None:
    secrets = Secrets({"SHOP_TOKEN": "open sesame!"})
    secrets.get("SHOP_TOKEN")

    assert secrets.redact("at open sesame! and open%20sesame%21") == "at *** and ***"
    assert json.dumps(secrets.redact("nothing")) == '"nothing"'
