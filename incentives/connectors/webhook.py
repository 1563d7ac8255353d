"""The webhook's ASGI application: verify, project to contract columns, make durable, answer.

What a message says beyond the columns of its mapping never leaves the memory. Refusals have no body: a sender
learns that a message is not taken, never why.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from incentives.connectors.mapping import MappedRow, Mapper
from incentives.connectors.values import MappingError, parse_json
from incentives.connectors.webhook_model import WebhookConnector
from incentives.connectors.webhook_signatures import verified
from incentives.connectors.webhook_spool import Message
from incentives.connectors.webhook_writer import SpoolFullError, SpoolWriter

BODY_BYTES_MAX = 1 << 20
BODY_SECONDS_MAX = 20.0
PATH = "/hooks/"
_RETRY_AFTER_SECONDS = b"30"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,256}")
_log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook that is served: its description, its secrets, what it makes of messages, and who writes that."""

    name: str
    connector: WebhookConnector
    secrets: tuple[bytes, ...]
    challenge: bytes | None
    mapper: Mapper
    writer: SpoolWriter


class _RefusedError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class WebhookApp:
    """Serves `/hooks/NAME` for every hook."""

    path = PATH

    def __init__(self, hooks: Mapping[str, Hook], now: Callable[[], datetime]) -> None:
        self._hooks = hooks
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or start and stop with the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        body = b""
        try:
            status, body = await self._answer(scope, receive)
        except _RefusedError as refused:
            status = refused.status
        headers = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
        if body:
            headers += [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
        if status == 503:
            headers.append((b"retry-after", _RETRY_AFTER_SECONDS))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for hook in self._hooks.values():
                    hook.writer.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                for hook in self._hooks.values():
                    await asyncio.to_thread(hook.writer.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        path = scope["path"]
        hook = self._hooks.get(path.removeprefix(PATH)) if path.startswith(PATH) else None
        if hook is None:
            return 404, b""
        if scope["method"] == "GET" and hook.challenge is not None:
            return 200, _challenged(hook.challenge, scope["query_string"])
        if scope["method"] != "POST":
            return 405, b""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(headers, receive)
        identities = verified(hook.connector.scheme, hook.secrets, headers, body, self._now())
        if identities is None:
            return 401, b""
        rows = _project(hook, body)
        if rows:
            try:
                await hook.writer.write(Message(identities, rows))
            except SpoolFullError:
                return 503, b""
        return 200, b""


def _challenged(expected: bytes, query: bytes) -> bytes:
    """Return the challenge of whoever knows the word; it proves that the address is ours."""
    given = {name: values[0] for name, values in parse_qs(query.decode("latin-1")).items()}
    word = given.get("hub.verify_token", "").encode("utf-8", "replace")
    challenge = given.get("hub.challenge", "")
    if not hmac.compare_digest(word, expected) or given.get("hub.mode") != "subscribe" or not _CHALLENGE.fullmatch(challenge):
        raise _RefusedError(401)
    return challenge.encode()


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes:
    stated = headers.get("content-length", "0")
    if not stated.isdecimal() or int(stated) > BODY_BYTES_MAX:
        raise _RefusedError(413)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            while True:
                piece = await receive()
                if piece["type"] == "http.disconnect":
                    raise _RefusedError(400)
                body += piece.get("body", b"")
                if len(body) > BODY_BYTES_MAX:
                    raise _RefusedError(413)
                if not piece.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise _RefusedError(408) from None


def _project(hook: Hook, body: bytes) -> tuple[MappedRow, ...]:
    """Return the rows of a message; nothing else of it is kept."""
    try:
        record = parse_json(body)
    except ValueError:
        raise _RefusedError(400) from None
    if not isinstance(record, Mapping):
        raise _RefusedError(400)
    try:
        return tuple(hook.mapper.rows(record))
    except MappingError as error:
        # The provider keeps it and sends it again; the mapping can be put right meanwhile.
        _log.error("%s: a message does not fit its mapping: %s", hook.name, error)
        raise _RefusedError(422) from None
