"""What moved between two versions of a cycle, statement by statement."""

from __future__ import annotations

from incentives.ledger import heads as ledger_heads
from incentives.ledger.engine import Ledger
from incentives.ledger.statements import StatementRow, read_statements
from incentives.periods import Period
from incentives.services.cycle_reads import resolve_pay_group
from incentives.services.cycle_views import StatementDifference
from incentives.workspace import Workspace


def cycle_differences(
    ws: Workspace, period: Period, pay_group: str | None, before: int, after: int
) -> tuple[StatementDifference, ...]:
    """Return who is due something else in one version than in another, and which components and targets moved it."""
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        head = ledger_heads.find(session, resolve_pay_group(ws, pay_group), period)
        versions = []
        for version in (before, after):
            number = ledger_heads.calculation_number(session, head, version)
            rows = read_statements(session, number)
            versions.append({(row.associate_id, row.plan, row.earned_period, row.currency): row for row in rows})
    earlier, later = versions
    differences = []
    for key in sorted(earlier.keys() | later.keys()):
        old, new = earlier.get(key), later.get(key)
        causes = causes_of(old, new)
        if causes:
            due = (old.due_minor if old else 0, new.due_minor if new else 0)
            differences.append(StatementDifference(*key, *due, causes))
    return tuple(differences)


def causes_of(old: StatementRow | None, new: StatementRow | None) -> tuple[str, ...]:
    """Return what moved between two statements: plan version, and each component's measure, target and amount."""
    if old is None or new is None:
        return ("new statement" if old is None else "no statement any more",)
    causes = []
    if old.plan_version != new.plan_version:
        causes.append(f"plan version {old.plan_version} -> {new.plan_version}")
    before = {part.component: part for part in old.components}
    after = {part.component: part for part in new.components}
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            causes.append(f"{name}: component {'added' if was is None else 'removed'}")
            continue
        moved = [
            f"{label} {left} -> {right}"
            for label, left, right in (
                (was.measure, was.measure_value, now.measure_value),
                ("target", was.target_value, now.target_value),
                ("amount", was.amount_minor, now.amount_minor),
            )
            if left != right
        ]
        if moved:
            causes.append(f"{name}: {', '.join(moved)}")
    if not causes and old.due_minor != new.due_minor:
        causes.append("total cap, guarantee or what was settled")
    return tuple(causes)
