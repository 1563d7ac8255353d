"""An increment from beginning to end: worked out in memory, checked, merged into the warehouse."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from incentives.errors import CheckFailedError
from incentives.feeds.bronze_views import show_facts
from incentives.feeds.columns import Feed
from incentives.feeds.contracts import FEEDS
from incentives.feeds.sql_rows import literal
from incentives.warehouse.database import MEMORY_MAX, MEMORY_VARIABLE, Landed, fill_database
from incentives.warehouse.increments import families, identity, lines, measures, touches
from incentives.warehouse.increments.changes import keep_changes
from incentives.warehouse.increments.compiled import BuildState, CompiledModel, read_state, read_tests
from incentives.warehouse.increments.merge import COMPARED, LOOKED_UP, REPLACED, drop_others, merge
from incentives.warehouse.increments.scratch import BEFORE, Scratch, open_scratch
from incentives.warehouse.increments.staging import delivered_feeds, stage

# Made by their own rules, neither compared nor made anew.
_APART = frozenset({"int_credit_exceptions"})
# Complete for the lines in scope: what tests say of them holds of these lines alone.
_OF_LINES = frozenset(REPLACED) | {"int_order_lines", "int_credits", "fct_credits", "fct_pay_credits"}
# With so few lines an increment may touch all of them.
_FEW_LINES = 20_000
# Of so small a warehouse two threads wait for each other longer than they work.
_BYTES_OF_ONE_THREAD = 64 << 20
# With more of all lines in scope a full build costs less.
_DIRTY_SHARE_MAX = 0.3
_KEYS_TEST = "assert_keys_of_customers_do_not_collide"
_NAME_RECORDS = ("order_lines", "interactions", "customers", "customer_identifiers", "permissions")
_TOUCHES_TOLD = "('not_employed', 'unknown_associate')"


class TooMuchToIncrementError(Exception):
    """So much changed that a full build costs less."""


@dataclass(frozen=True, slots=True)
class Increment:
    """What an increment did: models made, lines and cells of measures (subject and dates) worked out again."""

    models: int
    lines: int
    cells: int


def held(warehouse: Path) -> BuildState | None:
    """Return what a warehouse holds; None where there is none, or none that an increment can start from."""
    if not warehouse.is_file():
        return None
    with closing(duckdb.connect(str(warehouse), read_only=True)) as connection:
        return read_state(connection, warehouse.stem)


def increment(warehouse: Path, landed: Landed, state: BuildState, *, since_load: int, spill: Path, changes: Path) -> Increment:
    """Bring a warehouse up to a load.

    Args:
        warehouse: The DuckDB file.
        landed: What landed up to the load.
        state: What the warehouse will hold.
        since_load: The last load that it holds.
        spill: Folder for what does not fit into memory.
        changes: File for what changes of the marts.

    Raises:
        TooMuchToIncrementError: Too many of all lines are in scope; nothing was changed.
        CheckFailedError: A test of the warehouse does not hold; nothing was changed.
        duckdb.IOException: Another program holds the warehouse.
    """
    memory = os.environ.get(MEMORY_VARIABLE, MEMORY_MAX)
    with closing(
        duckdb.connect(config={"temp_directory": str(spill), "memory_limit": memory, "preserve_insertion_order": "false"})
    ) as connection:
        connection.execute("set timezone = 'UTC'")
        if warehouse.stat().st_size < _BYTES_OF_ONE_THREAD:
            connection.execute("set threads = 1")
        fill_database(connection, landed, since_load=since_load)
        connection.execute(f"attach {literal(str(warehouse))} as {BEFORE} (read_only)")
        scratch = open_scratch(connection, since_load)
        delivered = work_out(scratch)
        done = Increment(len(scratch.models), scratch.count("scope.lines"), scratch.count("scope.cells"))
        tests = [test for test in read_tests(connection, BEFORE) if not set(test.reads) <= _OF_LINES and test.name != _KEYS_TEST]
        keep_changes(connection, scratch.models, changes, since_load, state)
        drop_others(connection, scratch.models, delivered)
        # Whoever reads the warehouse could do so until now.
        connection.execute(f"detach {BEFORE}")
        connection.execute(f"attach {literal(str(warehouse))} as {BEFORE}")
        merge(connection, scratch.models, delivered, _made_anew(scratch.models), state)
        _check(connection, tests)
        show_facts(connection, landed.root, delivered, landed.files)
        connection.execute("commit")
    return done


def work_out(scratch: Scratch) -> list[Feed]:
    """Work out everything that the new loads change, and return the feeds of which rows came.

    Raises:
        TooMuchToIncrementError: Too many of all lines are in scope.
        CheckFailedError: A test of the lines in scope does not hold.
    """
    delivered = delivered_feeds(scratch)
    for feed in delivered:
        stage(scratch, feed)
    identity.identify(scratch)
    lines.scope_lines(scratch)
    touches.scope_touches(scratch)
    touches.read_touches(scratch)
    lines.read_lines(scratch)
    touches.read_owners(scratch)
    families.scope_families(scratch)
    all_lines = scratch.count(f"{BEFORE}.intermediate.int_order_lines")
    if scratch.count("scope.lines") > max(_FEW_LINES, _DIRTY_SHARE_MAX * all_lines):
        raise TooMuchToIncrementError(f"{scratch.count('scope.lines'):,} of {all_lines:,} lines are touched")
    families.credit_families(scratch)
    _check(scratch.connection, [test for test in read_tests(scratch.connection, BEFORE) if set(test.reads) <= _OF_LINES])
    measures.count_orders(scratch)
    _except(scratch)
    measures.scope_cells(scratch)
    measures.measure_cells(scratch)
    _check_keys(scratch)
    return delivered


def _check_keys(scratch: Scratch) -> None:
    """Check that no customer record that came has the key of another: among the rows of their keys, as among all rows in full.

    Raises:
        CheckFailedError: Two have.
    """
    scratch.table(
        "scope.delivered_records",
        " union ".join(
            f"select customer_record_key from added.stg_{feed} where customer_record_key is not null" for feed in _NAME_RECORDS
        ),
    )
    for feed in _NAME_RECORDS:
        scratch.view(
            f"staging.stg_{feed}", f"select * from now.stg_{feed} semi join scope.delivered_records using (customer_record_key)"
        )
    _check(scratch.connection, [test for test in read_tests(scratch.connection, BEFORE) if test.name == _KEYS_TEST])


def _except(scratch: Scratch) -> None:
    """Make the exceptions of the lines in scope, and all that are of no line."""
    scratch.table(
        "scope.line_names",
        "select distinct source, order_id, line_id from scope.either semi join scope.lines using (order_line_key)",
    )
    scratch.table("intermediate.int_touches", f"select * from now.int_touches where left_out_reason in {_TOUCHES_TOLD}")
    scratch.run("int_credit_exceptions")


def _made_anew(models: Mapping[str, CompiledModel]) -> list[CompiledModel]:
    """Return the models that are made anew from whole tables, in order: small ones, and sums that cost little."""
    of_feeds = {f"{kind}_{feed}" for feed in FEEDS for kind in ("parsed", "row_outcomes", "stg", "quarantine")}
    apart = of_feeds | _APART | set(COMPARED) | set(REPLACED) | set(LOOKED_UP)
    return [model for model in models.values() if not model.is_view and model.name not in apart]


def _check(connection: duckdb.DuckDBPyConnection, tests: list[CompiledModel]) -> None:
    """Run tests; each is a select of what does not hold.

    Raises:
        CheckFailedError: One found something; names each.
    """
    failed = []
    for test in tests:
        row = connection.execute(f"select count(*) from ({test.sql})").fetchone()
        if row and row[0]:
            failed.append(f"{test.name}: {row[0]} rows")
    if failed:
        raise CheckFailedError(
            f"what the warehouse must hold does not hold: {'; '.join(failed)}.",
            where="build",
            remedy="The last warehouse stays as it was.",
        )
