"""Interactions as integers: before and after orders, about service, campaigns, and the few who are always in touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentives.feeds.contracts import INTERACTION_KINDS
from incentives.feeds.sample.customers import Customers
from incentives.feeds.sample.horizon import DAY, HOME_ZONE, Horizon
from incentives.feeds.sample.names import COUNTRIES
from incentives.feeds.sample.orders import Orders
from incentives.feeds.sample.randomness import Flags, Ints, pick
from incentives.feeds.sample.retailer import CONTACT_CENTRE, NOBODY, STUDIO, Retailer

HEAVY_TOUCHES = 1_200
HEAVY_SHARE_MAX = 0.10
# What a block's other interactions are about: an order to come, a service question, the retailer's own initiative.
ABOUT = np.array([0.60, 0.12, 0.28])
BEFORE_DAYS_MEAN = 8
BEFORE_DAYS_MAX = 45
BOUTIQUE_DESK, ONLINE_DESK, CARE_DESK = range(3)
K = {kind: index for index, kind in enumerate(INTERACTION_KINDS)}
# Kinds by desk, in the order of INTERACTION_KINDS: consultation, conversation, outreach, appointment, event,
# service_case, return_handling, fulfilment, follow_up.
KIND_WEIGHTS = np.array(
    [
        [22, 26, 18, 12, 5, 2, 2, 3, 10],
        [16, 40, 24, 6, 1, 3, 1, 2, 7],
        [1, 34, 3, 0, 0, 38, 12, 8, 4],
    ],
    dtype=np.float64,
)
CHANNELS = ("store", "video", "phone", "whatsapp", "instagram", "email", "chat")
IN_STORE, VIDEO, PHONE, WHATSAPP, INSTAGRAM, EMAIL, CHAT = range(7)
# Channels by kind, for whoever is not in a store; weights in the order of CHANNELS.
CHANNEL_WEIGHTS = np.array(
    [
        [0, 6, 2, 1, 0, 0, 1],
        [0, 1, 3, 6, 2, 2, 3],
        [0, 0, 2, 5, 0, 4, 0],
        [0, 7, 2, 0, 0, 0, 0],
        [0, 5, 0, 1, 2, 1, 0],
        [0, 0, 5, 1, 0, 4, 3],
        [0, 0, 5, 1, 0, 4, 2],
        [0, 0, 3, 1, 0, 5, 1],
        [0, 0, 3, 5, 0, 3, 0],
    ],
    dtype=np.float64,
)
FACE_TO_FACE = (K["consultation"], K["appointment"], K["event"], K["return_handling"], K["fulfilment"])


@dataclass(frozen=True, slots=True)
class Touches:
    """One row per interaction; -1 for no order, no place. Times are local at `zone`."""

    customer: Ints
    associate: Ints
    desk: Ints
    site: Ints
    zone: Ints
    kind: Ints
    channel: Ints
    local: Ints
    order: Ints
    is_before: Flags

    def __len__(self) -> int:
        return len(self.kind)


def make_touches(
    rng: np.random.Generator,
    retailer: Retailer,
    customers: Customers,
    horizon: Horizon,
    month: int,
    orders: Orders,
    count: int,
    heavy: int,
) -> Touches:
    """Return the interactions that belong to a block of orders, in order of time.

    Args:
        rng: The block's stream.
        retailer: Places and rosters.
        customers: Whom they are with.
        horizon: The sample's months.
        month: Month of the block.
        orders: The block's orders.
        count: How many interactions.
        heavy: How many of them are with the customers who are always in touch.
    """
    identified = np.flatnonzero(orders.customer != NOBODY)
    about = pick(rng.random(count), ABOUT if len(identified) else np.array([0.0, 0.0, 1.0]))
    about[:heavy] = 2
    order = np.full(count, NOBODY, dtype=np.int64)
    linked = about < 2
    if len(identified):
        order[linked] = identified[rng.integers(0, len(identified), int(linked.sum()))]
    anyone = _strangers(rng, customers, count)
    if customers.heavy:
        anyone[:heavy] = rng.integers(0, customers.heavy, heavy)
    customer = np.where(linked, orders.customer[np.maximum(order, 0)], anyone)
    local = _times(rng, horizon, month, orders, order, about)
    desk, associate, site = _who(rng, retailer, customers, horizon, orders, order, about, customer, local)
    kind = np.empty(count, dtype=np.int64)
    share = rng.random(count)
    for number, weights in enumerate(KIND_WEIGHTS):
        kind[desk == number] = pick(share[desk == number], weights)
    in_store = (desk == BOUTIQUE_DESK) & np.isin(kind, FACE_TO_FACE) & (rng.random(count) < 0.8)
    channel = np.empty(count, dtype=np.int64)
    share = rng.random(count)
    for number, weights in enumerate(CHANNEL_WEIGHTS):
        channel[kind == number] = pick(share[kind == number], weights)
    channel[in_store] = IN_STORE
    zones = np.array([country.zone for country in COUNTRIES], dtype=np.int64)
    zone = np.where(desk == BOUTIQUE_DESK, zones[retailer.site_country[site]], HOME_ZONE)
    if len(identified):
        # Times were set on the order's clock; the associate's may be hours apart.
        order_zone = np.where(linked, zones[retailer.site_country[orders.site[np.maximum(order, 0)]]], zone)
        local = local + horizon.offset(zone, local) - horizon.offset(order_zone, local)
    associate = np.where(associate != NOBODY, associate, retailer.stayer(site, share))
    index = np.argsort(local, kind="stable")
    return Touches(
        customer[index],
        associate[index],
        desk[index],
        site[index],
        zone[index],
        kind[index],
        channel[index],
        local[index],
        order[index],
        (about == 0)[index],
    )


def _strangers(rng: np.random.Generator, customers: Customers, count: int) -> Ints:
    """Return customers of any order or none; a quarter of attention goes to the very good ones."""
    vip = rng.integers(0, customers.vips, count)
    return np.where(rng.random(count) < 0.25, vip, rng.integers(0, customers.count, count))


def _times(rng: np.random.Generator, horizon: Horizon, month: int, orders: Orders, order: Ints, about: Ints) -> Ints:
    count = len(order)
    first, end = int(horizon.month_days[month]), int(horizon.month_days[month + 1])
    clock = 9 * 3_600 + rng.integers(0, 11 * 3_600, count)
    free = rng.integers(first, end, count) * DAY + clock
    ordered = orders.local[np.maximum(order, 0)] if len(orders.local) else free
    gap = np.minimum(-BEFORE_DAYS_MEAN * np.log1p(-rng.random(count)), BEFORE_DAYS_MAX).astype(np.int64)
    before = np.where(gap > 0, (ordered // DAY - gap) * DAY + clock, ordered - rng.integers(300, 7_200, count))
    after = (ordered // DAY + 1 + rng.integers(0, 12, count)) * DAY + clock
    return np.select([about == 0, about == 1], [before, after], free).astype(np.int64)


def _who(
    rng: np.random.Generator,
    retailer: Retailer,
    customers: Customers,
    horizon: Horizon,
    orders: Orders,
    order: Ints,
    about: Ints,
    customer: Ints,
    local: Ints,
) -> tuple[Ints, Ints, Ints]:
    """Return desk, associate and place: the owner, a colleague at home or elsewhere, the studio, or the centre."""
    count = len(order)
    weights = np.array([[0.34, 0.22, 0.08, 0.20, 0.16], [0.05, 0.10, 0.05, 0.05, 0.75], [0.45, 0.20, 0.05, 0.25, 0.05]])
    choice = np.empty(count, dtype=np.int64)
    share = rng.random(count)
    for number, row in enumerate(weights):
        choice[about == number] = pick(share[about == number], row)
    half = horizon.half_of(local)
    home = customers.home(customer)
    elsewhere = pick(rng.random(count), retailer.popularity)
    studio, centre = retailer.of_kind(STUDIO), retailer.of_kind(CONTACT_CENTRE)
    site = np.select(
        [choice == 2, choice == 3, choice == 4],
        [elsewhere, studio[rng.integers(0, len(studio), count)], centre[rng.integers(0, len(centre), count)]],
        home,
    ).astype(np.int64)
    owner = customers.owner(customer, local // DAY)
    by_owner = (choice == 0) & customers.is_owned(customer)
    associate = np.where(by_owner, owner, retailer.on_duty(half, site, rng.random(count)))
    desk = np.select([choice == 3, choice == 4], [ONLINE_DESK, CARE_DESK], BOUTIQUE_DESK)
    return desk.astype(np.int64), associate, site
