"""A build after new deliveries changes what they touch, through the command line, and leaves what a full build would."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from support_build import KEY, deliver, deliver_first, deliver_second, line, make_workspace, rows, write_policy
from support_cli import run_here
from support_increments import different_rows

from incentives.services.warehouse import build_warehouse
from incentives.serving import snapshots
from incentives.warehouse.increments.measures import measures_named
from incentives.workspace import Workspace

pytestmark = pytest.mark.slow
NOW = datetime(2026, 4, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose first delivery is built, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", KEY)
        ws = make_workspace(tmp_path_factory.mktemp("built") / "ws")
        deliver_first(ws)
        run_here("land", "--workspace", ws.root)
        first = run_here("build", "--workspace", ws.root, "--format", "json").json()[0]
    assert (first["kind"], first["lines_again"], first["full_because"]) == ("full", None, "there is no build to start from")
    return ws.root


@pytest.fixture
def ws(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    root = built.parent / tmp_path.name
    shutil.copytree(built, root)
    return Workspace.open(root)


def _build(ws: Workspace, *options: str, code: int = 0) -> dict[str, object]:
    return run_here("build", "--workspace", ws.root, "--format", "json", *options, code=code).json()[0]


def _land_a_line(ws: Workspace) -> None:
    """Land one more line of a day that is built, and the till's total with it."""
    deliver(ws, "till", "order_lines-next.csv", [line("o6", "1", "1.00", day="2026-03-01")])
    deliver(
        ws,
        "till",
        "control_totals.csv",
        [{"source": "till", "business_date": "2026-03-01", "currency": "EUR", "lines": "4", "net_amount": "181.00"}],
    )
    run_here("land", "--workspace", ws.root)


def test_each_measure_is_made_of_credits_of_work_or_of_clients(built: Path) -> None:
    """An increment measures a cell again of one of them without the others, so that no measure may be made of two."""
    with duckdb.connect(str(Workspace.open(built).warehouse), read_only=True) as connection:
        selects = dict(connection.execute("select name, select_text from build.models").fetchall())
    of_credits = measures_named(selects["fct_measures"]) | measures_named(selects["int_measures_of_orders"])
    of_work, of_clients = (measures_named(selects[f"int_measures_of_{name}"]) for name in ("work", "clients"))

    assert not of_credits & of_work
    assert not of_credits & of_clients
    assert not of_work & of_clients
    assert {"credited_revenue", "team_credited_revenue", "location_revenue", "assisted_orders"} <= of_credits
    assert {"csat_mean", "appointments_kept"} <= of_work
    assert of_clients == {
        "outreach_converted_share",
        "first_contact_resolution_share",
        "client_book_size",
        "client_book_active_share",
    }


def test_a_delivery_changes_the_lines_that_it_touches_and_no_others(ws: Workspace) -> None:
    deliver_second(ws)
    deliver(
        ws,
        "till",
        "control_totals.csv",
        [{"source": "till", "business_date": "2026-03-01", "currency": "EUR", "lines": "5", "net_amount": "204.34"}],
    )
    run_here("land", "--workspace", ws.root)

    done = _build(ws)
    warehouse = ws.root / "incremented.duckdb"
    shutil.copy(ws.warehouse, warehouse)
    anew = _build(ws, "--full-refresh")

    # Line 2 of order 1 costs 5.00 more, o2 was mended, o5 is new; line 1 is of the same order as line 2. o3 and o4 said nothing new.
    assert (done["kind"], done["lines_again"]) == ("increment", 4)
    assert (anew["kind"], anew["build"]) == ("full", done["build"])
    assert different_rows(warehouse, ws.warehouse) == {}
    assert rows(warehouse, "select sum(credit_minor) from marts.fct_credits") == [(10000 + 5500 + 1234 + 3000 + 2000 + 700,)]


def _differences(ws: Workspace) -> dict[str, int]:
    """Rows that only one of the published results and the warehouse's marts has, by table or view."""
    snapshot = snapshots.current(ws)
    assert snapshot is not None
    with duckdb.connect() as connection:
        connection.execute(f"attach '{ws.warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{snapshot.results}' as results (read_only)")
        names = [
            connection.execute(
                f"select table_name from information_schema.tables where table_catalog = '{side}' and table_schema = 'marts' order by 1"
            ).fetchall()
            for side in ("warehouse", "results")
        ]
        assert names[1] == sorted([*names[0], ("snapshot_info",)])
        found = {}
        for (name,) in names[0]:
            one, other = (f"select * from {side}.marts.{name}" for side in ("warehouse", "results"))
            row = connection.execute(
                f"select count(*) from (({one} except all {other}) union all ({other} except all {one}))"
            ).fetchone()
            if row and row[0]:
                found[str(name)] = int(row[0])
    return found


def test_a_snapshot_is_brought_up_by_what_an_increment_changed_and_is_what_a_copy_would_be(ws: Workspace) -> None:
    for number in (1, 2):
        if number == 1:
            deliver_second(ws)
        else:
            deliver(ws, "till", "order_lines-more.csv", [line("o7", "1", "3.00", day="2026-03-02")])
        run_here("land", "--workspace", ws.root)
        build = build_warehouse(ws, now=NOW)
        published = snapshots.publish(ws, build, NOW)

        assert published.brought_up == number
        assert published.last_load == build.last_load
        assert _differences(ws) == {}

    deliver(ws, "till", "order_lines-last.csv", [line("o8", "1", "4.00", day="2026-03-02")])
    run_here("land", "--workspace", ws.root)
    build = build_warehouse(ws, now=NOW)
    ws.mart_changes.unlink()
    assert snapshots.publish(ws, build, NOW).brought_up == 0
    assert _differences(ws) == {}


def test_a_snapshot_is_copied_whole_where_the_one_before_was_damaged_or_another_build_lies_between(ws: Workspace) -> None:
    deliver_second(ws)
    run_here("land", "--workspace", ws.root)
    build = build_warehouse(ws, now=NOW)
    before = snapshots.current(ws)
    assert before is not None
    with before.results.open("r+b") as handle:
        handle.seek(8192)
        handle.write(b"damaged")

    assert snapshots.publish(ws, build, NOW).brought_up == 0
    assert _differences(ws) == {}

    for number in (1, 2):
        deliver(ws, "till", f"order_lines-{number}.csv", [line(f"p{number}", "1", "3.00", day="2026-03-02")])
        run_here("land", "--workspace", ws.root)
        build = build_warehouse(ws, now=NOW)
    assert snapshots.publish(ws, build, NOW).brought_up == 0
    assert _differences(ws) == {}


def test_nothing_new_builds_nothing(ws: Workspace) -> None:
    assert (_build(ws)["kind"], _build(ws)["changed"]) == ("kept", False)


def test_a_policy_divides_again_the_lines_of_its_days_and_countries_alone(ws: Workspace) -> None:
    # In force after every line: nothing is divided again, and readers see the policy.
    later = ws.root / "policies" / "later.yaml"
    later.write_text("policy: global\nvalid_from: 2026-06-01\nroles: {seller: 100}\n")
    assert (_build(ws)["kind"], rows(ws.warehouse, "select count(*) from marts.dim_policies")) == ("increment", [(2,)])

    # Of Japan: the one line of Tokyo, of which half goes to the house as nobody advised.
    (ws.root / "policies" / "japan.yaml").write_text(
        "policy: japan\nvalid_from: 2026-03-01\nscope: {countries: [JP]}\nroles: {seller: 50, advisor: 50}\nunclaimed: house\n"
        "advisor: {weights: {conversation: 1}}\n"
    )
    done = _build(ws)
    assert (done["kind"], done["lines_again"]) == ("increment", 1)
    credits = "select recipient, credit_minor from marts.fct_credits where order_id = 'o4' order by 1"
    assert rows(ws.warehouse, credits) == [("house", 1000), ("lina", 1000)]

    # Said otherwise: every line of the other countries.
    write_policy(ws.root, "2025-12-31")
    done = _build(ws)
    assert (done["kind"], done["lines_again"]) == ("increment", 3)
    later.unlink()
    assert _build(ws)["lines_again"] == 0
    run_here("audit", "build", "--workspace", ws.root)


def test_a_policy_that_leaves_days_without_one_stops_an_increment_and_changes_nothing(ws: Workspace) -> None:
    before = ws.warehouse.read_bytes()
    write_policy(ws.root, "2026-03-02")

    ran = run_here("build", "--workspace", ws.root, code=1)

    assert "no crediting policy is in force on 2026-03-01" in ran.err
    assert ws.warehouse.read_bytes() == before


def test_a_changed_setting_makes_the_warehouse_anew(ws: Workspace) -> None:
    config = ws.root / "incentives.toml"
    config.write_text(config.read_text().replace('time_zone = "Europe/Paris"', 'time_zone = "Europe/Rome"'))

    done = _build(ws)

    assert (done["kind"], done["full_because"]) == ("full", "a setting changed")


def test_a_day_without_a_policy_stops_an_increment_and_changes_nothing(ws: Workspace) -> None:
    before = ws.warehouse.read_bytes()
    deliver(ws, "till", "order_lines-late.csv", [line("o9", "1", "10.00", day="2025-12-30")])
    run_here("land", "--workspace", ws.root)

    ran = run_here("build", "--workspace", ws.root, code=1)

    assert "no crediting policy is in force on 2025-12-30: 1 order lines cannot be credited" in ran.err
    assert ws.warehouse.read_bytes() == before


def test_a_warehouse_without_its_record_is_brought_up_all_the_same(ws: Workspace) -> None:
    """A run killed after it changed the warehouse and before it wrote down that it did."""
    ws.build_record.unlink()
    deliver(ws, "till", "order_lines-next.csv", [line("o6", "1", "1.00", day="2026-03-02")])
    deliver(
        ws,
        "till",
        "control_totals-next.csv",
        [{"source": "till", "business_date": "2026-03-02", "currency": "EUR", "lines": "2", "net_amount": "21.00"}],
    )
    run_here("land", "--workspace", ws.root)

    assert (_build(ws)["kind"], _build(ws)["kind"]) == ("increment", "kept")


def test_a_warehouse_that_grew_by_half_is_made_anew(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    _land_a_line(ws)
    monkeypatch.setattr("incentives.services.warehouse._BYTES_SMALL", 0)
    with duckdb.connect(str(ws.warehouse)) as connection:
        (compact,) = connection.execute("select compact_bytes from build.state").fetchone() or (0,)
        connection.execute("update build.state set compact_bytes = compact_bytes / 4")

    assert compact > 1_000_000
    assert _build(ws)["kind"] == "full"


def test_an_audit_compares_every_table_with_a_full_build_and_finds_what_was_changed_by_hand(ws: Workspace) -> None:
    _land_a_line(ws)
    assert _build(ws)["kind"] == "increment"

    held = run_here("audit", "build", "--workspace", ws.root).out
    with duckdb.connect(str(ws.warehouse)) as connection:
        connection.execute("update marts.fct_credits set credit_minor = credit_minor + 1 where order_id = 'o6'")
    changed = run_here("audit", "build", "--workspace", ws.root, "--format", "json", code=1).json()

    assert held.strip().endswith("none differ.")
    assert [(row["table"], row["missing"], row["surplus"]) for row in changed if row["missing"]] == [("marts.fct_credits", 1, 1)]
