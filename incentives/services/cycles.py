"""Use cases of a bonus cycle: one function for each act, called by command line, portal and orchestration.

An act takes who does it (`by`) and when (`now`), does everything heavy before the ledger's transaction, and moves the
cycle in one transaction. What readers see of cycles is in `cycle_reads` and offered here as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from incentives.errors import CheckFailedError, InputError
from incentives.ledger import cycles as acts
from incentives.ledger import exports, heads
from incentives.ledger.accruals import Accrued, accrue
from incentives.ledger.audit import JsonValue
from incentives.ledger.cycles import PayGroupTerms
from incentives.ledger.engine import Ledger
from incentives.ledger.goodwills import goodwills_of
from incentives.ledger.heads import CycleHead
from incentives.ledger.instructions import instructions_of
from incentives.ledger.journal import accrual_journal, journal_file
from incentives.ledger.rules import require_finance
from incentives.ledger.states import Act, state_after
from incentives.periods import Period
from incentives.services.accounts import Job, Person
from incentives.services.anchors import write_anchors
from incentives.services.cycle_differences import cycle_differences
from incentives.services.cycle_drafts import calculation_draft
from incentives.services.cycle_reads import (
    cycle_status,
    cycle_summary,
    list_cycles,
    publications_in_use,
    resolve_pay_group,
    statement,
    statements_of,
    statements_of_cycle,
    status_of,
    team_statements,
    totals_of_cycle,
)
from incentives.services.cycle_views import CurrencyTotal, CycleStatus, ExportReport
from incentives.services.frozen_divisions import divisions_to_freeze, freeze_divisions
from incentives.services.manifests import parse_manifest, text_digests
from incentives.services.payroll_workbook import workbook_bytes
from incentives.services.text_publications import require_in_effect
from incentives.serving.durable import replace_bytes, replace_text
from incentives.workspace import Workspace

__all__ = [
    "approve_cycle",
    "calculate_cycle",
    "cycle_differences",
    "cycle_status",
    "cycle_summary",
    "export_cycle",
    "list_cycles",
    "lock_cycle",
    "open_cycle",
    "publications_in_use",
    "review_cycle",
    "send_back_cycle",
    "statement",
    "statements_of",
    "statements_of_cycle",
    "team_statements",
    "totals_of_cycle",
]


def open_cycle(ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person, now: datetime) -> CycleStatus:
    """Open the cycle of a period for a pay group.

    Raises:
        AccessError: `by` is not finance of the pay group.
        InputError: Another calendar, opened before, or a later period is locked.
    """
    name = resolve_pay_group(ws, pay_group)
    require_finance(by, name)
    group = ws.config.pay_groups[name]
    if group.calendar != period.calendar:
        raise InputError(
            f"pay group {name} is paid by {group.calendar}, and {period.label} is a {period.calendar}.",
            remedy=f"Name a {group.calendar}, such as {Period.containing(period.start, group.calendar).label}.",
        )
    terms = PayGroupTerms(name, group.legal_entity, group.country, group.currency)
    with Ledger.open(ws.ledger_place) as ledger:
        with ledger.act() as session:
            head = acts.open_cycle(session, by.actor(), terms, period, at=now)
        return _status(ws, ledger, head)


def calculate_cycle(
    ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person | Job, now: datetime
) -> CycleStatus:
    """Calculate the cycle from the published snapshot and record it as a new version with its manifest.

    Raises:
        AccessError: `by` is not finance of the pay group, or is paid by the cycle.
        InputError: Nothing is published, a plan has mistakes, the state does not allow it, or somebody acted meanwhile.
    """
    name = resolve_pay_group(ws, pay_group)
    if isinstance(by, Person):
        require_finance(by, name)
    with Ledger.open(ws.ledger_place) as ledger:
        with ledger.reading() as session:
            seen = heads.find(session, name, period)
        state_after(seen.state, Act.CALCULATE, subject=seen.subject)
        if divisions_to_freeze(ws, ledger):
            with ws.writer_lock("calculate"):
                freeze_divisions(ws, ledger, now)
        draft = calculation_draft(ws, ledger, seen)
        with ledger.act() as session:
            head = heads.find(session, name, period)
            head = acts.record_calculation(session, by.actor(), head, draft, expected_sequence=seen.sequence, at=now)
        return _status(ws, ledger, head)


def review_cycle(
    ws: Workspace,
    period: Period,
    *,
    pay_group: str | None = None,
    by: Person,
    now: datetime,
    review_until: datetime | None = None,
) -> CycleStatus:
    """Put the current version before its people, who may ask until a moment. Raises as the ledger refuses."""
    name = resolve_pay_group(ws, pay_group)
    require_finance(by, name)
    with Ledger.open(ws.ledger_place) as ledger:
        with ledger.act() as session:
            head = heads.find(session, name, period)
            head = acts.review(session, by.actor(), head, at=now, review_until=review_until)
        return _status(ws, ledger, head)


def approve_cycle(
    ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person, now: datetime, digest: str | None = None
) -> CycleStatus:
    """Approve the current version by its digest, once the blocking quality checks hold or are waived.

    Raises:
        AccessError: `by` shaped the cycle, or is paid by it.
        CheckFailedError: A blocking check does not hold; names it.
        InputError: It was calculated with a plan, policy or mapping that two people did not put into effect.
        StateError: Not in review, another version is current, or people may still ask.
    """
    name = resolve_pay_group(ws, pay_group)
    require_finance(by, name)
    with Ledger.open(ws.ledger_place) as ledger:
        with ledger.reading() as session:
            seen = heads.find(session, name, period)
            told = (instructions_of(session, seen), goodwills_of(session, seen))
        state_after(seen.state, Act.APPROVE, subject=seen.subject)
        outcomes = _payable(ws, period, seen)
        with ledger.act() as session:
            head = heads.find(session, name, period)
            _refuse_another_version(seen, head)
            if (instructions_of(session, head), goodwills_of(session, head)) != told:
                raise InputError(
                    "an instruction or goodwill was given meanwhile.", where=head.subject, remedy="Look at it, then approve."
                )
            calculation = heads.calculation_of(session, head)
            require_in_effect(ws, session, text_digests(parse_manifest(calculation.manifest)), head.subject)
            head = acts.approve(session, by.actor(), head, at=now, digest=digest, checks=outcomes)
        return _status(ws, ledger, head)


def send_back_cycle(
    ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person, now: datetime, reason: str
) -> CycleStatus:
    """Send an approved cycle back to its calculation, with a reason. Raises as the ledger refuses."""
    name = resolve_pay_group(ws, pay_group)
    require_finance(by, name)
    with Ledger.open(ws.ledger_place) as ledger:
        with ledger.act() as session:
            head = heads.find(session, name, period)
            head = acts.send_back(session, by.actor(), head, at=now, reason=reason)
        return _status(ws, ledger, head)


def lock_cycle(ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person, now: datetime) -> CycleStatus:
    """Lock an approved cycle: its statements are posted and never change; the chain's head leaves the database.

    How its order lines were divided lands as a load: no later build divides them otherwise.

    Raises:
        StateError: Not approved, or an earlier cycle of the calendar is not locked.
        BusyError: Another run works on the workspace.
    """
    name = resolve_pay_group(ws, pay_group)
    require_finance(by, name)
    with ws.writer_lock("lock"), Ledger.open(ws.ledger_place) as ledger:
        with ledger.act() as session:
            head = acts.lock(session, by.actor(), heads.find(session, name, period), at=now)
        write_anchors(ws, ledger)
        freeze_divisions(ws, ledger, now)
        return _status(ws, ledger, head)


def export_cycle(ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person, now: datetime) -> ExportReport:
    """Export a locked cycle under `exports/`: payroll's CSV, its control totals, the same as a workbook, the general ledger's journal.

    Again gives the same bytes, and pays nothing again.

    Raises:
        StateError: Not locked, or an earlier cycle of the calendar was not exported.
    """
    name = resolve_pay_group(ws, pay_group)
    require_finance(by, name)
    with Ledger.open(ws.ledger_place) as ledger:
        with ledger.act() as session:
            head = heads.find(session, name, period)
            file = exports.export(session, by.actor(), head, is_demo=ws.config.workspace.demo, at=now)
            journal = journal_file(session, heads.find(session, name, period))
        write_anchors(ws, ledger)
    ws.exports.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The ledger already has every row: a run killed here writes the same files when it is run again.
    replace_text(ws.exports / file.name, file.content.decode())
    replace_text(ws.exports / file.control_name, file.control.decode())
    workbook = ws.exports / f"{Path(file.name).stem}.xlsx"
    replace_bytes(workbook, workbook_bytes(file, period.label, name))
    replace_text(ws.exports / journal.name, journal.content.decode())
    replace_text(ws.exports / journal.control_name, journal.control.decode())
    people = {currency: {line.associate_id for line in file.lines if line.currency == currency} for currency in _currencies(file)}
    totals = exports.totals_by_currency(file.lines)
    return ExportReport(
        period.label,
        name,
        str(ws.exports / file.name),
        str(ws.exports / file.control_name),
        str(workbook),
        str(ws.exports / journal.name),
        str(ws.exports / journal.control_name),
        file.sha256,
        len(file.lines),
        len({line.associate_id for line in file.lines}),
        tuple(CurrencyTotal(currency, len(people[currency]), total, total) for currency, total in totals.items()),
        file.repeated,
    )


def accrue_cycle(
    ws: Workspace, period: Period, *, pay_group: str | None = None, by: Person, now: datetime
) -> tuple[Accrued, Path | None]:
    """Accrue what a cycle that is not locked is due by now, and write the journal of it under `exports/`.

    Returns:
        What was accrued, and the last accrual's journal, written again where nothing moved since; None where nothing was ever due.

    Raises:
        AccessError: `by` is not finance of the pay group, or is paid by the cycle.
        StateError: The cycle is not calculated, or locked.
    """
    name = resolve_pay_group(ws, pay_group)
    require_finance(by, name)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        head = heads.find(session, name, period)
        done = accrue(session, by.actor(), head, at=now)
        if done.event_id is None:
            return done, None
        journal = accrual_journal(session, head, done.number, done.event_id, is_demo=ws.config.workspace.demo)
    ws.exports.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_text(ws.exports / journal.name, journal.content.decode())
    replace_text(ws.exports / journal.control_name, journal.control.decode())
    return done, ws.exports / journal.name


def _currencies(file: exports.PayrollFile) -> Sequence[str]:
    return sorted({line.currency for line in file.lines})


def _status(ws: Workspace, ledger: Ledger, head: CycleHead) -> CycleStatus:
    with ledger.reading() as session:
        return status_of(ws, session, head)


def _payable(ws: Workspace, period: Period, head: CycleHead) -> tuple[Mapping[str, JsonValue], ...]:
    """Go through the checklist of what is about to be paid and return its outcomes, or refuse with the ones that failed."""
    from incentives.services.cycle_outcomes import checklist
    from quality.outcomes import stopping

    found = checklist(ws, period, head.pay_group)
    failed = [outcome for outcome in stopping(found.outcomes) if outcome.name not in found.waived]
    if failed:
        raise CheckFailedError(
            f"{len(failed)} blocking checks do not hold: {'; '.join(f'{outcome.name}: {outcome.sentence}' for outcome in failed)}",
            where=head.subject,
            remedy="`incentives cycle checklist` lists them; what is accepted is waived, with a reason.",
        )
    return tuple(
        {"name": outcome.name, "suite": outcome.suite, "passed": outcome.passed, "waived": outcome.name in found.waived}
        for outcome in found.outcomes
    )


def _refuse_another_version(seen: CycleHead, head: CycleHead) -> None:
    if seen.digest != head.digest:
        raise InputError(
            f"{head.last_person} acted on the cycle meanwhile; version {head.version} is current now.",
            where=head.subject,
            remedy="Look at it, then approve it.",
        )
