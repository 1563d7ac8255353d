"""Which records and rows are one customer, plainly: the second implementation of identity, for the tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Line = tuple[str, str, str]
OF_LINES = ("loyalty_id", "customer_email", "customer_phone")
OF_INTERACTIONS = (*OF_LINES, "social_handle")


class PlainCustomers:
    """The customers of a retailer: records joined by usable identifiers, and rows that only an identifier names."""

    def __init__(self, identifiers: Iterable[Row], rows: Iterable[Row], records_max: int) -> None:
        holders: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
        for row in identifiers:
            holders[row["identifier_value"]].add(("record", row["source"], row["customer_id"]))
        for row in rows:
            if row.get("customer_id") is not None:
                for column in OF_INTERACTIONS:
                    if row.get(column) is not None:
                        holders[row[column]].add(("record", row["source"], row["customer_id"]))
        self.hubs = set()
        for identifier, records in holders.items():
            sources = [source for _, source, _ in records]
            if max(sources.count(source) for source in sources) > records_max:
                self.hubs.add(identifier)
        self.holders = {identifier: records for identifier, records in holders.items() if identifier not in self.hubs}
        self.component: dict[Any, Any] = {}
        for records in self.holders.values():
            joined = {self.component.get(record, record) for record in records}
            name = min(joined)
            for record in [*records, *(known for known, component in self.component.items() if component in joined)]:
                self.component[record] = name

    def of_record(self, source: str | None, customer_id: str | None) -> Any:
        """Return the customer of a source's record."""
        record = ("record", source, customer_id)
        return self.component.get(record, record)

    def of_row(self, row: Row, columns: Iterable[str]) -> Any:
        """Return the customer of a row: its record's, or whom its first usable identifier names; None where nobody."""
        if row.get("customer_id") is not None:
            return self.of_record(row["source"], row["customer_id"])
        for column in columns:
            identifier = row.get(column)
            if identifier is not None and identifier not in self.hubs:
                records = self.holders.get(identifier)
                return self.component[min(records)] if records else ("identifier", identifier)
        return None

    def of_lines(self, lines: Mapping[Line, Row]) -> dict[Line, Any]:
        """Return the customer of each line; a line without any takes the one on which its order's others agree."""
        own = {line: self.of_row(row, OF_LINES) for line, row in lines.items()}
        agreed: dict[tuple[str, str], set[Any]] = defaultdict(set)
        for line, customer in own.items():
            if customer is not None:
                agreed[line[:2]].add(customer)
        return {
            line: next(iter(agreed[line[:2]])) if customer is None and len(agreed[line[:2]]) == 1 else customer
            for line, customer in own.items()
        }
