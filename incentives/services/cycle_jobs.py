"""Use cases of a scheduled job: it drafts cycles that people have opened, and does nothing else to them."""

from __future__ import annotations

from datetime import date, datetime

from incentives.periods import Period
from incentives.services.accounts import Job
from incentives.services.cycle_reads import cycle_status, list_cycles
from incentives.services.cycle_views import CycleStatus, CycleSummary
from incentives.serving import snapshots
from incentives.workspace import Workspace
from quality.outcomes import CheckOutcome

# A reviewed cycle is not drafted again by itself: its reviewer looked at the version that it has.
DRAFTED = frozenset({"open", "calculated"})


def months_to_draft(ws: Workspace) -> tuple[date, ...]:
    """Return the first days of the cycles that are open, or were drafted from an older load than is published."""
    published = snapshots.current(ws)
    if published is None:
        return ()
    starts = set()
    for cycle in list_cycles(ws):
        period = Period.parse(cycle.period)
        if cycle.state in DRAFTED and cycle_status(ws, period, cycle.pay_group).last_load != published.last_load:
            starts.add(period.start)
    return tuple(sorted(starts))


def draft_cycles(ws: Workspace, first_day: date, *, job: str, now: datetime) -> tuple[CycleStatus, ...]:
    """Calculate every drafted cycle whose period begins on a day, as a job; it cannot review or approve them.

    Raises:
        InputError: Nothing is published, or a plan has mistakes.
    """
    from incentives.services.cycles import calculate_cycle

    return tuple(
        calculate_cycle(ws, Period.parse(cycle.period), pay_group=cycle.pay_group, by=Job(job), now=now)
        for cycle in _drafted(ws, first_day)
    )


def check_drafts(ws: Workspace, first_day: date) -> tuple[CheckOutcome, ...]:
    """Judge the current versions of the drafted cycles whose period begins on a day, as before an approval."""
    from incentives.services.cycle_outcomes import check_cycle

    drafted = _drafted(ws, first_day)
    return tuple(outcome for cycle in drafted for outcome in check_cycle(ws, Period.parse(cycle.period), cycle.pay_group))


def _drafted(ws: Workspace, first_day: date) -> list[CycleSummary]:
    return [cycle for cycle in list_cycles(ws) if cycle.state in DRAFTED and Period.parse(cycle.period).start == first_day]
