"""`incentives quarantine`, `reconcile` and `exceptions`: what to look at when numbers are missing."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import EXIT_CHECK_FAILED
from incentives.money import format_minor
from incentives.workspace import Workspace

RECONCILE_COLUMNS = (
    "source",
    "business_date",
    "currency",
    "basis",
    "lines_stated",
    "lines_found",
    "net_stated_minor",
    "net_found_minor",
    "difference_minor",
    "lines_difference",
)
# What `exceptions` can name, in the order in which it is usually looked at.
EXCEPTION_KINDS = (
    "unknown_associate",
    "unmatched_return",
    "return_before_sale_completed",
    "return_exceeds_sale",
    "seller_not_employed",
    "missing_rate",
    "house_account",
    "shared_identifier",
    "touches_unknown_associate",
    "touches_not_employed",
)
EXCEPTION_COLUMNS = ("kind", "subject", "source", "order_id", "line_id", "amount_minor", "currency", "detail")


REDRIVE_COLUMNS = (
    "file",
    "feed",
    "open_rows",
    "accepted",
    "duplicate",
    "superseded",
    "still_refused",
    "outcome",
    "sentence",
)


@click.group(invoke_without_command=True)
@click.option("--reason", metavar="CODE", help="Only rows refused for this reason.")
@click.option("--summary", is_flag=True, help="Count by feed and reason instead of listing rows.")
@click.option("--all", "closed", is_flag=True, help="Also rows that were delivered mended since.")
@click.option(
    "--workspace",
    default=".",
    envvar="INCENTIVES_WORKSPACE",
    show_default="the current folder",
    metavar="DIR",
    help="The workspace.",
)
@format_option
@click.pass_context
def quarantine(
    context: click.Context, reason: str | None, summary: bool, closed: bool, workspace: str, output_format: OutputFormat
) -> None:
    """List the rows that the last build refused: file, row, reason, and what was delivered.

    A row leaves the list when it is delivered again mended, or landed again with `redrive`. Customers' identifiers are shown
    as tokens.
    """
    if context.invoked_subcommand is None:
        _list(Workspace.open(Path(workspace)), reason, summary, closed, output_format)


@quarantine.command()
@click.option("--reason", metavar="CODE", help="Only rows refused for this reason.")
@click.option("--source", help="Only rows that this source delivered.")
@workspace_option
@format_option
def redrive(reason: str | None, source: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Land quarantined rows again after their source's mapping was mended.

    The delivered files are read anew, from the inbox or where they were set aside. Rows that are usable now land; the others
    stay in quarantine. Entries close with the next build.
    """
    from incentives import clock
    from incentives.services.redriving import redrive as land_again

    done = land_again(workspace, reason=reason, source=source, now=clock.now())
    rows: list[dict[str, Cell]] = [{column: getattr(file, column) for column in REDRIVE_COLUMNS} for file in done]
    _print(rows, REDRIVE_COLUMNS, output_format, nothing="No row is in quarantine.")
    loads = sorted({file.load_id for file in done if file.load_id is not None})
    if loads and output_format == "table":
        click.echo(f"Landed as load {', '.join(map(str, loads))}; run `incentives build`.", err=True)


def _list(workspace: Workspace, reason: str | None, summary: bool, closed: bool, output_format: OutputFormat) -> None:
    from incentives.services.diagnostics import quarantine_summary, quarantined_rows

    if summary:
        counts: list[dict[str, Cell]] = [
            {"feed": count.feed, "reason": count.reason, "rows": count.rows, "mended_since": count.closed}
            for count in quarantine_summary(workspace)
            if reason in (None, count.reason)
        ]
        _print(counts, ("feed", "reason", "rows", "mended_since"), output_format, nothing="No row was refused.")
        return
    rows: list[dict[str, Cell]] = [
        {"file": row.file, "row": row.row, "reason": row.reason, "sentence": row.sentence, "raw": row.raw}
        for row in quarantined_rows(workspace, reason=reason, closed=closed)
    ]
    shown = ("file", "row", "reason", "sentence") if output_format == "table" else ("file", "row", "reason", "sentence", "raw")
    _print(rows, shown, output_format, nothing="No row is in quarantine.")


@click.command()
@workspace_option
@format_option
def reconcile(workspace: Workspace, output_format: OutputFormat) -> None:
    """Compare the last build with what the sources themselves say that they sold.

    Lists the control totals that differ, found minus stated, and exits with 1 where an amount differs by more
    than quality.control_total_tolerance_minor.
    """
    from incentives.services.diagnostics import reconcile as compare

    found = compare(workspace)
    amounts = ("net_stated_minor", "net_found_minor", "difference_minor")
    rows: list[dict[str, Cell]] = []
    for difference in found.differences:
        row: dict[str, Cell] = {column: getattr(difference, column) for column in RECONCILE_COLUMNS if column != "business_date"}
        row["business_date"] = difference.business_date.isoformat()
        if output_format == "table":
            row |= {
                column.removesuffix("_minor"): format_minor(getattr(difference, column), difference.currency)
                for column in amounts
            }
        rows.append(row)
    shown = [column.removesuffix("_minor") for column in RECONCILE_COLUMNS] if output_format == "table" else RECONCILE_COLUMNS
    nothing = (
        f"{found.compared} control totals compared, no difference." if found.compared else "No control totals were delivered."
    )
    _print(rows, shown, output_format, nothing=nothing)
    if found.beyond_tolerance:
        click.echo(
            f"{len(found.beyond_tolerance)} of {found.compared} control totals differ by more than "
            f"{workspace.config.quality.control_total_tolerance_minor} minor units.",
            err=True,
        )
        sys.exit(EXIT_CHECK_FAILED)


@click.command()
@click.option("--kind", type=click.Choice(EXCEPTION_KINDS), metavar="CODE", help="Only exceptions of this kind.")
@workspace_option
@format_option
def exceptions(kind: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """List what needs a person: sellers nobody knows, returns without their sale, identifiers shared by too many.

    Each row says in one sentence what it is and what to do; docs/reference/exceptions.md has every kind. Amounts are in major
    units in a table, in minor units otherwise.
    """
    from incentives.services.diagnostics import open_exceptions

    found = [exception for exception in open_exceptions(workspace) if kind in (None, exception.kind)]
    rows: list[dict[str, Cell]] = [{column: getattr(exception, column) for column in EXCEPTION_COLUMNS} for exception in found]
    shown: Sequence[str] = EXCEPTION_COLUMNS
    if output_format == "table":
        shown = [column.removesuffix("_minor") for column in EXCEPTION_COLUMNS]
        for row, exception in zip(rows, found, strict=True):
            row["amount"] = _major(exception.amount_minor, exception.currency)
    _print(rows, shown, output_format, nothing="Nothing needs a person.")


def _major(minor: int | None, currency: str | None) -> str | None:
    return None if minor is None or currency is None else format_minor(minor, currency)


def _print(rows: Sequence[Mapping[str, Cell]], columns: Sequence[str], output_format: OutputFormat, *, nothing: str) -> None:
    """Print rows, or in a table the sentence that says that there are none."""
    if rows or output_format != "table":
        emit(rows, columns, output_format)
    else:
        click.echo(nothing)
