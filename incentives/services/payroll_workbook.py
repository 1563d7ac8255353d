"""The payroll export as a workbook: the rows of the CSV with typed amounts, and its control totals on a second sheet."""

from __future__ import annotations

import io
import json
from datetime import datetime
from decimal import Decimal

from incentives.ledger.exports import COLUMNS, PayrollFile, safe_text
from incentives.money import currency_digits, format_minor

_WIDTHS = (10, 14, 20, 24, 10, 16)


def workbook_bytes(file: PayrollFile, period: str, pay_group: str) -> bytes:
    """Return the XLSX of a payroll file; the same rows give the same bytes."""
    import xlsxwriter

    control = json.loads(file.control)
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": file.name, "created": datetime.fromisoformat(control["exported_at"])})
    bold = book.add_format({"bold": True})
    formats = {
        currency: book.add_format({"num_format": "0" if not digits else f"0.{'0' * digits}"})
        for currency in sorted({line.currency for line in file.lines})
        for digits in (currency_digits(currency),)
    }
    sheet = book.add_worksheet("Payroll")
    sheet.freeze_panes(1, 0)
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold)
    for row, line in enumerate(file.lines, 1):
        for column, text in enumerate((period, pay_group, line.associate_id, line.pay_element, line.currency)):
            sheet.write_string(row, column, safe_text(text))
        # A workbook holds doubles: 15 digits, which every amount that a feed may bring has room in.
        sheet.write_number(row, 5, Decimal(format_minor(line.amount_minor, line.currency)), formats[line.currency])
    totals = book.add_worksheet("Control")
    totals.set_column(0, 1, 40)
    told = [
        (name, control[name]) for name in ("file", "sha256", "rows", "people", "version", "digest", "exported_at", "chain_hash")
    ]
    told += [(f"total {currency}", amount) for currency, amount in control["totals"].items()]
    for row, (name, value) in enumerate(told):
        totals.write_string(row, 0, name, bold)
        totals.write_string(row, 1, str(value))
    book.close()
    return buffer.getvalue()
