"""Fingerprint of everything but the data that decides what a build contains."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

# What dbt reads; compiled files, logs and the SQL checker's helpers do not count.
_PARTS = ("dbt_project.yml", "macros", "models", "seeds", "tests")
_PACKAGES = ("incentive-warehouse", "duckdb", "dbt-duckdb")


def code_fingerprint(project: Path) -> str:
    """Return a hash over the dbt project's files and the versions of the product and its engine.

    Any change to it makes the next build a full one.
    """
    digest = hashlib.sha256()
    for package in _PACKAGES:
        digest.update(f"{package}=={version(package)}\n".encode())
    for part in _PARTS:
        path = project / part
        for file in [path] if path.is_file() else sorted(found for found in path.rglob("*") if found.is_file()):
            digest.update(f"{file.relative_to(project).as_posix()}\n".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
