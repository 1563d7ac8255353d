"""A forgotten customer is nowhere in the workspace and does not come back, and nothing that is paid changes."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support_build import FIRST, KEY, SECOND, deliver, line, write_policy
from support_cli import run, serving
from support_store_search import places_of

from incentives.errors import InputError
from incentives.feeds.erasure_logs import log_outside
from incentives.ledger.access import AccessError, Grant, Person, Role
from incentives.services.credits import list_credits
from incentives.services.forgetting import forget, replay
from incentives.services.natural_persons import Named
from incentives.services.pipeline import run_pipeline
from incentives.services.verification import verify_workspace
from incentives.services.warehouse import build_warehouse
from incentives.serving import snapshots
from incentives.workspace import Workspace

pytestmark = pytest.mark.slow

NAME = "Aurelia Vanterpool"
EMAIL = "aurelia.vanterpool@example.org"
PHONE = "+33 6 11 22 33 44"
SECOND_EMAIL = "a.vanterpool@example.net"
NEEDLES = (NAME, EMAIL, PHONE, SECOND_EMAIL, "CUST-7781")
OTHER = "bruno.other@example.org"
OFFICER = Person("dora", None, None, False, (Grant(Role.PRIVACY_OFFICER, "*"),))
THIRD = datetime(2026, 4, 3, 6, 0, tzinfo=UTC)
CONFIG = """
[workspace]
id = "000000000000000000000000000000ff"
name = "Maison Test"
time_zone = "Europe/Paris"

[quality]
quarantine_share_max_percent = 100

[sources.till]
feeds = ["order_lines", "locations"]

[sources.crm]
feeds = ["customers", "customer_identifiers", "interactions", "client_ownership", "permissions"]

[sources.hr]
feeds = ["associates", "assignments"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A published workspace in which a customer of till and crm is planted, and another customer beside her."""
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    monkeypatch.setenv("INCENTIVES_ERASURES", str(tmp_path / "kept" / "erasures.jsonl"))
    root = tmp_path / "ws"
    (root / "policies").mkdir(parents=True)
    (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
    write_policy(root, "2026-01-01")
    opened = Workspace.open(root)
    _deliver(opened)
    run_pipeline(opened, now=FIRST)
    opened.logs.mkdir(exist_ok=True)
    (opened.logs / "landing.log").write_text(f"kept line\nsomebody wrote {EMAIL} here\n", encoding="utf-8")
    shutil.copytree(root, tmp_path / "copy")
    shutil.copytree(tmp_path / "copy", root / "backups" / "2026-04-01")
    return opened


def _deliver(ws: Workspace) -> None:
    deliver(ws, "hr", "associates.csv", [{"associate_id": "lina", "name": "Lina Sales", "hired_on": "2020-01-01"}])
    deliver(ws, "till", "locations.csv", [{"location_id": "paris", "country": "FR", "time_zone": "Europe/Paris"}])
    deliver(ws, "till", "order_lines.csv", _lines(), broken=f"till,o9,1,{EMAIL}\ntill,o10,1,{OTHER}\n")
    # No header of the feed: set aside whole.
    (ws.inbox / "till" / "order_lines-odd.csv").write_text(f"who,what\n{NAME},{PHONE}\n", encoding="utf-8")
    customers = f"source,customer_id,name\ncrm,CUST-7781,{NAME}\ncrm,CUST-2,Bruno Other\n"
    (ws.inbox / "crm").mkdir(parents=True, exist_ok=True)
    (ws.inbox / "crm" / "customers.csv.gz").write_bytes(gzip.compress(customers.encode()))
    deliver(
        ws,
        "crm",
        "customer_identifiers.csv",
        [
            {"source": "crm", "customer_id": "CUST-7781", "identifier_type": kind, "identifier_value": value}
            for kind, value in (("email", EMAIL), ("phone", PHONE), ("email", SECOND_EMAIL))
        ]
        + [{"source": "crm", "customer_id": "CUST-2", "identifier_type": "email", "identifier_value": OTHER}],
    )


def _lines() -> list[dict[str, str]]:
    return [
        line("o1", "1", "100.00", customer_id="T1", customer_email=EMAIL, customer_phone=""),
        line("o2", "1", "50.00", customer_id="", customer_email="", customer_phone=PHONE),
        line("o3", "1", "30.00", customer_id="T2", customer_email=OTHER, customer_phone=""),
    ]


def _paid(ws: Workspace) -> list[list[tuple[object, ...]]]:
    """Every credit and measure that readers see."""
    snapshot = snapshots.current(ws)
    assert snapshot is not None
    with snapshot.connect() as reader:
        return [
            reader.execute(f"select * from marts.{table} order by all").fetchall() for table in ("fct_credits", "fct_measures")
        ]


def _facts(ws: Workspace) -> dict[str, str]:
    facts = ws.bronze / "facts"
    return {str(path.relative_to(facts)): hashlib.sha256(path.read_bytes()).hexdigest() for path in facts.rglob("*.parquet")}


def _nowhere(ws: Workspace) -> None:
    assert places_of(ws.root, NEEDLES) == {needle: set() for needle in NEEDLES}


def test_a_forgotten_customer_is_in_no_store_and_every_credit_is_the_same(ws: Workspace) -> None:
    published = snapshots.current(ws)
    assert published is not None
    build_warehouse(ws, now=FIRST, as_of_load=published.last_load)
    before = places_of(ws.root, NEEDLES)
    paid, facts, credits = _paid(ws), _facts(ws), list_credits(ws)
    # The search sees: delivered text, gzip, Parquet, DuckDB, logs, set-aside files, and the copy.
    assert {place.split("/")[0] for place in before[EMAIL]} == {"inbox", "bronze", "warehouse", "logs", "backups"}
    assert {place.split("/")[0] for place in before[NAME]} == {"inbox", "bronze", "set_aside", "backups"}
    assert all(before[needle] for needle in NEEDLES)

    done = forget(ws, Named("CUST-7781", "crm"), by=OFFICER, reason=f"asked by {EMAIL}", now=SECOND)

    _nowhere(ws)
    # CUST-7781 of the crm and T1 of the till share the email; two emails and a phone are theirs.
    assert (done.records, done.identifiers, done.reasons) == (2, 3, 1)
    assert (done.databases, done.log_lines, done.unreachable) == (2, 1, 0)
    # One customer, three identifiers and two order lines, here and in the copy.
    assert (done.personal_rows, done.raw_texts, done.set_aside_files) == (12, 2, 2)
    assert _facts(ws) == facts
    assert list_credits(ws) == credits
    # The other customer's clear values stay.
    assert "bronze" in {place.split("/")[0] for place in places_of(ws.root, (OTHER,))[OTHER]}
    rebuilt = run_pipeline(ws, now=THIRD, full_refresh=True)
    assert rebuilt.snapshot == snapshots.current(ws)
    assert _paid(ws) == paid
    assert verify_workspace(ws).findings == ()


def test_neither_a_redelivery_nor_a_restore_brings_a_forgotten_customer_back(ws: Workspace, tmp_path: Path) -> None:
    paid = _paid(ws)
    forget(ws, Named(PHONE), by=OFFICER, reason="letter of 1 April", now=SECOND)
    _nowhere(ws)

    # The same bytes, then the same rows in a file of other bytes, with another broken row.
    _deliver(ws)
    run_pipeline(ws, now=SECOND)
    _nowhere(ws)
    again = _lines()
    deliver(ws, "till", "order_lines-again.csv", again, broken=f'till,o9,2,"{NAME}"\n')
    (ws.inbox / "till" / "order_lines-odd-again.csv").write_text(f"who,what\nx,{EMAIL}\n", encoding="utf-8")
    deliver(ws, "crm", "customers-again.csv", [{"source": "crm", "customer_id": "CUST-7781", "name": NAME}])
    run_pipeline(ws, now=THIRD)
    _nowhere(ws)
    assert _paid(ws) == paid

    for folder in ("bronze/personal", "bronze/rejects", "set_aside", "inbox", "logs", "warehouse"):
        shutil.copytree(tmp_path / "copy" / folder, ws.root / folder, dirs_exist_ok=True)
    assert all(places_of(ws.root, NEEDLES).values())

    # A landing is enough; the act is in the chain.
    run("land", "--workspace", ws.root)
    _nowhere(ws)

    for folder in ("bronze/personal", "set_aside", "logs", "warehouse"):
        shutil.copytree(tmp_path / "copy" / folder, ws.root / folder, dirs_exist_ok=True)
    assert places_of(ws.root, NEEDLES)[EMAIL]
    with serving(ws.root):
        _nowhere(ws)
    run_pipeline(ws, now=THIRD)
    _nowhere(ws)
    assert _paid(ws) == paid
    assert verify_workspace(ws).findings == ()


def test_a_whole_workspace_restored_from_a_copy_forgets_by_a_log_kept_elsewhere(ws: Workspace, tmp_path: Path) -> None:
    forget(ws, Named(EMAIL), by=OFFICER, reason="letter of 1 April", now=SECOND)
    restored = Workspace.open(tmp_path / "copy")
    assert all(places_of(restored.root, NEEDLES).values())

    log_outside(ws).unlink()

    replay(restored, by=OFFICER, reason="restored", now=THIRD, log=ws.root / "erasures.jsonl")

    _nowhere(restored)


def test_a_packed_backup_restored_over_the_workspace_is_forgotten_again_by_a_build(ws: Workspace, tmp_path: Path) -> None:
    paid = _paid(ws)
    packed = tmp_path / "backup.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(tmp_path / "copy", arcname=".")
    assert places_of(tmp_path, (EMAIL,))[EMAIL] >= {"backup.tar.gz"}
    forget(ws, Named(EMAIL), by=OFFICER, reason="letter of 1 April", now=SECOND)
    _nowhere(ws)

    # The restored folder is of the day before: it has no erasure log of its own.
    shutil.rmtree(ws.root)
    with tarfile.open(packed) as archive:
        archive.extractall(ws.root, filter="data")
    assert not (ws.root / "erasures.jsonl").exists()
    assert all(places_of(ws.root, NEEDLES).values())

    run("build", "--workspace", ws.root)

    _nowhere(ws)
    assert _paid(ws) == paid
    assert verify_workspace(ws).findings == ()


def test_only_a_privacy_officer_forgets_and_only_whom_was_delivered(ws: Workspace) -> None:
    finance = Person("anna", 1, None, False, (Grant(Role.FINANCE, "*"),))

    with pytest.raises(AccessError, match="no privacy officer"):
        forget(ws, Named(EMAIL), by=finance, reason="asked", now=SECOND)
    with pytest.raises(InputError, match="no customer was delivered"):
        forget(ws, Named("nobody@example.org"), by=OFFICER, reason="asked", now=SECOND)
    refused = run("forget", EMAIL, "--reason", "asked", "--workspace", ws.root, env={"INCENTIVES_TOKEN": ""}, code=2)

    assert "an act needs a personal token" in refused.err
    assert not (ws.root / "erasures.jsonl").exists()
