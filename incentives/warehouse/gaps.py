"""Days on which something was sold and no crediting policy was in force: the build stops and names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from incentives.errors import CheckFailedError, OutsideError

_DAYS_SHOWN = 5


@contextmanager
def refuse_policy_gaps(database: Path) -> Iterator[None]:
    """Run a build in the block, then refuse a policy gap in its database before any other fault is told.

    Raises:
        CheckFailedError: Order lines have a day without a policy in force; names the days.
    """
    try:
        yield
    except (CheckFailedError, OutsideError) as error:
        _refuse(database, error)
        raise
    _refuse(database, None)


def _refuse(database: Path, cause: CheckFailedError | OutsideError | None) -> None:
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        known = connection.execute(
            "select 1 from information_schema.tables where table_schema = 'intermediate' and table_name = 'int_policy_gaps'"
        ).fetchone()
        if known:
            refuse_gaps(connection, cause)


def refuse_gaps(connection: duckdb.DuckDBPyConnection, cause: CheckFailedError | OutsideError | None = None) -> None:
    """Refuse a policy gap in the database of a build, or of an increment.

    Raises:
        CheckFailedError: Order lines have a day without a policy in force; names the days.
    """
    gaps = connection.execute("select order_date, order_lines from intermediate.int_policy_gaps order by 1").fetchall()
    if gaps:
        days = ", ".join(str(day) for day, _ in gaps[:_DAYS_SHOWN])
        more = f" and {len(gaps) - _DAYS_SHOWN} more days, the last {gaps[-1][0]}" if len(gaps) > _DAYS_SHOWN else ""
        raise CheckFailedError(
            f"no crediting policy is in force on {days}{more}: {sum(lines for _, lines in gaps)} order lines cannot be credited.",
            where="policies",
            remedy="Add a policy, or let one begin earlier (valid_from), then build again.",
        ) from cause
