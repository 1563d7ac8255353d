"""A person gets everything that is held about them, and nothing by which another person is known."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import duckdb
import pytest
from support_checklist import waive_items
from support_effect import put_into_effect
from support_landing import as_csv, deliver, land_inbox, new_workspace, sale
from support_snapshot import NOW, PUBLISHED, FixtureBuild, make_workspace, write_names, write_warehouse

from incentives.errors import InputError
from incentives.ledger.access import AccessError, Grant, Person, Role
from incentives.ledger.access_log import record_reads
from incentives.ledger.engine import Ledger
from incentives.periods import Period
from incentives.plans.registry import read_registry
from incentives.services import cycles
from incentives.services.natural_persons import Named
from incentives.services.person_export import export_associate, export_customer
from incentives.services.verification import verify_workspace
from incentives.serving import snapshots
from incentives.workspace import Workspace

MARCH = Period.parse("2026-03")
OFFICER = Person("dora", None, None, False, (Grant(Role.PRIVACY_OFFICER, "*"),))
OMAR, IRIS = (Person(name, None, None, False, (Grant(Role.FINANCE, "*"),)) for name in ("omar", "iris"))
PLAN = """
plan: client-advisor
version: 1
valid_from: 2026-01-01
calendar: month
currency: EUR
agreement: works-council 2025-11
eligibility: {roles: [client_advisor]}
components:
  - id: personal_sales
    measure: credited_revenue
    target: individual
    payout:
      curve: tiers
      mode: marginal
      basis: attainment
      table: [{from: 0%, rate: 1.0%}, {from: 100%, rate: 1.5%}]
"""


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A workspace with March locked and somebody who looked at Lina's pay."""
    made = make_workspace(tmp_path / "ws")
    write_names(made)
    write_warehouse(made)
    with duckdb.connect(str(made.warehouse)) as connection:
        connection.execute(
            "create table marts.measure_registry (measure varchar, unit varchar, additivity varchar, sign varchar,"
            " minimum_count bigint, payable boolean)"
        )
        connection.executemany(
            "insert into marts.measure_registry values (?, ?, ?, ?, ?, ?)",
            [[m.name, m.unit, m.additivity, m.sign, m.minimum_count, m.payable] for m in read_registry().measures.values()],
        )
    snapshots.publish(made, FixtureBuild(), PUBLISHED)
    made.plans.mkdir()
    (made.plans / "client-advisor.yaml").write_text(PLAN)
    put_into_effect(made, NOW)
    cycles.open_cycle(made, MARCH, by=OMAR, now=NOW)
    cycles.calculate_cycle(made, MARCH, by=OMAR, now=NOW)
    cycles.review_cycle(made, MARCH, by=OMAR, now=NOW)
    waive_items(made, MARCH, "every_target_is_there", by=OMAR, now=NOW)
    cycles.approve_cycle(made, MARCH, by=IRIS, now=NOW)
    cycles.lock_cycle(made, MARCH, by=IRIS, now=NOW)
    with Ledger.open(made.ledger) as ledger:
        record_reads(ledger, "omar", ["lina"], "statement", at=NOW)
    return made


def _opened(path: Path) -> tuple[dict[str, list[dict[str, object]]], str]:
    with zipfile.ZipFile(path) as archive:
        tree = json.loads(archive.read("person.json"))
        page = archive.read("person.html").decode()
    return tree["sections"], page


def test_an_associate_gets_record_credits_statement_with_its_arithmetic_and_who_looked(ws: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "lina.zip"

    done = export_associate(ws, "lina", target, by=OFFICER, reason="asked on 1 April", now=NOW)
    sections, page = _opened(target)

    assert [row["associate_id"] for row in sections["Record"]] == ["lina"]
    assert [row["leave_centi"] for row in sections["Hours planned, worked and on leave, in hundredths"]] == [200]
    # March, as the plan pays it: 21.00 - 8.40 + 400.00 + 40.00 + 123.45 = 576.05.
    march = [row["credit_minor"] for row in sections["Credits"] if str(row["earned_date"]).startswith("2026-03")]
    assert sum(int(str(minor)) for minor in march) == 57605
    (number,) = [title for title in sections if title.startswith("Statement ")]
    # 1 % of 576.05 is 5.7605.
    assert [row["worth_minor"] for row in sections[number]] == [576]
    assert sections[f"How {number.removeprefix('Statement ')} was calculated"]
    assert [row["purpose"] for row in sections["Who looked at the person's pay"]] == ["person export", "statement"]
    assert "5.76" in page
    assert done.rows == sum(len(rows) for rows in sections.values())
    assert target.stat().st_mode & 0o077 == 0
    assert verify_workspace(ws).findings == ()


def test_no_other_person_is_named_in_the_export_of_an_associate(ws: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "lina.zip"
    export_associate(ws, "lina", target, by=OFFICER, reason="asked on 1 April", now=NOW)
    sections, page = _opened(target)
    with duckdb.connect(str(ws.warehouse), read_only=True) as connection:
        others = {str(row[0]) for row in connection.execute("select associate_id from marts.dim_associates").fetchall()}

    values = {str(value) for rows in sections.values() for row in rows for value in row.values()}

    assert values.isdisjoint((others | {"omar", "dora"}) - {"lina"})
    assert not any(f">{other}<" in page for other in others - {"lina"})
    assert "colleague 1" in page


def test_only_the_person_or_a_privacy_officer_gets_an_export_and_no_file_is_overwritten(ws: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "lina.zip"
    lina = Person("lina", 7, None, False, ())

    with pytest.raises(AccessError, match="no privacy officer"):
        export_associate(ws, "lina", target, by=OMAR, reason="curious", now=NOW)
    with pytest.raises(AccessError, match="no privacy officer"):
        export_associate(ws, "sam", target, by=lina, reason="curious", now=NOW)
    assert not target.exists()
    export_associate(ws, "lina", target, by=lina, reason="my own", now=NOW)
    with pytest.raises(InputError, match="exists already"):
        export_associate(ws, "lina", target, by=lina, reason="my own", now=NOW)


def test_a_customer_gets_their_own_rows_in_clear_and_colleagues_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", "0123456789abcdef0123456789abcdef")
    ws = new_workspace(tmp_path)
    deliver(
        ws,
        "order_lines.csv",
        as_csv(
            [
                sale("O1", customer_id="C1", customer_email="ada@example.org", associate_id="sam:70|kim:30"),
                sale("O2", customer_id="C1", associate_id="kim"),
                sale("O3", customer_id="C2", customer_email="<b>bruno@example.org", associate_id="kim"),
            ]
        ),
    )
    land_inbox(ws)
    target = tmp_path / "customer.zip"

    export_customer(ws, Named("C1", "pos"), target, by=OFFICER, reason="asked on 1 April", now=NOW)
    sections, page = _opened(target)

    assert sections["Identifiers and names"] == [
        {"what": "customer_email", "value": "ada@example.org"},
        {"what": "customer_id", "value": "C1"},
    ]
    assert [(row["order_id"], row["associate_id"]) for row in sections["order_lines"]] == [
        ("O1", "colleague 1:70|colleague 2:30"),
        ("O2", "colleague 2"),
    ]
    assert "bruno" not in page
    export_customer(ws, Named("C2", "pos"), tmp_path / "other.zip", by=OFFICER, reason="asked on 1 April", now=NOW)
    # What a customer typed is text on the page, never markup.
    assert "&lt;b&gt;bruno@example.org" in _opened(tmp_path / "other.zip")[1]
