"""The thread that writes one webhook's spool: messages that arrive together are made durable together.

A message is answered when its transaction is on the disk. While that takes place others gather, and the next
transaction takes them all, so the disk's speed bounds the wait of a message and hardly the number of them.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime

from incentives.connectors.webhook_spool import Message, Spool

WAITING_MAX = 2_000
_TOGETHER_MAX = 500
_AFTER_FAILURE_SECONDS = 30.0
_log = logging.getLogger(__name__)


class SpoolFullError(Exception):
    """Nothing more can be taken for now; the sender has to come again."""


class SpoolWriter:
    """Takes messages from the event loop and answers when they are durable."""

    def __init__(
        self, spool: Spool, *, name: str, rows_max: int, empty_rows: int, empty_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._spool = spool
        self._name = name
        self._rows_max = rows_max
        self._empty_rows = empty_rows
        self._empty_seconds = empty_seconds
        self._now = now
        self._waiting: queue.SimpleQueue[tuple[Message, asyncio.Future[None]] | None] = queue.SimpleQueue()
        self._empty_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"spool-{name}")

    def start(self) -> None:
        """Start; what a killed process left in the spool goes into the inbox at once."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, empty the spool into the inbox, and end."""
        self._waiting.put(None)
        self._thread.join()

    async def write(self, message: Message) -> None:
        """Return when a message is durable.

        Raises:
            SpoolFullError: The spool is full, too many messages wait, or the disk takes nothing.
        """
        if self._spool.rows + len(message.rows) > self._rows_max or self._waiting.qsize() >= WAITING_MAX:
            raise SpoolFullError
        written = asyncio.get_running_loop().create_future()
        self._waiting.put((message, written))
        await written

    def _run(self) -> None:
        is_open = True
        while is_open:
            together: list[tuple[Message, asyncio.Future[None]]] = []
            try:
                taken = self._waiting.get(timeout=max(0.0, self._empty_at - time.monotonic()))
                while True:
                    if taken is None:
                        is_open = False
                        break
                    together.append(taken)
                    if len(together) >= _TOGETHER_MAX:
                        break
                    taken = self._waiting.get_nowait()
            except queue.Empty:
                pass
            if together:
                self._write(together)
            if not is_open or time.monotonic() >= self._empty_at or self._spool.rows >= self._empty_rows:
                self._empty()
        self._spool.close()

    def _write(self, together: list[tuple[Message, asyncio.Future[None]]]) -> None:
        failed = False
        try:
            repeated = self._spool.add([message for message, _ in together], self._now())
            if repeated:
                _log.info("%s: %d messages were received before", self._name, repeated)
        except Exception as error:
            # Whatever it is, those who wait are told, and the thread goes on. The text may hold a value: not shown.
            _log.error("%s: the spool takes nothing: %s", self._name, type(error).__name__)
            failed = True
        loop = together[0][1].get_loop()
        loop.call_soon_threadsafe(_answer, [written for _, written in together], failed)

    def _empty(self) -> None:
        try:
            emptied = self._spool.empty(self._now())
            self._empty_at = time.monotonic() + self._empty_seconds
            if emptied:
                _log.info("%s: %d rows into the inbox", self._name, emptied)
        except Exception as error:
            _log.error("%s: the inbox takes nothing, the rows stay in the spool: %s", self._name, type(error).__name__)
            self._empty_at = time.monotonic() + min(self._empty_seconds, _AFTER_FAILURE_SECONDS)


def _answer(waiting: list[asyncio.Future[None]], failed: bool) -> None:
    for written in waiting:
        if written.done():
            continue
        if failed:
            written.set_exception(SpoolFullError())
        else:
            written.set_result(None)
