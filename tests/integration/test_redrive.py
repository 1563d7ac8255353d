"""A mended mapping lands the rows that it makes usable, once, beside what landed before, and closes their entries."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support_cli import run
from support_landing import NOW, deliver, land_inbox, new_workspace

from incentives.services.redriving import redrive
from incentives.services.warehouse import build_warehouse
from incentives.workspace import Workspace

HEADER = "source,order_id,line_id,kind,channel,ordered_at,quantity,currency,net_amount\n"
TARGETS = "subject_type,subject_id,measure,period_start,period_end,value\n"


def _line(order: str, net: str) -> str:
    return f'pos,{order},1,sale,store,2026-02-03T10:00:00Z,1,EUR,"{net}"\n'


def _in_force(ws: Workspace) -> dict[str, int]:
    with duckdb.connect(str(ws.warehouse), read_only=True) as connection:
        return dict(
            connection.execute("select order_id, net_minor from staging.stg_order_lines where not is_withdrawn").fetchall()
        )


def _counts_add_up(ws: Workspace) -> bool:
    with duckdb.connect(str(ws.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select delivered - accepted - duplicate - superseded - quarantined from marts.delivery_counts"
        ).fetchall()
    return all(left == 0 for (left,) in rows)


@pytest.mark.slow
def test_a_mended_mapping_lands_the_rows_that_it_makes_usable_and_closes_their_entries(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    # B is corrected by the second file; a re-drive of the first must not bring 2.50 back. D has no reading at all.
    deliver(
        ws, "order_lines-1.csv", HEADER + _line("A", "1.00") + _line("B", "2,50") + _line("C", "1.234,50") + _line("D", "n/a")
    )
    land_inbox(ws)
    deliver(ws, "order_lines-2.csv", HEADER + _line("B", "3.00") + _line("A", "1.50"))
    deliver(ws, "targets.csv", TARGETS + "team,T,sales,01.02.2026,01.03.2026,100\n")
    land_inbox(ws)
    build_warehouse(ws, now=NOW)
    assert _in_force(ws) == {"A": 150, "B": 300}

    assert {file.outcome for file in redrive(ws, now=NOW)} == {"unchanged"}
    (ws.root / "mappings" / "manual.yaml").write_text("decimal: comma\ngrouping: point\nfeeds: {targets: {dates: DD.MM.YYYY}}\n")
    done = run("quarantine", "redrive", "--workspace", ws.root, "--format", "json").json()
    again = redrive(ws, now=NOW)
    build_warehouse(ws, now=NOW)
    listed = run("quarantine", "--workspace", ws.root, "--format", "json").json()

    counts = ("file", "open_rows", "accepted", "duplicate", "superseded", "still_refused", "outcome")
    assert [tuple(row[name] for name in counts) for row in done] == [
        ("order_lines-1.csv", 2, 1, 0, 0, 1, "loaded"),
        ("targets.csv", 1, 1, 0, 0, 0, "loaded"),
    ]
    assert {file.outcome for file in again} == {"unchanged"}
    assert _in_force(ws) == {"A": 150, "B": 300, "C": 123450}
    assert [(row["file"], row["row"], row["reason"]) for row in listed] == [("order_lines-1.csv", 4, "bad_amount")]
    assert _counts_add_up(ws)


@pytest.mark.slow
def test_a_file_whose_bytes_are_gone_is_named_and_nothing_lands(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    path = deliver(ws, "order_lines-1.csv", HEADER + _line("A", "1,00"))
    land_inbox(ws)
    build_warehouse(ws, now=NOW)
    (ws.root / "mappings" / "manual.yaml").write_text("decimal: comma\n")
    path.unlink()

    (gone,) = redrive(ws, now=NOW)

    assert (gone.outcome, gone.load_id, gone.still_refused) == ("missing", None, 1)
