"""A cycle through its use cases: from a published snapshot to a payroll file, proved again and explained.

By hand, for March 2026 and 1 % of credited revenue up to the target, 1.5 % above it:
Lina: 21.00 - 8.40 + 400.00 + 40.00 + 123.45 = 576.05 credited, target 1,000.00: 1 % = 5.7605 -> 5.76.
Sam: 50.00 - 20.00 + 640.00 = 670.00; 31 of the 90 days of a target of 1,800.00 are 620.00:
6.20 + 1.5 % of 50.00 = 6.95.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from support_checklist import waive_items
from support_effect import put_into_effect
from support_snapshot import LINES, NOW, PUBLISHED, FixtureBuild, Line, make_workspace, write_names, write_warehouse

from incentives.errors import CheckFailedError, InputError
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.ledger.access import ALL_PAY_GROUPS, AccessError, Grant, Role
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import calculation_of, find
from incentives.ledger.states import Instruction
from incentives.periods import Period
from incentives.plans.registry import read_registry
from incentives.services import cycles
from incentives.services.accounts import Job, Person
from incentives.services.cycle_instructions import instruct_cycle
from incentives.services.cycle_replay import replay_cycle
from incentives.services.manifests import frozen_divisions, object_path, parse_manifest
from incentives.services.payouts import explain_payout
from incentives.services.replay_inputs import division_differences
from incentives.services.verification import verify_workspace
from incentives.serving import snapshots
from incentives.workspace import Workspace

MARCH = Period.parse("2026-03")
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


def _person(name: str, *grants: Grant) -> Person:
    return Person(name, None, None, False, grants or (Grant(Role.FINANCE, ALL_PAY_GROUPS),))


OMAR, IRIS = _person("omar"), _person("iris")


def _build(ws: Workspace, lines: tuple[Line, ...], build: FixtureBuild) -> None:
    """Write the marts with the shipped registry of measures, and publish them."""
    write_warehouse(ws, lines)
    with duckdb.connect(str(ws.warehouse)) as connection:
        connection.execute(
            "create table marts.measure_registry (measure varchar, unit varchar, additivity varchar, sign varchar,"
            " minimum_count bigint, payable boolean)"
        )
        connection.executemany(
            "insert into marts.measure_registry values (?, ?, ?, ?, ?, ?)",
            [[m.name, m.unit, m.additivity, m.sign, m.minimum_count, m.payable] for m in read_registry().measures.values()],
        )
    snapshots.publish(ws, build, PUBLISHED, keep=cycles.publications_in_use(ws))


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path / "ws")
    write_names(made)
    _build(made, LINES, FixtureBuild())
    made.plans.mkdir()
    (made.plans / "client-advisor.yaml").write_text(PLAN)
    put_into_effect(made, NOW)
    return made


def _calculated(ws: Workspace) -> None:
    cycles.open_cycle(ws, MARCH, by=OMAR, now=NOW)
    cycles.calculate_cycle(ws, MARCH, by=OMAR, now=NOW)


def _locked(ws: Workspace) -> None:
    _calculated(ws)
    cycles.review_cycle(ws, MARCH, by=OMAR, now=NOW)
    waive_items(ws, MARCH, "every_target_is_there", by=OMAR, now=NOW)
    cycles.approve_cycle(ws, MARCH, by=IRIS, now=NOW)
    cycles.lock_cycle(ws, MARCH, by=IRIS, now=NOW)


def _republished(ws: Workspace, lines: tuple[Line, ...]) -> None:
    _build(ws, lines, FixtureBuild("build-2", 2))


def test_the_statements_are_those_worked_by_hand(ws: Workspace) -> None:
    _calculated(ws)

    worths = {row.associate_id: row.worth_minor for row in cycles.statements_of_cycle(ws, MARCH)}

    assert (worths["lina"], worths["sam"]) == (576, 695)
    assert sum(worths.values()) == 576 + 695


def test_the_payroll_file_pays_them_and_its_control_totals_agree(ws: Workspace) -> None:
    _locked(ws)
    report = cycles.export_cycle(ws, MARCH, by=IRIS, now=NOW)

    control = json.loads(Path(report.control_file).read_text())
    assert Path(report.file).read_text().splitlines() == [
        "period,pay_group,person_id,pay_element,currency,amount",
        "2026-03,main,lina,BONUS,EUR,5.76",
        "2026-03,main,sam,BONUS,EUR,6.95",
    ]
    assert (control["rows"], control["people"], control["totals"]) == (2, 2, {"EUR": "12.71"})
    assert control["sha256"] == report.sha256
    assert verify_workspace(ws).findings == ()


def test_exporting_again_writes_the_same_bytes_where_the_file_was_lost(ws: Workspace) -> None:
    _locked(ws)
    first = cycles.export_cycle(ws, MARCH, by=IRIS, now=NOW)
    bytes_before = Path(first.file).read_bytes(), Path(first.control_file).read_bytes()
    Path(first.file).unlink()
    second = cycles.export_cycle(ws, MARCH, by=OMAR, now=NOW + timedelta(days=1))

    assert second.repeated
    assert (Path(second.file).read_bytes(), Path(second.control_file).read_bytes()) == bytes_before


def test_a_replay_agrees_although_everything_changed_since(ws: Workspace) -> None:
    _locked(ws)
    _republished(ws, LINES[:3])
    (ws.plans / "client-advisor.yaml").write_text(PLAN.replace("1.0%", "9.0%"))

    report = replay_cycle(ws, MARCH, now=NOW)

    assert report.agrees
    assert report.statements == len(cycles.statements_of_cycle(ws, MARCH))


def test_a_frozen_input_that_changed_is_named_and_nothing_is_replayed_from_it(ws: Workspace) -> None:
    _locked(ws)
    manifest = next(path for path in ws.manifests.rglob("*") if path.is_file() and path.stat().st_size > 0)
    manifest.chmod(0o600)
    manifest.write_bytes(manifest.read_bytes() + b"x")

    found = verify_workspace(ws).findings

    assert [finding.place.startswith("manifest of version 1 of cycle 2026-03/main") for finding in found] == [True]
    assert manifest.name in found[0].sentence


def test_equal_inputs_are_kept_once(ws: Workspace) -> None:
    _calculated(ws)
    objects = sorted(path.name for path in ws.manifests.rglob("*") if path.is_file())
    cycles.calculate_cycle(ws, MARCH, by=OMAR, now=NOW)

    assert sorted(path.name for path in ws.manifests.rglob("*") if path.is_file()) == objects
    assert all(object_path(ws, name).is_file() for name in objects)


def test_what_landed_after_the_calculation_is_shown_and_not_in_it(ws: Workspace) -> None:
    _calculated(ws)
    late = IndexedFile(
        2, 1, "till", "order_lines", "order_lines-late.csv", "1" * 64, 1, "loaded",
        rows_delivered=3, facts_path="bronze/late.parquet", facts_sha256="2" * 64,
    )  # fmt: skip
    BronzeIndex(ws.bronze_index).add_load(2, NOW, [late])

    status = cycles.cycle_status(ws, MARCH)

    assert [(row.file_name, row.rows_delivered) for row in status.deliveries_since] == [("order_lines-late.csv", 3)]
    assert status.last_load == 1
    assert [blocker.split(". ")[0] for blocker in status.blockers[1:]] == ["Files landed after this calculation: 1"]
    assert status.blockers[1].endswith("Or waive nothing_landed_after_load_2.")


def test_a_blocking_check_stops_the_approval(ws: Workspace) -> None:
    # One credit is a cent more than the line's net: money came from nowhere.
    first = LINES[0]
    broken = replace(first, parts=(replace(first.parts[0], credit_minor=5_001), *first.parts[1:]))
    _republished(ws, (broken, *LINES[1:]))
    _calculated(ws)
    cycles.review_cycle(ws, MARCH, by=OMAR, now=NOW)

    with pytest.raises(CheckFailedError, match="blocking checks do not hold"):
        cycles.approve_cycle(ws, MARCH, by=IRIS, now=NOW)

    assert cycles.cycle_status(ws, MARCH).summary.state == "in_review"


def test_a_waiver_has_a_name_and_a_reason_and_holds_for_one_calculation(ws: Workspace) -> None:
    first = LINES[0]
    broken = replace(first, parts=(replace(first.parts[0], credit_minor=5_001), *first.parts[1:]))
    _republished(ws, (broken, *LINES[1:]))
    _calculated(ws)

    def waive(name: str) -> None:
        instruct_cycle(ws, MARCH, Instruction.WAIVE, name, by=OMAR, now=NOW, reason="A cent; the source is told.")

    with pytest.raises(InputError, match="stops nothing") as refused:
        waive("no_such_check")
    names = (refused.value.remedy or "").removeprefix("What stops it: ").removesuffix(".").split(", ")
    for name in names:
        waive(name)
    cycles.review_cycle(ws, MARCH, by=OMAR, now=NOW)
    assert cycles.approve_cycle(ws, MARCH, by=IRIS, now=NOW).summary.state == "approved"
    assert {(told.kind, told.subject, told.reason) for told in cycles.cycle_status(ws, MARCH).instructions} == {
        ("waive", name, "A cent; the source is told.") for name in names
    }

    cycles.send_back_cycle(ws, MARCH, by=IRIS, now=NOW, reason="One more look.")
    cycles.calculate_cycle(ws, MARCH, by=OMAR, now=NOW)
    cycles.review_cycle(ws, MARCH, by=OMAR, now=NOW)
    assert cycles.cycle_status(ws, MARCH).instructions == ()
    with pytest.raises(CheckFailedError, match="blocking checks do not hold"):
        cycles.approve_cycle(ws, MARCH, by=IRIS, now=NOW)


def test_nothing_is_calculated_before_something_is_published(tmp_path: Path) -> None:
    empty = make_workspace(tmp_path / "empty")
    cycles.open_cycle(empty, MARCH, by=OMAR, now=NOW)

    with pytest.raises(InputError, match="nothing is published"):
        cycles.calculate_cycle(empty, MARCH, by=OMAR, now=NOW)


def test_finance_of_another_pay_group_and_others_do_not_act(ws: Workspace) -> None:
    for person in (_person("zoe", Grant(Role.FINANCE, "japan")), _person("lea", Grant(Role.MANAGER, "*"))):
        with pytest.raises(AccessError, match="is not finance for pay group main"):
            cycles.open_cycle(ws, MARCH, by=person, now=NOW)


def test_a_job_drafts_and_a_person_has_to_review(ws: Workspace) -> None:
    cycles.open_cycle(ws, MARCH, by=OMAR, now=NOW)
    status = cycles.calculate_cycle(ws, MARCH, by=Job("nightly"), now=NOW)

    assert [(act.act, act.person_id, act.actor_kind) for act in status.acts][-1] == ("calculate", "nightly", "job")


def test_people_see_a_draft_from_the_review_on(ws: Workspace) -> None:
    _calculated(ws)
    before = cycles.statements_of(ws, "lina")
    cycles.review_cycle(ws, MARCH, by=OMAR, now=NOW)
    (draft,) = cycles.statements_of(ws, "lina")

    assert before == ()
    assert (draft.number, draft.is_final, draft.worth_minor) == ("2026-03/main/lina", False, 576)
    assert cycles.statements_of(ws, "lina", drafts=False) == ()


def test_two_versions_are_compared_person_by_person_with_what_moved(ws: Workspace) -> None:
    _calculated(ws)
    _republished(ws, tuple(line for line in LINES if line.order != "1101"))
    cycles.calculate_cycle(ws, MARCH, by=OMAR, now=NOW)

    differences = cycles.cycle_differences(ws, MARCH, None, 1, 2)

    # Without the sale of 400.00: 176.05 credited, 1 % = 1.7605 -> 1.76.
    assert [(row.associate_id, row.before_minor, row.after_minor) for row in differences] == [("lina", 576, 176)]
    assert "credited_revenue 57605 -> 17605" in differences[0].causes[0]


def test_a_payout_is_explained_down_to_the_order_lines(ws: Workspace) -> None:
    _locked(ws)
    _republished(ws, LINES[:3])

    explained = explain_payout(ws, "2026-03/main/lina")

    (component,) = explained.components
    assert [(line.order_id, line.role, line.credit_minor) for line in component.lines] == [
        ("1001", "advisor", 2_100),
        ("1050", "advisor", -840),
        ("W-55", "relationship", 12_345),
        ("1101", "seller", 40_000),
        ("1102", "seller", 4_000),
    ]
    assert sum(line.credit_minor for line in component.lines) == component.component.measure_value == 57_605
    assert component.steps
    with pytest.raises(InputError, match="no statement"):
        explain_payout(ws, "2026-03/main/nobody")


def test_the_head_of_the_chain_leaves_the_database_with_each_lock(ws: Workspace) -> None:
    _locked(ws)
    anchors = ws.root / "ledger.anchors"
    (anchor,) = [json.loads(line) for line in anchors.read_text().splitlines()]
    anchors.write_text(anchors.read_text().replace(anchor["hash"], "0" * 64))

    (finding,) = verify_workspace(ws).findings

    assert anchor["act"] == "lock"
    assert finding.place == f"audit event {anchor['event']}"
    assert "ledger.anchors" in finding.sentence


def test_a_facts_file_that_is_not_what_landed_is_the_cause_that_a_replay_from_bronze_names(ws: Workspace) -> None:
    # The fixture's index states another fingerprint than its file of names has.
    _locked(ws)

    report = replay_cycle(ws, MARCH, from_bronze=True, now=NOW)

    assert report.agrees
    assert report.input_differences == ("cause: bronze/associates/facts.parquet (associates, load 1) is not what was landed",)


def test_the_divisions_that_differ_are_named_line_by_line(ws: Workspace) -> None:
    _locked(ws)
    with Ledger.open(ws.ledger) as ledger, ledger.reading() as session:
        head = find(session, "main", MARCH)
        manifest = parse_manifest(calculation_of(session, head).manifest)
    frozen = pq.read_table(frozen_divisions(ws, manifest))

    without_first = list(division_differences(ws, manifest, frozen.slice(1), 5))

    assert list(division_differences(ws, manifest, frozen, 5)) == []
    assert without_first == ["divisions, frozen and not rebuilt: till 1001/1: 5000 EUR to sam as seller"]
