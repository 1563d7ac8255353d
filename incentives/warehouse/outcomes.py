"""What dbt recorded of the last build: the state of each model and test, and how many rows each table has.

Kept beside dbt's files whether the build succeeded or not. States, counts and seconds only: dbt's own
messages may quote values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "outcomes.json"
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


def write_outcomes(folder: Path, outcomes: Iterable[NodeOutcome]) -> None:
    """Record the outcomes of a build in dbt's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=0), encoding="utf-8")


def read_outcomes(folder: Path) -> tuple[NodeOutcome, ...]:
    """Return the outcomes of the last build; none where nothing was built."""
    path = folder / FILE_NAME
    if not path.is_file():
        return ()
    return tuple(NodeOutcome(**outcome) for outcome in json.loads(path.read_text(encoding="utf-8")))


def table_rows(database: Path) -> dict[tuple[str, str], int]:
    """Return how many rows each table of a built warehouse has, by schema and name."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.sql("select schema_name, table_name, estimated_size from duckdb_tables()").fetchall()
    return {(str(schema), str(name)): int(rows) for schema, name, rows in found}
