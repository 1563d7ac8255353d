"""What stops a cycle's approval, waived as finance does it."""

from __future__ import annotations

from datetime import datetime

from incentives.ledger.states import Instruction
from incentives.periods import Period
from incentives.services.accounts import Person
from incentives.services.cycle_instructions import instruct_cycle
from incentives.services.cycle_outcomes import checklist
from incentives.workspace import Workspace


def waive_items(ws: Workspace, period: Period, *names: str, by: Person, now: datetime) -> None:
    """Waive these items of the close checklist, which must be all that stop it."""
    stopping = {item.name for item in checklist(ws, period).items if item.stops}
    assert stopping == set(names)
    for name in names:
        instruct_cycle(ws, period, Instruction.WAIVE, name, by=by, now=now, reason="Nobody has a target here.")
