"""`incentives serve`: on this machine unless it is protected, with demo people in a demo and nowhere else."""

from __future__ import annotations

import re
import socket
import ssl
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from support_cli import run, serving
from support_portal import NOW, Browser, make_client
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
