"""Use case: signals of how people work, for a manager's eye; only those that were agreed on, and nothing follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from incentives.errors import InputError
from incentives.periods import Period
from incentives.serving import snapshots
from incentives.workspace import Workspace

# Name -> what a row says.
SIGNALS = {
    "own_touch_at_till": "Touches by a seller of the order in the hours before it. They count for nothing.",
    "greeting_before_order": "Counted touches in the hour before an order that a colleague sold.",
    "second_seller_pair": "Lines sold together with one other person.",
    "unidentified_sale": "Lines sold to a client whom nobody recorded.",
    "discount_at_month_end": "Lines sold with a discount in the last three days of a month.",
    "new_owner_before_order": "Lines of clients whom a person has looked after for seven days or fewer.",
    "recorded_before_order": "Counted touches written down in the hour before an order that another team sold.",
    "repeated_touch": "Touches that do not count beside another of the same person, client and day, or beyond the most for one order.",
    "mutual_advice": "Lines advised on and sold by a colleague whose advice stands on the person's own sales of that month.",
    "opted_out": "Outreach after which the client wished to hear no more.",
    "booked_at_short_notice": "Kept appointments that were booked less than an hour before. They count for nothing.",
    "appointment_without_sale": "Kept appointments that neither a purchase of the client nor service to them followed within thirty days.",
    "sale_at_month_edge": "Lines sold in the first or last three days of a month.",
    "split_order": "Orders of a client within half an hour of their order before.",
    "no_second_visit": "First orders of clients who did not come back within ninety days.",
    "unmatched_return": "Lines taken back of which nobody found the sale.",
}


@dataclass(frozen=True, slots=True)
class Signal:
    """A fact about a person and a month, with its n, beside the six months before."""

    month: date
    associate_id: str
    hits: int
    cases: int
    earlier_hits: int
    earlier_cases: int
    agreement: str


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One case behind a signal: an order line, an interaction, or both, and the colleague that it is about."""

    day: date
    associate_id: str
    source: str | None
    order_id: str | None
    line_id: str | None
    interaction_source: str | None
    interaction_id: str | None
    with_associate_id: str | None


def signals_of(ws: Workspace, name: str, period: Period) -> tuple[Signal, ...]:
    """Return what a signal says of a period's months.

    Raises:
        InputError: There is no such signal, it was not agreed on, or nothing is published yet.
    """
    with _agreed(ws, name) as connection:
        rows = connection.execute(
            "select month, associate_id, hits, cases, earlier_hits, earlier_cases, agreement from marts.signals "
            "where signal = ? and month >= ? and month < ? order by 1, 2",
            [name, period.start, period.end],
        ).fetchall()
    return tuple(Signal(*row) for row in rows)


def signal_rows(ws: Workspace, name: str, period: Period, associate_id: str | None = None) -> tuple[SignalRow, ...]:
    """Return the cases behind a signal in a period's months. Raises as `signals_of` does."""
    only = "" if associate_id is None else " and associate_id = ?"
    with _agreed(ws, name) as connection:
        rows = connection.execute(
            "select day, associate_id, source, order_id, line_id, interaction_source, interaction_id, with_associate_id from marts.signal_rows "
            f"where signal = ? and month >= ? and month < ?{only} order by all",
            [name, period.start, period.end, *([] if associate_id is None else [associate_id])],
        ).fetchall()
    return tuple(SignalRow(*row) for row in rows)


def _agreed(ws: Workspace, name: str) -> duckdb.DuckDBPyConnection:
    if name not in SIGNALS:
        raise InputError(f"no signal is called {name}.", remedy=f"There are {', '.join(SIGNALS)}.")
    if name not in ws.config.signals.agreed:
        raise InputError(
            f"{name} is off: nobody agreed on it.",
            where="incentives.toml",
            remedy="Agree on it with those whom it is about, list it in [signals] agreed with the agreement, then build.",
        )
    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError("nothing is published yet.", remedy="Run `incentives build` first.")
    return snapshot.connect()
