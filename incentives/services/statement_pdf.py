"""Statements on paper: one PDF for a person and cycle, with every component and every step of the arithmetic."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from incentives.errors import InputError
from incentives.ledger.audit import JsonValue, canonical
from incentives.money import currency_digits, format_minor
from incentives.periods import Period
from incentives.services.cycle_reads import resolve_pay_group, statements_of_cycle
from incentives.services.cycle_views import ComponentView, StatementView
from incentives.serving.durable import replace_bytes, replace_text
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_MILLI = 1000
# What the standard fonts of PDF can write.
_ENCODING = "cp1252"
_WIDTHS_MM = (45, 38, 30, 30, 32)
_STEP_WIDTHS_MM = (110, 65)


def statements_pdf(statements: Sequence[StatementView]) -> bytes:
    """Return the PDF of one person's statements of a cycle, with their traces; equal statements give equal bytes.

    Args:
        statements: At least one; all of one person and cycle.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import PageBreak, SimpleDocTemplate

    first = statements[0]
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=17 * mm,
        rightMargin=17 * mm,
        topMargin=17 * mm,
        bottomMargin=17 * mm,
        title=_text(f"Statement {first.period} of {first.associate_id}"),
        author="incentives",
        # No clock and no chance in the file.
        invariant=1,
    )
    story: list[Flowable] = []
    for statement in statements:
        if story:
            story.append(PageBreak())
        story += _statement(statement)
    document.build(story)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class PdfReport:
    """What was written: files, people, and what the statements in them are due by currency; minor units."""

    folder: str
    control_file: str
    people: int
    statements: int
    due_minor: dict[str, int]


def write_statement_pdfs(
    ws: Workspace, period: Period, folder: Path, *, pay_group: str | None, associate_id: str | None
) -> PdfReport:
    """Write one PDF for each person of a cycle's current version, and the control totals over all of them.

    Raises:
        InputError: Not calculated, or nobody of that id has a statement.
    """
    group = resolve_pay_group(ws, pay_group)
    found = [one for one in statements_of_cycle(ws, period, group, with_trace=True) if associate_id in (None, one.associate_id)]
    if not found:
        raise InputError(
            "there is no statement to write.", where=f"{period.label}/{group}", remedy="Look at `incentives cycle statements`."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    by_person: dict[str, list[StatementView]] = {}
    for one in found:
        by_person.setdefault(one.associate_id, []).append(one)
    files: dict[str, JsonValue] = {}
    due: dict[str, int] = {}
    for person, own in sorted(by_person.items()):
        name = f"statement-{group}-{period.label}-{quote(person, safe='')}.pdf"
        content = statements_pdf(own)
        replace_bytes(folder / name, content)
        files[name] = hashlib.sha256(content).hexdigest()
        for one in own:
            due[one.currency] = due.get(one.currency, 0) + one.due_minor
    control: dict[str, JsonValue] = {
        "period": period.label,
        "pay_group": group,
        "version": found[0].version,
        "state": found[0].state,
        "people": len(by_person),
        "statements": len(found),
        "due": {currency: format_minor(minor, currency) for currency, minor in sorted(due.items())},
        "files": files,
    }
    target = folder / f"statements-{group}-{period.label}.control.json"
    replace_text(target, f"{canonical(control)}\n")
    return PdfReport(str(folder), str(target), len(by_person), len(found), dict(sorted(due.items())))


def _statement(view: StatementView) -> list[Flowable]:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, Spacer

    styles = getSampleStyleSheet()

    def words(text: str, style: str = "BodyText") -> Flowable:
        return Paragraph(escape(_text(text)), styles[style])

    money = {name: format_minor(amount, view.currency) for name, amount in _amounts(view).items()}
    kind = f"correction of {view.earned_period}" if view.is_adjustment else f"period {view.earned_period}"
    if view.is_decision:
        kind = f"what was held back of {view.earned_period}"
    story: list[Flowable] = [
        words(f"{view.associate_id}: {money['due']} {view.currency}", "Title"),
        words(
            f"Statement {view.number}, {kind}, pay group {view.pay_group}. {'Final.' if view.is_final else 'Draft, may change.'}"
        ),
        words(f"Plan {view.plan}, version {view.plan_version}{f', agreement {view.agreement}' if view.agreement else ''}."),
    ]
    if view.is_adjustment:
        story.append(words(f"Worth by now {money['worth']}, settled so far {money['settled']} {view.currency}."))
    head = ("Component", "Measure", "Value", "Target", f"Amount {view.currency}")
    rows = [_component_row(part, view.currency) for part in view.components]
    story += [Spacer(0, 8), _table([head, *rows, ("Worth", "", "", "", money["worth"])], _WIDTHS_MM, totals=True)]
    story += [words("Step by step", "Heading2")]
    steps = [
        (f"{step.component}: {step.label}{_inputs(step.inputs)}", _output(step.output, step.unit, view.currency))
        for step in view.trace
    ]
    story += [_table([("Step", "Result"), *steps], _STEP_WIDTHS_MM, totals=False)]
    story += [Spacer(0, 8), words(f"Fingerprint of this statement: {view.digest}")]
    return story


def _amounts(view: StatementView) -> dict[str, int]:
    return {"worth": view.worth_minor, "settled": view.settled_minor, "due": view.due_minor}


def _component_row(part: ComponentView, currency: str) -> tuple[str, ...]:
    value, target = (_value(one, part.measure_unit, currency) for one in (part.measure_value, part.target_value))
    return part.component, part.measure, value, target, format_minor(part.amount_minor, currency)


def _value(value: int | None, unit: str, currency: str) -> str:
    if value is None:
        return ""
    if unit == "money":
        return format_minor(value, currency)
    return f"{value // _MILLI}.{value % _MILLI:03d}" if unit == "thousandths" and value >= 0 else str(value)


def _inputs(inputs: dict[str, str]) -> str:
    return f" ({', '.join(f'{name} {value}' for name, value in inputs.items())})" if inputs else ""


def _output(output: str, unit: str, currency: str) -> str:
    if unit != "money":
        return output
    whole, _, decimals = output.partition(".")
    digits = currency_digits(currency)
    return f"{output if '/' in output or not digits else f'{whole}.{decimals.ljust(digits, chr(48))}'} {currency}"


def _table(rows: Sequence[Sequence[str]], widths: Sequence[int], *, totals: bool) -> Flowable:
    from reportlab.lib import colors
    from reportlab.lib.enums import TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, Table, TableStyle

    left = ParagraphStyle("cell", parent=getSampleStyleSheet()["BodyText"], fontSize=8, leading=10)
    right = ParagraphStyle("figure", parent=left, alignment=TA_RIGHT)
    last = len(widths) - 1
    cells = [
        [Paragraph(escape(_text(text)), right if column == last else left) for column, text in enumerate(row)] for row in rows
    ]
    style = TableStyle()
    style.add("LINEBELOW", (0, 0), (-1, 0), 0.75, colors.black)
    style.add("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.lightgrey)
    style.add("VALIGN", (0, 0), (-1, -1), "TOP")
    if totals:
        style.add("LINEABOVE", (0, -1), (-1, -1), 0.75, colors.black)
    return Table(cells, colWidths=[width * mm for width in widths], repeatRows=1, style=style)


def _text(text: str) -> str:
    """Return a text with what the fonts cannot write spelled out, so that nothing is lost."""
    return text.encode(_ENCODING, "backslashreplace").decode(_ENCODING)
