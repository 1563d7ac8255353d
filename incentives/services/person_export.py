"""Use case: hand a person everything that the workspace holds about them, readable and as data."""

from __future__ import annotations

import hashlib
import html
import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from incentives.errors import InputError
from incentives.feeds.tokens import Tokenizer
from incentives.ledger.access import Person
from incentives.ledger.access_log import record_reads
from incentives.ledger.audit import append_event
from incentives.ledger.engine import Ledger
from incentives.money import format_minor
from incentives.services.forgetting import require_privacy_officer
from incentives.services.natural_persons import Named, person_of
from incentives.services.person_records import Row, Section, associate_sections, customer_sections
from incentives.workspace import Workspace

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 sans-serif; margin: 2rem; color: #222 }} table {{ border-collapse: collapse; margin-bottom: 2rem }}
th, td {{ border: 1px solid #bbb; padding: .25rem .5rem; text-align: left; vertical-align: top }} th {{ background: #eee }}
</style></head><body><h1>{title}</h1>
<p>Made {made} UTC. Amounts are in the currency beside them; person.json has the same in minor units (cents).
Other people are colleagues with a number, the same person under the same number throughout.</p>
{sections}</body></html>
"""


@dataclass(frozen=True, slots=True)
class PersonExport:
    """An export that was written: counts and its fingerprint."""

    file: str
    sections: int
    rows: int
    sha256: str


def export_associate(ws: Workspace, associate_id: str, target: Path, *, by: Person, reason: str, now: datetime) -> PersonExport:
    """Write what is held about an associate, for the associate or a privacy officer who is asked by them.

    A privacy officer's export is in the log of who looked at the person's pay.

    Raises:
        AccessError: `by` is neither.
        InputError: There is no such associate, or the file exists.
    """
    own = by.account_id is not None and by.person_id == associate_id
    if not own:
        require_privacy_officer(ws, by)
    _refuse_call(target, reason)
    if not own:
        # Before anything is read, and so that the person finds it in their own export.
        with Ledger.open(ws.ledger_place) as ledger:
            record_reads(ledger, by.person_id, [associate_id], "person export", at=now)
    sections = associate_sections(ws, associate_id)
    return _write(ws, target, f"What is held about {associate_id}", sections, f"associate {associate_id}", by, reason, now)


def export_customer(ws: Workspace, named: Named, target: Path, *, by: Person, reason: str, now: datetime) -> PersonExport:
    """Write what is held about a customer: all records that the warehouse has joined.

    Raises:
        AccessError: `by` is no privacy officer.
        InputError: Nobody was delivered under that name, or the file exists.
    """
    require_privacy_officer(ws, by)
    _refuse_call(target, reason)
    sections = customer_sections(ws, person_of(ws, named, Tokenizer(ws.key())))
    return _write(ws, target, "What is held about a customer", sections, "a customer", by, reason, now)


def _refuse_call(target: Path, reason: str) -> None:
    if not reason.strip():
        raise InputError("an export needs a reason.", remedy="Say who asked, and when.")
    if target.exists():
        raise InputError("this file exists already.", where=str(target), remedy="Name another with --to.")


def _write(
    ws: Workspace,
    target: Path,
    title: str,
    sections: Sequence[Section],
    subject: str,
    by: Person,
    reason: str,
    now: datetime,
) -> PersonExport:
    """Record the act, then write the archive for its owner only: there is no export that was not recorded."""
    content = _archive(title, sections, now)
    digest = hashlib.sha256(content).hexdigest()
    rows = sum(len(section.rows) for section in sections)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        details: dict[str, int | str] = {"sections": len(sections), "rows": rows, "sha256": digest}
        append_event(session, by.actor(), "person_export", subject, at=now, details=details, reason=reason)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    return PersonExport(str(target), len(sections), rows, digest)


def _archive(title: str, sections: Sequence[Section], now: datetime) -> bytes:
    made = now.astimezone(UTC)
    buffer = io.BytesIO()
    tree = {
        "title": title,
        "made_at": made.isoformat(),
        "sections": {part.title: [dict(row) for row in part.rows] for part in sections},
    }
    page = _PAGE.format(
        title=html.escape(title),
        made=made.strftime("%Y-%m-%d %H:%M"),
        sections="\n".join(_table(section) for section in sections),
    )
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("person.html", page), ("person.json", json.dumps(tree, ensure_ascii=False, indent=1))):
            archive.writestr(zipfile.ZipInfo(name, made.timetuple()[:6]), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _table(section: Section) -> str:
    heading = f"<h2>{html.escape(section.title)}</h2>"
    if not section.rows:
        return f"{heading}<p>Nothing.</p>"
    # A column that is empty in every row says nothing to a reader; the data has it.
    columns = [name for name in section.rows[0] if any(row.get(name) is not None for row in section.rows)]
    head = "".join(f"<th>{html.escape(name.removesuffix('_minor').replace('_', ' '))}</th>" for name in columns)
    body = "\n".join("<tr>" + "".join(_cell(name, row) for name in columns) + "</tr>" for row in section.rows)
    return f"{heading}<table><tr>{head}</tr>\n{body}</table>"


def _cell(name: str, row: Row) -> str:
    """Return a cell; an amount as people write it, beside its currency's column."""
    value, currency = row.get(name), row.get("currency")
    if name.endswith("_minor") and isinstance(value, int) and isinstance(currency, str):
        value = format_minor(value, currency)
    return f"<td>{'' if value is None else html.escape(str(value))}</td>"
