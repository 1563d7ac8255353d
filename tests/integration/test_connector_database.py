"""The example of a till's database, against a real PostgreSQL server."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from support_cli import run as command
from support_connectors import bronze_rows, connected, copied, land_all, outcomes, run_killed, written_text
from support_landing import NOW
from support_postgres import Server, postgres

from incentives.connectors.credentials import Secrets
from incentives.errors import InputError, OutsideError
from incentives.services import connecting
from incentives.workspace import Workspace

COLUMNS = ("source", "order_id", "line_id", "kind", "associate_id", "customer_email", "quantity", "net_amount", "ordered_at")
TABLES = """
drop table if exists receipt_lines, receipts;
create table receipts (
  receipt_no bigint primary key, store_no text not null, customer_no text, customer_email text,
  sold_at timestamptz not null, currency char(3) not null, changed_at timestamptz not null);
create table receipt_lines (
  receipt_no bigint not null references receipts, line_no int not null, article_no text, article_group text,
  pieces numeric(18,3) not null, net_amount numeric(18,2) not null, tax_amount numeric(18,2), sellers text,
  line_type char(1) not null, from_receipt_no bigint, from_line_no int, changed_at timestamptz not null,
  primary key (receipt_no, line_no));
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres() as running:
        yield running


@pytest.fixture
def till(server: Server) -> Iterator[psycopg.Connection]:
    """20 receipts of two lines each; three receipts at a time have one and the same moment of change."""
    with server.connect() as connection:
        connection.execute(TABLES)
        for number in range(1, 21):
            sell(connection, number)
        yield connection


def sell(till: psycopg.Connection, number: int, changed_at: str | None = None) -> None:
    moment = changed_at or f"2026-02-03 10:{number // 3:02}:00.123456+01"
    till.execute(
        "insert into receipts values (%s, 'paris-1', %s, %s, '2026-02-03 09:59:00+01', 'EUR', %s)",
        (number, f"C{number % 5}", f"client{number % 5}@example.org", moment),
    )
    for line in (1, 2):
        till.execute(
            "insert into receipt_lines values (%s, %s, 'SKU-1', 'bags', 1, %s, 20.00, 'a-1:70|a-2:30', 'S', null, null, %s)",
            (number, line, f"{number * 100 + line}.10", moment),
        )


def in_source(till: psycopg.Connection) -> set[tuple[str, ...]]:
    """The till's lines, written as the contract has them: a second way from there to here."""
    rows = till.execute(
        "select 'pos-eu', receipt_no::text, line_no::text, case line_type when 'S' then 'sale' else 'return' end, sellers, "
        "customer_email, pieces::text, net_amount::text, sold_at from receipt_lines join receipts using (receipt_no)"
    )
    return {(*row[:-1], row[-1].isoformat()) for row in rows}


def workspace(root: Path, **changes: str) -> Workspace:
    return connected(root, "till-database", "pos-eu", '"order_lines"', {"page_rows: 5000": "page_rows: 7", **changes})


def pull(ws: Workspace, url: str, *, again: bool = False) -> connecting.RunReport:
    return connecting.run(ws, "till-database", now=NOW, secrets=Secrets({"TILL_DATABASE_URL": url}), again=again)


def test_every_row_of_the_till_reaches_bronze_once_whatever_shares_its_moment(
    server: Server, till: psycopg.Connection, tmp_path: Path
) -> None:
    ws = workspace(tmp_path / "ws")

    report = pull(ws, server.url)
    landed = land_all(ws)

    # 20 receipts of 2 lines, 7 lines a page: 6 files.
    assert (report.rows, len(report.files), report.unchanged) == ({"order_lines": 40}, 6, 0)
    assert outcomes(landed) == {"accepted": 40}
    assert bronze_rows(ws, "order_lines", COLUMNS) == in_source(till)


def test_a_second_run_delivers_what_changed_and_nothing_else(server: Server, till: psycopg.Connection, tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    pull(ws, server.url)
    land_all(ws)
    nothing = pull(ws, server.url)

    sell(till, 30, "2026-02-03 11:00+01")
    till.execute(
        "update receipt_lines set net_amount = 99.99, changed_at = '2026-02-03 11:01+01' where (receipt_no, line_no) = (3, 1)"
    )
    changed = pull(ws, server.url)

    assert (nothing.rows, nothing.files) == ({}, ())
    assert changed.rows == {"order_lines": 3}
    assert outcomes(land_all(ws)) == {"accepted": 3, "duplicate": 40}
    assert in_source(till) <= bronze_rows(ws, "order_lines", COLUMNS)


def test_what_was_committed_late_with_an_older_cursor_is_found_within_the_overlap(
    server: Server, till: psycopg.Connection, tmp_path: Path
) -> None:
    ws = workspace(tmp_path / "ws")
    pull(ws, server.url)

    # The last change was at 10:06:00; the overlap is 600 seconds.
    sell(till, 31, "2026-02-03 09:56:01+01")
    late = pull(ws, server.url)

    assert late.rows == {"order_lines": 2}
    assert outcomes(land_all(ws)) == {"accepted": 42}


@pytest.mark.slow
def test_a_run_killed_at_any_step_and_started_again_ends_with_exactly_the_rows_of_the_source(
    server: Server, till: psycopg.Connection, tmp_path: Path
) -> None:
    environment = {"TILL_DATABASE_URL": server.url}
    fresh = workspace(tmp_path / "fresh")
    whole = run_killed(copied(fresh, tmp_path / "counted"), "till-database", 1_000, environment)
    steps = 1_000 - int(whole.stdout.split()[-1])

    for step in (0, 1, 2, 3, 4, 5, steps // 2, steps // 2 + 1, steps - 2, steps - 1):
        ws = copied(fresh, tmp_path / f"killed-{step}")
        killed = run_killed(ws, "till-database", step, environment)
        pull(ws, server.url)
        landed = land_all(ws)

        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert bronze_rows(ws, "order_lines", COLUMNS) == in_source(till), step
        assert outcomes(landed)["accepted"] == 40
        assert outcomes(landed)["quarantined"] == 0


def test_a_lost_connection_is_tried_again_and_loses_nothing(
    server: Server, till: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from incentives.connectors import database

    ws = workspace(tmp_path / "ws")
    calls = 0
    untouched = database._read_only

    def cut_every_third(connection: object) -> object:
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            till.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'"
            )
        return untouched(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "_read_only", cut_every_third)
    monkeypatch.setattr(database, "_WAIT_SECONDS", 0.01)

    assert pull(ws, server.url).rows == {"order_lines": 40}
    assert calls > 8
    assert bronze_rows_after_landing(ws) == in_source(till)


def bronze_rows_after_landing(ws: Workspace) -> set[tuple[str | None, ...]]:
    land_all(ws)
    return bronze_rows(ws, "order_lines", COLUMNS)


def test_a_database_that_does_not_answer_is_an_outside_error_that_tells_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from incentives.connectors import database

    monkeypatch.setattr(database, "_WAIT_SECONDS", 0.01)
    ws = workspace(tmp_path / "ws")

    with pytest.raises(OutsideError, match="does not answer") as raised:
        pull(ws, "postgresql+psycopg://reader:open%20sesame!@127.0.0.1:1/pos")

    assert "sesame" not in str(raised.value)


def test_the_secret_is_nowhere_in_the_workspace_or_in_what_is_said(
    server: Server, till: psycopg.Connection, tmp_path: Path
) -> None:
    ws = workspace(tmp_path / "ws", **{"  select l.receipt_no": "  select l.no_such_column, l.receipt_no"})

    refused = command("connect", "run", "till-database", "--workspace", ws.root, env={"TILL_DATABASE_URL": server.url}, code=2)
    unset = command("connect", "run", "till-database", "--workspace", ws.root, env={"TILL_DATABASE_URL": ""}, code=2)

    assert "no_such_column" in refused.err
    assert "TILL_DATABASE_URL is not set" in unset.err
    for said in (refused.out, refused.err, unset.out, unset.err):
        assert server.password not in said
    assert server.password.encode() not in written_text(ws)


def test_a_binary_fraction_is_refused_where_an_amount_is_expected(
    server: Server, till: psycopg.Connection, tmp_path: Path
) -> None:
    ws = workspace(tmp_path / "ws", **{"r.currency, l.net_amount,": "r.currency, l.net_amount::float8 as net_amount,"})

    with pytest.raises(InputError, match=r"order_lines\.net_amount: a binary fraction is not exact"):
        pull(ws, server.url)


def test_rows_without_a_cursor_are_refused_since_they_would_never_be_read(
    server: Server, till: psycopg.Connection, tmp_path: Path
) -> None:
    ws = workspace(
        tmp_path / "ws",
        **{"         l.changed_at\n": "         nullif(l.changed_at, '2026-02-03 10:00:00.123456+01') as changed_at\n"},
    )

    with pytest.raises(InputError, match="changed_at is null"):
        pull(ws, server.url)


def test_a_key_that_does_not_tell_rows_apart_is_refused_instead_of_reading_in_circles(
    server: Server, till: psycopg.Connection, tmp_path: Path
) -> None:
    till.execute("update receipt_lines set changed_at = '2026-02-03 12:00+01'")
    ws = workspace(tmp_path / "ws", **{"key: [receipt_no, line_no]": "key: [currency]"})

    with pytest.raises(InputError, match="do not tell all rows apart"):
        pull(ws, server.url)


def test_reading_something_else_needs_a_word_and_reading_again_delivers_equal_rows(
    server: Server, till: psycopg.Connection, tmp_path: Path
) -> None:
    ws = workspace(tmp_path / "ws")
    pull(ws, server.url)
    land_all(ws)
    path = ws.root / "connectors" / "till-database.yaml"
    path.write_text(path.read_text().replace("using (receipt_no)", "using (receipt_no) where l.line_no > 0"))

    with pytest.raises(InputError, match="reads something else now"):
        pull(ws, server.url)
    again = pull(ws, server.url, again=True)

    assert again.rows == {"order_lines": 40}
    assert outcomes(land_all(ws)) == {"duplicate": 80}


def test_the_position_is_written_behind_the_last_durable_row(server: Server, till: psycopg.Connection, tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    pull(ws, server.url)

    state = json.loads((ws.root / "connectors" / "till-database.json").read_text())

    assert (state["sequence"], state["position"]["1"], state["position"]["2"]) == (6, "i:20", "i:2")
    assert state["position"]["0"].startswith("t:2026-02-03T")
