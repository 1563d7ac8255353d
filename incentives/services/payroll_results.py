"""Use case: record what payroll says of an exported cycle, from the file that it sends back."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from incentives.errors import DocumentError
from incentives.ledger import heads, payroll_results
from incentives.ledger.engine import Ledger
from incentives.ledger.payroll_results import ACCEPTED, REFUSED, PayrollResult, Recorded
from incentives.ledger.rules import require_finance
from incentives.periods import Period
from incentives.services.accounts import Person
from incentives.services.cycle_reads import resolve_pay_group
from incentives.workspace import Workspace

COLUMNS = ("person_id", "currency", "result")


def record_payroll_results(
    ws: Workspace, period: Period, file: Path | None, *, pay_group: str | None, by: Person, now: datetime, accept_rest: bool
) -> Recorded:
    """Record the results of a file (CSV: person_id, currency, result, reason), and where told that the rest was accepted.

    Raises:
        DocumentError: The file has mistakes; each is named with its line and nothing is recorded.
        InputError: A result does not fit what was exported, or was recorded otherwise; nothing is recorded.
    """
    group = resolve_pay_group(ws, pay_group)
    require_finance(by, group)
    results = _read(file) if file is not None else []
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        head = heads.find(session, group, period)
        return payroll_results.record_results(session, by.actor(), head, results, accept_rest=accept_rest, at=now)


def _read(file: Path) -> list[PayrollResult]:
    problems: list[str] = []
    results: list[PayrollResult] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DocumentError(
                    [f"{file}:1: the columns {', '.join(missing)} are missing; expected {', '.join(COLUMNS)}, reason."]
                )
            for row in reader:
                outcome = (row["result"] or "").strip()
                if outcome not in (ACCEPTED, REFUSED):
                    problems.append(f"{file}:{reader.line_num}: result: '{outcome}' is neither {ACCEPTED} nor {REFUSED}.")
                    continue
                person, currency = ((row[name] or "").strip() for name in ("person_id", "currency"))
                said = ACCEPTED if outcome == ACCEPTED else REFUSED
                results.append(PayrollResult(_unescaped(person), currency, said, row.get("reason") or ""))
    except UnicodeDecodeError as error:
        raise DocumentError([f"{file}:1: byte {error.start} is not UTF-8; save the file as UTF-8."]) from error
    if problems:
        raise DocumentError(problems)
    return results


def _unescaped(text: str) -> str:
    """Return an id as it is, where payroll sends back what the export escaped against formulas."""
    return text[1:] if text[:1] == "'" else text
