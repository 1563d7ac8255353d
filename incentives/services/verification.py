"""Use case: check everything that is kept against what was recorded."""

from __future__ import annotations

from sqlalchemy import select

from incentives.ledger.engine import Ledger
from incentives.ledger.models import Calculation, Cycle, Restatement
from incentives.ledger.verifying import verify_ledger
from incentives.services import manifests
from incentives.services.anchors import check_anchors
from incentives.services.cycle_views import Finding, VerifyReport
from incentives.serving import snapshots
from incentives.workspace import Workspace


def verify_workspace(ws: Workspace) -> VerifyReport:
    """Check the ledger, its anchors, the frozen inputs of every version, and the published snapshot.

    Returns:
        What was looked at and every finding, the ledger's own first.
    """
    with Ledger.open(ws.ledger_place) as ledger:
        verified = verify_ledger(ledger)
        with ledger.reading() as session:
            versions = session.execute(
                select(Cycle.period, Cycle.pay_group, Calculation.version, Calculation.manifest)
                .join(Calculation, Calculation.cycle_id == Cycle.cycle_id)
                .order_by(Cycle.cycle_id, Calculation.version)
            ).all()
            restated = session.execute(
                select(Cycle.period, Cycle.pay_group, Restatement.sequence, Restatement.manifest)
                .join(Restatement, Restatement.cycle_id == Cycle.cycle_id)
                .order_by(Cycle.cycle_id, Restatement.sequence)
            ).all()
        findings = [Finding(found.place, found.sentence) for found in verified.findings]
        findings += [Finding(place, sentence) for place, sentence in check_anchors(ws, ledger)]
    seen: set[str] = set()
    texts = [(f"version {number} of cycle {period}/{group}", text) for period, group, number, text in versions]
    texts += [(f"restatement {number} of cycle {period}/{group}", text) for period, group, number, text in restated]
    for place, text in texts:
        manifest = manifests.parse_manifest(text)
        seen |= set(manifests.objects_of(manifest).values())
        for label, sentence in manifests.damages(ws, manifest):
            findings.append(Finding(f"manifest of {place}, {label}", sentence))
    snapshot = snapshots.current(ws)
    if snapshot is not None:
        findings += [Finding("snapshot", sentence) for sentence in snapshots.damages(snapshot)]
    files = len(seen) + (2 if snapshot is not None else 0)
    return VerifyReport(verified.events, verified.statements, verified.entries, files, verified.head, tuple(findings))
