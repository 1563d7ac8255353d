"""The second step of a replay: inputs built again from bronze, as of the load that a calculation was made from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from incentives.bonus.inputs import BonusInputs
from incentives.periods import Period
from incentives.plans.load import PlanText
from incentives.services.manifests import read_text
from incentives.serving.durable import sha256_of
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Inputs as bronze gives them now, and the fingerprint of the rules that made them."""

    inputs: BonusInputs
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
    with duckdb.connect(str(build.database), read_only=True) as connection:
        return Rebuilt(read_inputs(connection, [text.plan for text in plans], period), build.fingerprint)
