"""The published JSON Schema of a connector's file, made from the models.

`python -m incentives.connectors.schema` writes it; with --check it says whether the one on disk is current.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from incentives.connectors.kinds import AnyConnector

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "connector.schema.json"


def render() -> str:
    """Return the schema as text, as it is published."""
    adapter: TypeAdapter[AnyConnector] = TypeAdapter(AnyConnector)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **adapter.json_schema()}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the schema, or with --check say whether the one on disk is current; return the exit code."""
    if "--check" in arguments:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == render()
        if not current:
            print(f"{PAGE} is not what the models say; run `python -m incentives.connectors.schema`.", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
