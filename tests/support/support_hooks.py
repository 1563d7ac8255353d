"""The webhook server in a process of its own, and messages as WhatsApp Business sends them."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from incentives.workspace import Workspace

SECRET = "an-app-secret-of-the-test"
WORD = "a-verify-word-of-the-test"
ENVIRONMENT = {"WHATSAPP_APP_SECRET": SECRET, "WHATSAPP_APP_SECRET_NEXT": "", "WHATSAPP_VERIFY_WORD": WORD}
PATH = "/hooks/whatsapp-messages"
# 2026-02-03T10:00:00Z
MOMENT = 1770112800


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> None:
        """End it as an operator does."""
        self.process.terminate()
        self.process.wait(60)

    def connect(self) -> http.client.HTTPConnection:
        """A connection that stays open from message to message."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def send(self, body: bytes, *, signature: str | None = None, path: str = PATH) -> int:
        """Send one message on a connection of its own and return the answer's status."""
        return deliver(self.connect(), body, signature=signature, path=path)[0]

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask, and return status and body."""
        connection = self.connect()
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextmanager
def serving(ws: Workspace, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve a workspace's webhooks on a free port."""
    command = [sys.executable, "-c", "from incentives.cli import main; main()", "connect", "serve", "--workspace", str(ws.root)]
    process = subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **ENVIRONMENT, **(environment or {})},
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "receiving under" in said, said + str(process.stderr.read() if process.stderr else "")
        server = Server(process, int(said.split("127.0.0.1:")[1].split("/")[0]))
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def deliver(
    connection: http.client.HTTPConnection, body: bytes, *, signature: str | None = None, path: str = PATH
) -> tuple[int, bytes]:
    """Send one message and return status and body of the answer."""
    given = signed(body) if signature is None else signature
    connection.request("POST", path, body, {"X-Hub-Signature-256": given, "Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def signed(body: bytes, secret: str = SECRET) -> str:
    """The signature of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def messages(*numbers: int, line: str = "106540352242922", later: int = 0) -> bytes:
    """A notification with these messages, each of a customer and a moment of its own."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "33100000000", "phone_number_id": line},
        "contacts": [{"profile": {"name": "PLANTED Name"}, "wa_id": "33600000000"}],
        "messages": [
            {
                "from": f"336{number:08}",
                "id": f"wamid.{number}",
                "timestamp": str(MOMENT + number + later),
                "type": "text",
                "text": {"body": "PLANTED is the ring ready?"},
            }
            for number in numbers
        ],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
