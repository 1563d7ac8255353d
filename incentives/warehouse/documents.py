"""Policies and settings as landed: a build reads these, never the files of the workspace.

So a build as of an earlier load sees the policies of that time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

import duckdb

from incentives.errors import OutsideError
from incentives.feeds.bronze_index import IndexedFile
from incentives.settings import Config
from incentives.workspace import Workspace

POLICIES = "policies"
SETTINGS = "settings"


def landed_policies(root: Path, files: Iterable[IndexedFile]) -> dict[str, str]:
    """Return the policies in force by file name; one whose last text is empty was withdrawn."""
    texts: dict[str, str] = {}
    for file in files:
        if file.feed == POLICIES and file.outcome == "loaded" and file.facts_path:
            texts.update((name, text) for name, text in _rows(root / file.facts_path, "file_name, text"))
    return {name: text for name, text in sorted(texts.items()) if text.strip()}


def landed_config(root: Path, files: Iterable[IndexedFile]) -> Config | None:
    """Return the configuration as it was landed last, or None where none was."""
    text: str | None = None
    for file in files:
        if file.feed == SETTINGS and file.outcome == "loaded" and file.facts_path:
            text = _rows(root / file.facts_path, "text")[-1][0]
    return None if text is None else Config.model_validate(tomllib.loads(text))


def policy_files(ws: Workspace) -> dict[str, str]:
    """Return the policy texts that stand in the workspace's folder, by file name."""
    if not ws.policies.is_dir():
        return {}
    found = sorted(path for path in ws.policies.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())
    return {path.name: path.read_text(encoding="utf-8-sig") for path in found}


def _rows(path: Path, columns: str) -> list[tuple[str, ...]]:
    try:
        relation = duckdb.from_parquet(str(path))
        return [tuple(row) for row in relation.project(columns).fetchall()]
    except duckdb.Error as error:
        raise OutsideError(
            "a landed document cannot be read.",
            where=str(path),
            remedy="Restore the file from a backup; bronze is never changed.",
        ) from error
