"""Orders and their lines, as integers: one block of a month at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentives.feeds.sample.customers import CLIENTELING, POS_EU, POS_GULF, VIP_LINE_SHARE, WEBSHOP, Customers
from incentives.feeds.sample.horizon import DAY, Horizon
from incentives.feeds.sample.names import CATEGORIES, COUNTRIES, GULF
from incentives.feeds.sample.randomness import Flags, Ints, pick
from incentives.feeds.sample.retailer import CONTACT_CENTRE, NOBODY, STUDIO, WEB, Retailer

CHANNELS = ("store", "web", "app", "phone", "whatsapp", "video")
STORE, WEB_SITE, APP, PHONE, WHATSAPP, VIDEO = range(6)
LINES_PER_ORDER = np.array([0.60, 0.25, 0.10, 0.05])
IDENTIFIED_IN_STORE = 0.80
# A dirham is worth about a quarter of a euro.
GULF_PRICE_FACTOR = 4
ORDER_BASE = 1_000_000


@dataclass(frozen=True, slots=True)
class Orders:
    """One row per order. `customer`, `seller` and `second_seller` are -1 where there is none."""

    number: Ints
    source: Ints
    channel: Ints
    site: Ints
    customer: Ints
    seller: Ints
    second_seller: Ints
    local: Ints
    completed: Ints


@dataclass(frozen=True, slots=True)
class Lines:
    """One row per order line, sorted by order; `order` is the row of Orders."""

    order: Ints
    line: Ints
    category: Ints
    sku: Ints
    quantity: Ints
    net: Ints
    discount: Ints
    is_open: Flags


def make_orders(
    rng: np.random.Generator,
    retailer: Retailer,
    customers: Customers,
    horizon: Horizon,
    month: int,
    first_number: int,
    lines: int,
) -> tuple[Orders, Lines]:
    """Return the orders of one block of a month that have exactly `lines` sale lines."""
    sizes = pick(rng.random(lines), LINES_PER_ORDER) + 1
    ends = np.cumsum(sizes)
    count = int(np.searchsorted(ends, lines)) + 1
    sizes = sizes[:count]
    sizes[-1] -= int(ends[count - 1]) - lines
    local = _times(rng, horizon, month, count)
    order = _orders(rng, retailer, customers, horizon, local, first_number)
    return order, _lines(rng, order, sizes, retailer)


def _times(rng: np.random.Generator, horizon: Horizon, month: int, count: int) -> Ints:
    """Return sorted moments of a month in opening hours; Saturdays are busy, Sundays quiet."""
    days = np.arange(horizon.month_days[month], horizon.month_days[month + 1])
    weekday = (days + 3) % 7
    weights = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.9, 0.4])[weekday]
    day = days[pick(rng.random(count), weights)]
    return np.sort(day * DAY + 10 * 3_600 + rng.integers(0, 9 * 3_600 + 1_800, count))


def _orders(
    rng: np.random.Generator, retailer: Retailer, customers: Customers, horizon: Horizon, local: Ints, first_number: int
) -> Orders:
    count = len(local)
    form = pick(rng.random(count), np.array([0.60, 0.28, 0.12]))
    is_store, is_web = form == 0, form == 1
    known = ~is_store | (rng.random(count) < IDENTIFIED_IN_STORE)
    identified = 1 - 0.60 * (1 - IDENTIFIED_IN_STORE)
    is_vip = rng.random(count) < VIP_LINE_SHARE / identified
    ordinary = customers.vips + rng.integers(0, max(1, customers.count - customers.vips), count)
    someone = np.where(is_vip, rng.integers(0, customers.vips, count), np.minimum(ordinary, customers.count - 1))
    home = customers.home(someone)
    elsewhere = pick(rng.random(count), retailer.popularity)
    boutique = np.where(rng.random(count) < 0.75, home, elsewhere)
    remote = pick(rng.random(count), np.array([0.25, 0.45, 0.30]))
    studio, centre = retailer.of_kind(STUDIO), retailer.of_kind(CONTACT_CENTRE)
    web_sites = retailer.of_kind(WEB)
    web_site = web_sites[np.minimum(retailer.site_country[home], len(web_sites) - 1)]
    # A remote sale is made in the home boutique (messaging), the studio (video) or the contact centre (phone);
    # it is in euro, so that customers of the Gulf are served there by the centre.
    in_boutique = (remote == 1) & (retailer.site_country[home] != GULF)
    apart = np.where(remote == 2, studio[rng.integers(0, len(studio), count)], centre[rng.integers(0, len(centre), count)])
    site = np.select([is_store, is_web, in_boutique], [boutique, web_site, home], apart)
    in_gulf = retailer.site_country[site] == GULF
    source = np.select([is_store & in_gulf, is_store, is_web], [POS_GULF, POS_EU, WEBSHOP], CLIENTELING)
    app = np.where(rng.random(count) < 0.35, APP, WEB_SITE)
    channel = np.select([is_store, is_web, in_boutique, remote == 2], [STORE, app, WHATSAPP, VIDEO], PHONE)
    half = horizon.half_of(local)
    advises = ~is_web | (rng.random(count) < 0.25)
    desk = np.where(is_web, studio[rng.integers(0, len(studio), count)], site)
    on_duty = retailer.on_duty(half, desk, rng.random(count))
    owner = customers.owner(someone, local // DAY)
    owner_sells = known & customers.is_owned(someone) & (desk == home) & (rng.random(count) < 0.4)
    seller = np.where(owner_sells, owner, on_duty)
    forgotten = rng.random(count) < 0.01
    seller = np.where(advises & ~forgotten, seller, NOBODY)
    colleague = retailer.on_duty(half, desk, rng.random(count))
    together = (rng.random(count) < 0.04) & (colleague != seller) & (seller != NOBODY)
    delay = np.select([is_store, is_web], [np.zeros(count, dtype=np.int64), rng.integers(1, 5, count)], rng.integers(0, 4, count))
    clock = local % DAY
    later = (local // DAY + delay) * DAY + np.where(delay > 0, 9 * 3_600 + rng.integers(0, 8 * 3_600, count), clock)
    return Orders(
        first_number + np.arange(count, dtype=np.int64),
        source.astype(np.int64),
        channel.astype(np.int64),
        site.astype(np.int64),
        np.where(known, someone, NOBODY),
        seller,
        np.where(together, colleague, NOBODY),
        local,
        later,
    )


def _lines(rng: np.random.Generator, orders: Orders, sizes: Ints, retailer: Retailer) -> Lines:
    count = int(sizes.sum())
    order = np.repeat(np.arange(len(sizes)), sizes)
    line = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    category = pick(rng.random(count), np.array([float(kind.weight) for kind in CATEGORIES]))
    around = np.array([kind.price_euro for kind in CATEGORIES], dtype=np.int64)[category]
    # Prices lie between half and three times the category's, in steps of 10, most of them below it.
    step = 5 + (25 * rng.random(count) ** 2).astype(np.int64)
    price = around * step // 100 * 10 * 100
    in_gulf = retailer.site_country[orders.site[order]] == GULF
    price = np.where(in_gulf, price * GULF_PRICE_FACTOR, price)
    quantity = np.where(rng.random(count) < 0.92, 1, 2).astype(np.int64)
    off = np.where(rng.random(count) < 0.12, rng.integers(5, 26, count), 0)
    value = price * quantity
    # Net is without tax, so it has cents.
    net_before = value * 100 // 120
    discount = net_before * off // 100
    is_open = (rng.random(len(sizes)) < 0.02)[order]
    sku = category * 1_000 + rng.integers(1, 400, count)
    return Lines(order, line, category, sku, quantity, net_before - discount, discount, is_open)


def currency_of(retailer: Retailer, site: Ints) -> Ints:
    """Return 1 where a place sells in dirham, 0 where in euro."""
    currency: Ints = (retailer.site_country[site] == GULF).astype(np.int64)
    return currency


CURRENCIES = ("EUR", COUNTRIES[GULF].currency)
