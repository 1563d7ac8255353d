"""The second step of a replay: inputs built again from bronze, as of the load that a calculation was made from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb

from incentives.bonus.inputs import BonusInputs
from incentives.periods import Period
from incentives.plans.load import PlanText
from incentives.services.holdback_gates import gate_measures
from incentives.services.manifests import DIVISIONS_SQL, frozen_divisions, gates_of, read_text
from incentives.serving.durable import sha256_of
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Inputs as bronze gives them now, and the fingerprint of the rules that made them."""

    inputs: BonusInputs
    divisions: pa.Table
    code_fingerprint: str


def bronze_damages(ws: Workspace, manifest: Mapping[str, object]) -> Iterator[str]:
    """Yield each facts file of a manifest that is missing or whose bytes have changed: nothing can be rebuilt then."""
    for load_id, _ordinal, feed, path, sha256 in json.loads(read_text(ws, str(manifest["facts"]))):
        file = ws.root / str(path)
        if not file.is_file():
            yield f"cause: {path} ({feed}, load {load_id}) is missing from bronze"
        elif sha256_of(file) != sha256:
            yield f"cause: {path} ({feed}, load {load_id}) is not what was landed"


def rebuilt_inputs(ws: Workspace, manifest: Mapping[str, object], plans: tuple[PlanText, ...], now: datetime) -> Rebuilt:
    """Build the warehouse as of a manifest's load, into a file of its own, and read the calculation's inputs from it."""
    from incentives.services.bonus import read_inputs
    from incentives.services.warehouse import build_warehouse

    build = build_warehouse(ws, now=now, as_of_load=int(str(manifest["last_load"])))
    period = Period.parse(str(manifest["period"]))
    window = [date.fromisoformat(str(manifest["divisions_from"])), period.end]
    with duckdb.connect(str(build.database), read_only=True) as connection:
        inputs = gate_measures(connection, gates_of(manifest), read_inputs(connection, [text.plan for text in plans], period))
        divisions = connection.execute(DIVISIONS_SQL, window).to_arrow_table()
    return Rebuilt(inputs, divisions, build.fingerprint)


def division_differences(ws: Workspace, manifest: Mapping[str, object], rebuilt: pa.Table, shown: int) -> Iterator[str]:
    """Yield the credited lines that only one of the frozen and the rebuilt divisions has, the first few of each."""
    with duckdb.connect() as connection:
        connection.register("rebuilt", rebuilt)
        connection.read_parquet(str(frozen_divisions(ws, manifest))).create_view("frozen")
        for label, one, other in (
            ("frozen and not rebuilt", "frozen", "rebuilt"),
            ("rebuilt and not frozen", "rebuilt", "frozen"),
        ):
            rows = connection.execute(
                f"select source, order_id, line_id, role, recipient, credit_minor, currency from"
                f" (select * from {one} except all select * from {other}) order by all"
            ).fetchall()
            for source, order, line, role, recipient, credit, currency in rows[:shown]:
                yield f"divisions, {label}: {source} {order}/{line}: {credit} {currency} to {recipient} as {role}"
            if len(rows) > shown:
                yield f"divisions, {label}: {len(rows) - shown} more rows"
