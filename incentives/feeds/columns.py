"""What a contract says of a feed: its columns, how their text is read, and what is personal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """How a column's text is read; anything else is quarantined."""

    TEXT = "text"
    ENUM = "enum"
    TIMESTAMP = "timestamp"
    DATE = "date"
    BOOLEAN = "boolean"
    AMOUNT = "amount"
    CURRENCY = "currency"
    DECIMAL = "decimal"
    INTEGER = "integer"
    SELLERS = "sellers"
    TIME_ZONE = "time_zone"


class Personal(StrEnum):
    """What becomes of a personal column at landing.

    The token kinds are replaced in the facts by a keyed token of the normalised value; CLEAR_ONLY exists
    in the personal file alone; BY_TYPE is a token whose kind the row's `identifier_type` names.
    """

    CUSTOMER_ID = "customer_id"
    EMAIL = "email"
    PHONE = "phone"
    LOYALTY_ID = "loyalty_id"
    SOCIAL_HANDLE = "social_handle"
    BY_TYPE = "by_type"
    CLEAR_ONLY = "clear_only"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a feed.

    Attributes:
        name: As delivered, matched trimmed and case-insensitively.
        type: How its text is read.
        required: An empty value quarantines the row; a missing column refuses the file.
        values: Allowed values of an enum.
        scale: Digits after the point of a decimal, stored as an integer of that scale.
        personal: What landing does with it, if it is personal.
        meaning: One sentence for the reference.
        written: False for text that is never written anywhere.
    """

    name: str
    type: ColumnType = ColumnType.TEXT
    required: bool = False
    values: tuple[str, ...] = ()
    scale: int = 0
    personal: Personal | None = None
    meaning: str = ""
    written: bool = True


@dataclass(frozen=True, slots=True)
class Feed:
    """One kind of record: its columns in order, its natural key, and its grain in a sentence."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    meaning: str

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def fact_columns(self) -> tuple[Column, ...]:
        """Columns of the facts file, in order: all but clear-only personal and never-written ones."""
        return tuple(c for c in self.columns if c.written and c.personal is not Personal.CLEAR_ONLY)

    @property
    def personal_columns(self) -> tuple[Column, ...]:
        """Columns whose clear values go to the personal file, in order."""
        return tuple(c for c in self.columns if c.personal is not None)
