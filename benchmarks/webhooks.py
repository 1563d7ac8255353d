"""How many signed messages a second a webhook acknowledges, each after it is durable, on one core.

    python benchmarks/webhooks.py [--messages 20000] [--connections 50]

The server runs on one core, the senders on another where there is one. Each sender waits for its answer before
it sends the next message. Afterwards everything that was acknowledged is counted in the inbox.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from support_connectors import connected
from support_hooks import PATH, messages, serving, signed


def _request(number: int) -> bytes:
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


async def _all(port: int, requests: list[bytes], connections: int, seconds: list[float]) -> int:
    return sum(await asyncio.gather(*(_send(port, requests, seconds) for _ in range(connections))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=50)
    chosen = parser.parse_args()
    requests = [_request(number) for number in range(chosen.messages)]
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        ws = connected(Path(folder) / "ws", "whatsapp-messages", "whatsapp", '"interactions"')
        with serving(ws) as server:
            # The children's affinity: every thread of the server on the first core.
            for task in Path(f"/proc/{server.process.pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), cores[:1])
            os.sched_setaffinity(0, cores[-1:])
            seconds: list[float] = []
            start = time.perf_counter()
            taken = asyncio.run(_all(server.port, requests, chosen.connections, seconds))
            elapsed = time.perf_counter() - start
            server.stop()
        delivered = 0
        for path in (ws.inbox / "whatsapp").glob("*.csv"):
            with path.open(newline="") as handle:
                delivered += sum(1 for _ in csv.reader(handle)) - 1
    seconds.sort()
    print(f"{taken} of {chosen.messages} acknowledged, {delivered} in the inbox, {taken / elapsed:,.0f} a second")
    print(
        f"answer: median {seconds[len(seconds) // 2] * 1000:.1f} ms, 95 of 100 within {seconds[len(seconds) * 95 // 100] * 1000:.1f} ms"
    )


if __name__ == "__main__":
    main()
