"""Writes interactions and the feedback on them: boutiques and studio in the clienteling tool, care in the service desk."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from incentives.feeds.contracts import INTERACTION_KINDS
from incentives.feeds.sample import texts
from incentives.feeds.sample.customers import PREFIXES, SOURCES, Customers
from incentives.feeds.sample.defects import GOOD, TOUCH_DEFECTS
from incentives.feeds.sample.files import FeedFiles
from incentives.feeds.sample.horizon import DAY
from incentives.feeds.sample.orders import Orders
from incentives.feeds.sample.randomness import Flags, Ints, Shares, pick
from incentives.feeds.sample.retailer import ASSOCIATE_BASE, Retailer
from incentives.feeds.sample.touches import CARE_DESK, CHANNELS, EMAIL, IN_STORE, INSTAGRAM, PHONE, K, Touches

CLIENTELING, SERVICE_DESK = "clienteling", "service-desk"
NOTES = (
    None,
    "asked for a second size",
    "called back about the delivery",
    "repair estimate sent",
    "prefers messages in the evening",
)
OUTCOMES = (None, "kept", "no_show", "answered", "unanswered", "opted_out", "auto_reply", "resolved", "reopened", "escalated")
_O = {word: index for index, word in enumerate(OUTCOMES)}
METHODS = (None, "message", "phone", "email")


def write_touches(
    rng: np.random.Generator,
    touches: Touches,
    defect: Ints,
    first_number: int,
    orders: Orders,
    retailer: Retailer,
    customers: Customers,
    files: FeedFiles,
    clock: texts.Clock,
) -> None:
    """Write a block's interactions by month, and the ratings that some customers sent."""
    facts = _Facts(rng, touches)
    number = first_number + np.arange(len(touches), dtype=np.int64)
    month = clock.horizon.month_of(touches.local)
    broken = defect == TOUCH_DEFECTS["wrong_field_count"]
    in_care = touches.desk == CARE_DESK
    for source, mine in ((CLIENTELING, ~in_care), (SERVICE_DESK, in_care)):
        index = np.flatnonzero(mine)
        if not len(index):
            continue
        columns = _columns(touches, facts, defect, number, index, orders, retailer, customers, clock, source)
        for at in np.unique(month[index]):
            here = month[index] == at
            label = clock.horizon.label(int(at))
            files.write(source, "interactions", texts.where(columns, here & ~broken[index]), label=label, plain=True, big=True)
            files.write_broken(source, "interactions", texts.where(columns, here & broken[index]), label=label, big=True)
    rated = np.flatnonzero((defect == GOOD) & in_care & (number % 37 == 0))
    _write_feedback(touches, facts, number, rated, files, clock)


class _Facts:
    """What happened in each interaction: outcome, answer, booking, rating."""

    def __init__(self, rng: np.random.Generator, touches: Touches) -> None:
        count = len(touches)
        share = rng.random(count)
        kind = touches.kind
        outreach, appointment, case = kind == K["outreach"], kind == K["appointment"], kind == K["service_case"]
        word = np.zeros(count, dtype=np.int64)
        word[outreach] = _by_share(
            share[outreach], (0.38, 0.53, 0.02, 0.07), ("answered", "unanswered", "opted_out", "auto_reply")
        )
        word[appointment] = _by_share(share[appointment], (0.85, 0.15), ("kept", "no_show"))
        word[case] = _by_share(share[case], (0.82, 0.10, 0.08), ("resolved", "reopened", "escalated"))
        self.outcome: Ints = word
        self.answered: Flags = outreach & (word == _O["answered"])
        self.responded: Ints = touches.local + (600 + share * share * 4 * DAY).astype(np.int64)
        self.booked: Flags = appointment & (rng.random(count) < 0.9)
        self.booked_at: Ints = touches.local - 1_800 - (rng.random(count) * 12 * DAY).astype(np.int64)
        minutes = rng.integers(2, 55, count)
        self.ended: Ints = touches.local + minutes * 60
        slow = rng.random(count) < 0.03
        self.recorded: Ints = self.ended + np.where(slow, rng.integers(2, 6, count) * DAY, rng.integers(30, 3_600, count))
        self.outbound: Flags = outreach | (kind == K["follow_up"])
        self.score: Ints = np.where(share < 0.75, rng.integers(8, 11, count), rng.integers(3, 9, count))
        self.scored: Flags = (touches.desk == CARE_DESK) & (rng.random(count) < 0.08)


def _columns(
    touches: Touches,
    facts: _Facts,
    defect: Ints,
    number: Ints,
    index: Ints,
    orders: Orders,
    retailer: Retailer,
    customers: Customers,
    clock: texts.Clock,
    source: str,
) -> dict[str, pa.Array]:
    local, zone, bad = touches.local[index], touches.zone[index], defect[index]
    in_care = source == SERVICE_DESK
    outreach = touches.kind[index] == K["outreach"]
    order = touches.order[index]
    names_order = (order >= 0) & np.isin(touches.kind[index], (K["service_case"], K["return_handling"], K["fulfilment"]))
    place = touches.site[index]
    at = np.maximum(order, 0)
    method = np.select([touches.channel[index] == PHONE, touches.channel[index] == EMAIL], [2, 3], 1)

    def stamps(times: Ints, known: Flags | None = None) -> pa.Array:
        offset = clock.horizon.offset(zone, times)
        return clock.utc_stamps(times, offset, known) if in_care else clock.stamps(times, offset, known)

    started = texts.either(bad == TOUCH_DEFECTS["timestamp_without_offset"], clock.stamps(local, None), stamps(local))
    started = texts.either(bad == TOUCH_DEFECTS["bad_timestamp"], clock.days(local // DAY), started)
    kind = np.where(bad == TOUCH_DEFECTS["unknown_value"], len(INTERACTION_KINDS), touches.kind[index])
    prefixes = [f"{prefix}-" for prefix in PREFIXES]
    columns = {
        "source": texts.chosen((source,), np.zeros_like(index)),
        "interaction_id": texts.ids("S-" if in_care else "I-", number[index]),
        "kind": texts.chosen((*INTERACTION_KINDS, "coffee"), kind),
        "channel": texts.chosen(CHANNELS, touches.channel[index]),
        "associate_id": texts.ids("a", ASSOCIATE_BASE + touches.associate[index], bad != TOUCH_DEFECTS["required_value_missing"]),
        "location_id": texts.chosen(
            [site.location_id for site in retailer.sites], place, (touches.channel[index] == IN_STORE) | in_care
        ),
        **_identifiers(touches, index, number, customers, in_care),
        "started_at": started,
        "ended_at": stamps(facts.ended[index], number[index] % 5 != 0),
        "recorded_at": stamps(facts.recorded[index], number[index] % 11 != 0),
        "booked_at": stamps(facts.booked_at[index], facts.booked[index]),
        "direction": texts.chosen(("inbound", "outbound"), facts.outbound[index].astype(np.int64)),
        "method": texts.chosen(METHODS, np.where(outreach, method, 0)),
        "outcome": texts.chosen(OUTCOMES, facts.outcome[index]),
        "responded_at": stamps(facts.responded[index], facts.answered[index]),
        "order_source": texts.chosen(SOURCES, orders.source[at] if len(orders.source) else at, names_order),
        "order_id": texts.joined(
            texts.chosen(prefixes, orders.source[at] if len(orders.source) else at, names_order),
            texts.ids("", orders.number[at] if len(orders.number) else at, names_order),
        ),
        "score": texts.ids("", facts.score[index], facts.scored[index]),
    }
    if in_care:
        columns["note"] = texts.chosen(NOTES, number[index] % len(NOTES))
    return columns


def _identifiers(touches: Touches, index: Ints, number: Ints, customers: Customers, in_care: bool) -> dict[str, pa.Array]:
    who, channel = touches.customer[index], touches.channel[index]
    known = number[index] % 33 != 0
    if in_care:
        by_phone = channel == PHONE
        return {
            "customer_email": texts.only(customers.email(who), known & ~by_phone),
            "customer_phone": texts.only(customers.phone(who, spaced=True), known & by_phone),
        }
    by_handle = channel == INSTAGRAM
    return {
        "customer_id": texts.ids("C", who, known & ~by_handle),
        "social_handle": texts.only(customers.handle(who), known & by_handle),
    }


def _write_feedback(touches: Touches, facts: _Facts, number: Ints, rated: Ints, files: FeedFiles, clock: texts.Clock) -> None:
    given = facts.ended[rated] + 3_600
    columns = {
        "source": texts.chosen((SERVICE_DESK,), np.zeros_like(rated)),
        "feedback_id": texts.ids("F-", number[rated]),
        "kind": texts.chosen(("csat", "nps"), number[rated] % 2),
        "score": texts.ids("", facts.score[rated]),
        "given_at": clock.utc_stamps(given, clock.horizon.offset(touches.zone[rated], given)),
        "customer_source": texts.chosen((CLIENTELING,), np.zeros_like(rated)),
        "customer_id": texts.ids("C", touches.customer[rated]),
        "associate_id": texts.ids("a", ASSOCIATE_BASE + touches.associate[rated]),
        "interaction_source": texts.chosen((SERVICE_DESK,), np.zeros_like(rated)),
        "interaction_id": texts.ids("S-", number[rated]),
    }
    files.write(SERVICE_DESK, "feedback", columns, plain=True, big=True)


def _by_share(share: Shares, weights: tuple[float, ...], words: tuple[str, ...]) -> Ints:
    return np.array([_O[word] for word in words], dtype=np.int64)[pick(share, np.array(weights))]
