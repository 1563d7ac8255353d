"""`incentives serve`: on this machine unless it is protected, with demo people in a demo and nowhere else."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from support_cli import PROGRAM, run, serving
from support_portal import NOW, PASSWORD, Browser, build_house, make_client
from support_snapshot import make_workspace, published

from incentives.cli.serve import Exposure, check_exposure
from incentives.errors import InputError
from incentives.ledger import access
from incentives.ledger.audit import Actor
from incentives.ledger.engine import Ledger
from incentives.services.demo_users import ensure_demo_users

KEY = "a key of these tests only"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)


def write_certificate(certificate: Path, key: Path, name: str) -> None:
    """Write a certificate that signs itself, and its key."""
    secret = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=365))
        .not_valid_after(NOW + timedelta(days=3_650))
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(Encoding.PEM))
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.mark.slow
def test_the_address_that_is_printed_answers(tmp_path: Path) -> None:
    ws, _ = published(tmp_path / "ws", demo=True)

    with serving(ws.root) as printed:
        address = re.search(r"http://127\.0\.0\.1:\d+/", printed)
        assert address is not None, printed
        with urllib.request.urlopen(address.group()) as answer:
            assert "Sign in" in answer.read().decode()

    assert re.findall(r"^\s+(associate|manager|finance|finance)\s+\S+\s+\S{20}$", printed, re.MULTILINE) == [
        "associate",
        "manager",
        "finance",
        "finance",
    ]


@pytest.mark.slow
def test_over_tls_cookies_are_bound_to_the_host_and_sent_over_tls_only(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path / "ws")
    write_certificate(tmp_path / "cert.pem", tmp_path / "key.pem", "pay.example")
    tls = ("--tls-certificate", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"), "--name", "pay.example")

    with serving(ws.root, *tls) as printed:
        port = re.search(r"https://127\.0\.0\.1:(\d+)/", printed)
        assert port is not None, printed
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(f"https://127.0.0.1:{port.group(1)}/sign-in", headers={"Host": "pay.example"})
        with urllib.request.urlopen(request, context=trusting) as answer:
            cookie, hsts = answer.headers["set-cookie"], answer.headers["strict-transport-security"]

    assert cookie.startswith("__Host-incentives=")
    assert "Secure" in cookie
    assert hsts


@pytest.mark.slow
def test_a_taken_port_says_what_to_do_and_asks_to_try_again(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path / "ws")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = run("serve", "--workspace", ws.root, "--port", port, code=3)

    assert "--port" in refused.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.10", "pay.example"])
def test_an_address_that_others_reach_needs_tls_or_a_named_proxy(tmp_path: Path, host: str) -> None:
    ws = make_workspace(tmp_path / "ws")

    with pytest.raises(InputError, match="unencrypted"):
        check_exposure(ws, host, Exposure())
    check_exposure(ws, host, Exposure(proxies=("10.0.0.5",), names=("pay.example",)))
    check_exposure(ws, host, Exposure(certificate=tmp_path, key=tmp_path, names=("pay.example",)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_alone_needs_nothing(tmp_path: Path, host: str) -> None:
    check_exposure(make_workspace(tmp_path / "ws"), host, Exposure())


@pytest.mark.parametrize(
    ("exposure", "sentence"),
    [
        (Exposure(certificate=Path("c.pem")), "both"),
        (Exposure(proxies=("10.0.0.5",)), "under which name"),
        (Exposure(proxies=("everybody",), names=("pay.example",)), "not the address of a proxy"),
    ],
)
def test_half_of_a_protection_is_refused(tmp_path: Path, exposure: Exposure, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        check_exposure(make_workspace(tmp_path / "ws"), "192.0.2.10", exposure)


def test_a_demo_never_leaves_this_machine(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path / "ws", demo=True)

    with pytest.raises(InputError, match="this machine only"):
        check_exposure(ws, "0.0.0.0", Exposure(proxies=("10.0.0.5",), names=("pay.example",)))


def test_demo_people_get_new_passwords_at_each_start_and_the_old_ones_end(tmp_path: Path) -> None:
    ws, _ = published(tmp_path / "ws", demo=True)

    first = {user.person_id: user for user in ensure_demo_users(ws, now=NOW)}
    second = {user.person_id: user for user in ensure_demo_users(ws, now=NOW)}

    assert [(user.person_id, user.role) for user in first.values()] == [
        ("lina", "associate"),
        ("anna", "manager"),
        ("demo.finance", "finance"),
        ("demo.controller", "finance"),
    ]
    assert all(len(user.password) >= 20 and user.password != second[person].password for person, user in first.items())
    browser = Browser(make_client(ws))
    assert browser.sign_in("lina", first["lina"].password).status_code == 401
    assert browser.sign_in("lina", second["lina"].password).headers["location"] == "/"
    assert "Demonstration: invented people and figures." in browser.get("/today").text


def test_demo_people_exist_in_a_demo_only(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="demo workspaces only"):
        ensure_demo_users(make_workspace(tmp_path / "ws"), now=NOW)


@pytest.mark.slow
def test_a_workspace_that_is_no_demo_is_not_served_while_a_demo_account_is_live(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path / "ws")
    with Ledger.open(ws.ledger) as ledger, ledger.act() as session:
        access.create_account(session, Actor("console", "console"), "left-over", at=NOW, is_demo=True)

    refused = run("serve", "--workspace", ws.root, "--port", 0, code=2)

    assert "demo accounts are live" in refused.err


@contextmanager
def _two_workers(root: Path) -> Iterator[tuple[subprocess.Popen[str], str, list[int]]]:
    """A portal that two processes answer for: the one that started them, its address, and their numbers."""
    arguments = ["serve", "--workspace", str(root), "--port", "0", "--workers", "2"]
    started = subprocess.Popen([sys.executable, "-u", "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout is not None
        printed = ""
        for printed_line in started.stdout:
            printed += printed_line
            if "Ctrl-C" in printed_line:
                break
        address = re.search(r"http://127\.0\.0\.1:\d+", printed)
        assert address is not None, printed
        with urllib.request.urlopen(f"{address.group()}/sign-in") as answer:
            assert answer.status == 200
        yield started, address.group(), _answering(started.pid)
    finally:
        started.kill()
        started.wait(timeout=20)


def _answering(parent: int) -> list[int]:
    """Return the processes that a portal started to answer."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _all_end(processes: list[int]) -> bool:
    """Whether processes end within some seconds."""
    ends = time.monotonic() + 20
    while any(map(_runs, processes)):
        if time.monotonic() > ends:
            return False
        time.sleep(0.1)
    return True


def _runs(process: int) -> bool:
    """Whether a process is there, and no remains of one that nobody has waited for."""
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


@pytest.mark.slow
def test_a_session_is_known_to_every_process_and_all_stop_together(tmp_path: Path) -> None:
    house = build_house(tmp_path)
    with _two_workers(house.ws.root) as (started, address, workers):
        assert len(workers) == 2
        with httpx.Client(base_url=address) as client:
            page = client.get("/sign-in")
            token = re.search(r'csrf" value="(\w+)"', page.text)
            assert token is not None
            form = {"csrf": token.group(1), "login": "omar", "password": PASSWORD, "next": "/"}
            assert client.post("/sign-in", data=form).status_code == 303
        cookies = dict(client.cookies)
        # A new connection each time: whichever process takes it.
        for _ in range(12):
            assert httpx.get(f"{address}/cycles", cookies=cookies).status_code == 200
        started.terminate()
        assert started.wait(timeout=20) == 0
        assert _all_end(workers)


@pytest.mark.slow
def test_one_process_that_ends_stops_the_others_and_is_told(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path / "ws")
    with _two_workers(ws.root) as (started, _, workers):
        os.kill(workers[0], signal.SIGKILL)

        assert started.wait(timeout=20) == 3
        assert _all_end(workers)


@pytest.mark.slow
def test_nobody_answers_for_a_portal_that_was_killed(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path / "ws")
    with _two_workers(ws.root) as (started, _, workers):
        started.kill()

        assert _all_end(workers)
