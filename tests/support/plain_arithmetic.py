"""Small exact things of the plain crediting: decay, division, employment, what is two-way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]
HOUSE = "house"
TWO_WAY = {"consultation", "conversation", "appointment", "event", "service_case", "return_handling"}


@dataclass(frozen=True)
class Cell:
    """One recipient of a line in one role, with the exact share."""

    role: str | None
    order: int
    recipient: str
    share: Fraction
    reason: str | None = None


def decay(age: int, half_life: int) -> int:
    """Return 2^36 x 0.5^(age / half-life) in whole numbers, at least 1: the definition, not an approximation of it."""
    x = (age % half_life) * 2**30 // half_life
    y = 117391
    for coefficient in (1369601, 10286296, 59582935, 257938912, 744260973, 1073741824):
        y = coefficient - x * y // 2**30
    return max(1, y * 64 // 2 ** min(age // half_life, 62))


def largest_remainder(total: int, cells: list[Cell], shares: list[Fraction]) -> list[int]:
    """Divide by exact shares; what is left over goes to the largest remainders, ties as the policy orders."""
    exact = [total * share for share in shares]
    parts = [int(value) for value in exact]
    places = sorted(
        range(len(cells)),
        key=lambda at: (parts[at] - exact[at], cells[at].order, cells[at].recipient == HOUSE, cells[at].recipient),
    )
    for at in places[: total - sum(parts)]:
        parts[at] += 1
    return parts


def strongest(touches: list[Row], count: int, aged: Callable[[Row], int], place: Callable[[Row], Any]) -> list[Row]:
    """Return each person's strongest touches, the latest of equals."""
    taken: dict[str, int] = defaultdict(int)
    found = []
    for row in sorted(touches, key=lambda row: (aged(row), place(row)), reverse=True):
        if taken[row["associate_id"]] < count:
            taken[row["associate_id"]] += 1
            found.append(row)
    return found


def is_two_way(row: Row, until: int) -> bool:
    """Whether the customer took part in a touch before a second."""
    if row["kind"] in ("outreach", "follow_up"):
        answered = row.get("responded_at")
        return answered is not None and seconds(row["started_at"]) <= seconds(answered) <= until
    return row["kind"] in TWO_WAY


def employed(record: Row, day: date) -> bool:
    """Whether a day lies in hired_on..left_on."""
    hired, left = record.get("hired_on"), record.get("left_on")
    return (hired is None or hired <= day) and (left is None or day <= left)


def seconds(moment: datetime) -> int:
    """Return whole seconds since 1970."""
    return int((moment - datetime(1970, 1, 1)) // timedelta(seconds=1))  # noqa: DTZ001 - moments are UTC without a zone


def line_id(row: Row) -> tuple[str, str, str]:
    """Return the key of an order line."""
    return row["source"], row["order_id"], row["line_id"]
