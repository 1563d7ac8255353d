"""Rows of order_lines as integers: sales taken from orders, and the returns that take lines back."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from incentives.feeds.sample.customers import CLIENTELING, POS_EU, POS_GULF
from incentives.feeds.sample.horizon import DAY, Horizon
from incentives.feeds.sample.orders import PHONE, STORE, Lines, Orders, currency_of
from incentives.feeds.sample.randomness import Flags, Ints, pick
from incentives.feeds.sample.retailer import CONTACT_CENTRE, NOBODY, Retailer

RETURN_DAYS_MAX = 30
CROSS_CHANNEL_SHARE = 0.45
PRICE_REDUCTION_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class LineRows:
    """One row per order line. -1 stands for nobody, no original, no place.

    `completed` of an open line is when a later correction completes it.
    """

    source: Ints
    number: Ints
    line: Ints
    is_return: Flags
    channel: Ints
    site: Ints
    customer: Ints
    seller: Ints
    second_seller: Ints
    local: Ints
    completed: Ints
    is_open: Flags
    category: Ints
    sku: Ints
    quantity: Ints
    net: Ints
    discount: Ints
    currency: Ints
    original_source: Ints
    original_number: Ints
    original_line: Ints

    def __len__(self) -> int:
        return len(self.number)

    def take(self, index: Ints | Flags) -> LineRows:
        """Return the rows at the given indexes, or where a flag is set."""
        return LineRows(*(getattr(self, field.name)[index] for field in fields(self)))

    @staticmethod
    def concatenated(first: LineRows, second: LineRows) -> LineRows:
        """Return the rows of both, in order of time."""
        both = LineRows(*(np.concatenate([getattr(first, f.name), getattr(second, f.name)]) for f in fields(first)))
        return both.take(np.argsort(both.local, kind="stable"))


def sales(orders: Orders, lines: Lines, retailer: Retailer) -> LineRows:
    """Return the sale lines of a block of orders."""
    of = lines.order
    nothing = np.full(len(of), NOBODY, dtype=np.int64)
    return LineRows(
        orders.source[of],
        orders.number[of],
        lines.line,
        np.zeros(len(of), dtype=np.bool_),
        orders.channel[of],
        orders.site[of],
        orders.customer[of],
        orders.seller[of],
        orders.second_seller[of],
        orders.local[of],
        orders.completed[of],
        lines.is_open,
        lines.category,
        lines.sku,
        lines.quantity,
        lines.net,
        lines.discount,
        currency_of(retailer, orders.site[of]),
        nothing,
        nothing,
        nothing,
    )


def returns(
    rng: np.random.Generator, sold: LineRows, retailer: Retailer, horizon: Horizon, count: int, first_number: int
) -> LineRows:
    """Return `count` returns of the given sales (fewer where there are not enough); no line is returned twice."""
    last = (horizon.end_day - 3) * DAY
    eligible = np.flatnonzero(~sold.is_open & (sold.completed < last) & (sold.net > 0))
    sale = sold.take(np.sort(rng.permutation(eligible)[:count]))
    n = len(sale)
    room = np.minimum(RETURN_DAYS_MAX, horizon.end_day - 1 - sale.completed // DAY)
    wait = 1 + (rng.random(n) * room).astype(np.int64)
    local = (sale.completed // DAY + wait) * DAY + 10 * 3_600 + rng.integers(0, 9 * 3_600, n)
    local = np.minimum(local, (horizon.end_day - 1) * DAY + 19 * 3_600)
    in_euro = sale.currency == 0
    in_store = (sale.source == POS_EU) | (sale.source == POS_GULF)
    crosses = rng.random(n) < CROSS_CHANNEL_SHARE
    centre = retailer.of_kind(CONTACT_CENTRE)
    euro_popularity = np.where(currency_of(retailer, np.arange(len(retailer.sites))) == 0, retailer.popularity, 0.0)
    boutique = pick(rng.random(n), euro_popularity)
    to_store = crosses & ~in_store & in_euro
    to_phone = crosses & in_store
    source = np.select([to_store, to_phone], [POS_EU, CLIENTELING], sale.source)
    site = np.select([to_store, to_phone], [boutique, centre[rng.integers(0, len(centre), n)]], sale.site)
    channel = np.select([to_store, to_phone], [STORE, PHONE], sale.channel)
    has_team = site < retailer.teams
    handler = retailer.on_duty(horizon.half_of(local), np.where(has_team, site, 0), rng.random(n))
    half_back = (sale.quantity == 2) & (rng.random(n) < 0.5)
    reduction = rng.random(n) < PRICE_REDUCTION_SHARE
    net = np.select([reduction, half_back], [sale.net * rng.integers(10, 41, n) // 100, sale.net // 2], sale.net)
    quantity = np.select([reduction, half_back], [np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.int64)], sale.quantity)
    return LineRows(
        source.astype(np.int64),
        first_number + np.arange(n, dtype=np.int64),
        np.ones(n, dtype=np.int64),
        np.ones(n, dtype=np.bool_),
        channel.astype(np.int64),
        site.astype(np.int64),
        sale.customer,
        np.where(has_team, handler, NOBODY),
        np.full(n, NOBODY, dtype=np.int64),
        local,
        local,
        np.zeros(n, dtype=np.bool_),
        sale.category,
        sale.sku,
        -quantity,
        -net,
        np.zeros(n, dtype=np.int64),
        sale.currency,
        sale.source,
        sale.number,
        sale.line,
    )
