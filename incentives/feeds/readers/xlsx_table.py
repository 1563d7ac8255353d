"""The first sheet of a delivered XLSX as a table.

The first row with anything in it is the header; a preamble above it therefore refuses the file. Values are what the
cells hold, numbers with the 15 digits that spreadsheets show. A formula's last result is not taken for a value.
Hidden rows and columns are read like any other; a hidden first sheet is refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from incentives.feeds.bronze_files import RejectsFile
from incentives.feeds.columns import ColumnType
from incentives.feeds.readers.batches import Batch, Form, RowBuffer, fault_of_text, raw_of
from incentives.feeds.readers.broken import Fault
from incentives.feeds.readers.exact_text import cell_moment, cell_number
from incentives.feeds.readers.packing import RATIO_MAX
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.readers.xlsx_archive import fingerprint, refuse_unsafe
from incentives.feeds.reading import Reading

if TYPE_CHECKING:
    from incentives.feeds.readers.xlsx_rows import Row, SheetCell

_FORMULA = Fault("spreadsheet_formula", "{name} holds a formula; paste its values before saving.")
_ERROR = Fault("spreadsheet_error", "{name} holds the error {value}.")
_BEYOND = Fault(
    "number_beyond_precision", "{name} holds a number of more than 15 digits, which spreadsheets cut; format the column as text."
)


class XlsxTable:
    """Rows of a spreadsheet."""

    def __init__(self, path: Path, reading: Reading, *, rejects: RejectsFile) -> None:
        self._path = path
        self._reading = reading
        self._rejects = rejects
        self.form = Form("XLSX, first sheet")
        self.sha256, self.size = fingerprint(path)
        refuse_unsafe(path, self.size, RATIO_MAX)
        self._dates = {column.name for column in reading.feed.columns if column.type is ColumnType.DATE}
        self._values: dict[int, int] = {}
        self._others: tuple[tuple[int, str], ...] = ()
        self.delivered = 0

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Name of each column that is not written, and how many values it held."""
        return tuple((name, self._values[position]) for position, name in self._others)

    def batches(self) -> Iterator[Batch]:
        """Yield the sound records.

        Raises:
            UnreadableFileError: The workbook is damaged, unsafe or empty, or its first row is no header.
        """
        with self._rows() as found:
            # What openpyxl meets in a damaged workbook is any of a dozen errors.
            rows = _guarded(found)
            header = next((row for row in rows if not _is_blank(row)), None)
            if header is None:
                raise UnreadableFileError("no_header", "The first sheet is empty.")
            columns = self._reading.columns_of(_names(header))
            self._others = columns.dropped
            self._values = dict.fromkeys((position for position, _ in columns.dropped), 0)
            buffer = RowBuffer(list(columns.positions), keeps_unknown=self._reading.keep_unknown)
            for row in rows:
                if _is_blank(row):
                    continue
                self.delivered += 1
                if self._add(buffer, row, columns.positions, columns.width) and buffer.is_full:
                    yield buffer.take()
            yield buffer.take()

    def _add(self, buffer: RowBuffer, row: Row, positions: Mapping[str, int], width: int) -> bool:
        values: list[str | None] = []
        fault: Fault | None = None
        for name, position in positions.items():
            value = self._text(row[position], name) if position < len(row) else None
            if isinstance(value, Fault):
                fault, value = fault or value, None
            values.append(value)
        unknown: dict[str, str] = {}
        for position, name in self._others:
            value = self._text(row[position], name) if position < len(row) else None
            if value is not None:
                self._values[position] += 1
            if isinstance(value, str) and self._reading.is_kept(name):
                unknown[name] = value
        if any(cell.value is not None for cell in row[width:]):
            fault = Fault("wrong_field_count", f"The row has a value to the right of the {width} columns that the header names.")
        if fault is not None:
            shown = {name: row[position].value for name, position in positions.items() if position < len(row)}
            raw = raw_of({name: value for name, value in shown.items() if value is not None})
            self._rejects.add(fault.at(raw).of(self.delivered))
            return False
        buffer.add(self.delivered, values, unknown, sum(len(value) for value in values if value))
        return True

    def _text(self, cell: SheetCell, name: str) -> str | Fault | None:
        """Return a cell's value as text, or what makes it none."""
        value = cell.value
        if value is None or value == "":
            return None
        if cell.data_type == "f":
            return _named(_FORMULA, name)
        if cell.data_type == "e":
            return _named(_ERROR, name, str(value))
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            text = cell_number(value, str(cell.number_format))
            return _named(_BEYOND, name) if text is None else text
        if isinstance(value, datetime | date | time):
            return cell_moment(value, is_date=name in self._dates)
        text = str(value)
        return fault_of_text(text) or text

    @contextmanager
    def _rows(self) -> Iterator[Iterable[Row]]:
        from openpyxl import load_workbook

        from incentives.feeds.readers.xlsx_rows import rows_in_order

        with warnings.catch_warnings():
            # What openpyxl does not keep of a workbook (styles, validation) does not matter here.
            warnings.simplefilter("ignore")
            with self._path.open("rb") as handle:
                try:
                    workbook = load_workbook(handle, read_only=True, data_only=False, keep_links=False)
                    sheet = workbook.worksheets[0]
                    rows = rows_in_order(workbook)
                except Exception as error:
                    raise _damaged(error) from error
                if sheet.sheet_state != "visible":
                    raise UnreadableFileError(
                        "unsupported_format", "The first sheet is hidden; deliver the table as the first, visible one."
                    )
                try:
                    yield rows
                finally:
                    workbook.close()


def _guarded(rows: Iterable[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except Exception as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> UnreadableFileError:
    from defusedxml.common import DefusedXmlException

    if isinstance(error, UnreadableFileError):
        return error
    # openpyxl hides what it met behind an error of its own.
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    if any(isinstance(cause, DefusedXmlException) for cause in causes):
        return UnreadableFileError(
            "xml_entities", "The spreadsheet's XML declares a document type or entities; no office program writes that."
        )
    return UnreadableFileError("corrupt_spreadsheet", "The spreadsheet is damaged, cut off, or no XLSX.")


def _named(fault: Fault, name: str, value: str = "") -> Fault:
    return Fault(fault.reason, fault.sentence.format(name=name, value=value))


def _names(header: Row) -> list[str]:
    names = [str(cell.value) if cell.value is not None else "" for cell in header]
    while names and not names[-1].strip():
        names.pop()
    return names


def _is_blank(row: Row) -> bool:
    return all(cell.value is None or cell.value == "" for cell in row)
