"""`incentives explain payout`: a statement in words, down to the order lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.payouts import ChangedLine, ComponentExplanation, CreditedLine, MeasureRow, PayoutExplanation

COLUMNS = (
    "component",
    "source",
    "order_id",
    "line_id",
    "line_kind",
    "role",
    "share",
    "credit",
    "currency",
    "earned_date",
    "policy",
)


@click.command("payout")
@click.argument("number", metavar="STATEMENT")
@click.option("--lines", type=click.IntRange(min=0), default=20, show_default=True, help="Order lines shown per component.")
@workspace_option
@format_option
def payout(number: str, lines: int, workspace: Workspace, output_format: OutputFormat) -> None:
    """Say how the payout of STATEMENT came about: PERIOD/PAY-GROUP/ASSOCIATE, such as 2026-03/main/A0001.

    Read from what was frozen with the cycle. Table shows the first order lines; json and csv carry every one.
    """
    from incentives.services.payouts import explain_payout

    found = explain_payout(workspace, number)
    if output_format == "json":
        from incentives.cli.cycle_show import print_json

        print_json([asdict(found)])
    elif output_format == "csv":
        emit([_row(part, line) for part in found.components for line in part.lines], COLUMNS, "csv")
    else:
        click.echo("\n".join(_words(found, lines)))


def _words(found: PayoutExplanation, shown: int) -> list[str]:
    statement = found.statement
    kind = "final" if statement.is_final else "a draft, may change"
    money = format_minor(statement.worth_minor, statement.currency)
    text = [
        f"Statement {statement.number} ({kind}; version {statement.version}, as known after load {found.last_load})",
        f"{statement.associate_id} is due {format_minor(statement.due_minor, statement.currency)} {statement.currency}"
        f" under plan {statement.plan}, version {statement.plan_version}.",
    ]
    if statement.agreement:
        text.append(f"Agreement: {statement.agreement}.")
    if statement.settled_minor:
        settled = format_minor(statement.settled_minor, statement.currency)
        text.append(
            f"{statement.earned_period} is worth {money} by now, and {settled} of it is settled; the difference is due here."
            if not statement.is_decision
            else f"This says what becomes of what was held back of {statement.earned_period}."
        )
    for part in found.components:
        text += ["", *_component(part, statement.currency, shown)]
    if found.changes:
        text += ["", f"Not as it was settled for {statement.earned_period}:"]
        text += [f"    {_change(change)}" for change in found.changes[:shown]]
        text += _rest(len(found.changes), shown, "order lines")
    if found.after:
        text += ["", "After the components:", *(f"  {step.label}: {step.output}" for step in found.after)]
    return text


def _component(part: ComponentExplanation, currency: str, shown: int) -> list[str]:
    component = part.component
    text = [f"{component.component}: {format_minor(component.amount_minor, currency)} {currency}"]
    text += [f"  {step.label}: {step.output}" for step in part.steps]
    if part.lines:
        text.append(f"  Behind {component.measure}, from {component.window_start} to before {component.window_end}:")
        text += [f"    {_line(line)}" for line in part.lines[:shown]]
        text += _rest(len(part.lines), shown, "order lines")
    elif part.rows:
        text.append(f"  Behind {component.measure}, from {component.window_start} to before {component.window_end}:")
        text += [f"    {_measure(row)}" for row in part.rows[:shown]]
        text += _rest(len(part.rows), shown, "rows")
    return text


def _rest(count: int, shown: int, what: str) -> list[str]:
    return [f"    and {count - shown} more {what} (--lines {count}, or --format csv)"] if count > shown else []


def _line(line: CreditedLine) -> str:
    share = f"{line.share_e12 // 10**10}.{line.share_e12 // 10**8 % 100:02} %"
    credit = f"{format_minor(line.credit_minor, line.currency)} {line.currency}"
    kind = "" if line.line_kind == "sale" else f" ({line.line_kind})"
    role = line.role or "no role"
    return f"{line.earned_date}  {line.source} {line.order_id}/{line.line_id}{kind}: {credit} as {role}, {share} of the line"


def _change(change: ChangedLine) -> str:
    settled, now = (format_minor(minor, change.currency) for minor in (change.settled_minor, change.now_minor))
    role = change.role or "no role"
    place = f"{change.source} {change.order_id}/{change.line_id}"
    return f"{place} as {role}: {settled} {change.currency}, now {now} {change.currency}"


def _measure(row: MeasureRow) -> str:
    value = str(row.numerator) if row.currency is None else f"{format_minor(row.numerator, row.currency)} {row.currency}"
    unit = f" ({row.unit_key})" if row.unit_key else ""
    return f"{row.earned_date}  {row.measure} of {row.subject_id}{unit}: {value}"


def _row(part: ComponentExplanation, line: CreditedLine) -> dict[str, Cell]:
    return {
        "component": part.component.component,
        "source": line.source,
        "order_id": line.order_id,
        "line_id": line.line_id,
        "line_kind": line.line_kind,
        "role": line.role,
        "share": f"{line.share_e12 // 10**12}.{line.share_e12 % 10**12:012}",
        "credit": format_minor(line.credit_minor, line.currency),
        "currency": line.currency,
        "earned_date": line.earned_date.isoformat(),
        "policy": line.policy,
    }
