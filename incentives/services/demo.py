"""Use case: a demo workspace, from a generated retailer to a locked bonus cycle.

Everything goes through the services that a real workspace uses; only the deliveries are made up. Preparing a
demo that is there already continues where it stands.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from incentives.errors import InputError
from incentives.periods import Period
from incentives.services.cycle_views import CurrencyTotal, CycleStatus
from incentives.settings import CONFIG_NAME
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.accounts import Person

MONTHS = 12
MANUAL_SOURCE = "[sources.manual]"
CALCULATES = "demo.finance"
APPROVES = "demo.controller"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LockedCycle:
    """A cycle that the demo locked: who is paid, and what it comes to."""

    pay_group: str
    period: str
    people: int
    totals: tuple[CurrencyTotal, ...]


@dataclass(frozen=True, slots=True)
class CreditTotal:
    """Completed net sales of one currency and the credits of the same lines; `house` counts for nobody."""

    currency: str
    net_minor: int
    credited_minor: int
    house_minor: int


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a demo workspace holds once it is prepared."""

    files: int
    delivered: int
    accepted: int
    quarantined: dict[str, int]
    credits: tuple[CreditTotal, ...]
    cycles: tuple[LockedCycle, ...]
    draft_period: str


def prepare_demo(root: Path, *, order_lines: int, seed: int, now: datetime, say: Say) -> tuple[Workspace, DemoReport]:
    """Make the demo workspace, land and build it, lock one cycle for each pay group and put the next one in review.

    Args:
        root: A new or empty folder, or a demo workspace that was prepared before.
        order_lines: Size of the sample; three times as many interactions.
        seed: Equal seeds, sizes and months give equal deliveries.
        now: The sample covers the twelve months before the present one.
        say: Receives one line for each step.

    Raises:
        InputError: The folder holds something else.
        CheckFailedError: A blocking check does not hold.
    """
    from incentives.services.pipeline import run_pipeline

    this_month = Period.containing(now.date(), "month")
    ws = _workspace(root, order_lines=order_lines, seed=seed, this_month=this_month, say=say)
    run_pipeline(ws, now=now, say=say)
    draft = _last_month(ws)
    cycles = []
    for pay_group in ws.config.pay_groups:
        say(f"cycle {draft.previous().label} of {pay_group}: calculate, review, approve, lock, export")
        status = _settle(ws, draft.previous(), pay_group, now)
        say(f"cycle {draft.label} of {pay_group}: calculate, review")
        advance_cycle(ws, draft, pay_group, now, until="in_review")
        summary = status.summary
        cycles.append(LockedCycle(pay_group, summary.period, summary.people, summary.totals))
    return ws, _report(ws, tuple(cycles), draft)


def _workspace(root: Path, *, order_lines: int, seed: int, this_month: Period, say: Say) -> Workspace:
    if (root / CONFIG_NAME).exists():
        ws = Workspace.open(root)
        if not ws.config.workspace.demo:
            raise InputError("this is a workspace, but no demo.", where=str(root), remedy="Name another folder.")
        if (ws.inbox / ".complete").exists():
            say("the sample is there already")
            return ws
    else:
        from incentives.services.workspaces import create_workspace

        ws = create_workspace(root, name="Maison Aurelle", demo=True, time_zone="Europe/Paris")
        _configure(ws)
        ws = Workspace.open(ws.root)
    say(f"sample: {order_lines:,} order lines, {3 * order_lines:,} interactions")
    _fill_inbox(ws, order_lines=order_lines, seed=seed, this_month=this_month)
    return ws


def _configure(ws: Workspace) -> None:
    """Give the demo its sources, pay groups, policy and plan."""
    from incentives.feeds.sample import demo_sources_toml

    path = ws.root / CONFIG_NAME
    general = path.read_text(encoding="utf-8").split(MANUAL_SOURCE)[0]
    path.write_text(f"{general}{demo_sources_toml()}", encoding="utf-8")
    templates = resources.files("incentives").joinpath("templates", "demo")
    for folder in ("policies", "plans"):
        for old in (ws.root / folder).iterdir():
            old.unlink()
        for template in templates.joinpath(folder).iterdir():
            (ws.root / folder / template.name).write_text(template.read_text(encoding="utf-8"), encoding="utf-8")


def _fill_inbox(ws: Workspace, *, order_lines: int, seed: int, this_month: Period) -> None:
    """Generate the deliveries; a mark says that they are whole, so that a killed run starts them again."""
    from incentives.feeds.sample import generate_sample

    shutil.rmtree(ws.inbox)
    ws.inbox.mkdir()
    start = this_month.start.replace(year=this_month.start.year - 1)
    generate_sample(ws.inbox, order_lines=order_lines, seed=seed, start=start, months=MONTHS)
    (ws.inbox / ".complete").touch()


def _last_month(ws: Workspace) -> Period:
    """Return the last month of the sample: the last in which a line was ordered."""
    from incentives.serving.snapshots import current

    snapshot = current(ws)
    assert snapshot is not None, "the pipeline has published"
    with snapshot.connect() as connection:
        row = connection.execute("select max(ordered_at) from marts.fct_order_lines where line_kind = 'sale'").fetchone()
    if row is None or row[0] is None:
        raise InputError("the sample holds no sale.", where=str(ws.root))
    return Period.containing(row[0].date(), "month")


def _settle(ws: Workspace, period: Period, pay_group: str, now: datetime) -> CycleStatus:
    return advance_cycle(ws, period, pay_group, now, until="exported")


def advance_cycle(ws: Workspace, period: Period, pay_group: str, now: datetime, *, until: str) -> CycleStatus:
    """Bring a demo's cycle as far as a state, from wherever it stands; the steps are those that people take."""
    from incentives.services import cycle_reads, cycles
    from incentives.services.accounts import acting_person

    prepares = acting_person(ws, token=None, actor=CALCULATES, now=now)
    approves = acting_person(ws, token=None, actor=APPROVES, now=now)
    opened = {(cycle.pay_group, cycle.period) for cycle in cycle_reads.list_cycles(ws)}
    if (pay_group, period.label) in opened:
        status = cycle_reads.cycle_status(ws, period, pay_group)
    else:
        status = cycles.open_cycle(ws, period, pay_group=pay_group, by=prepares, now=now)
    while status.summary.state != until:
        match status.summary.state:
            case "open":
                status = cycles.calculate_cycle(ws, period, pay_group=pay_group, by=prepares, now=now)
            case "calculated":
                status = cycles.review_cycle(ws, period, pay_group=pay_group, by=prepares, now=now)
            case "in_review":
                _waive(ws, period, pay_group, by=prepares, now=now)
                status = cycles.approve_cycle(ws, period, pay_group=pay_group, by=approves, now=now)
            case "approved":
                status = cycles.lock_cycle(ws, period, pay_group=pay_group, by=approves, now=now)
            case "locked":
                cycles.export_cycle(ws, period, pay_group=pay_group, by=approves, now=now)
                status = cycle_reads.cycle_status(ws, period, pay_group)
            case _:
                break
    return status


def _waive(ws: Workspace, period: Period, pay_group: str, *, by: Person, now: datetime) -> None:
    """Waive what stops the approval: the sample's faults are there to be looked at, and nobody mends them."""
    from incentives.ledger.states import Instruction
    from incentives.services.cycle_instructions import instruct_cycle
    from incentives.services.cycle_outcomes import checklist
    from quality.outcomes import stopping

    found = checklist(ws, period, pay_group)
    for outcome in stopping(found.outcomes):
        if outcome.name not in found.waived:
            reason = "Faults of the sample, which nobody mends."
            instruct_cycle(ws, period, Instruction.WAIVE, outcome.name, pay_group=pay_group, by=by, now=now, reason=reason)


def _report(ws: Workspace, cycles: tuple[LockedCycle, ...], draft: Period) -> DemoReport:
    from incentives.serving.snapshots import current

    snapshot = current(ws)
    assert snapshot is not None, "the pipeline has published"
    with snapshot.connect() as connection:
        counts = connection.execute(
            "select count(*), sum(delivered), sum(accepted) from marts.delivery_counts where outcome <> 'set_aside'"
        ).fetchone()
        reasons = connection.execute(
            "select reason, count(*) from marts.quarantined_rows group by reason order by count(*) desc, reason"
        ).fetchall()
        totals = connection.execute(_TOTALS).fetchall()
    assert counts is not None
    return DemoReport(
        files=int(counts[0]),
        delivered=int(counts[1]),
        accepted=int(counts[2]),
        quarantined={str(reason): int(rows) for reason, rows in reasons},
        credits=tuple(CreditTotal(str(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in totals),
        cycles=cycles,
        draft_period=draft.label,
    )


_TOTALS = """
with net as (
    select currency, sum(net_minor) as net_minor from marts.fct_order_lines where completed_at is not null group by currency
),
credited as (
    select
        currency,
        sum(credit_minor) as credited_minor,
        sum(credit_minor) filter (where recipient = 'house') as house_minor
    from marts.fct_credits
    group by currency
)
select net.currency, net.net_minor, coalesce(credited.credited_minor, 0), coalesce(credited.house_minor, 0)
from net left join credited on credited.currency = net.currency
order by net.currency
"""
