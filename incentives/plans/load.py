"""Read plans from files: every mistake at once, each with file, line and key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from incentives import documents
from incentives.documents import Document, KeyPath
from incentives.errors import DocumentError
from incentives.plans.model import Plan
from incentives.plans.plan_checks import plan_problems
from incentives.plans.registry import Registry

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class PlanText:
    """A plan with the text it was read from and that text's SHA-256."""

    plan: Plan
    path: Path
    text: str
    digest: str
    document: Document


def read_plan(path: Path, registry: Registry) -> PlanText:
    """Read and check one plan file.

    Raises:
        DocumentError: One line per mistake: `file:line: key: what was expected`.
    """
    return check_plan(documents.load(path), registry)


def parse_plan(text: str, path: Path, registry: Registry) -> PlanText:
    """Read and check a plan from its text; `path` names it in messages. Raises as `read_plan` does."""
    return check_plan(documents.parse(text, path), registry)


def check_plan(document: Document, registry: Registry) -> PlanText:
    """Return a document as a checked plan. Raises as `read_plan` does."""
    try:
        plan = Plan.model_validate(document.root)
    except ValidationError as error:
        raise DocumentError(_validation_lines(document, error)) from error
    problems = plan_problems(plan, registry)
    if problems:
        raise DocumentError([problem_line(document, problem.path, problem.message) for problem in problems])
    digest = hashlib.sha256(document.text.encode()).hexdigest()
    return PlanText(plan, document.path, document.text, digest, document)


def read_plans(directory: Path, registry: Registry) -> tuple[PlanText, ...]:
    """Read every plan of a folder, in the order of their file names, and check them together.

    Raises:
        DocumentError: The mistakes of all files.
    """
    texts: list[PlanText] = []
    problems: list[str] = []
    paths = sorted(path for path in directory.iterdir() if path.suffix in SUFFIXES) if directory.is_dir() else []
    for path in paths:
        try:
            texts.append(read_plan(path, registry))
        except DocumentError as error:
            problems += error.problems
    problems += version_problems(texts)
    if problems:
        raise DocumentError(problems)
    return tuple(texts)


def version_problems(texts: Sequence[PlanText]) -> list[str]:
    """Return what is wrong between the versions of one plan name: equal numbers or dates, a calendar that changes."""
    problems: list[str] = []
    by_name: dict[str, list[PlanText]] = {}
    for text in texts:
        by_name.setdefault(text.plan.plan, []).append(text)
    for versions in by_name.values():
        ordered = sorted(versions, key=lambda text: (text.plan.version, text.plan.valid_from))
        for earlier, later in pairwise(ordered):
            before, after = earlier.plan, later.plan
            if after.version == before.version:
                problems.append(problem_line(later.document, ("version",), f"{after.key} is also in {earlier.path}"))
            elif after.valid_from <= before.valid_from:
                problems.append(
                    problem_line(later.document, ("valid_from",), f"does not lie after that of {before.key}, {before.valid_from}")
                )
            if after.calendar != before.calendar:
                problems.append(
                    problem_line(
                        later.document, ("calendar",), f"{before.key} has {before.calendar}; another calendar is another plan"
                    )
                )
    return problems


def _validation_lines(document: Document, error: ValidationError) -> list[str]:
    """Return one line per mistake; a list that is too short only because its items are wrong is not a second one."""
    details = error.errors()
    lines = []
    for detail in details:
        loc = detail["loc"]
        echo = detail["type"] == "too_short" and any(other["loc"][: len(loc)] == loc for other in details if other is not detail)
        if not echo:
            lines.append(problem_line(document, _inside(document, loc), _message(detail["type"], detail["msg"], loc)))
    return lines


def problem_line(document: Document, path: KeyPath, message: str) -> str:
    """Return a mistake or a warning as people read it: `file:line: key: what was expected`."""
    end = "" if message.endswith("?") else "."
    return f"{document.where(path)}: {'.'.join(str(part) for part in path) or '(whole file)'}: {message}{end}"


def _inside(document: Document, loc: KeyPath) -> KeyPath:
    """Drop the parts that pydantic adds for the branches of a union and that are no keys of the file."""
    path: KeyPath = ()
    for position, part in enumerate(loc):
        if (*path, part) in document.lines or position == len(loc) - 1:
            path = (*path, part)
    last = path[-1] if path else ""
    is_branch = isinstance(last, str) and path not in document.lines and not last.replace("_", "").isalnum()
    return path[:-1] if is_branch else path


def _message(kind: str, message: str, loc: KeyPath) -> str:
    if kind == "extra_forbidden":
        if loc[-1] == "channel":
            return "a plan may not name a channel"
        return "unknown key; it is not part of the plan language"
    if kind == "union_tag_invalid":
        return "unknown curve; expected one of tiers, step, linear, per_unit, pool, goal, spiff"
    if kind == "union_tag_not_found":
        return "the curve is missing; expected curve: tiers, step, linear, per_unit, pool, goal or spiff"
    if kind == "missing":
        return "required, but missing"
    return message.removeprefix("Value error, ")
