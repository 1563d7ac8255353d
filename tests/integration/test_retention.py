"""What is no longer needed goes when it is asked for; counts, credits and facts stay as they were."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from support_build import FIRST, KEY, SECOND, deliver, line, write_policy
from support_cli import Ran, run, run_here
from support_store_search import places_of

from incentives.services.landing import land
from incentives.workspace import Workspace

pytestmark = pytest.mark.slow

CONFIG = """
[workspace]
id = "0000000000000000000000000000000a"
name = "Maison Test"
time_zone = "Europe/Paris"
demo = true

[quality]
quarantine_share_max_percent = 100

[retention]
personal_months = 24

[sources.till]
feeds = ["order_lines"]

[sources.crm]
feeds = ["customers", "customer_identifiers"]

[sources.hr]
feeds = ["associates"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""
# Bought last in 2021; mentioned in a refused row that was mended; in one that never was; in a file that was set aside.
LONG_GONE, MENDED, OPEN, ASIDE = "Aurelia Vanterpool", "wrote-on-the-receipt", "never-explained", "odd-file-content"
RECENT = "Bruno Other"


@pytest.fixture
def ws(landed: Workspace) -> Workspace:
    """The same, built."""
    _command(landed, "build")
    return landed


@pytest.fixture
def landed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two deliveries of April 2026, long over by the clock of the command line."""
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    monkeypatch.setenv("INCENTIVES_ERASURES", str(tmp_path / "kept" / "erasures.jsonl"))
    root = tmp_path / "ws"
    (root / "policies").mkdir(parents=True)
    (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
    write_policy(root, "2020-01-01")
    opened = Workspace.open(root)
    deliver(opened, "hr", "associates.csv", [{"associate_id": "lina", "name": "Lina Sales", "hired_on": "2020-01-01"}])
    deliver(
        opened,
        "crm",
        "customers.csv",
        [
            {"source": "crm", "customer_id": "OLD", "name": LONG_GONE, "created_at": "2020-05-01T00:00:00Z"},
            {"source": "crm", "customer_id": "NEW", "name": RECENT, "created_at": "2020-05-01T00:00:00Z"},
        ],
    )
    identifiers = [("OLD", "old@example.org"), ("NEW", "new@example.org")]
    deliver(
        opened,
        "crm",
        "customer_identifiers.csv",
        [
            {"source": "crm", "customer_id": who, "identifier_type": "email", "identifier_value": email}
            for who, email in identifiers
        ],
    )
    sales = [
        line("o1", "1", "100.00", day="2021-03-01", customer_email="old@example.org"),
        line("o2", "1", "50.00", day="2026-03-01", customer_email="new@example.org"),
    ]
    deliver(opened, "till", "order_lines.csv", sales, broken=f"till,o3,{MENDED}\n")
    deliver(opened, "till", "order_lines-open.csv", [line("o4", "1", "20.00", customer_email="")], broken=f"till,{OPEN}\n")
    (opened.inbox / "till" / "order_lines-odd.csv").write_text(f"who,what\nx,{ASIDE}\n", encoding="utf-8")
    land(opened, now=FIRST)
    deliver(opened, "till", "order_lines.csv", [*sales, line("o3", "1", "30.00", customer_email="")])
    land(opened, now=SECOND)
    return opened


def _command(ws: Workspace, *arguments: str, code: int = 0) -> Ran:
    return run_here(*arguments, "--workspace", ws.root, code=code)


def _due(ran: Ran) -> dict[str, int]:
    return {str(row["store"]): int(str(row["due"])) for row in ran.json()}


def _facts(ws: Workspace) -> dict[str, str]:
    files = (ws.bronze / "facts").rglob("*.parquet")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _kept(ws: Workspace) -> list[str]:
    """What must not change: credits, counts of every delivery by reason, and the open rows of quarantine."""
    asked = (("credits",), ("quarantine", "--format", "csv"), ("reconcile",), ("exceptions",))
    return [_command(ws, *arguments).out for arguments in asked]


def test_only_what_is_closed_and_old_goes_and_nothing_that_counts_changes(ws: Workspace) -> None:
    needles = (LONG_GONE, RECENT, MENDED, OPEN, ASIDE, "old@example.org", "new@example.org")
    assert all(places_of(ws.root, needles).values())
    kept, facts = _kept(ws), _facts(ws)
    due = {
        # order_lines.csv as it came last, customers, identifiers, associates; of the open one a row still waits.
        "delivered files in the inbox": 4,
        "files set aside": 1,
        "raw text of refused rows": 1,
        # OLD bought last in March 2021, NEW in March 2026.
        "clients with clear values": 1,
        "facts, marts, ledger, manifests": 0,
    }
    assert _due(_command(ws, "retention", "show", "--format", "json")) == due

    applied = _command(ws, "retention", "apply", "--actor", "dora", "--format", "json")

    assert _due(applied) == due
    found = places_of(ws.root, needles)
    assert {needle for needle, places in found.items() if not places} == {LONG_GONE, MENDED, "old@example.org"}
    assert {place.split("/")[0] for place in found[OPEN]} == {"inbox", "bronze", "warehouse"}
    # The delivery itself was refused and waits in the inbox to be put right; the copy is gone.
    assert {place.split("/")[0] for place in found[ASIDE]} == {"inbox"}
    assert {place.split("/")[0] for place in found[RECENT]} == {"bronze"}
    assert sorted(path.name for path in ws.inbox.rglob("*.csv")) == ["order_lines-odd.csv", "order_lines-open.csv"]
    assert (_kept(ws), _facts(ws)) == (kept, facts)
    _command(ws, "verify")
    assert set(_due(_command(ws, "retention", "show", "--format", "json")).values()) == {0}

    # A whole new build holds the same, and there is nothing left to do.
    _command(ws, "build", "--full-refresh")
    assert _kept(ws) == kept
    assert set(_due(_command(ws, "retention", "apply", "--actor", "dora", "--format", "json")).values()) == {0}


def test_nobody_without_a_token_removes_anything_in_a_workspace_of_ones_own(landed: Workspace) -> None:
    config = landed.root / "incentives.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("demo = true", "demo = false"), encoding="utf-8")

    refused = run("retention", "apply", "--workspace", landed.root, env={"INCENTIVES_TOKEN": ""}, code=2)

    assert "an act needs a personal token" in refused.err
    assert len(list(landed.inbox.rglob("*.csv"))) == 6
