"""Where the dbt project's files are: in the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def project_dir() -> Path:
    """Return the folder of the dbt project."""
    installed = _PACKAGE / "_dbt_project"
    return installed if installed.is_dir() else _PACKAGE.parent / "dbt_project"
