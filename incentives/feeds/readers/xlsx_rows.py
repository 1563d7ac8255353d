"""Rows of a workbook's first sheet, each with its cells in their places.

openpyxl's own iteration leaves out, without a word, rows whose number is not greater than the one before, and
overwrites a cell that stands twice. Here both refuse the file, so its parser is driven directly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import IO, Protocol, cast

from openpyxl.cell.read_only import EMPTY_CELL, ReadOnlyCell
from openpyxl.workbook import Workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import WorkSheetParser

from incentives.feeds.readers.unreadable import UnreadableFileError


class SheetCell(Protocol):
    """What is read of a cell."""

    @property
    def value(self) -> object:
        """Its value, None where it is empty."""

    @property
    def data_type(self) -> str:
        """Kind of value: f for a formula, e for an error."""

    @property
    def number_format(self) -> str | None:
        """How a number is shown."""


Row = Sequence[SheetCell]


class _Sheet(Protocol):
    """What openpyxl's read-only sheet has and its published types do not say."""

    _shared_strings: list[str]

    def _get_source(self) -> IO[bytes]: ...


class _Book(Protocol):
    """What openpyxl's workbook has and its published types do not say."""

    epoch: datetime
    _date_formats: set[int]
    _timedelta_formats: set[int]


def rows_in_order(workbook: Workbook) -> Iterator[Row]:
    """Yield the rows that the first sheet holds; what it claims about its size is not believed.

    Raises:
        UnreadableFileError: Rows or cells stand out of order or twice.
    """
    first = cast(ReadOnlyWorksheet, workbook.worksheets[0])
    sheet = cast(_Sheet, first)
    book = cast(_Book, workbook)
    last = 0
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=False,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            columns = [cell["column"] for cell in cells]
            if number <= last or any(after <= before for before, after in pairwise(columns)):
                raise UnreadableFileError(
                    "corrupt_spreadsheet", f"Near row {number:,} rows or cells stand out of order or twice."
                )
            last = number
            row: list[object] = [EMPTY_CELL] * (columns[-1] if columns else 0)
            for cell in cells:
                row[cell["column"] - 1] = ReadOnlyCell(first, **cell)
            yield cast(Row, row)
