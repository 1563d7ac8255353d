"""Files that are written from code are what the code would write now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATORS = (
    "incentives.connectors.schema",
    "incentives.feeds.mappings.schema",
    "incentives.feeds.reference",
    "incentives.feeds.staging_models",
    "incentives.plans.schema",
    "incentives.policies.schema",
    "incentives.services.measure_reference",
)


@pytest.mark.parametrize("module", GENERATORS)
def test_generated_files_are_current(module: str) -> None:
    checked = subprocess.run([sys.executable, "-m", module, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, f"run `python -m {module}`: {checked.stdout}{checked.stderr}"
