"""Use case: check plan files before anything is calculated with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from incentives.errors import DocumentError, InputError
from incentives.plans.load import SUFFIXES, PlanText, problem_line, read_plan, version_problems
from incentives.plans.registry import Registry, read_registry
from incentives.serving import snapshots
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """A plan without mistakes, and its warnings: `file:line: key: what it tempts people to do`."""

    text: PlanText
    warnings: tuple[str, ...]


def check_plans(places: Sequence[Path], registry: Registry) -> tuple[CheckedPlan, ...]:
    """Check plan files and folders of them.

    Raises:
        DocumentError: The mistakes of all files, each with file, line and key.
        InputError: A folder holds no plan.
    """
    from incentives.bonus.plan_warnings import plan_warnings

    texts: list[PlanText] = []
    problems: list[str] = []
    for path in _files(places):
        try:
            texts.append(read_plan(path, registry))
        except DocumentError as error:
            problems += error.problems
    problems += version_problems(texts)
    if problems:
        raise DocumentError(problems)
    return tuple(
        CheckedPlan(text, tuple(problem_line(text.document, one.path, one.message) for one in plan_warnings(text.plan, registry)))
        for text in texts
    )


def workspace_registry(ws: Workspace) -> Registry:
    """Return the measures that plans of a workspace may name: those of its snapshot, or before the first the shipped ones."""
    snapshot = snapshots.current(ws)
    if snapshot is None:
        return read_registry()
    with snapshot.connect() as connection:
        return published_registry(connection)


def published_registry(connection: duckdb.DuckDBPyConnection) -> Registry:
    """Return the shipped registry with the measures of the scores feed that a snapshot holds."""
    rows = connection.execute("select distinct measure from marts.fct_measures").fetchall()
    return read_registry().with_scores(str(name) for (name,) in rows)


def _files(places: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for place in places:
        if place.is_dir():
            found = sorted(path for path in place.iterdir() if path.suffix in SUFFIXES)
            if not found:
                raise InputError(
                    "there is no plan in this folder.", where=str(place), remedy="Plans are files that end in .yaml."
                )
            files += found
        else:
            files.append(place)
    return files
