"""Local servers that behave like a shop's and a service desk's interfaces, their troubles included.

A trouble is planned for the request of a number: `429` (with Retry-After), `503`, `500`, `cut` (the connection
ends before the answer), `half` (it ends within it), `torn` (a whole answer whose JSON is not).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

TOKEN = "shpat_a-token-of-the-test"
Json = dict[str, Any]


@dataclass
class Interface:
    """What a server holds and what it was asked."""

    records: list[Json]
    troubles: dict[int, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    # Page tokens that have been given out; emptied, they have expired.
    tokens: dict[str, int] = field(default_factory=dict)
    page_rows_max: int = 250
    retry_after: str = "1"
    hostile_next: str = ""

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], Json]:
        """Status, headers and body of a request that meets no trouble."""
        raise AssertionError("each interface answers in its own way")


class Shop(Interface):
    """Orders by pages of `limit`; a `page_info` stands alone, keeps its place while orders change, and may expire."""

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], Json]:
        if path != "/admin/api/2025-07/orders.json":
            return 404, {}, {}
        limit = min(int(query.get("limit", "50")), self.page_rows_max)
        if "page_info" in query:
            if set(query) - {"limit", "page_info"} or query["page_info"] not in self.tokens:
                return 400, {}, {"errors": "page_info"}
            since, after = json.loads(query["page_info"])
        else:
            since, after = query.get("updated_at_min", ""), ["", 0]
        ordered = sorted(self.records, key=lambda order: (order["updated_at"], order["id"]))
        left = [order for order in ordered if order["updated_at"] >= since and [order["updated_at"], order["id"]] > after]
        page, more = left[:limit], left[limit:]
        headers = {}
        if more:
            info = json.dumps([since, [page[-1]["updated_at"], page[-1]["id"]]])
            self.tokens[info] = 1
            base = self.hostile_next or self.url
            headers["Link"] = f'<{base}{path}?{urlencode({"limit": limit, "page_info": info})}>; rel="next"'
        return 200, headers, {"orders": page}


class Desk(Interface):
    """Tickets from `start_time` or behind a `cursor`, which stays good for ever."""

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], Json]:
        if path != "/api/v2/incremental/tickets/cursor.json" or ("cursor" in query) == ("start_time" in query):
            return 400, {}, {}
        limit = min(int(query["per_page"]), self.page_rows_max)
        after = json.loads(query["cursor"]) if "cursor" in query else ["", 0]
        ordered = sorted(self.records, key=lambda ticket: (ticket["updated_at"], ticket["id"]))
        left = [ticket for ticket in ordered if [ticket["updated_at"], ticket["id"]] > after]
        page = left[:limit]
        last = [page[-1]["updated_at"], page[-1]["id"]] if page else after
        body = {"tickets": page, "after_cursor": json.dumps(last), "after_url": "", "end_of_stream": len(left) <= limit}
        return 200, {}, body


@contextmanager
def serving(interface: Interface, *, header: str, value: str) -> Iterator[Interface]:
    """Serve an interface on this machine to whoever sends the header."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            interface.asked.append(query)
            trouble = interface.troubles.pop(len(interface.asked), None)
            if self.headers.get(header) != value:
                return self._send(401, {}, b"{}")
            if trouble == "429":
                return self._send(429, {"Retry-After": interface.retry_after}, b"slow down")
            if trouble in ("500", "503"):
                return self._send(int(trouble), {}, b"<html>")
            status, headers, body = interface.answer(parts.path, query)
            content = json.dumps(body, ensure_ascii=False).encode()
            if trouble == "cut":
                self.close_connection = True
                return None
            if trouble == "half":
                self.close_connection = True
                return self._send(status, headers, content, written=len(content) // 2)
            if trouble == "torn":
                content = content[:-2]
            return self._send(status, headers, content)

        def _send(self, status: int, headers: dict[str, str], content: bytes, written: int | None = None) -> None:
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:written])

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    interface.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield interface
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def order(number: int, minute: int | None = None, *, lines: int = 2, refunds: Sequence[Json] = (), **changes: Any) -> Json:
    """An order as a shop's interface has it: net prices, (n + 1).10 a piece, a discount of 1.50 on its first line."""
    moment = f"2026-02-03T10:{number // 3 if minute is None else minute:02}:00+01:00"
    items = [
        {
            "id": number * 10 + line,
            "sku": f"SKU-{line}",
            "quantity": line,
            "price": f"{number + 1}.10",
            "discount_allocations": [{"amount": "1.50"}] if line == 1 else [],
            "tax_lines": [{"price": "0.20"}],
        }
        for line in range(1, lines + 1)
    ]
    return {
        "id": 5_000_000_000_000_000_000 + number,
        "email": f"client{number}@example.org",
        "note": "PLANTED gift message",
        "source_name": "web",
        "financial_status": "paid",
        "taxes_included": False,
        "currency": "EUR",
        "user_id": 77,
        "customer": {"id": number % 5, "phone": None},
        "created_at": "2026-02-03T09:00:00+01:00",
        "processed_at": "2026-02-03T09:01:00+01:00",
        "updated_at": moment,
        "line_items": items,
        "refunds": list(refunds),
        **changes,
    }


def ticket(number: int, minute: int = 0, **changes: Any) -> Json:
    """A ticket as a service desk's interface has it."""
    return {
        "id": number,
        "assignee_id": 360_000_000_000 + number % 3,
        "requester_id": number % 7,
        "subject": "PLANTED subject",
        "description": "PLANTED my ring is broken",
        "status": "solved" if number % 2 else "open",
        "via": {"channel": "email"},
        "created_at": "2026-02-03T09:00:00Z",
        "updated_at": f"2026-02-03T10:{minute:02}:00Z",
        **changes,
    }
