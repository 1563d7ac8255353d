"""Customers: what each is like, as functions of the customer's number, and the feeds that describe them.

One in a hundred is a very good customer (a fifth of the lines), one in ten thousand is in touch all the time.
Every customer has two records: one in the clienteling tool, one in the till or the web shop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from incentives.feeds.sample import texts
from incentives.feeds.sample.files import FeedFiles
from incentives.feeds.sample.horizon import DAY, Horizon
from incentives.feeds.sample.names import COUNTRIES, FIRST_NAMES, GULF, LAST_NAMES
from incentives.feeds.sample.randomness import Flags, Ints, Shares, draw, pick
from incentives.feeds.sample.retailer import ASSOCIATE_BASE, Retailer

LINES_PER_CUSTOMER = 4
CUSTOMERS_MIN = 50
VIP_ONE_IN = 100
VIP_LINE_SHARE = 0.20
HEAVY_ONE_IN = 10_000
CHUNK = 200_000
PHONE_BASE = 600_000_000
LOYALTY_BASE = 100_000_000
VISITORS = ("US", "CN", "JP", "CH", "GB", "SA")
POS_EU, POS_GULF, WEBSHOP, CLIENTELING = range(4)
SOURCES = ("pos-eu", "pos-ae", "webshop", "clienteling")
PREFIXES = ("P", "G", "W", "C")


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers of a sample; every method takes customer numbers from 0 to `count` - 1."""

    count: int
    seed: int
    retailer: Retailer
    horizon: Horizon

    @classmethod
    def of(cls, order_lines: int, seed: int, retailer: Retailer, horizon: Horizon) -> Customers:
        """Return the customers of a retailer of this size."""
        return cls(max(CUSTOMERS_MIN, order_lines // LINES_PER_CUSTOMER), seed, retailer, horizon)

    @property
    def vips(self) -> int:
        """Customers numbered below this are the very good ones."""
        return max(1, self.count // VIP_ONE_IN)

    @property
    def heavy(self) -> int:
        """Customers numbered below this are in touch all the time."""
        return self.count // HEAVY_ONE_IN

    def share(self, customer: Ints, salt: int) -> Shares:
        """Return one fixed draw per customer and salt."""
        return draw(customer, self.seed, salt)

    def home(self, customer: Ints) -> Ints:
        """Return the boutique that is each customer's home."""
        return pick(self.share(customer, 1), self.retailer.popularity)

    def record_source(self, customer: Ints) -> Ints:
        """Return the source that holds each customer's record beside the clienteling tool."""
        till = np.where(self.retailer.site_country[self.home(customer)] == GULF, POS_GULF, POS_EU)
        return np.where(self.share(customer, 2) < 0.65, till, WEBSHOP)

    def is_owned(self, customer: Ints) -> Flags:
        """Whether an associate looks after the customer."""
        return (customer < self.vips) | (self.share(customer, 3) < 0.30)

    def handed_over(self, customer: Ints) -> Ints:
        """Return the day on which the customer's second owner begins; beyond the horizon for most."""
        horizon = self.horizon
        day = horizon.first_day + (self.share(customer, 4) * (horizon.end_day - horizon.first_day)).astype(np.int64)
        return np.where(self.share(customer, 5) < 0.05, day, horizon.end_day + 10_000)

    def owner(self, customer: Ints, day: Ints) -> Ints:
        """Return who looks after each customer on a day."""
        home = self.home(customer)
        later = day >= self.handed_over(customer)
        return self.retailer.stayer(home, np.where(later, self.share(customer, 7), self.share(customer, 6)))

    def email(self, customer: Ints) -> pa.Array:
        """Return each customer's email."""
        domains = texts.chosen(("@example.com", "@example.org", "@example.net"), customer % 3)
        return texts.joined(texts.ids("client", customer), domains)

    def phone(self, customer: Ints, *, spaced: bool = False) -> pa.Array:
        """Return each customer's phone; `spaced` writes it as the web shop does, with 00 and spaces."""
        country = self.retailer.site_country[self.home(customer)]
        dialling = texts.chosen([(f"00{c.dialling} " if spaced else f"+{c.dialling}") for c in COUNTRIES], country)
        return texts.joined(dialling, texts.ids("", PHONE_BASE + customer))

    def loyalty(self, customer: Ints) -> pa.Array:
        """Return each customer's loyalty number."""
        return texts.ids("L", LOYALTY_BASE + customer)

    def handle(self, customer: Ints) -> pa.Array:
        """Return each customer's social handle."""
        return texts.ids("instagram:client.", customer)


def write_customers(customers: Customers, files: FeedFiles, clock: texts.Clock) -> None:
    """Write customers, customer_identifiers, permissions and client_ownership of every source."""
    for first in range(0, customers.count, CHUNK):
        everyone = np.arange(first, min(first + CHUNK, customers.count), dtype=np.int64)
        records = customers.record_source(everyone)
        for source in (POS_EU, POS_GULF, WEBSHOP):
            _write_records(customers, files, clock, source, everyone[records == source])
        _write_records(customers, files, clock, CLIENTELING, everyone)
        _write_permissions(customers, files, clock, everyone)
        _write_ownership(customers, files, clock, everyone[customers.is_owned(everyone)])


def _write_records(customers: Customers, files: FeedFiles, clock: texts.Clock, source: int, customer: Ints) -> None:
    name, prefix = SOURCES[source], PREFIXES[source]
    since = customers.horizon.first_day - 1 - (customers.share(customer, 10) * 1_000).astype(np.int64)
    local = since * DAY + 10 * 3_600 + (customers.share(customer, 11) * 30_000).astype(np.int64)
    country = customers.retailer.site_country[customers.home(customer)]
    abroad = customers.share(customer, 12) < 0.12
    visitor = (customers.share(customer, 13) * len(VISITORS)).astype(np.int64)
    people = texts.joined(
        texts.chosen(FIRST_NAMES, (customers.share(customer, 14) * len(FIRST_NAMES)).astype(np.int64)),
        " ",
        texts.chosen(LAST_NAMES, (customers.share(customer, 15) * len(LAST_NAMES)).astype(np.int64)),
    )
    columns = {
        "source": texts.chosen((name,), np.zeros_like(customer)),
        "customer_id": texts.ids(prefix, customer),
        "name": people,
        "residence_country": texts.either(
            abroad, texts.chosen(VISITORS, visitor), texts.chosen([c.code for c in COUNTRIES], country)
        ),
        "created_at": clock.utc_stamps(local, np.zeros_like(local)),
    }
    files.write(name, "customers", columns, big=True)
    _write_identifiers(customers, files, source, customer)


def _write_identifiers(customers: Customers, files: FeedFiles, source: int, customer: Ints) -> None:
    everyone = np.ones(len(customer), dtype=np.bool_)
    in_till = customers.record_source(customer) != WEBSHOP
    # A few tills hold the boutique's own number instead of the customer's: it must join nobody.
    shop_number = customers.share(customer, 16) < 0.003
    kinds: list[tuple[str, Flags, pa.Array]]
    if source == WEBSHOP:
        kinds = [
            ("email", everyone, customers.email(customer)),
            ("account_id", everyone, texts.ids("acct-", customer)),
            ("phone", customers.share(customer, 17) < 0.6, customers.phone(customer, spaced=True)),
        ]
    elif source == CLIENTELING:
        kinds = [
            ("loyalty_id", in_till, customers.loyalty(customer)),
            ("email", ~in_till | (customers.share(customer, 18) < 0.7), customers.email(customer)),
            ("phone", customers.share(customer, 19) < 0.8, customers.phone(customer)),
            ("social_handle", customers.share(customer, 20) < 0.2, customers.handle(customer)),
        ]
    else:
        shop = texts.ids("+331", 10_000_000 + customers.home(customer))
        kinds = [
            ("loyalty_id", everyone, customers.loyalty(customer)),
            ("phone", customers.share(customer, 21) < 0.5, texts.either(shop_number, shop, customers.phone(customer))),
        ]
    for kind, holds, values in kinds:
        nothing = np.zeros(int(holds.sum()), dtype=np.int64)
        columns = {
            "source": texts.chosen((SOURCES[source],), nothing),
            "customer_id": texts.ids(PREFIXES[source], customer[holds]),
            "identifier_type": texts.chosen((kind,), nothing),
            "identifier_value": values.filter(pa.array(holds)),
        }
        files.write(SOURCES[source], "customer_identifiers", columns, big=True)


def _write_permissions(customers: Customers, files: FeedFiles, clock: texts.Clock, everyone: Ints) -> None:
    horizon = customers.horizon
    for position, method in enumerate(("message", "email", "phone")):
        asked = everyone[customers.share(everyone, 30 + position) < 0.75]
        gone = asked[customers.share(asked, 40 + position) < 0.06]
        granted_day = np.full(len(asked), horizon.first_day - 1, dtype=np.int64)
        span = horizon.end_day - horizon.first_day
        gone_day = horizon.first_day + (customers.share(gone, 50 + position) * span).astype(np.int64)
        for who, day, status in ((asked, granted_day, "granted"), (gone, gone_day, "withdrawn")):
            local = day * DAY + 12 * 3_600 + (customers.share(who, 60) * 3_600).astype(np.int64)
            nothing = np.zeros(len(who), dtype=np.int64)
            columns = {
                "source": texts.chosen(("clienteling",), nothing),
                "customer_id": texts.ids("C", who),
                "method": texts.chosen((method,), nothing),
                "purpose": texts.chosen(("contact",), nothing),
                "changed_at": clock.utc_stamps(local, np.zeros_like(local)),
                "status": texts.chosen((status,), nothing),
            }
            files.write("clienteling", "permissions", columns, big=True)


def _write_ownership(customers: Customers, files: FeedFiles, clock: texts.Clock, owned: Ints) -> None:
    horizon = customers.horizon
    since = horizon.first_day - 20 - (customers.share(owned, 70) * 600).astype(np.int64)
    change = customers.handed_over(owned)
    changes = change < horizon.end_day
    spans = (
        (owned, since, change, changes, customers.owner(owned, since)),
        (owned[changes], change[changes], change[changes], np.zeros(int(changes.sum()), dtype=np.bool_), None),
    )
    for who, first, end, ends, owner in spans:
        associate = customers.owner(who, first) if owner is None else owner
        columns = {
            "customer_source": texts.chosen(("clienteling",), np.zeros_like(who)),
            "customer_id": texts.ids("C", who),
            "associate_id": texts.ids("a", ASSOCIATE_BASE + associate),
            "valid_from": clock.days(first),
            "valid_to": clock.days(np.where(ends, end, first), ends),
        }
        files.write("clienteling", "client_ownership", columns, big=True)
