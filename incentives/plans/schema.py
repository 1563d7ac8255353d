"""JSON Schema of a plan, for editors: `python -m incentives.plans.schema` writes it, `--check` compares.

The schema says which keys there are and of which form. What needs more than one key is checked by
`incentives plan check` alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import incentives
from incentives.plans.model import Plan

PAGE = Path(incentives.__file__).parents[1] / "docs" / "reference" / "plan.schema.json"


def render() -> str:
    """Return the schema as text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the schema, or with --check say whether the one on disk is current."""
    if "--check" in arguments:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == render()
        if not current:
            print(f"{PAGE} is not what the plan models say; run `python -m incentives.plans.schema`.", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
