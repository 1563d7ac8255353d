"""Webhooks: how many signed messages a second are acknowledged, each after it is durable, on one core.

The server runs on one core, the senders on another where there is one. Each sender waits for its answer before
it sends the next message. Afterwards everything that was acknowledged is counted in the inbox.
"""

from __future__ import annotations

import asyncio
import csv
import os
import sys
import time
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Bar, Figure, Taken

MESSAGES = 20_000
SENDERS = 50
_SUPPORT = Path(__file__).resolve().parents[1] / "tests" / "support"


def acknowledge(bench: Bench) -> Taken:
    """Send all messages and return how many were acknowledged a second.

    Raises:
        AssertionError: A message was refused, or acknowledged and not delivered.
    """
    sys.path.insert(0, str(_SUPPORT))
    from support_connectors import connected
    from support_hooks import serving

    requests = [_request(number) for number in range(MESSAGES)]
    os.environ["XDG_CONFIG_HOME"] = str(bench.scratch)
    ws = connected(bench.scratch / "ws", "whatsapp-messages", "whatsapp", '"interactions"')
    seconds: list[float] = []
    with serving(ws) as server:
        _divide_cores(server.process.pid)
        with bench.timed() as span:
            taken = asyncio.run(_all(server.port, requests, seconds))
        server.stop()
    delivered = 0
    for path in (ws.inbox / "whatsapp").glob("*.csv"):
        with path.open(newline="") as handle:
            delivered += sum(1 for _ in csv.reader(handle)) - 1
    assert taken == delivered == MESSAGES, (taken, delivered, MESSAGES)
    seconds.sort()
    parts = {
        "median_answer_ms": seconds[len(seconds) // 2] * 1000,
        "95_of_100_answers_within_ms": seconds[len(seconds) * 95 // 100] * 1000,
    }
    return Taken(taken / span.taken.value, span.taken.cpu_s, parts)


def _divide_cores(server: int) -> None:
    """Leave the server, every thread of it, the first core, and this process the last."""
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    for task in Path(f"/proc/{server}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores[:1])
    os.sched_setaffinity(0, cores[-1:])


def _request(number: int) -> bytes:
    from support_hooks import PATH, messages, signed

    body = messages(number)
    head = f"POST {PATH} HTTP/1.1\r\nHost: hooks\r\nX-Hub-Signature-256: {signed(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _send(port: int, requests: list[bytes], seconds: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken = 0
    while requests:
        request = requests.pop()
        start = time.perf_counter()
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        seconds.append(time.perf_counter() - start)
        taken += answer.startswith(b"HTTP/1.1 200")
    writer.close()
    return taken


async def _all(port: int, requests: list[bytes], seconds: list[float]) -> int:
    return sum(await asyncio.gather(*(_send(port, requests, seconds) for _ in range(SENDERS))))


FIGURES = (
    Figure(
        name="webhooks",
        title="webhooks acknowledged after fsync, on one core",
        act=acknowledge,
        unit="a second",
        bars=dict.fromkeys(("XS", "S", "L"), Bar(value_min=500)),
    ),
)
