"""Use case: prove a calculation again.

Step 1 computes the statements from the frozen inputs and plans; they must agree with what was recorded, trace and all,
as long as the cycle is kept. Step 2, on demand, rebuilds the inputs from bronze as of the calculation's load and names
what differs by cause: it may differ rightly, where a rule of the product was mended or a policy's landing is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from itertools import zip_longest

import pandas as pd

from incentives.bonus.inputs import BonusInputs
from incentives.ledger import heads
from incentives.ledger.drafts import StatementDraft
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead
from incentives.ledger.statements import StatementRow, read_statements, row_of
from incentives.periods import Period
from incentives.plans.load import PlanText
from incentives.services.adjustments import adjustments_again, in_statement_order
from incentives.services.cycle_reads import resolve_pay_group
from incentives.services.cycle_views import ReplayReport
from incentives.services.manifests import frozen_inputs, frozen_pay_group, frozen_plans, parse_manifest
from incentives.services.replay_inputs import bronze_damages, division_differences, rebuilt_inputs
from incentives.services.statement_drafts import statement_drafts
from incentives.workspace import Workspace

SHOWN_MAX = 20
Row = tuple[object, ...]


def replay_cycle(
    ws: Workspace,
    period: Period,
    pay_group: str | None = None,
    *,
    version: int | None = None,
    from_bronze: bool = False,
    now: datetime,
) -> ReplayReport:
    """Compute a version's statements again from its frozen inputs, and on demand the inputs from bronze.

    Args:
        ws: The workspace.
        period: The cycle's period.
        pay_group: Whose cycle.
        version: By default the current one.
        from_bronze: Whether the second step is wanted; it builds a warehouse of its own.
        now: The moment of the rebuild.

    Raises:
        InputError: Not opened or not calculated.
        CheckFailedError: A frozen input is missing or has changed.
    """
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = heads.find(session, resolve_pay_group(ws, pay_group), period)
        calculation = heads.calculation_of(session, head, version)
        replayed, number = calculation.version, calculation.calculation_id
        manifest = parse_manifest(calculation.manifest)
        inputs = frozen_inputs(ws, manifest)
        plans = frozen_plans(ws, manifest, inputs)
        adjustments = tuple(adjustments_again(ws, session, head, manifest, inputs, calculation.event_id))
        expected = list(_recomputed(head, number, plans, inputs, manifest, adjustments))
        differences: list[str] = []
        count = 0
        for recorded, computed in zip_longest(read_statements(session, number, with_trace=True), expected):
            count += recorded is not None
            differences += _differences(recorded, computed)
    rebuilt = tuple(_from_bronze(ws, manifest, inputs, plans, now)) if from_bronze else None
    return ReplayReport(head.period, head.pay_group, replayed, count, _short(differences), rebuilt)


def _recomputed(
    head: CycleHead,
    calculation_id: int,
    plans: tuple[PlanText, ...],
    inputs: BonusInputs,
    manifest: Mapping[str, object],
    adjustments: tuple[StatementDraft, ...],
) -> Iterator[StatementRow]:
    from incentives.bonus.calculate import calculate

    period = Period.parse(head.period)
    result = calculate([text.plan for text in plans], inputs, period, frozen_pay_group(manifest))
    last, ordinal = "", 0
    for draft in in_statement_order(period, statement_drafts(result.statements), adjustments):
        ordinal = ordinal + 1 if draft.associate_id == last else 1
        last = draft.associate_id
        yield row_of(draft, 0, calculation_id, head.subject, ordinal)


def _differences(recorded: StatementRow | None, computed: StatementRow | None) -> Iterator[str]:
    if recorded is None or computed is None:
        found = recorded or computed
        assert found is not None
        yield f"{found.number}: {'not computed any more' if computed is None else 'computed and not recorded'}"
        return
    if recorded.number != computed.number:
        yield f"{recorded.number} was recorded where {computed.number} is computed"
        return
    if (recorded.worth_minor, recorded.currency) != (computed.worth_minor, computed.currency):
        yield f"{recorded.number}: worth {recorded.worth_minor} was recorded and {computed.worth_minor} is computed"
    for was, now in zip_longest(recorded.components, computed.components):
        if was != now:
            name = (was or now).component if was or now else ""
            amounts = f"{was.amount_minor if was else 'nothing'} recorded, {now.amount_minor if now else 'nothing'} computed"
            yield f"{recorded.number}, {name}: {amounts}"
    if recorded.expected_digest() != computed.digest and recorded.components == computed.components:
        yield f"{recorded.number}: amounts agree, and the trace is another one"


def _from_bronze(
    ws: Workspace, manifest: Mapping[str, object], inputs: BonusInputs, plans: tuple[PlanText, ...], now: datetime
) -> Iterator[str]:
    """Yield what differs between the frozen inputs and those rebuilt from bronze, causes first."""
    causes = list(bronze_damages(ws, manifest))
    yield from causes
    if causes:
        return
    rebuilt = rebuilt_inputs(ws, manifest, plans, now)
    if rebuilt.code_fingerprint != manifest["code_fingerprint"]:
        yield "cause: the rules of the warehouse have another fingerprint than at the calculation"
    for part in fields(BonusInputs):
        yield from _frame_differences(part.name, getattr(inputs, part.name), getattr(rebuilt.inputs, part.name))
    yield from division_differences(ws, manifest, rebuilt.divisions, SHOWN_MAX)


def _frame_differences(name: str, frozen: pd.DataFrame, rebuilt: pd.DataFrame) -> Iterator[str]:
    """Yield the rows that only one of two frames has, the first few of each by content."""
    before, after = _counted(frozen), _counted(rebuilt)
    if before == after:
        return
    for label, rows in (("frozen and not rebuilt", _only_in(before, after)), ("rebuilt and not frozen", _only_in(after, before))):
        for row in rows[:SHOWN_MAX]:
            shown = ", ".join(f"{column} {value}" for column, value in zip(frozen.columns, row, strict=True) if value is not None)
            yield f"{name}, {label}: {shown}"
        if len(rows) > SHOWN_MAX:
            yield f"{name}, {label}: {len(rows) - SHOWN_MAX} more rows"


def _only_in(left: Counter[Row], right: Counter[Row]) -> list[Row]:
    return sorted((left - right).elements(), key=repr)


def _counted(frame: pd.DataFrame) -> Counter[Row]:
    """Return the rows of a frame with how often each stands in it; a missing value is None."""
    columns = [[None if value is pd.NA else value for value in frame[column].tolist()] for column in frame.columns]
    return Counter(zip(*columns, strict=True))


def _short(differences: list[str]) -> tuple[str, ...]:
    if len(differences) <= SHOWN_MAX:
        return tuple(differences)
    return (*differences[:SHOWN_MAX], f"{len(differences) - SHOWN_MAX} more differences")
