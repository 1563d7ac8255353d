"""How commands print: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Literal

import click

Cell = str | int | bool | None
OutputFormat = Literal["table", "json", "csv"]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# An amount in major units is a number, whatever its sign; a spreadsheet reads it as one.
_AMOUNT = re.compile(r"-[0-9]+(\.[0-9]+)?")


def emit(rows: Sequence[Mapping[str, Cell]], columns: Sequence[str], output_format: OutputFormat) -> None:
    """Print rows with the given columns in the given format; text cells of CSV are escaped against formulas."""
    if output_format == "json":
        click.echo(json.dumps([{column: row.get(column) for column in columns} for row in rows], ensure_ascii=False, indent=1))
    elif output_format == "csv":
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[safe_cell(row.get(column)) for column in columns] for row in rows])
        click.echo(buffer.getvalue(), nl=False)
    else:
        _table(rows, columns)


def safe_cell(value: Cell) -> str | int:
    """Return a cell that no spreadsheet runs: text that starts like a formula gets a leading apostrophe, an amount none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    return f"'{value}" if value.startswith(FORMULA_STARTS) and not _AMOUNT.fullmatch(value) else value


def _table(rows: Sequence[Mapping[str, Cell]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    numeric = [all(isinstance(row.get(column), int | None) for row in rows) for column in columns]
    for column, is_number in zip(columns, numeric, strict=True):
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*[Text("" if row.get(column) is None else str(row.get(column))) for column in columns])
    width = None if sys.stdout.isatty() else 240
    Console(width=width, highlight=False).print(table)
