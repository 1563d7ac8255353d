"""How cycles, exports and replays are printed: a few sentences for people, one JSON object in a list for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import click

from incentives.cli.output import Cell, OutputFormat, emit
from incentives.money import format_minor

if TYPE_CHECKING:
    from incentives.services.cycle_views import CycleStatus, CycleSummary, ExportReport, ReplayReport

SUMMARY_COLUMNS = ("period", "pay_group", "state", "version", "people", "currency", "worth", "due", "digest")
_SAID = {"accepted": "accepted", "refused": "refused, and owed again", "waiting": "without an answer yet"}


def print_json(rows: list[dict[str, object]]) -> None:
    """Print rows as the JSON list that every command prints; moments become ISO 8601."""
    click.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=_plain))


def summary_rows(summary: CycleSummary) -> list[dict[str, Cell]]:
    """Return one row for each currency of a cycle; amounts in major units."""
    head: dict[str, Cell] = {
        "period": summary.period,
        "pay_group": summary.pay_group,
        "state": summary.state,
        "version": summary.version,
        "digest": summary.digest[:12] if summary.digest else None,
    }
    if not summary.totals:
        return [{**head, "people": 0, "currency": summary.currency, "worth": None, "due": None}]
    return [
        {
            **head,
            "people": total.people,
            "currency": total.currency,
            "worth": format_minor(total.worth_minor, total.currency),
            "due": format_minor(total.due_minor, total.currency),
        }
        for total in summary.totals
    ]


def show_status(status: CycleStatus, output_format: OutputFormat) -> None:
    """Print where a cycle stands."""
    if output_format == "json":
        print_json([{**asdict(status.summary), **{k: v for k, v in asdict(status).items() if k != "summary"}}])
        return
    emit(summary_rows(status.summary), SUMMARY_COLUMNS, output_format)
    if output_format == "csv":
        return
    for exception in status.exceptions[:20]:
        click.echo(f"look at: {exception.subject_id}: {exception.detail}")
    if len(status.exceptions) > 20:
        click.echo(f"look at: {len(status.exceptions) - 20} more exceptions (--format json lists them)")
    for told in status.instructions:
        amount = "" if told.amount_minor is None else f" {format_minor(told.amount_minor, told.currency or '')}"
        click.echo(f"{told.kind.replace('_', '-')} {told.subject}{amount}: {told.reason or 'reason erased'} ({told.person_id})")
    for opening in status.opening:
        people = "1 person" if opening.people == 1 else f"{opening.people} people"
        amount = format_minor(opening.amount_minor, opening.currency)
        click.echo(f"opens with: {amount} {opening.currency} {opening.balance.replace('_', ' ')} of {people}")
    for said in status.payroll:
        people = "1 person" if said.people == 1 else f"{said.people} people"
        click.echo(f"payroll: {format_minor(said.amount_minor, said.currency)} {said.currency} of {people} {_SAID[said.outcome]}")
    for blocker in status.blockers:
        click.echo(f"note: {blocker}")
    if status.possible:
        click.echo(f"next: {' or '.join(status.possible).replace('_', '-')}")


def show_acts(status: CycleStatus) -> None:
    """Print who did what on a cycle."""
    rows: list[dict[str, Cell]] = [
        {
            "at": act.at.isoformat(),
            "act": act.act,
            "by": act.person_id if act.actor_kind == "person" else f"{act.person_id} ({act.actor_kind})",
            "version": act.version,
            "reason": act.reason,
        }
        for act in status.acts
    ]
    emit(rows, ("at", "act", "by", "version", "reason"), "table")


def show_export(report: ExportReport, output_format: OutputFormat) -> None:
    """Print what an export wrote."""
    if output_format == "json":
        print_json([asdict(report)])
        return
    rows: list[dict[str, Cell]] = [
        {
            "file": report.file,
            "rows": report.rows,
            "people": total.people,
            "currency": total.currency,
            "amount": format_minor(total.due_minor, total.currency),
            "sha256": report.sha256,
        }
        for total in report.totals
    ]
    emit(rows, ("file", "rows", "people", "currency", "amount", "sha256"), output_format)
    if output_format == "table":
        click.echo(f"also: {report.control_file}, {report.workbook}, {report.journal}, {report.journal_control_file}")
    if output_format == "table" and report.repeated:
        click.echo("It was exported before; these are the same bytes, and nothing was paid again.")
    elif output_format == "table" and not report.rows:
        click.echo(f"{report.file}: nobody is paid anything in this cycle.")


def show_replay(report: ReplayReport, output_format: OutputFormat) -> None:
    """Print the two steps of a replay."""
    if output_format != "table":
        print_json([{**asdict(report), "agrees": report.agrees}])
        return
    name = f"{report.period}/{report.pay_group}, version {report.version}"
    if report.agrees:
        click.echo(f"{name}: {report.statements} statements from their frozen inputs agree to the cent.")
    else:
        click.echo(f"{name}: {len(report.statement_differences)} differences between the statements and their frozen inputs:")
    for sentence in report.statement_differences:
        click.echo(f"  {sentence}")
    if report.input_differences is None:
        click.echo("The inputs were not rebuilt from bronze; --from-bronze does that too.")
    elif not report.input_differences:
        click.echo("The inputs rebuilt from bronze agree with the frozen ones.")
    else:
        click.echo("The inputs rebuilt from bronze differ from the frozen ones:")
        for sentence in report.input_differences:
            click.echo(f"  {sentence}")


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")
