"""What is known of a finished build, kept beside the warehouse as `build.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from incentives.errors import OutsideError


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build of the warehouse.

    Attributes:
        build_id: Names the build; the same loads and the same code give the same id.
        last_load: The last load that it holds.
        as_of: The moment for which stock figures were computed: when its last load was landed.
        fingerprint: Fingerprint of the code that built it.
        changed: False where nothing had to be done.
        models: Number of models built.
        seconds: How long the build took.
        database: The DuckDB file.
        increment: How many order lines were worked out again; None where the build was a full one, or is an earlier one.
        full_because: Why it was a full build; None for an increment and for an earlier build.
    """

    build_id: str
    last_load: int
    as_of: datetime
    fingerprint: str
    changed: bool
    models: int
    seconds: float
    database: Path
    increment: int | None = None
    full_because: str | None = None


def read_build(record: Path, database: Path) -> Build | None:
    """Return the build that a record describes, as unchanged, or None before the first one.

    Raises:
        OutsideError: The record is damaged.
    """
    if not record.is_file() or not database.is_file():
        return None
    try:
        tree = json.loads(record.read_text(encoding="utf-8"))
        return Build(
            build_id=str(tree["build_id"]),
            last_load=int(tree["last_load"]),
            as_of=datetime.fromisoformat(tree["as_of"]).astimezone(UTC),
            fingerprint=str(tree["fingerprint"]),
            changed=False,
            models=int(tree["models"]),
            seconds=float(tree["seconds"]),
            database=database,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise OutsideError(
            "the record of the last build cannot be read.", where=str(record), remedy="Remove the file and build again."
        ) from error


def record_text(build: Build) -> str:
    """Return the text of the record of a build."""
    tree = {
        "build_id": build.build_id,
        "last_load": build.last_load,
        "as_of": build.as_of.isoformat(),
        "fingerprint": build.fingerprint,
        "models": build.models,
        "seconds": round(build.seconds, 3),
    }
    return json.dumps(tree, indent=1) + "\n"
