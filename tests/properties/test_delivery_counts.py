"""The counts taken at landing read only earlier rows whose keys came again; they equal those over everything."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support_deliveries import CONFIG, Delivered, staged

from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.contracts import FEEDS
from incentives.feeds.delivery_counts import count_deliveries
from incentives.workspace import Workspace

DAYS = ("2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-02-30")
TARGETS = st.fixed_dictionaries(
    {
        "subject_type": st.just("associate"),
        "subject_id": st.sampled_from("ab"),
        "measure": st.just("m"),
        "period_start": st.sampled_from(DAYS),
        "period_end": st.sampled_from(DAYS),
        "value": st.sampled_from(("1", "2")),
    }
)
ASSIGNMENTS = st.fixed_dictionaries(
    {
        "associate_id": st.sampled_from("ab"),
        "valid_from": st.sampled_from(DAYS),
        "valid_to": st.sampled_from((*DAYS, None)),
        "team_id": st.sampled_from("xy"),
    }
)
# One instant spelled two ways, and a basis left out, are one key.
PERMISSIONS = st.fixed_dictionaries(
    {
        "source": st.just("till"),
        "customer_id": st.sampled_from("ab"),
        "method": st.just("email"),
        "purpose": st.just("contact"),
        "changed_at": st.sampled_from(("2026-01-01T10:00:00Z", "2026-01-01T11:00:00+01:00", "2026-01-02T10:00Z")),
        "status": st.sampled_from(("granted", "withdrawn")),
    }
)
CONTROL_TOTALS = st.fixed_dictionaries(
    {
        "source": st.just("till"),
        "business_date": st.sampled_from(DAYS[:2]),
        "currency": st.just("EUR"),
        "basis": st.sampled_from(("completed", "ordered", None)),
        "lines": st.sampled_from(("1", "2")),
        "net_amount": st.just("1.00"),
    }
)


@settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_counts_at_landing_equal_those_over_everything(data: st.DataObject) -> None:
    name, values = data.draw(
        st.sampled_from(
            [("targets", TARGETS), ("assignments", ASSIGNMENTS), ("permissions", PERMISSIONS), ("control_totals", CONTROL_TOTALS)]
        )
    )
    loads = data.draw(st.lists(st.lists(values, min_size=1, max_size=8), min_size=2, max_size=3))
    everything = [Delivered(row, load_id=load_id) for load_id, rows in enumerate(loads, 1) for row in rows]
    last = len(loads)

    with staged(name, everything) as connection:
        ended = connection.execute(f"select outcome from staging.row_outcomes_{name} where load_id = {last}").fetchall()
    with tempfile.TemporaryDirectory() as folder:
        ws = _landed(Path(folder), name, loads)
        for few_rows in (20_000, 0):
            with patch("incentives.feeds.delivery_counts.FEW_ROWS", few_rows):
                taken = count_deliveries(ws, last)[(last, 1)]

            found = {
                kind: getattr(taken, kind)
                for kind in ("accepted", "duplicate", "superseded", "quarantined")
                if getattr(taken, kind)
            }
            assert found == Counter(outcome for (outcome,) in ended)
            assert taken.delivered == len(loads[-1])


def _landed(root: Path, name: str, loads: list[list[dict[str, str | None]]]) -> Workspace:
    """Return a workspace in which each load brought one file."""
    columns = [column.name for column in FEEDS[name].fact_columns]
    schema = pa.schema([*((column, pa.string()) for column in columns), ("delivered_row", pa.int64())])
    ws = Workspace(root, CONFIG)
    for load_id, rows in enumerate(loads, 1):
        records = [
            {**{column: row.get(column) for column in columns}, "delivered_row": number} for number, row in enumerate(rows, 1)
        ]
        pq.write_table(pa.Table.from_pylist(records, schema=schema), root / f"{load_id}.parquet")
        file = IndexedFile(
            load_id,
            1,
            "till",
            name,
            f"{name}.csv",
            str(load_id),
            1,
            "loaded",
            rows_delivered=len(rows),
            facts_path=f"{load_id}.parquet",
        )
        BronzeIndex(ws.bronze_index).add_load(load_id, datetime(2026, 4, load_id, tzinfo=UTC), [file])
    return ws
