"""What dbt recorded of a build: the state of each model and test, and how many rows each table has.

Kept beside dbt's files, the last build that held apart from the last that did not. States, counts and seconds
only: dbt's own messages may quote values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

HELD = frozenset({"success", "pass"})


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """One seed, model or test of the last build.

    Attributes:
        node: dbt's unique id.
        state: success, pass, warn, fail, error or skipped.
        failing_rows: Rows for which a test does not hold.
        seconds: How long it took.
    """

    node: str
    state: str
    failing_rows: int
    seconds: float

    @property
    def held(self) -> bool:
        """Whether the table was built, or the test found nothing."""
        return self.state in HELD


def write_outcomes(folder: Path, outcomes: Iterable[NodeOutcome], *, whole: bool) -> None:
    """Record the outcomes of a build; `whole` where everything held."""
    folder.mkdir(parents=True, exist_ok=True)
    _place(folder, whole).write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=0), encoding="utf-8")


def read_outcomes(folder: Path, *, whole: bool) -> tuple[NodeOutcome, ...]:
    """Return the outcomes of the last build that held (`whole`), or of the last that did not; none where there was none."""
    path = _place(folder, whole)
    if not path.is_file():
        return ()
    return tuple(NodeOutcome(**outcome) for outcome in json.loads(path.read_text(encoding="utf-8")))


def table_rows(database: Path) -> dict[tuple[str, str], int]:
    """Return how many rows each table of a built warehouse has, by schema and name."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.sql("select schema_name, table_name, estimated_size from duckdb_tables()").fetchall()
    return {(str(schema), str(name)): int(rows) for schema, name, rows in found}


def _place(folder: Path, whole: bool) -> Path:
    return folder / ("outcomes.json" if whole else "failed_outcomes.json")
