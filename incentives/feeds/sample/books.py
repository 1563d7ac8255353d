"""The sample's own books while it is generated: what each source sold by day, and what each associate may expect.

Control totals and targets are written from them at the end. Amounts are integer minor units throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentives.feeds.sample import texts
from incentives.feeds.sample.customers import SOURCES
from incentives.feeds.sample.defects import GOOD, Fates
from incentives.feeds.sample.files import FeedFiles
from incentives.feeds.sample.horizon import DAY, Horizon, day_of
from incentives.feeds.sample.lines import LineRows
from incentives.feeds.sample.orders import CURRENCIES, Orders
from incentives.feeds.sample.people import associate_id, full_time_share, pay_group_of
from incentives.feeds.sample.randomness import Ints, draw, stream
from incentives.feeds.sample.retailer import NOBODY, Retailer
from incentives.feeds.sample.touches import Touches

# What of an order's value reaches its seller, and all who advised before it, under a policy that gives the seller
# about half; only the level of targets depends on it.
SELLER_PERCENT = 62
ADVISOR_PERCENT = 34
TARGET_STEP_MINOR = 500_00
TARGET_MIN_MINOR = 2_000_00
# A dirham is pegged to the dollar, the euro floats: the rate walks around this, in millionths.
DIRHAM_PER_EURO_E6 = 4_012_000


@dataclass(slots=True)
class Books:
    """Running totals. Arrays: lines and net by (source, day, currency); expectation by (associate, month)."""

    horizon: Horizon
    retailer: Retailer
    lines: Ints = field(init=False)
    net: Ints = field(init=False)
    expected: Ints = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(SOURCES), self.horizon.offsets.shape[1], len(CURRENCIES))
        self.lines = np.zeros(shape, dtype=np.int64)
        self.net = np.zeros(shape, dtype=np.int64)
        self.expected = np.zeros((self.retailer.associates, self.horizon.months), dtype=np.int64)

    def record_lines(self, rows: LineRows, fates: Fates) -> None:
        """Count what counts: valid rows that are completed, by the local date of completion."""
        counts = (fates.defect == GOOD) & (~rows.is_open | fates.corrected)
        kept = rows.take(np.flatnonzero(counts))
        place = (kept.source, kept.completed // DAY - self.horizon.table_day, kept.currency)
        np.add.at(self.lines, place, 1)
        np.add.at(self.net, place, kept.net)

    def record_expectation(self, orders: Orders, sold: LineRows, touches: Touches, month: int) -> None:
        """Add what each associate may expect of a block's orders, in each order's currency."""
        order = sold.number - orders.number[0]
        value = _sums(order, sold.net, len(orders.number))
        sells = orders.seller != NOBODY
        np.add.at(self.expected[:, month], orders.seller[sells], value[sells] * SELLER_PERCENT // 100)
        advice = np.flatnonzero(touches.is_before)
        of = touches.order[advice]
        by_order = np.bincount(of, minlength=len(orders.number))
        np.add.at(self.expected[:, month], touches.associate[advice], value[of] * ADVISOR_PERCENT // 100 // by_order[of])

    def net_by_currency(self) -> dict[str, int]:
        """Return the net of all valid completed lines in minor units of each currency."""
        return {
            currency: int(self.net[:, :, index].sum())
            for index, currency in enumerate(CURRENCIES)
            if self.lines[:, :, index].any()
        }

    def write_control_totals(self, files: FeedFiles) -> None:
        """Write what each source says that it sold, by business date and currency."""
        for source, name in enumerate(SOURCES):
            rows = []
            for day, currency in zip(*np.nonzero(self.lines[source]), strict=True):
                minor = int(self.net[source, day, currency])
                text = f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
                date_text = day_of(self.horizon.table_day + int(day)).isoformat()
                rows.append((name, date_text, CURRENCIES[currency], "completed", str(self.lines[source, day, currency]), text))
            if rows:
                files.write_rows(
                    name, "control_totals", ("source", "business_date", "currency", "basis", "lines", "net_amount"), rows
                )

    def write_targets(self, files: FeedFiles, seed: int) -> None:
        """Write monthly targets of credited revenue for advisors, and of their teams.

        A target is the month's expectation at the person's place, levelled over its people and scaled by their
        share of full time, plus or minus a fifth: some will exceed it and some will not.
        """
        retailer, horizon = self.retailer, self.horizon
        people = np.flatnonzero(~retailer.is_manager)[1:]
        fte = full_time_share(retailer, seed)
        groups = pay_group_of(retailer)
        ambition = 800 + (draw(np.arange(retailer.associates), seed, 80) * 400).astype(np.int64)
        names = ("subject_type", "subject_id", "measure", "period_start", "period_end", "value", "currency")
        rows: list[tuple[str, ...]] = []
        for month in range(horizon.months):
            first, end = int(horizon.month_days[month]), int(horizon.month_days[month + 1])
            span = (day_of(first).isoformat(), day_of(end).isoformat())
            here = people[(retailer.hired[people] < end) & (retailer.left[people] >= first)]
            place = np.where(retailer.moved[here] <= first, retailer.second_site[here], retailer.first_site[here])
            total = _sums(place, self.expected[here, month], retailer.teams)
            heads = _sums(place, fte[here], retailer.teams)
            level = total[place] * fte[here] // np.maximum(heads[place], 1)
            target = np.maximum(level * ambition[here] // 1_000 // TARGET_STEP_MINOR * TARGET_STEP_MINOR, TARGET_MIN_MINOR)
            for index, value in zip(here, target, strict=True):
                currency = CURRENCIES[groups[index]]
                rows.append(("associate", associate_id(int(index)), "credited_revenue", *span, f"{value // 100}.00", currency))
            team_value = _sums(place, target, retailer.teams)
            for team in np.flatnonzero(team_value):
                currency = CURRENCIES[groups[1 + team]]
                team_id = retailer.sites[team].team_id
                rows.append(("team", team_id, "team_credited_revenue", *span, f"{team_value[team] // 100}.00", currency))
        files.write_rows("finance", "targets", names, rows)


def write_rates(files: FeedFiles, clock: texts.Clock, seed: int) -> None:
    """Write the daily rates between euro and dirham."""
    horizon = clock.horizon
    first = horizon.first_day - 10
    days = np.arange(first, horizon.end_day + 40, dtype=np.int64)
    steps = stream(seed, 6).integers(-9_000, 9_001, len(days))
    walk = DIRHAM_PER_EURO_E6 + np.cumsum(steps) // 4
    nothing = np.zeros(len(days), dtype=np.int64)
    for pair, rate in ((CURRENCIES, walk), (CURRENCIES[::-1], 10**12 // walk)):
        columns = {
            "rate_date": clock.days(days),
            "from_currency": texts.chosen((pair[0],), nothing),
            "to_currency": texts.chosen((pair[1],), nothing),
            "rate": texts.joined(
                texts.ids("", rate // 10**6),
                ".",
                texts.chosen([f"{n:03d}" for n in range(1_000)], rate // 1_000 % 1_000),
                texts.chosen([f"{n:03d}" for n in range(1_000)], rate % 1_000),
            ),
        }
        files.write("finance", "fx_rates", columns, plain=True)


def _sums(group: Ints, values: Ints, groups: int) -> Ints:
    """Return the sum of each group in integers; `bincount` with weights would sum binary fractions."""
    sums = np.zeros(groups, dtype=np.int64)
    np.add.at(sums, group, values)
    return sums
