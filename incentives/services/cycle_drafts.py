"""A calculation as the ledger is to record it: the period's own statements, and what locked periods have not settled yet."""

from __future__ import annotations

from collections.abc import Mapping

from incentives.bonus.result import BonusException
from incentives.errors import InputError
from incentives.ledger.audit import JsonValue
from incentives.ledger.drafts import CalculationDraft, StatementDraft
from incentives.ledger.engine import Ledger
from incentives.ledger.heads import CycleHead
from incentives.ledger.holdbacks import open_gates
from incentives.money import format_minor
from incentives.periods import Period
from incentives.services.adjustments import Restated, in_statement_order, locked_before, restated_periods, settled_by_period
from incentives.services.frozen_divisions import require_divided
from incentives.services.holdback_gates import gate_measures, gates_spec, with_decisions
from incentives.services.manifests import freeze, text_digests
from incentives.services.statement_drafts import statement_drafts
from incentives.services.text_publications import not_in_effect
from incentives.serving import snapshots
from incentives.workspace import Workspace


def calculation_draft(ws: Workspace, ledger: Ledger, head: CycleHead) -> CalculationDraft:
    """Calculate from the published snapshot, freeze what was read, and return what the ledger is to record.

    Raises:
        InputError: Nothing is published yet.
        DocumentError: A plan has mistakes.
        CheckFailedError: A frozen input of a locked cycle is missing or has changed.
    """
    from incentives.services.bonus import calculate, pay_group_of

    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError(
            "nothing is published yet, so there is nothing to calculate from.", remedy="Run `incentives build` first."
        )
    require_divided(ws, ledger, snapshot.last_load)
    period = Period.parse(head.period)
    calculation = calculate(ws, period, head.pay_group, as_of=snapshot.as_of.date())
    with ledger.reading() as session, snapshot.connect() as connection:
        restated = restated_periods(ws, session, connection, head, calculation.inputs.associates, as_of=snapshot.as_of)
        locked = locked_before(session, head)
        gates = open_gates(session, head) if locked else ()
        spec = gates_spec(gates, period)
        inputs = gate_measures(connection, spec, calculation.inputs)
        settled = settled_by_period(session, locked) if gates and locked else {}
    if snapshots.current(ws) != snapshot:
        raise InputError("another snapshot was published during the calculation.", remedy="Calculate again.")
    manifest = freeze(
        ws,
        snapshot,
        period=period,
        pay_group=head.pay_group,
        inputs=inputs,
        plan_texts={text.path.name: text.text for text in calculation.plans},
        adjusted={one.head.period: (one.inputs, one.is_final) for one in restated},
        gates=spec,
    )
    exceptions = [exception_json(found) for found in calculation.result.exceptions]
    exceptions += [found for one in restated if one.is_final for found in _too_late(one)]
    exceptions += [found for one in restated if not one.is_final for found in _not_charged(one)]
    with ledger.reading() as session:
        exceptions += [_waits(name) for name in not_in_effect(ws, session, text_digests(manifest))]
    adjustments = with_decisions(
        [draft for one in restated if not one.is_final for draft in one.drafts],
        gates,
        settled,
        inputs,
        pay_group_of(ws, head.pay_group),
        period,
    )
    return CalculationDraft(
        snapshot.last_load,
        manifest,
        tuple(exceptions),
        in_statement_order(period, statement_drafts(calculation.result.statements), adjustments),
    )


def exception_json(found: BonusException) -> Mapping[str, JsonValue]:
    """Return an exception as the ledger keeps it."""
    return {
        "kind": found.kind,
        "subject_type": found.subject_type,
        "subject_id": found.subject_id,
        "plan": found.plan,
        "component": found.component,
        "detail": found.detail,
        "amount_minor": found.amount_minor,
        "currency": found.currency,
    }


def _waits(document: str) -> Mapping[str, JsonValue]:
    """Return a text that has to be put into effect before the cycle is approved."""
    return {
        "kind": "text_not_in_effect",
        "subject_type": "document",
        "subject_id": document,
        "plan": "",
        "component": "",
        "detail": "Two people have to put it into effect (`incentives publish`) before the cycle is approved.",
        "amount_minor": None,
        "currency": None,
    }


def _too_late(restated: Restated) -> list[Mapping[str, JsonValue]]:
    """Return what a period that is final would differ by: listed, and not posted."""
    why = f"{restated.head.period} was locked over a year ago and is not adjusted any more"
    return [_listed("period_is_final", draft, why) for draft in (*restated.drafts, *restated.uncharged)]


def _not_charged(restated: Restated) -> list[Mapping[str, JsonValue]]:
    """Return what would be taken from people who left longer ago than their plan charges leavers: listed, and not posted."""
    why = f"{restated.head.period} is worth less now, but the person left longer ago than the plan charges leavers"
    return [_listed("leaver_not_charged", draft, why) for draft in restated.uncharged]


def _listed(kind: str, draft: StatementDraft, why: str) -> Mapping[str, JsonValue]:
    worth, settled = (format_minor(amount, draft.currency) for amount in (draft.worth_minor, draft.settled_minor))
    return {
        "kind": kind,
        "subject_type": "associate",
        "subject_id": draft.associate_id,
        "plan": draft.plan,
        "component": "",
        "detail": f"{why}; it would be worth {worth} {draft.currency} and {settled} is settled.",
        "amount_minor": draft.worth_minor - draft.settled_minor,
        "currency": draft.currency,
    }
