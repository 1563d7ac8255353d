"""Writes order_lines of a block, source by source: each till in its own habits, defects put in on the way."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from incentives.feeds.sample import texts
from incentives.feeds.sample.customers import CLIENTELING, POS_GULF, PREFIXES, SOURCES, WEBSHOP, Customers
from incentives.feeds.sample.defects import LINE_DEFECTS, Fates
from incentives.feeds.sample.files import FeedFiles
from incentives.feeds.sample.horizon import DAY
from incentives.feeds.sample.lines import LineRows
from incentives.feeds.sample.names import CATEGORIES, COUNTRIES
from incentives.feeds.sample.orders import CHANNELS, CURRENCIES
from incentives.feeds.sample.randomness import Flags, Ints
from incentives.feeds.sample.retailer import ASSOCIATE_BASE, NOBODY, UNKNOWN_ASSOCIATE_BASE, Retailer

CAMPAIGN_COLUMN = "utm_campaign"
UNKNOWN_SELLER_ONE_IN = 500
SPLITS = ("", ":70", ":60", ":50")
REMAINDERS = ("", ":30", ":40", ":50")


def write_lines(
    rows: LineRows, fates: Fates, retailer: Retailer, customers: Customers, files: FeedFiles, clock: texts.Clock
) -> None:
    """Write a block's order lines: on time by month, then late and corrected ones in a later delivery."""
    horizon = clock.horizon
    month = horizon.month_of(rows.local)
    broken = fates.defect == LINE_DEFECTS["wrong_field_count"]
    for source in np.unique(rows.source):
        mine = rows.source == source
        index = np.flatnonzero(mine)
        columns = _columns(rows.take(index), fates.defect[index], retailer, customers, clock, int(source))
        name = SOURCES[source]
        for number in np.unique(month[index]):
            here = month[index] == number
            label, after = horizon.label(int(number)), f"{horizon.label(int(number) + 1)}-late"
            on_time = here & ~fates.late[index] & ~broken[index]
            files.write(name, "order_lines", texts.where(columns, on_time), label=label, plain=True, big=True)
            files.write_broken(name, "order_lines", texts.where(columns, here & broken[index]), label=label, big=True)
            again = here & (fates.late[index] | fates.repeated[index])
            files.write(name, "order_lines", texts.where(columns, again), label=after, plain=True, big=True)
            corrected = index[here & fates.corrected[index]]
            if len(corrected):
                completed = _corrected(rows.take(corrected), retailer, customers, clock, int(source))
                files.write(name, "order_lines", completed, label=after, plain=True, big=True)


def is_unknown_seller(rows: LineRows) -> Flags:
    """Whether the recorded seller is an id that no associate record has."""
    unknown: Flags = (rows.seller != NOBODY) & ((rows.number * 31 + rows.line) % UNKNOWN_SELLER_ONE_IN == 0) & ~rows.is_return
    return unknown


def _columns(
    rows: LineRows, defect: Ints, retailer: Retailer, customers: Customers, clock: texts.Clock, source: int
) -> dict[str, pa.Array]:
    zone = _zones(retailer, rows.site)
    offset = clock.horizon.offset(zone, rows.local)
    ordered = _stamps(clock, source, rows.local, offset)
    bare = clock.stamps(rows.local, None)
    returned = rows.original_number != NOBODY
    nets = texts.amounts(np.where(defect == LINE_DEFECTS["sign_contradicts_kind"], -rows.net, rows.net))
    nets = texts.either(defect == LINE_DEFECTS["amount_too_precise"], texts.joined(nets, "5"), nets)
    nets = texts.either(defect == LINE_DEFECTS["bad_amount"], texts.joined("about ", nets), nets)
    kind = np.where(defect == LINE_DEFECTS["unknown_value"], 2, rows.is_return)
    currency = np.where(defect == LINE_DEFECTS["unknown_currency"], 2, rows.currency)
    tax = rows.net * 20 // 100
    original = rows.original_source
    columns = {
        "source": texts.chosen((SOURCES[source],), np.zeros_like(rows.line)),
        "order_id": texts.only(
            _order_ids(rows.source, rows.number, rows.is_return), defect != LINE_DEFECTS["required_value_missing"]
        ),
        "line_id": texts.ids("", rows.line),
        "kind": texts.chosen(("sale", "return", "exchange"), kind),
        "channel": texts.chosen(CHANNELS, rows.channel),
        "location_id": texts.chosen([site.location_id for site in retailer.sites], rows.site, _located(rows, source)),
        "associate_id": _sellers(rows),
        **_identifiers(rows, customers, source),
        "ordered_at": texts.either(defect == LINE_DEFECTS["timestamp_without_offset"], bare, ordered),
        "completed_at": _completed(rows, clock, source, zone, ~rows.is_open),
        "sku": texts.ids("SKU-", 100_000 + rows.sku),
        "category": texts.chosen([category.name for category in CATEGORIES], rows.category),
        "quantity": texts.ids("", rows.quantity),
        "currency": texts.chosen((*CURRENCIES, "EURO"), currency),
        "net_amount": nets,
        "gross_amount": texts.amounts(rows.net + rows.discount + tax),
        "discount_amount": texts.amounts(rows.discount),
        "tax_amount": texts.amounts(tax),
        "original_source": texts.chosen(SOURCES, np.maximum(original, 0), returned),
        "original_order_id": texts.only(_order_ids(original, rows.original_number, np.zeros_like(returned)), returned),
        "original_line_id": texts.ids("", rows.original_line, returned),
        "source_updated_at": texts.only(ordered, rows.is_open),
    }
    if source == WEBSHOP:
        columns[CAMPAIGN_COLUMN] = texts.chosen(("newsletter", "search", None), rows.number % 3)
    return columns


def _corrected(rows: LineRows, retailer: Retailer, customers: Customers, clock: texts.Clock, source: int) -> dict[str, pa.Array]:
    """Return open lines as they are delivered once more, completed."""
    columns = _columns(rows, np.zeros_like(rows.line), retailer, customers, clock, source)
    everyone = np.ones(len(rows), dtype=np.bool_)
    columns["completed_at"] = _completed(rows, clock, source, _zones(retailer, rows.site), everyone)
    columns["source_updated_at"] = _stamps(
        clock, source, rows.completed + DAY, clock.horizon.offset(_zones(retailer, rows.site), rows.completed + DAY)
    )
    return columns


def _completed(rows: LineRows, clock: texts.Clock, source: int, zone: Ints, known: Flags) -> pa.Array:
    return texts.only(_stamps(clock, source, rows.completed, clock.horizon.offset(zone, rows.completed)), known)


def _stamps(clock: texts.Clock, source: int, local: Ints, offset: Ints) -> pa.Array:
    """Return times as the source writes them: the web shop in UTC, the tills of the Gulf in bare local time."""
    if source == WEBSHOP:
        return clock.utc_stamps(local, offset)
    return clock.stamps(local, None if source == POS_GULF else offset)


def _zones(retailer: Retailer, site: Ints) -> Ints:
    return np.array([country.zone for country in COUNTRIES], dtype=np.int64)[retailer.site_country[site]]


def _located(rows: LineRows, source: int) -> Flags:
    """A few web orders name no place; their business date is the workspace's."""
    if source == WEBSHOP:
        located: Flags = rows.number % 33 != 0
        return located
    return np.ones(len(rows), dtype=np.bool_)


def _order_ids(source: Ints, number: Ints, is_return: Flags) -> pa.Array:
    prefixes = [*(f"{prefix}-" for prefix in PREFIXES), *(f"{prefix}R-" for prefix in PREFIXES)]
    return texts.joined(texts.chosen(prefixes, np.maximum(source, 0) + len(PREFIXES) * is_return), texts.ids("", number))


def _sellers(rows: LineRows) -> pa.Array:
    number = np.where(is_unknown_seller(rows), UNKNOWN_ASSOCIATE_BASE + rows.seller, ASSOCIATE_BASE + rows.seller)
    first = texts.ids("a", number, rows.seller != NOBODY)
    two = rows.second_seller != NOBODY
    if not two.any():
        return first
    split = rows.number % len(SPLITS)
    second = texts.ids("a", ASSOCIATE_BASE + rows.second_seller)
    both = texts.joined(first, texts.chosen(SPLITS, split), "|", second, texts.chosen(REMAINDERS, split))
    return texts.either(two, both, first)


def _identifiers(rows: LineRows, customers: Customers, source: int) -> dict[str, pa.Array]:
    """Return the identifiers that the source has of its customers: its own id, or what the customer gave."""
    who = np.maximum(rows.customer, 0)
    known = rows.customer != NOBODY
    own = known & ((customers.record_source(who) == source) | (source == CLIENTELING))
    by_number = own & (rows.number % 10 != 0)
    given = known & ~by_number
    columns = {"customer_id": texts.ids(PREFIXES[source], who, by_number)}
    if source == WEBSHOP:
        columns["customer_email"] = texts.only(customers.email(who), given)
    elif source == CLIENTELING:
        columns["customer_id"] = texts.ids(PREFIXES[source], who, known)
    else:
        in_till = customers.record_source(who) != WEBSHOP
        columns["loyalty_id"] = texts.only(customers.loyalty(who), given & in_till)
        columns["customer_phone"] = texts.only(customers.phone(who), given & ~in_till)
    return columns
