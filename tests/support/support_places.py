"""Local places of files: an SFTP server and an object store that speaks as much of S3 as reading takes."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import paramiko

USER, PASSWORD = "franchise-reader", "a-password-of-the-franchise"


class _Door(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if (username, password) == (USER, PASSWORD) else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


@dataclass
class SftpServer:
    """A folder behind SFTP; `cuts` connections end in the middle of a read."""

    root: Path
    port: int = 0
    host_key: str = ""
    cuts: int = 0
    passwords: list[str] = field(default_factory=list)


@contextmanager
def sftp(root: Path) -> Iterator[SftpServer]:
    """Serve a folder on this machine and a free port."""
    key = paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    server = SftpServer(root, listener.getsockname()[1], f"{key.get_name()} {key.get_base64()}")
    transports: list[paramiko.Transport] = []

    class Folder(paramiko.SFTPServerInterface):
        def list_folder(self, path: str) -> list[paramiko.SFTPAttributes]:
            return [paramiko.SFTPAttributes.from_stat(each.stat(), each.name) for each in sorted(self._at(path).iterdir())]

        def stat(self, path: str) -> paramiko.SFTPAttributes | int:
            try:
                return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
            except FileNotFoundError:
                return int(paramiko.SFTP_NO_SUCH_FILE)

        lstat = stat

        def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle:
            handle = _Handle(flags)
            handle.readfile = self._at(path).open("rb")
            if server.cuts:
                server.cuts -= 1
                for transport in transports:
                    transport.close()
            return handle

        def _at(self, path: str) -> Path:
            return root / path.lstrip("/")

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Folder)
            transports.append(transport)
            try:
                transport.start_server(server=_Door())
            except (paramiko.SSHException, EOFError):
                transport.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.close()
        for transport in transports:
            transport.close()


@dataclass
class Bucket:
    """Objects by key; requests of the numbers in `failures` are answered 500."""

    objects: dict[str, bytes]
    url: str = ""
    requests: int = 0
    failures: set[int] = field(default_factory=set)
    page_keys: int = 2


@contextmanager
def object_store(bucket: Bucket, name: str = "exports") -> Iterator[Bucket]:
    """Serve a bucket on this machine to whoever signs a request."""
    changed = datetime(2026, 2, 3, 4, 0, tzinfo=UTC)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            bucket.requests += 1
            parts = urlsplit(self.path)
            key = unquote(parts.path).removeprefix(f"/{name}").lstrip("/")
            if "AWS4-HMAC-SHA256" not in self.headers.get("Authorization", ""):
                return self._send(403, b"")
            if bucket.requests in bucket.failures:
                return self._send(500, b"")
            if not key:
                return self._send(200, self._listing(parse_qs(parts.query)))
            content = bucket.objects.get(key)
            if content is None:
                return self._send(404, b"")
            headers = {"ETag": self._tag(content), "Last-Modified": format_datetime(changed, usegmt=True)}
            asked = self.headers.get("Range")
            if asked:
                first, _, last = asked.removeprefix("bytes=").partition("-")
                piece = content[int(first) : int(last) + 1 if last else None]
                headers["Content-Range"] = f"bytes {first}-{int(first) + len(piece) - 1}/{len(content)}"
                return self._send(206, piece, headers)
            return self._send(200, content, headers)

        def do_HEAD(self) -> None:
            self.do_GET()

        def _tag(self, content: bytes) -> str:
            return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'

        def _listing(self, query: dict[str, list[str]]) -> bytes:
            prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
            after = query.get("continuation-token", [""])[0]
            keys = [key for key in sorted(bucket.objects) if key.startswith(prefix) and key > after]
            if delimiter:
                keys = [key for key in keys if delimiter not in key.removeprefix(prefix)]
            page, more = keys[: bucket.page_keys], keys[bucket.page_keys :]
            rows = "".join(
                f"<Contents><Key>{escape(key)}</Key><LastModified>{changed:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
                f"<ETag>{escape(self._tag(bucket.objects[key]))}</ETag><Size>{len(bucket.objects[key])}</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents>"
                for key in page
            )
            following = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
            truncated = f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
            return (
                '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                f"<Name>{name}</Name><KeyCount>{len(page)}</KeyCount>{truncated}{following}{rows}</ListBucketResult>"
            ).encode()

        def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for header, text in (headers or {}).items():
                self.send_header(header, text)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
