"""Runs dbt in this process, on one DuckDB file, and says in our words what did not hold.

dbt takes three seconds to import: nothing here is imported before it is known that there is work to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from incentives.errors import CheckFailedError, OutsideError
from incentives.warehouse.increments.compiled import CompiledModel
from incentives.warehouse.outcomes import NodeOutcome, write_outcomes
from incentives.warehouse.parsed_project import keep_parsed, parsed_name, parsed_project

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

PATH_VARIABLE = "INCENTIVES_DUCKDB_PATH"
THREADS_VARIABLE = "INCENTIVES_DBT_THREADS"
THREADS_MAX = 4
_PARSED_NAME = "partial_parse.msgpack"


@dataclass(frozen=True, slots=True)
class DbtRun:
    """A run in which everything held: the models that were built and the tests that passed, as they were compiled."""

    models: tuple[CompiledModel, ...]
    tests: tuple[CompiledModel, ...]


def build(project: Path, database: Path, work: Path, *, tests: bool = True) -> DbtRun:
    """Build every seed and model and run every data test.

    Args:
        project: The dbt project.
        database: The DuckDB file, already holding schemas bronze and config.
        work: Folder for dbt's compiled files and logs; kept, so that the next run parses only what changed.
        tests: Whether the data tests run too.

    Raises:
        CheckFailedError: A test did not hold; names each.
        OutsideError: A model could not be made, by want of memory or disk perhaps, or dbt could not run at all.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    arguments = ["build", "--project-dir", str(project), "--profiles-dir", str(project)]
    arguments += ["--target-path", str(work / "target"), "--log-path", str(work / "logs")]
    arguments += [
        "--exclude-resource-type",
        "unit_test",
        "--log-level",
        "none",
        "--log-level-file",
        "info",
        "--log-file-max-bytes",
        "0",
        "--no-use-colors",
        "--no-write-json",
    ]
    if not tests:
        arguments += ["--exclude-resource-type", "test"]
    variables = {
        PATH_VARIABLE: str(database),
        THREADS_VARIABLE: str(min(os.cpu_count() or 1, THREADS_MAX)),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    # The log of one run, which dbt need not measure at every line.
    (work / "logs" / "dbt.log").unlink(missing_ok=True)
    with _environment(variables):
        try:
            name = parsed_name(project, database)
            answer = dbtRunner(manifest=parsed_project(name)).invoke(arguments)
            keep_parsed(name, work / "target" / _PARSED_NAME)
        finally:
            # dbt keeps the file's write lock after it returns.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if answer.exception is not None or not isinstance(answer.result, RunExecutionResult):
        raise OutsideError(
            f"dbt could not run: {answer.exception}", where=str(project), remedy=f"See {work / 'logs' / 'dbt.log'}."
        )
    results = answer.result.results
    broken, failed = _problems(results, "error", "runtime error"), _problems(results, "fail", "partial success")
    whole = answer.success and not broken and not failed
    write_outcomes(work, map(_outcome, results), whole=whole)
    remedy = f"The last warehouse stays in place. See {work / 'logs' / 'dbt.log'}."
    if broken:
        raise OutsideError(f"a model could not be made: {_listed(broken)}.", where="build", remedy=remedy)
    if failed:
        raise CheckFailedError(f"what the warehouse must hold does not hold: {_listed(failed)}.", where="build", remedy=remedy)
    if not whole:
        raise OutsideError("dbt ended without success and named no model.", where="build", remedy=remedy)
    compiled = [found for result in results if (found := _compiled(result)) is not None]
    return DbtRun(
        models=tuple(model for model, is_test in compiled if not is_test),
        tests=tuple(test for test, is_test in compiled if is_test),
    )


def _compiled(result: RunResult) -> tuple[CompiledModel, bool] | None:
    """Return a model or a test as it was compiled, and whether it is a test; None for a seed."""
    from dbt.contracts.graph.nodes import GenericTestNode, ModelNode, SingularTestNode

    node = result.node
    if not isinstance(node, ModelNode | GenericTestNode | SingularTestNode):
        return None
    reads = tuple(name.split(".")[2] for name in node.depends_on_nodes if name.startswith(("model.", "seed.")))
    # dbt names the database too, which is the file's own name.
    sql = str(node.compiled_code).replace(f'"{node.database}".', "")
    is_view = node.config.materialized == "view"
    return CompiledModel(node.name, node.schema, is_view, sql, reads), not isinstance(node, ModelNode)


def _outcome(result: RunResult) -> NodeOutcome:
    return NodeOutcome(result.node.unique_id, str(result.status), result.failures or 0, round(result.execution_time, 3))


def _problems(results: Sequence[RunResult], *statuses: str) -> list[str]:
    """Return name and message of every node that ended in one of these ways."""
    return [
        f"{result.node.name}: {(result.message or str(result.status)).strip()}"
        for result in results
        if str(result.status) in statuses
    ]


def _listed(problems: Sequence[str]) -> str:
    return "; ".join(problems[:5]) + (f" (and {len(problems) - 5} more)" if len(problems) > 5 else "")


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables while the block runs."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
