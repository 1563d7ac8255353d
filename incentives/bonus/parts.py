"""Parts: the stretches of days over which one component is one progress.

A new part starts only where plan, version or currency changes (a version only where it resets), or, for a
component on a team or location, where that changes. A new manager or fte starts none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incentives.bonus.columns import Codes, Days
from incentives.bonus.spans import PlanRows
from incentives.bonus.windows import Window
from incentives.plans.model import Component, Plan
from incentives.plans.payouts import Spiff

_DAY_SPAN = 2 * 10**7
_DAY_SHIFT = 5 * 10**6


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of one component, ordered by person and first day.

    Attributes:
        version: Position of the version whose curve holds in the period that is paid.
        unit: Team or location of a component on one, else -1.
        rows: The plan rows behind the parts, cut like them; `row_part` says to which part each belongs.
    """

    person: Codes
    version: Codes
    currency: Codes
    unit: Codes
    start: Days
    end: Days
    rows: PlanRows
    row_part: Codes

    def __len__(self) -> int:
        return len(self.person)

    def only(self, mask: npt.NDArray[np.bool_]) -> Parts:
        """Return the chosen parts with their rows."""
        renumbered = np.cumsum(mask) - 1
        kept = mask[self.row_part]
        return Parts(
            self.person[mask],
            self.version[mask],
            self.currency[mask],
            self.unit[mask],
            self.start[mask],
            self.end[mask],
            self.rows.take(kept),
            renumbered[self.row_part[kept]].astype(np.int64),
        )

    def locate(self, person: Codes, day: Days) -> npt.NDArray[np.int64]:
        """Return the part in which a person's day lies, -1 where none does. For components of a person only."""
        if len(self) == 0:
            return np.full(len(person), -1, dtype=np.int64)
        starts = self.person * _DAY_SPAN + self.start + _DAY_SHIFT
        found = np.searchsorted(starts, person * _DAY_SPAN + day + _DAY_SHIFT, side="right") - 1
        inside = (found >= 0) & (person >= 0)
        safe = np.where(inside, found, 0)
        inside &= (self.person[safe] == person) & (day < self.end[safe])
        return np.where(inside, safe, -1).astype(np.int64)


def component_parts(rows: PlanRows, versions: Sequence[Plan], component_id: str, window: Window, subject: str) -> Parts:
    """Return the parts of a component that may still pay in the window's last period.

    Args:
        rows: Rows of the plan.
        versions: Versions of the plan, ordered by `valid_from`.
        component_id: The component.
        window: From the interval's start to the end of the period that is paid.
        subject: Whose measure it is: associate, team or location.
    """
    resets = np.array([_resets(version, component_id) for version in versions], dtype=np.bool_)
    unit = {"team": rows.team, "location": rows.location}.get(subject, np.full(len(rows.person), -1, dtype=np.int64))
    opens = np.ones(len(rows.person), dtype=np.bool_)
    if len(opens) > 1:
        new_version = (rows.version[1:] != rows.version[:-1]) & resets[rows.version[1:]]
        opens[1:] = (
            (rows.person[1:] != rows.person[:-1])
            | (rows.currency[1:] != rows.currency[:-1])
            | (rows.credited_start[1:] != rows.credited_end[:-1])
            | (unit[1:] != unit[:-1])
            | new_version
        )
    row_part = (np.cumsum(opens) - 1).astype(np.int64)
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(opens))[: len(first)] - 1
    in_force = np.where(rows.credited_start < window.end, np.arange(len(opens)), -1)
    deciding = np.maximum.reduceat(in_force, first) if len(first) else first
    parts = Parts(
        person=rows.person[first],
        version=np.where(deciding >= 0, rows.version[deciding], -1).astype(np.int64),
        currency=rows.currency[first],
        unit=unit[first],
        start=rows.credited_start[first],
        end=rows.credited_end[last],
        rows=rows,
        row_part=row_part,
    )
    return parts.only((parts.version >= 0) & (parts.end > window.start))


def _resets(version: Plan, component_id: str) -> bool:
    """Whether progress starts anew with a version; where the interval is one period it does unless the plan says carry.

    A spiff between two days is one, whatever version it stands in.
    """
    component: Component | None = next((one for one in version.components if one.id == component_id), None)
    if component is not None and isinstance(component.payout, Spiff) and component.payout.start is not None:
        return False
    return component is None or component.on_change != "carry"
