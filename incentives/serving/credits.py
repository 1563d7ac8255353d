"""Credits as people read them: their lines, the division of one line, and the touches behind a part.

Read from what was computed, never computed again. A credit counts in the period of its `earned_date`; the line itself
happened on its `business_date`. Moments are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from incentives.serving.marts import Marts
from incentives.serving.people import Span

HOUSE = "house"


@dataclass(frozen=True, slots=True)
class CreditLine:
    """One recipient's credit of one order line in one role; `role` is None where the whole line is the house's.

    `place` is the location's name or, without one, what the source calls the channel.
    """

    order_line_key: int
    root_line_key: int
    source: str
    order_id: str
    line_id: str
    line_kind: str
    role: str | None
    recipient: str
    share_e12: int
    credit_minor: int
    net_minor: int
    currency: str
    reason: str | None
    quantity_milli: int
    category: str | None
    place: str | None
    has_customer: bool
    policy: str
    policy_since: date | None
    ordered_at: datetime
    business_date: date
    earned_date: date


@dataclass(frozen=True, slots=True)
class Touch:
    """One interaction behind a part; `weight` after decay, 0 where it was left out.

    Under role `relationship` it only shows that the person is in touch with their client, and weighs nothing.
    """

    role: str
    kind: str
    started_at: datetime
    age_s: int
    kind_weight: int
    weight: int
    counted: bool
    left_out_reason: str | None


@dataclass(frozen=True, slots=True)
class RoleTotal:
    """A person's credit in one role and currency."""

    role: str
    currency: str
    credit_minor: int
    lines: int


# Persons' rows lie together in a snapshot, and lines in the order of their moments: neither is joined to the other.
_PICKED = """
select order_line_key, root_line_key, source, order_id, line_id, line_kind, role, recipient, share_e12, credit_minor, currency,
    reason, location_id, customer_key is not null, policy, policy_key, ordered_at, business_date, earned_date
from marts.fct_credits
where {condition}
order by {order}
"""
_OF_LINES = """
select order_line_key, net_minor, quantity_milli, category, channel
from marts.fct_order_lines
where ordered_at between ? and ? and order_line_key in (select unnest(?::bigint[]))
"""


def lines_of(marts: Marts, associate_id: str, spans: Sequence[Span], *, limit: int, offset: int = 0) -> tuple[CreditLine, ...]:
    """Return a person's credits that count on the days of `spans`, newest line first."""
    if not spans:
        return ()
    within, days = _within("earned_date", spans)
    return _read_lines(
        marts,
        f"recipient = ? and {within}",
        "ordered_at desc, order_line_key desc, role_order",
        [associate_id, *days],
        limit=(limit, offset),
    )


def happened_on(marts: Marts, associate_id: str, day: date) -> tuple[CreditLine, ...]:
    """Return a person's credits of lines that completed on a day, newest first."""
    return _read_lines(
        marts,
        "recipient = ? and business_date = ?",
        "ordered_at desc, order_line_key desc, role_order",
        [associate_id, day],
    )


def last_day_with_credit(marts: Marts, associate_id: str, until: date) -> date | None:
    """Return the last day, up to `until`, on which something counted for a person."""
    row = marts.row(
        "select max(business_date) from marts.fct_credits where recipient = ? and business_date <= ?", [associate_id, until]
    )
    return row[0] if row else None


def taken_back(marts: Marts, associate_id: str, since: date, *, limit: int) -> tuple[CreditLine, ...]:
    """Return the returns since a day that took credit back from a person, newest first."""
    return _read_lines(
        marts,
        "recipient = ? and line_kind = 'return' and business_date >= ?",
        "business_date desc, order_line_key desc, role_order",
        [associate_id, since],
        limit=(limit, 0),
    )


def role_totals(marts: Marts, associate_id: str, spans: Sequence[Span]) -> tuple[RoleTotal, ...]:
    """Return a person's credit by role and currency on the days of `spans`, in the roles' order."""
    if not spans:
        return ()
    within, days = _within("earned_date", spans)
    rows = marts.rows(
        "select role, currency, cast(sum(credit_minor) as bigint), cast(count(*) as bigint) from marts.fct_credits "
        f"where recipient = ? and {within} group by role, currency order by min(role_order), currency",
        [associate_id, *days],
    )
    return tuple(RoleTotal(*row) for row in rows)


def division_of(marts: Marts, order_line_key: int) -> tuple[CreditLine, ...]:
    """Return every part of one order line in the roles' order; the parts add up to the line's net amount."""
    return _read_lines(
        marts,
        "order_line_key = ?",
        "role_order, recipient = 'house', recipient",
        [order_line_key],
    )


def family_of(marts: Marts, root_line_key: int, associate_id: str) -> tuple[CreditLine, ...]:
    """Return a person's parts of a sale and of every return of it, in the order in which they happened."""
    return _read_lines(
        marts,
        "root_line_key = ? and recipient = ?",
        "business_date, line_kind desc, order_line_key, role_order",
        [root_line_key, associate_id],
    )


def touches_of(marts: Marts, root_line_key: int, associate_id: str) -> tuple[Touch, ...]:
    """Return what a person did before the sale, oldest first, and whether it counted."""
    rows = marts.rows(
        "select role, kind, started_at, age_s, kind_weight, weight, counted, left_out_reason from marts.fct_credit_touches "
        "where root_line_key = ? and recipient = ? order by started_at, interaction_source, interaction_id",
        [root_line_key, associate_id],
    )
    return tuple(Touch(*row) for row in rows)


def _within(column: str, spans: Sequence[Span]) -> tuple[str, list[object]]:
    condition = " or ".join(f"({column} >= ? and {column} < ?)" for _ in spans)
    return f"({condition})", [day for span in spans for day in (span.start, span.end)]


def _read_lines(
    marts: Marts, condition: str, order: str, parameters: Sequence[object], *, limit: tuple[int, int] | None = None
) -> tuple[CreditLine, ...]:
    """Return the credits that a condition picks, in an order of columns of fct_credits; `limit` is how many, after how many."""
    picked = _PICKED.format(condition=condition, order=f"{order} limit ? offset ?" if limit else order)
    rows = [_Picked(*row) for row in marts.rows(picked, [*parameters, *(limit or ())])]
    if not rows:
        return ()
    moments = [row.ordered_at for row in rows]
    of_lines = marts.rows(_OF_LINES, [min(moments), max(moments), sorted({row.order_line_key for row in rows})])
    lines = {key: _OfLine(*values) for key, *values in of_lines}
    places: dict[str, str | None] = dict(marts.rows("select location_id, name from marts.dim_locations"))
    since: dict[str, date] = dict(marts.rows("select policy_key, valid_from from marts.dim_policies"))
    return tuple(_credit_line(row, lines[row.order_line_key], places, since) for row in rows)


class _Picked(NamedTuple):
    """A row of `_PICKED`."""

    order_line_key: int
    root_line_key: int
    source: str
    order_id: str
    line_id: str
    line_kind: str
    role: str | None
    recipient: str
    share_e12: int
    credit_minor: int
    currency: str
    reason: str | None
    location_id: str | None
    has_customer: bool
    policy: str
    policy_key: str
    ordered_at: datetime
    business_date: date
    earned_date: date


class _OfLine(NamedTuple):
    """A row of `_OF_LINES`, without its key."""

    net_minor: int
    quantity_milli: int
    category: str | None
    channel: str | None


def _credit_line(row: _Picked, line: _OfLine, places: Mapping[str, str | None], since: Mapping[str, date]) -> CreditLine:
    known = places.get(row.location_id) if row.location_id is not None else None
    return CreditLine(
        order_line_key=row.order_line_key,
        root_line_key=row.root_line_key,
        source=row.source,
        order_id=row.order_id,
        line_id=row.line_id,
        line_kind=row.line_kind,
        role=row.role,
        recipient=row.recipient,
        share_e12=row.share_e12,
        credit_minor=row.credit_minor,
        net_minor=line.net_minor,
        currency=row.currency,
        reason=row.reason,
        quantity_milli=line.quantity_milli,
        category=line.category,
        place=known or row.location_id or line.channel,
        has_customer=row.has_customer,
        policy=row.policy,
        policy_since=since.get(row.policy_key),
        ordered_at=row.ordered_at,
        business_date=row.business_date,
        earned_date=row.earned_date,
    )
