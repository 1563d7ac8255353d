"""Use case: judge a calculated cycle at any time, as its approval will."""

from __future__ import annotations

from dataclasses import dataclass

from incentives.ledger import heads
from incentives.ledger.engine import Ledger
from incentives.ledger.instructions import instructions_of
from incentives.ledger.states import Instruction
from incentives.periods import Period
from incentives.services.close_checklist import LANDED_SINCE, ChecklistItem, close_items, with_effect
from incentives.services.cycle_checks import payable_outcomes
from incentives.services.cycle_reads import resolve_pay_group, statements_of_cycle
from incentives.services.manifests import parse_manifest
from incentives.services.net_effect import net_effect
from incentives.services.questioning import questions_outcome
from incentives.workspace import Workspace
from quality.outcomes import CheckOutcome


@dataclass(frozen=True, slots=True)
class Checklist:
    """A cycle's close checklist: its items, the checks of its statements, and what is waived of both, by name."""

    items: tuple[ChecklistItem, ...]
    checks: tuple[CheckOutcome, ...]
    waived: frozenset[str]

    @property
    def outcomes(self) -> tuple[CheckOutcome, ...]:
        """Everything that stands before the approval, as checks."""
        return (*self.checks, *(item.outcome() for item in self.items))


def check_cycle(ws: Workspace, period: Period, pay_group: str | None = None) -> tuple[CheckOutcome, ...]:
    """Return the outcome of everything that stands before the approval of a cycle's current version. Raises as `checklist`."""
    return checklist(ws, period, pay_group).outcomes


def checklist(ws: Workspace, period: Period, pay_group: str | None = None) -> Checklist:
    """Run the suite `payable` on the current version of a cycle, look for open questions and for every item of the close checklist.

    Nothing is changed.

    Args:
        ws: The workspace.
        period: The cycle's period.
        pay_group: The cycle's pay group; the default one, or the only one.

    Raises:
        InputError: The cycle was not opened or not calculated, or nothing is published.
        CheckFailedError: A frozen input is missing or has changed.
    """
    group = resolve_pay_group(ws, pay_group)
    quick = open_points(ws, period, group)
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = heads.find(session, group, period)
        manifest = parse_manifest(heads.calculation_of(session, head).manifest)
        landed = any(item.count for item in quick.items if item.name.startswith(LANDED_SINCE))
        effect = net_effect(ws, session, head) if landed else None
    items = tuple(
        with_effect(item, effect) if item.count and item.name.startswith(LANDED_SINCE) else item for item in quick.items
    )
    statements = statements_of_cycle(ws, period, group, with_trace=True)
    return Checklist(items, (*payable_outcomes(ws, period, group, statements, manifest), *quick.checks), quick.waived)


def open_points(ws: Workspace, period: Period, pay_group: str) -> Checklist:
    """Return the close checklist without the checks of each statement, which take some seconds. Raises as `checklist`."""
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = heads.find(session, pay_group, period)
        told = instructions_of(session, head)
        waived = frozenset(one.subject for one in told if one.kind is Instruction.WAIVE)
        return Checklist(close_items(ws, session, head), (questions_outcome(session, head),), waived)
