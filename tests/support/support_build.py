"""A small workspace that is landed and built for real: three people, two stores, a handful of lines, some of them broken."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from incentives.workspace import Workspace

FIRST = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
SECOND = datetime(2026, 4, 2, 6, 0, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
CONFIG = """
[workspace]
id = "000000000000000000000000000000bb"
name = "Maison Test"
time_zone = "Europe/Paris"

[quality]
quarantine_share_max_percent = 100

[sources.till]
feeds = ["order_lines", "control_totals", "locations"]

[sources.hr]
feeds = ["associates", "assignments", "targets", "scores"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""
POLICY = "policy: global\nvalid_from: {valid_from}\nroles: {{seller: 100}}\n"
LINE_COLUMNS = (
    "source order_id line_id kind channel location_id associate_id ordered_at completed_at quantity currency net_amount source_updated_at"
).split()


def make_workspace(root: Path) -> Workspace:
    """Make the workspace with one seller-only policy and nothing delivered."""
    (root / "policies").mkdir(parents=True)
    (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
    write_policy(root, "2026-01-01")
    return Workspace.open(root)


def write_policy(root: Path, valid_from: str) -> None:
    (root / "policies" / "global.yaml").write_text(POLICY.format(valid_from=valid_from), encoding="utf-8")


def line(order: str, number: str, net: str, *, day: str = "2026-03-01", seller: str = "lina", **values: str) -> dict[str, str]:
    """Return a sale of one piece, ordered and completed at 10:00 UTC."""
    moment = f"{day}T10:00:00Z"
    sale = {"source": "till", "order_id": order, "line_id": number, "kind": "sale", "channel": "store", "location_id": "paris"}
    return {
        **sale,
        "associate_id": seller,
        "ordered_at": moment,
        "completed_at": moment,
        "quantity": "1",
        "currency": "EUR",
        "net_amount": net,
        **values,
    }


def deliver(ws: Workspace, source: str, name: str, rows: Sequence[Mapping[str, str]], *, broken: str = "") -> None:
    """Write a CSV file into a source's inbox; `broken` is added as it stands."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = ws.inbox / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(buffer.getvalue() + broken, encoding="utf-8")


def deliver_first(ws: Workspace) -> None:
    """Deliver people, places, seven order lines of which four are good, and the till's own totals."""
    deliver(ws, "hr", "associates.csv", [{"associate_id": name, "hired_on": "2020-01-01"} for name in ("lina", "noor", "anna")])
    deliver(
        ws,
        "hr",
        "assignments.csv",
        [
            {"associate_id": "noor", "valid_from": "2026-01-01", "valid_to": "", "team_id": "paris", "role": "advisor"},
            {"associate_id": "noor", "valid_from": "2026-03-01", "valid_to": "", "team_id": "lyon", "role": "advisor"},
        ],
    )
    deliver(
        ws,
        "till",
        "locations.csv",
        [
            {"location_id": "paris", "country": "FR", "time_zone": "Europe/Paris", "kind": "boutique"},
            {"location_id": "tokyo", "country": "JP", "time_zone": "Asia/Tokyo", "kind": "boutique"},
        ],
    )
    deliver(
        ws,
        "till",
        "order_lines.csv",
        [
            line("o1", "1", "100.00"),
            line("o1", "2", "50.00", seller="noor"),
            line("o1", "1", "100.00"),
            line("o2", "1", "12.345"),
            line("o3", "1", "30.00", seller="nobody"),
            line("o4", "1", "20.00", location_id="tokyo", completed_at="2026-03-01T20:00:00Z"),
        ],
        broken="till,o5,1,sale\n",
    )
    deliver(
        ws,
        "till",
        "control_totals.csv",
        [
            # 100 + 50 + 30 in Paris; the line in Tokyo was completed at 05:00 of the next day there.
            {"source": "till", "business_date": "2026-03-01", "currency": "EUR", "lines": "3", "net_amount": "180.00"},
            {"source": "till", "business_date": "2026-03-02", "currency": "EUR", "lines": "1", "net_amount": "20.00"},
        ],
    )


def deliver_second(ws: Workspace) -> None:
    """Deliver the file of order lines again, mended, with one line changed."""
    deliver(
        ws,
        "till",
        "order_lines.csv",
        [
            line("o1", "1", "100.00"),
            line("o1", "2", "55.00", seller="noor"),
            line("o1", "1", "100.00"),
            line("o2", "1", "12.34"),
            line("o3", "1", "30.00", seller="nobody"),
            line("o4", "1", "20.00", location_id="tokyo", completed_at="2026-03-01T20:00:00Z"),
            line("o5", "1", "7.00"),
        ],
    )


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def marts(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table of the marts, in one order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts' order by 1").fetchall()
        return {name: sorted(connection.execute(f"select * from marts.{name}").fetchall(), key=repr) for (name,) in names}
