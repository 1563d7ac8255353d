"""A million order lines, one in a hundred wrong: every row is accounted for, and a mended mapping lands what it mends."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from support_cli import run

pytestmark = pytest.mark.slow

# A million by hand: INCENTIVES_REDRIVE_LINES=1000000.
ORDER_LINES = int(os.environ.get("INCENTIVES_REDRIVE_LINES", "60000"))
THOUSANDS = ORDER_LINES // 1000
# Of each thousand lines: one without an amount, five of a kind in the source's own word, four without an offset.
LINES = """
copy (
  select 'pos' as source, 'o' || n as order_id, '1' as line_id,
         case when n % 1000 between 1 and 5 then 'Verkauf' else 'sale' end as kind, 'store' as channel,
         'a' || n % 500 as associate_id,
         strftime(timestamp '2026-02-01 08:00:00' + to_seconds(n % 2000000), '%Y-%m-%dT%H:%M:%S')
           || case when n % 1000 between 6 and 9 then '' else 'Z' end as ordered_at,
         strftime(timestamp '2026-02-01 09:00:00' + to_seconds(n % 2000000), '%Y-%m-%dT%H:%M:%SZ') as completed_at,
         '1' as quantity, 'EUR' as currency, case when n % 1000 = 0 then 'n/a' else '12.50' end as net_amount
  from range({lines}) as numbers (n)
) to '{path}' (header, delimiter ',')
"""
MAPPING = "time_zone: Europe/Paris\nfeeds: {order_lines: {values: {kind: {Verkauf: sale}}}}\n"
MEMORY_MAX_BYTES = 2 << 30
COUNTS = ("delivered", "accepted", "duplicate", "superseded", "quarantined")
# Runs the command line and says at the end how much memory it took at most.
MEASURED = (
    "__file__ = 'incentives'\nimport resource, sys\nfrom incentives.cli import main\ntry:\n    main()\n"
    "finally:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
)


def test_many_lines_of_which_one_in_a_hundred_is_wrong_add_up_and_are_mended(tmp_path: Path) -> None:
    ws = tmp_path / "ws"
    run("init", ws, "--name", "Maison Test")
    policy = ws / "policies" / "global.yaml"
    policy.write_text("policy: global\nvalid_from: 2000-01-01\nroles: {seller: 100}\n")
    delivered = ws / "inbox" / "manual" / "order_lines.csv"
    delivered.parent.mkdir(parents=True, exist_ok=True)
    duckdb.connect().execute(LINES.format(lines=ORDER_LINES, path=delivered))

    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "land", "--workspace", str(ws), "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    run("build", "--workspace", ws)
    reasons = _reasons(ws)
    (ws / "mappings" / "manual.yaml").write_text(MAPPING)
    (redriven,) = run("quarantine", "redrive", "--workspace", ws, "--format", "json").json()
    run("build", "--workspace", ws)

    (landed,) = json.loads(done.stdout)
    assert [landed[name] for name in COUNTS] == [ORDER_LINES, 990 * THOUSANDS, 0, 0, 10 * THOUSANDS]
    assert int(done.stderr.split()[-1]) * 1024 < MEMORY_MAX_BYTES
    assert reasons == {
        "bad_amount": THOUSANDS,
        "unknown_value": 5 * THOUSANDS,
        "timestamp_without_offset": 4 * THOUSANDS,
    }
    assert [redriven[name] for name in ("open_rows", "accepted", "still_refused")] == [10 * THOUSANDS, 9 * THOUSANDS, THOUSANDS]
    assert _reasons(ws) == {"bad_amount": THOUSANDS}
    with duckdb.connect(str(ws / "warehouse" / "warehouse.duckdb"), read_only=True) as warehouse:
        counts = warehouse.execute(f"select {', '.join(COUNTS)} from marts.delivery_counts where feed = 'order_lines'").fetchall()
        credited = warehouse.execute("select count(*), sum(credit_minor) from marts.fct_credits").fetchone()
    # The file that landed first keeps its counts; what was mended landed as a delivery of its own.
    assert sorted(counts) == [(9 * THOUSANDS, 9 * THOUSANDS, 0, 0, 0), (ORDER_LINES, 990 * THOUSANDS, 0, 0, 10 * THOUSANDS)]
    assert credited == (999 * THOUSANDS, 999 * THOUSANDS * 1_250)


def _reasons(ws: Path) -> dict[str, int]:
    """Return the open rows of quarantine by reason."""
    listed = csv.DictReader(io.StringIO(run("quarantine", "--workspace", ws, "--format", "csv").out))
    reasons: dict[str, int] = {}
    for row in listed:
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + 1
    return reasons
