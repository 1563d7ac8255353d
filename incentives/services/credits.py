"""Use cases: list credits, and say why an order's credits are what they are.

Both read the published snapshot; nothing is computed again. The inner functions take a connection, so that
whoever holds one (a page, a test) asks the same questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from incentives.errors import InputError
from incentives.periods import Period
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

    from incentives.services.explanations import LineExplanation

SHARE_DIGITS = 12
SHARE_WHOLE = 10**SHARE_DIGITS
PeriodBasis = Literal["business", "earned"]

_CREDITS = """
select source, order_id, line_id, role, recipient, share_e12, credit_minor, currency, reason, policy, business_date, earned_date
from marts.fct_credits
where {condition}
order by source, order_id, line_id, role_order, recipient = 'house', recipient
"""


@dataclass(frozen=True, slots=True)
class Credit:
    """One recipient's credit of one completed order line in one role; `role` is None where nobody holds any."""

    source: str
    order_id: str
    line_id: str
    role: str | None
    recipient: str
    share_e12: int
    credit_minor: int
    currency: str
    reason: str | None
    policy: str
    business_date: date
    earned_date: date

    @property
    def share(self) -> str:
        """The share as exact decimal text, such as `0.210000000000`."""
        return share_text(self.share_e12)


def share_text(share_e12: int) -> str:
    """Return a share in trillionths as exact decimal text.

    >>> share_text(210_000_000_000), share_text(10**12)
    ('0.210000000000', '1.000000000000')
    """
    whole, fraction = divmod(share_e12, SHARE_WHOLE)
    return f"{whole}.{fraction:0{SHARE_DIGITS}d}"


def list_credits(
    ws: Workspace,
    *,
    order_id: str | None = None,
    associate_id: str | None = None,
    period: Period | None = None,
    basis: PeriodBasis = "business",
) -> tuple[Credit, ...]:
    """Return the published credits, house rows included, by line and role; without filters, everything.

    Args:
        ws: The workspace.
        order_id: Only lines of this order, in every source.
        associate_id: Only this recipient; `house` lists what nobody was credited for.
        period: Only this period.
        basis: The date that decides the period: `business` (net sales) or `earned` (pay).

    Raises:
        InputError: Nothing has been published yet.
    """
    connection = published(ws)
    try:
        return credits_in(connection, order_id=order_id, associate_id=associate_id, period=period, basis=basis)
    finally:
        connection.close()


def credits_in(
    connection: duckdb.DuckDBPyConnection,
    *,
    order_id: str | None = None,
    associate_id: str | None = None,
    period: Period | None = None,
    basis: PeriodBasis = "business",
) -> tuple[Credit, ...]:
    """Return credits from a database with the marts; filters as in `list_credits`."""
    conditions, parameters = ["true"], []
    if order_id is not None:
        conditions.append("order_id = ?")
        parameters.append(order_id)
    if associate_id is not None:
        conditions.append("recipient = ?")
        parameters.append(associate_id)
    if period is not None:
        conditions.append(f"{basis}_date >= ? and {basis}_date < ?")
        parameters += [period.start.isoformat(), period.end.isoformat()]
    rows = connection.execute(_CREDITS.format(condition=" and ".join(conditions)), parameters).fetchall()
    return tuple(Credit(*row) for row in rows)


def explain_order(ws: Workspace, order_id: str, *, source: str | None = None) -> tuple[LineExplanation, ...]:
    """Return, for every line of an order, who is credited and why, read from what was computed.

    Raises:
        InputError: No such order, or several sources have one with this id and `source` is not given.
    """
    from incentives.services.explanations import explain_order_in

    connection = published(ws)
    try:
        return explain_order_in(connection, order_id, source=source)
    finally:
        connection.close()


def published(ws: Workspace) -> duckdb.DuckDBPyConnection:
    """Open the published snapshot read-only.

    Raises:
        InputError: Nothing has been published yet.
    """
    from incentives.serving import snapshots

    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError("nothing has been published yet.", where=str(ws.root), remedy="Run `incentives build` first.")
    return snapshot.connect()
