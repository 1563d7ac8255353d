"""Puts the sample together block by block, and says what it put in.

A block is up to BLOCK_LINES lines of one month with its own random stream, so that memory does not grow with
the sample and equal arguments give equal bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from incentives.errors import InputError
from incentives.feeds.sample import texts
from incentives.feeds.sample.books import Books, write_rates
from incentives.feeds.sample.customers import Customers, write_customers
from incentives.feeds.sample.defects import (
    BAD_SHARE,
    GOOD,
    LATE_SHARE,
    LINE_DEFECTS,
    REPEATED_SHARE,
    TOUCH_DEFECTS,
    line_fates,
    tally,
    touch_defects,
)
from incentives.feeds.sample.files import FeedFiles
from incentives.feeds.sample.horizon import Horizon
from incentives.feeds.sample.line_files import CAMPAIGN_COLUMN, is_unknown_seller, write_lines
from incentives.feeds.sample.lines import LineRows, returns, sales
from incentives.feeds.sample.orders import make_orders
from incentives.feeds.sample.people import write_hours, write_people, write_scores
from incentives.feeds.sample.randomness import Ints, split_evenly, stream
from incentives.feeds.sample.retailer import build_retailer
from incentives.feeds.sample.touch_files import write_touches
from incentives.feeds.sample.touches import HEAVY_SHARE_MAX, HEAVY_TOUCHES, make_touches

ORDER_LINES_MIN = 100
RETURN_SHARE = 0.05
BLOCK_LINES = 250_000
BLOCK_NUMBERS = 1_000_000
DEFAULT_START = date(2026, 1, 1)
# December sells half as much again as a quiet month.
SEASON = np.array([0.9, 0.85, 0.95, 1.0, 1.0, 1.0, 0.9, 0.8, 1.0, 1.05, 1.15, 1.4])


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What a sample holds, from the generator's own books.

    Attributes:
        order_lines: Distinct order lines, returns among them.
        returns: How many of them are returns.
        cross_source_returns: Returns that another source than the sale's delivered.
        interactions: Interactions.
        associates: People, managers and the director among them.
        customers: Customers; each has two records.
        late_lines: Lines that come in a later file than their month's.
        repeated_lines: Lines delivered again unchanged: each adds a row that is a duplicate.
        corrected_lines: Open lines delivered again completed: each adds a row that supersedes one.
        open_lines: Lines that stay open: no credit.
        unknown_seller_lines: Lines whose recorded seller has no associate record.
        bad_rows: By feed, rows to be quarantined by reason code.
        rows_delivered: Rows by `source/feed`, bad and repeated ones included, the repeated file apart.
        net_minor: Net of valid completed lines by currency, in minor units.
        files: Files written, relative to the folder, in order of first writing.
    """

    order_lines: int
    returns: int
    cross_source_returns: int
    interactions: int
    associates: int
    customers: int
    late_lines: int
    repeated_lines: int
    corrected_lines: int
    open_lines: int
    unknown_seller_lines: int
    bad_rows: dict[str, dict[str, int]]
    rows_delivered: dict[str, int]
    net_minor: dict[str, int]
    files: tuple[str, ...]


def generate_sample(
    root: Path,
    *,
    order_lines: int,
    seed: int,
    start: date = DEFAULT_START,
    months: int = 12,
    interactions: int | None = None,
    gulf: bool = True,
    compressed: bool = False,
) -> SampleSummary:
    """Write a sample retailer's feeds into `<root>/<source>/`, and return what they hold.

    Args:
        root: Folder of the sources' folders: a workspace's inbox, or any other.
        order_lines: Distinct order lines, returns included.
        seed: Equal seeds give equal bytes.
        start: First day, a first of the month.
        months: How many months.
        interactions: Default three for each order line.
        gulf: With boutiques in the Gulf that sell and pay in dirham.
        compressed: Write the large feeds as `.csv.gz`.

    Raises:
        InputError: Too few lines, a start or length that is none, a negative seed, or files that are already there.
    """
    if order_lines < ORDER_LINES_MIN:
        raise InputError(f"{order_lines} order lines; a sample has at least {ORDER_LINES_MIN}.", where="--order-lines")
    touches = 3 * order_lines if interactions is None else interactions
    if seed < 0 or touches < 0:
        raise InputError("seed and interactions are whole numbers from 0.", where="--seed, --interactions")
    horizon = Horizon.of(start, months)
    retailer = build_retailer(order_lines, seed, horizon, gulf=gulf)
    customers = Customers.of(order_lines, seed, retailer, horizon)
    clock = texts.Clock.of(horizon)
    books = Books(horizon, retailer)
    extra: dict[tuple[str, str], tuple[str, ...]] = {("webshop", "order_lines"): (CAMPAIGN_COLUMN,)}
    counts: Counter[str] = Counter()
    bad_lines: Counter[str] = Counter()
    bad_touches: Counter[str] = Counter()
    with FeedFiles(root, compressed, extra) as files:
        write_people(retailer, customers, files, horizon, seed)
        write_customers(customers, files, clock)
        for plan in _plan(horizon, order_lines, touches, customers.heavy):
            rng = stream(seed, 7, plan.number)
            orders, lines = make_orders(rng, retailer, customers, horizon, plan.month, plan.first_number, plan.sales)
            sold = sales(orders, lines, retailer)
            taken_back = returns(rng, sold, retailer, horizon, plan.returns, plan.first_number)
            rows = LineRows.concatenated(sold, taken_back)
            fates = line_fates(rng, rows, plan.bad_lines, sum(bad_lines.values()), plan.late, plan.repeated)
            write_lines(rows, fates, retailer, customers, files, clock)
            made = make_touches(rng, retailer, customers, horizon, plan.month, orders, plan.touches, plan.heavy)
            defect = touch_defects(rng, len(made), plan.bad_touches, sum(bad_touches.values()))
            write_touches(rng, made, defect, plan.first_touch, orders, retailer, customers, files, clock)
            books.record_lines(rows, fates)
            books.record_expectation(orders, sold, made, plan.month)
            counts += Counter(
                lines=len(rows),
                returns=len(taken_back),
                crossing=int((taken_back.source != taken_back.original_source).sum()),
                touches=len(made),
                late=int(fates.late.sum()),
                repeated=int(fates.repeated.sum()),
                corrected=int(fates.corrected.sum()),
                open=int((rows.is_open & ~fates.corrected).sum()),
                unknown=int((is_unknown_seller(rows) & (fates.defect == GOOD)).sum()),
            )
            bad_lines += Counter(tally(fates.defect, LINE_DEFECTS))
            bad_touches += Counter(tally(defect, TOUCH_DEFECTS))
        write_hours(retailer, files, clock, seed)
        write_scores(retailer, files, horizon, seed)
        books.write_targets(files, seed)
        write_rates(files, clock, seed)
        books.write_control_totals(files)
        bad = {"order_lines": dict(bad_lines), "interactions": dict(bad_touches)}
        return SampleSummary(
            order_lines=counts["lines"],
            returns=counts["returns"],
            cross_source_returns=counts["crossing"],
            interactions=counts["touches"],
            associates=retailer.associates,
            customers=customers.count,
            late_lines=counts["late"],
            repeated_lines=counts["repeated"],
            corrected_lines=counts["corrected"],
            open_lines=counts["open"],
            unknown_seller_lines=counts["unknown"],
            bad_rows={feed: reasons for feed, reasons in bad.items() if reasons},
            rows_delivered={f"{source}/{feed}": count for (source, feed), count in sorted(files.rows.items())},
            net_minor=books.net_by_currency(),
            files=tuple(path.relative_to(root).as_posix() for path in files.paths),
        )


@dataclass(frozen=True, slots=True)
class _Block:
    """How much one block holds."""

    number: int
    month: int
    sales: int
    returns: int
    touches: int
    heavy: int
    bad_lines: int
    bad_touches: int
    late: int
    repeated: int

    @property
    def first_number(self) -> int:
        return (self.number + 1) * BLOCK_NUMBERS

    @property
    def first_touch(self) -> int:
        return (self.number + 1) * BLOCK_NUMBERS * 10


def _plan(horizon: Horizon, order_lines: int, touches: int, heavy_customers: int) -> list[_Block]:
    """Divide the totals among blocks, each exactly."""
    season = SEASON[(horizon.start.month - 1 + np.arange(horizon.months)) % 12]
    parts = max(1, -(-int(order_lines * season.max() / season.sum()) // BLOCK_LINES))
    weights = np.repeat(season / parts, parts)
    heavy = min(heavy_customers * HEAVY_TOUCHES, int(touches * HEAVY_SHARE_MAX))
    total_returns = round(order_lines * RETURN_SHARE)

    def divided(total: float) -> Ints:
        return split_evenly(round(total), weights)

    columns = (
        divided(order_lines - total_returns),
        divided(total_returns),
        divided(touches),
        divided(heavy),
        divided(order_lines * BAD_SHARE),
        divided(touches * BAD_SHARE),
        divided(order_lines * LATE_SHARE),
        divided(order_lines * REPEATED_SHARE),
    )
    return [_Block(number, number // parts, *(int(column[number]) for column in columns)) for number in range(len(weights))]
