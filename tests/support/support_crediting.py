"""A small retailer written in a line or two, credited by the project's own models, and its credits to compare.

Builders fill what a test does not care about; everything that decides a credit is said by the test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import duckdb
from support_models import build, models_under
from support_staging import Row, Value, database, fill, moment

TRILLION = 10**12
CREDITING = (
    "intermediate/dates",
    "intermediate/identity",
    "intermediate/touches",
    "intermediate/credits",
    "intermediate/reporting",
    "marts/credits",
)

ADVISOR_ONLY = """
policy: global
valid_from: 2000-01-01
roles: {advisor: 100}
"""


@dataclass
class Retailer:
    """Rows of every feed that crediting reads."""

    feeds: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, feed: str, **row: Value) -> None:
        self.feeds.setdefault(feed, []).append(row)

    def associates(self, *ids: str) -> None:
        for associate_id in ids:
            self.add("associates", associate_id=associate_id)

    def sale(self, order: str, at: str, net: int, *, line: str = "1", customer: str | None = "c", **more: Value) -> None:
        when = moment(at)
        row: dict[str, Value] = {
            "source": "till",
            "order_id": order,
            "line_id": line,
            "kind": "sale",
            "channel": "store",
            "customer_id": customer,
            "ordered_at": when,
            "completed_at": when,
            "quantity_milli": 1000,
            "currency": "EUR",
            "net_minor": net,
        }
        self.add("order_lines", **{**row, **more})

    def taken_back(self, order: str, at: str, net: int, *, of: str, of_line: str = "1", **more: Value) -> None:
        """Add a return of `net` (positive minor units) of a line of an order of the same source."""
        row: dict[str, Value] = {
            "kind": "return",
            "quantity_milli": -1000,
            "original_order_id": of,
            "original_line_id": of_line,
        }
        self.sale(order, at, -net, **{**row, **more})

    def touch(self, who: str, kind: str, at: str, *, id: str | None = None, customer: str | None = "c", **more: Value) -> None:
        number = len(self.feeds.get("interactions", []))
        row: dict[str, Value] = {
            "source": "till",
            "interaction_id": id or f"i{number:04d}",
            "kind": kind,
            "channel": "chat",
            "associate_id": who,
            "customer_id": customer,
            "started_at": moment(at),
        }
        self.add("interactions", **{**row, **more})


@dataclass(frozen=True)
class Cell:
    """One row of fct_credits, what a test compares."""

    role: str | None
    recipient: str
    share_e12: int
    credit_minor: int
    reason: str | None


@cache
def crediting_models() -> tuple[str, ...]:
    """Return the models of crediting, in the order in which they are built."""
    return models_under(*CREDITING)


def credited(
    retailer: Retailer, policies: str | Sequence[str], pay_currencies: Sequence[str] = (), **settings: str
) -> duckdb.DuckDBPyConnection:
    """Return a database in which the retailer is credited by the policies."""
    connection = database(retailer.feeds, [policies] if isinstance(policies, str) else policies, settings, pay_currencies)
    build(connection, crediting_models())
    return connection


def credit_again(
    connection: duckdb.DuckDBPyConnection, retailer: Retailer, policies: str | Sequence[str], **settings: str
) -> None:
    """Credit another retailer in the same database: a new one costs more than its rows."""
    fill(connection, retailer.feeds, [policies] if isinstance(policies, str) else policies, settings)
    build(connection, crediting_models())


def cells(connection: duckdb.DuckDBPyConnection, order: str, line: str = "1") -> list[Cell]:
    """Return the credits of one line, roles in their order, house last in its role."""
    rows = connection.execute(
        "select role, recipient, share_e12, credit_minor, reason from marts.fct_credits where order_id = ? and line_id = ? "
        "order by role_order, recipient = 'house', recipient",
        [order, line],
    ).fetchall()
    return [Cell(*row) for row in rows]


def amounts(connection: duckdb.DuckDBPyConnection, order: str, line: str = "1") -> dict[tuple[str | None, str], int]:
    """Return the credit of each (role, recipient) of one line."""
    return {(cell.role, cell.recipient): cell.credit_minor for cell in cells(connection, order, line)}


def left_out(connection: duckdb.DuckDBPyConnection, order: str) -> dict[str, str | None]:
    """Return interaction id -> why it did not count (None: it did) for the touches of an order's first line."""
    rows = connection.execute(
        "select touches.interaction_id, touches.left_out_reason from marts.fct_credit_touches as touches "
        "inner join marts.fct_order_lines as lines on touches.root_line_key = lines.order_line_key "
        "where lines.order_id = ? and lines.line_id = '1' and touches.role = 'advisor'",
        [order],
    ).fetchall()
    return dict(rows)
