"""dbt's manifest, made ahead: loading the definitions parses nothing and connects to nothing.

`python -m orchestration.manifest` makes it, beside the dbt project or where INCENTIVES_DBT_MANIFEST says.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from incentives.feeds.dbt_files import project_dir

PATH_VARIABLE = "INCENTIVES_DBT_MANIFEST"


def manifest_path() -> Path:
    """Return where the manifest is, whether it has been made or not."""
    named = os.environ.get(PATH_VARIABLE)
    return Path(named) if named else project_dir() / "target" / "manifest.json"


def read_manifest() -> dict[str, Any]:
    """Return the manifest.

    Raises:
        FileNotFoundError: It has not been made; says how.
    """
    path = manifest_path()
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; make it with `python -m orchestration.manifest`.")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def make_manifest() -> Path:
    """Parse the dbt project and return the path of the manifest.

    Raises:
        RuntimeError: dbt cannot parse the project; carries its words.
    """
    from dbt.cli.main import dbtRunner

    path = manifest_path()
    place = ["--project-dir", str(project_dir()), "--profiles-dir", str(project_dir())]
    written = ["--target-path", str(path.parent), "--log-path", str(path.parent / "logs")]
    result = dbtRunner().invoke(["parse", *place, *written, "--no-send-anonymous-usage-stats", "--quiet"])
    if not result.success:
        raise RuntimeError(f"dbt cannot parse the project: {result.exception}")
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{make_manifest()}\n")
