"""Use case: judge a calculated cycle at any time, as its approval will."""

from __future__ import annotations

from incentives.ledger import heads
from incentives.ledger.engine import Ledger
from incentives.periods import Period
from incentives.services.cycle_checks import payable_outcomes
from incentives.services.cycle_reads import resolve_pay_group, statements_of_cycle
from incentives.services.manifests import parse_manifest
from incentives.services.questioning import questions_outcome
from incentives.workspace import Workspace
from quality.outcomes import CheckOutcome


def check_cycle(ws: Workspace, period: Period, pay_group: str | None = None) -> tuple[CheckOutcome, ...]:
    """Run the suite `payable` on the current version of a cycle, and look for open questions; nothing is changed.

    Args:
        ws: The workspace.
        period: The cycle's period.
        pay_group: The cycle's pay group; the default one, or the only one.

    Raises:
        InputError: The cycle was not opened or not calculated, or nothing is published.
        CheckFailedError: A frozen input is missing or has changed.
    """
    group = resolve_pay_group(ws, pay_group)
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = heads.find(session, group, period)
        manifest = parse_manifest(heads.calculation_of(session, head).manifest)
        asked = questions_outcome(session, head)
    statements = statements_of_cycle(ws, period, group, with_trace=True)
    return (*payable_outcomes(ws, period, group, statements, manifest), asked)
