"""Use case: say what the last build is, and what it recorded, model by model and test by test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from incentives.errors import InputError
from incentives.warehouse.outcomes import NodeOutcome, read_outcomes, table_rows
from incentives.warehouse.record import Build, read_build
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build recorded.

    Attributes:
        in_place: Whether its warehouse is the one in place.
        nodes: Each seed, model and test.
        rows: Rows of each table of it by schema and name; views are not counted.
    """

    in_place: bool
    nodes: tuple[NodeOutcome, ...]
    rows: Mapping[tuple[str, str], int]


def last_build(ws: Workspace) -> Build:
    """Return the build whose warehouse is in place.

    Raises:
        InputError: Nothing was built yet.
    """
    build = read_build(ws.build_record, ws.warehouse)
    if build is None:
        raise InputError("nothing was built yet.", where=str(ws.root), remedy="Run `incentives build` first.")
    return build


def build_report(ws: Workspace) -> BuildReport:
    """Return what the build recorded whose warehouse is in place; empty where none is."""
    rows = table_rows(ws.warehouse) if ws.warehouse.is_file() else {}
    return BuildReport(True, read_outcomes(ws.warehouse_dir / "dbt", whole=True), rows)


def failed_build_report(ws: Workspace) -> BuildReport:
    """Return what the last build recorded that did not hold and was not put in place."""
    return BuildReport(False, read_outcomes(ws.warehouse_dir / "dbt", whole=False), {})
