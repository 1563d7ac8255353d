"""`incentives feeds check` says what landing does, lands nothing, and shows no value."""

from __future__ import annotations

import hashlib
from pathlib import Path

from support_cli import run_here
from support_landing import as_csv, deliver, land_inbox, new_workspace, sale

from incentives.workspace import Workspace


def _state(ws: Workspace) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in ws.root.rglob("*") if path.is_file()}


def test_check_says_counts_and_reasons_with_the_shape_of_values_and_lands_nothing(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines-1.csv", as_csv([sale("O1"), sale("O2", net_amount="90.00")]) + "broken\n")
    land_inbox(ws)
    path = tmp_path / "order_lines-2.csv"
    path.write_text(
        as_csv(
            [sale("O1"), sale("O2"), sale("O3"), sale("O4", net_amount="12,34 EUR"), sale("O5", net_amount="1,2 EUR")],
            delimiter=";",
        )
        + "cut;off"
    )
    before = _state(ws)

    said = run_here("feeds", "check", path, "--workspace", ws.root, "--format", "json", code=1)

    assert _state(ws) == before
    rows = [{name: row[name] for name in ("outcome", "rows", "reason", "column", "first_row", "example")} for row in said.json()]
    assert [tuple(row.values()) for row in rows] == [
        ("accepted", 2, None, None, None, None),
        ("duplicate", 1, None, None, None, None),
        ("superseded", 0, None, None, None, None),
        ("quarantined", 2, "bad_amount", "net_amount", 4, "99,99 AAA"),
        ("quarantined", 1, "row_cut_off", None, 6, None),
    ]
    assert said.json()[0]["form"] == "CSV, semicolon, utf-8"
    assert "12,34" not in said.out
    assert "net_amount '99,99 AAA' is not a plain decimal" in said.out


def test_check_and_land_agree(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    path = deliver(ws, "order_lines.csv", as_csv([sale("O1"), sale("O2", currency="XXQ")]))
    checked = run_here("feeds", "check", path, "--workspace", ws.root, "--format", "json", code=1).json()

    (landed,) = run_here("land", "--workspace", ws.root, "--format", "json").json()

    assert [(row["outcome"], row["rows"]) for row in checked] == [
        ("accepted", landed["accepted"]),
        ("duplicate", landed["duplicate"]),
        ("superseded", landed["superseded"]),
        ("quarantined", landed["quarantined"]),
    ]
    again = run_here("feeds", "check", path, "--workspace", ws.root)
    assert "came before" in again.out


def test_check_says_why_a_file_would_be_set_aside(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    path = tmp_path / "order_lines.csv"
    path.write_text("<!DOCTYPE html><title>Sign in</title>")

    said = run_here("feeds", "check", path, "--workspace", ws.root, code=1)

    assert "would be set aside" in said.out
    assert "html_page" in said.out
    assert not ws.bronze_index.exists()


def test_list_names_the_sources_that_may_deliver_each_feed(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    config = ws.root / "incentives.toml"
    config.write_text(config.read_text() + '\n[sources.shopify]\nfeeds = ["customers"]\n')

    rows = {row["feed"]: row for row in run_here("feeds", "list", "--workspace", ws.root, "--format", "json").json()}

    assert rows["customers"]["sources"] == "manual, shopify"
    assert rows["targets"]["sources"] == "manual"
    assert rows["customers"]["key"] == "source, customer_id"
