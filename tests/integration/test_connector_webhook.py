"""The example of WhatsApp Business messages, sent to the server in a process of its own."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support_cli import run as command
from support_connectors import bronze_rows, connected, land_all, outcomes, written_text
from support_hooks import ENVIRONMENT, MOMENT, PATH, SECRET, WORD, deliver, messages, serving, signed

from incentives.connectors.credentials import Secrets
from incentives.connectors.inbox import Inbox
from incentives.connectors.load import named_connector
from incentives.connectors.mapping import Mapper
from incentives.connectors.webhook_spool import KNOWN_FOR, Message, Spool
from incentives.errors import BusyError
from incentives.services import connecting
from incentives.workspace import Workspace

COLUMNS = ("source", "interaction_id", "kind", "channel", "direction", "associate_id", "customer_phone", "started_at")
NOW = datetime(2026, 2, 3, 10, 0, tzinfo=UTC)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return connected(tmp_path / "ws", "whatsapp-messages", "whatsapp", '"interactions"')


def expected(*numbers: int, later: int = 0) -> set[tuple[str | None, ...]]:
    who = ("conversation", "whatsapp", "inbound", "106540352242922")
    rows: set[tuple[str | None, ...]] = set()
    for number in numbers:
        moment = datetime.fromtimestamp(MOMENT + number + later, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows.add(("whatsapp", f"wamid.{number}", *who, f"+336{number:08}", moment))
    return rows


def in_bronze(ws: Workspace) -> set[tuple[str | None, ...]]:
    return bronze_rows(ws, "interactions", COLUMNS)


def inbox_files(ws: Workspace) -> list[Path]:
    return sorted((ws.inbox / "whatsapp").glob("*.csv")) if (ws.inbox / "whatsapp").is_dir() else []


def test_messages_out_of_order_and_repeated_reach_bronze_once_and_none_of_their_text_the_disk(ws: Workspace) -> None:
    with serving(ws) as server:
        statuses = [server.send(messages(*numbers)) for numbers in ((3,), (1, 2), (3,), (1, 2), (4,), (2,))]
        server.stop()

    landed = land_all(ws)
    assert statuses == [200] * 6
    assert in_bronze(ws) == expected(1, 2, 3, 4)
    # The last one is another notification with the same message: an equal row, which landing counts as duplicate.
    assert outcomes(landed) == {"accepted": 4, "duplicate": 1}
    assert b"PLANTED" not in written_text(ws)
    assert SECRET.encode() not in written_text(ws)


@pytest.mark.parametrize("kill_after", [1, 40, 200])
def test_what_was_answered_survives_a_kill_and_the_inbox_ends_with_exactly_what_was_sent(kill_after: int, ws: Workspace) -> None:
    answered: dict[int, list[int]] = {first: [] for first in range(4)}

    def send(first: int, server_port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server_port, timeout=30)
        for number in range(first, 4_000, 4):
            try:
                status, _ = deliver(connection, messages(number))
            except (OSError, http.client.HTTPException):
                return
            if status == 200:
                answered[first].append(number)

    with serving(ws) as server:
        senders = [threading.Thread(target=send, args=(first, server.port)) for first in answered]
        for sender in senders:
            sender.start()
        while sum(map(len, answered.values())) < kill_after and any(sender.is_alive() for sender in senders):
            time.sleep(0.001)
        server.kill()
        for sender in senders:
            sender.join()
    before = inbox_files(ws)
    # Whoever got no answer sends again, as the provider does: each sender's next message, on the disk or not.
    cut = [numbers[-1] + 4 if numbers else first for first, numbers in answered.items()]
    with serving(ws) as server:
        again = [server.send(messages(number)) for number in cut]
        server.stop()

    land_all(ws)
    sent = [number for numbers in answered.values() for number in numbers]
    assert before == []
    assert len(sent) >= kill_after
    assert again == [200] * 4
    assert in_bronze(ws) == expected(*sent, *cut)


def test_what_is_not_the_providers_is_refused_without_a_word(ws: Workspace) -> None:
    body = messages(1)
    with serving(ws) as server:
        connection = server.connect()
        wrong = deliver(connection, body, signature=signed(body, "another-secret-altogether"))
        unsigned = deliver(connection, body, signature="")
        no_json = deliver(connection, b"{]")
        no_object = deliver(connection, b"[1]")
        deep = deliver(connection, b"[" * 500_000)
        elsewhere = deliver(connection, body, path="/hooks/other")
        of_nothing = deliver(connection, b'{"object": "whatsapp_business_account", "entry": []}')
        mismatched = deliver(connection, body.replace(b'"from": "33600000001"', b'"from": ["33600000001"]'))
        method = server.get(PATH)
        server.stop()

    assert [wrong, unsigned] == [(401, b"")] * 2
    assert [no_json, no_object, deep] == [(400, b"")] * 3
    assert elsewhere == (404, b"")
    assert of_nothing == (200, b"")
    assert mismatched == (422, b"")
    assert method == (401, b"")
    assert inbox_files(ws) == []


def test_a_message_larger_than_a_megabyte_is_refused_whether_it_says_so_or_not(ws: Workspace) -> None:
    large = b'{"entry": "' + b"x" * (1 << 20) + b'"}'
    with serving(ws) as server:
        stated = server.send(large)
        connection = server.connect()
        connection.request(
            "POST",
            PATH,
            iter([large[:700_000], large[700_000:]]),
            {"X-Hub-Signature-256": signed(large)},
            encode_chunked=True,
        )
        unstated = connection.getresponse().status

    assert (stated, unstated) == (413, 413)


def test_the_challenge_is_answered_to_who_knows_the_word(ws: Workspace) -> None:
    asked = f"{PATH}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    with serving(ws) as server:
        right, wrong = server.get(asked + WORD), server.get(asked + "a-guess")
        script = server.get(asked.replace("1158201444", "%3Cscript%3E") + WORD)

    assert right == (200, b"1158201444")
    assert wrong == (401, b"")
    assert script == (401, b"")


def test_a_second_secret_is_valid_while_it_replaces_the_first(ws: Workspace) -> None:
    with serving(ws, {"WHATSAPP_APP_SECRET_NEXT": "the-app-secret-to-come"}) as server:
        old, new = messages(1), messages(2)
        statuses = [server.send(old), server.send(new, signature=signed(new, "the-app-secret-to-come"))]

    assert statuses == [200, 200]


def test_it_refuses_to_start_without_a_secret_in_a_demo_and_in_the_clear(ws: Workspace, tmp_path: Path) -> None:
    none = {"WHATSAPP_APP_SECRET": "", "WHATSAPP_APP_SECRET_NEXT": ""}
    command("init", tmp_path / "demo", "--demo")

    unset = command("connect", "serve", "--workspace", ws.root, env={**ENVIRONMENT, **none}, code=2)
    demo = command("connect", "serve", "--workspace", tmp_path / "demo", code=2)
    clear = command("connect", "serve", "--workspace", ws.root, "--host", "0.0.0.0", env=ENVIRONMENT, code=2)

    assert "WHATSAPP_APP_SECRET" in unset.err
    assert "generated feeds only" in demo.err
    assert "unencrypted" in clear.err


def test_one_process_alone_serves_a_webhook(ws: Workspace) -> None:
    with (
        connecting.webhooks(ws, now=lambda: NOW, secrets=Secrets(ENVIRONMENT)),
        pytest.raises(BusyError, match="runs already"),
        connecting.webhooks(ws, now=lambda: NOW, secrets=Secrets(ENVIRONMENT)),
    ):
        raise AssertionError("the second one started")


def test_a_full_spool_answers_503_and_takes_messages_again_when_it_was_emptied(ws: Workspace) -> None:
    path = ws.root / "connectors" / "whatsapp-messages.yaml"
    path.write_text(path.read_text() + "\nspool_rows_max: 3\nrotate_seconds: 2\n")
    with serving(ws) as server:
        server.send(messages(0))
        time.sleep(0.2)
        statuses = [server.send(messages(number)) for number in range(1, 6)]
        time.sleep(3)
        later = server.send(messages(9))
        server.stop()

    land_all(ws)
    assert 503 in statuses
    assert later == 200
    assert in_bronze(ws) == expected(0, *[number for number, status in enumerate(statuses, 1) if status == 200], 9)


def spool_of(ws: Workspace) -> Spool:
    return Spool(ws.root / "connectors" / "whatsapp-messages.spool", Inbox(ws, "whatsapp-messages", "whatsapp"))


def message(ws: Workspace, number: int) -> Message:
    connector = named_connector(ws, "whatsapp-messages").connector
    rows = tuple(Mapper(connector.deliver, "whatsapp").rows(json.loads(messages(number))))
    return Message((number.to_bytes(16, "big"),), rows)


def test_a_message_is_known_for_thirty_days(ws: Workspace) -> None:
    spool = spool_of(ws)
    first = spool.add([message(ws, 1)], NOW)
    spool.empty(NOW + KNOWN_FOR)
    within = spool.add([message(ws, 1)], NOW + KNOWN_FOR)
    spool.empty(NOW + KNOWN_FOR + timedelta(seconds=1))
    after = spool.add([message(ws, 1)], NOW + KNOWN_FOR + timedelta(seconds=1))

    assert (first, within, after) == (0, 1, 0)


@pytest.mark.parametrize("step", ["before the file", "before the rows go"])
def test_emptying_that_is_cut_ends_in_the_same_files(step: str, ws: Workspace, tmp_path: Path) -> None:
    whole = spool_of(ws)
    whole.add([message(ws, number) for number in range(5)], NOW)
    shutil.copytree(ws.root, tmp_path / "cut")
    cut_ws = Workspace.open(tmp_path / "cut")
    whole.empty(NOW)
    cut = spool_of(cut_ws)
    statement = "delete from rows" if step == "before the rows go" else "select content"

    class CutError(Exception):
        """The process ends here."""

    class Cutting:
        def __init__(self, database: object) -> None:
            self.database = database

        def __getattr__(self, name: str) -> object:
            return getattr(self.database, name)

        def execute(self, text: str, *parameters: object) -> object:
            if statement in text:
                raise CutError
            return self.database.execute(text, *parameters)  # type: ignore[attr-defined]

    cut._database = Cutting(cut._database)  # type: ignore[assignment]
    with pytest.raises(CutError):
        cut.empty(NOW)
    cut.close()
    again = spool_of(cut_ws)
    # What came in meanwhile does not change the file that was begun.
    again.add([message(cut_ws, 7)], NOW)
    emptied = (again.empty(NOW), again.empty(NOW))

    assert emptied == (5, 1)
    assert inbox_files(cut_ws)[0].read_bytes() == inbox_files(ws)[0].read_bytes()
    assert inbox_files(cut_ws)[0].name == inbox_files(ws)[0].name
    land_all(cut_ws)
    assert in_bronze(cut_ws) == expected(0, 1, 2, 3, 4, 7)
