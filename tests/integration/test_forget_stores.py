"""What is not bronze is forgotten too: received and not landed, what Dagster wrote, and a ledger on PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support_build import KEY, deliver, line, make_workspace
from support_postgres import postgres
from support_store_search import places_of

from incentives.connectors.inbox import Inbox
from incentives.connectors.webhook_spool import Spool
from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.erased_landing import open_search
from incentives.feeds.erased_text import TextSearch
from incentives.feeds.erasure_log import Erased
from incentives.feeds.erasure_logs import remember_erased
from incentives.feeds.tokens import Tokenizer
from incentives.ledger.audit import Actor, append_event
from incentives.ledger.engine import Ledger
from incentives.ledger.integrity import verify
from incentives.services.erased_everywhere import erase_everywhere
from incentives.services.erased_stores import erase_reasons_in
from incentives.services.pending import land_pending
from incentives.workspace import Workspace

EMAIL = "aurelia.vanterpool@example.org"
NOW = datetime(2026, 4, 2, 6, 0, tzinfo=UTC)
HOOK = """
kind: webhook
source: till
scheme: meta
secret_env: [A_SECRET]
challenge_env: A_WORD
deliver:
  - feed: order_lines
    each: lines
    columns: {order_id: lines.id, line_id: lines.id, customer_email: lines.email, ordered_at: lines.at}
    constants: {kind: sale, channel: chat, quantity: "1", currency: EUR, net_amount: "10.00"}
"""


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    monkeypatch.setenv("INCENTIVES_ERASURES", str(tmp_path / "kept.jsonl"))
    return make_workspace(tmp_path / "ws")


def _person(ws: Workspace) -> Erased:
    token = Tokenizer(ws.key()).token("email", EMAIL)
    assert token is not None
    return Erased(identifiers=frozenset({token}))


def test_what_a_webhook_received_and_the_inbox_holds_lands_and_is_forgotten(ws: Workspace) -> None:
    (ws.root / "connectors").mkdir()
    (ws.root / "connectors" / "chat.yaml").write_text(HOOK, encoding="utf-8")
    spool = ws.root / "connectors" / "chat.spool"
    Spool(spool, Inbox(ws, "chat", "till")).close()
    with closing(sqlite3.connect(spool)) as database, database:
        header = (
            '["source","order_id","line_id","kind","channel","ordered_at","quantity","currency","net_amount","customer_email"]'
        )
        row = f'["till","s1","1","sale","chat","2026-03-01T10:00:00Z","1","EUR","10.00","{EMAIL}"]'
        database.execute("insert into outputs (feed, header) values ('order_lines', ?)", (header,))
        database.execute("insert into rows (output_id, content) values (1, ?)", (row,))
    deliver(ws, "till", "order_lines-waiting.csv", [line("o1", "1", "5.00", customer_email=EMAIL)])
    assert {place.split("/")[0] for place in places_of(ws.root, (EMAIL,))[EMAIL]} == {"inbox", "connectors"}

    person = remember_erased(ws, _person(ws), NOW)
    waiting = land_pending(ws, NOW)
    erase_everywhere(ws, person, NOW)

    assert waiting == 0
    assert places_of(ws.root, (EMAIL,)) == {EMAIL: set()}
    # Both sales count.
    assert [file.rows_delivered for file in BronzeIndex(ws.bronze_index).files() if file.feed == "order_lines"] == [1, 1]


def test_what_dagster_wrote_is_forgotten_in_its_databases_and_logs(ws: Workspace) -> None:
    storage = ws.root / ".dagster" / "storage"
    storage.mkdir(parents=True)
    (storage / "run.err").write_text(f"fine\nfailed on {EMAIL}\n", encoding="utf-8")
    with closing(sqlite3.connect(storage / "runs.db")) as database, database:
        database.execute("create table event_logs (id integer primary key, event text)")
        events = [(f'{{"message": "{text}"}}',) for text in ("landed 3 files", f"bad row of {EMAIL}")]
        database.executemany("insert into event_logs (event) values (?)", events)
    assert len(places_of(ws.root, (EMAIL,))[EMAIL]) == 2

    done = erase_everywhere(ws, remember_erased(ws, _person(ws), NOW), NOW)

    assert done.log_lines == 2
    assert places_of(ws.root, (EMAIL,)) == {EMAIL: set()}
    with closing(sqlite3.connect(storage / "runs.db")) as database:
        assert database.execute("select event from event_logs").fetchall() == [('{"message": "landed 3 files"}',)]


def test_a_reason_is_forgotten_in_a_ledger_on_postgresql_and_the_chain_verifies(ws: Workspace) -> None:
    remember_erased(ws, _person(ws), NOW)
    search = open_search(ws)
    assert isinstance(search, TextSearch)
    with postgres() as server, Ledger.connect(server.url) as ledger:
        with ledger.act() as session:
            for reason in (f"asked by {EMAIL}", "late delivery"):
                append_event(session, Actor("dora"), "note", "a cycle", at=NOW, details={}, reason=reason)

        assert erase_reasons_in(ledger, search) == 1

        with server.connect() as connection:
            assert connection.execute("select body from audit_texts order by event_id").fetchall() == [
                (None,),
                ("late delivery",),
            ]
            path = connection.execute(
                "select pg_relation_filepath('audit_texts'), setting from pg_settings where name = 'data_directory'"
            )
            relation, folder = path.fetchone() or ("", "")
            connection.execute("checkpoint")
            pages = Path(str(folder), str(relation)).read_bytes()
            assert b"late delivery" in pages
            assert EMAIL.encode() not in pages
        with ledger.reading() as session:
            assert not verify(session).findings
