"""How the files of one source and feed are read: which delivered column is which of ours, and what is done with values.

Without a mapping a file is read in our own words. With one, names are translated, constants fill columns that the
source does not deliver, and values are rewritten; the contract stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from incentives.feeds.columns import Feed
from incentives.feeds.readers.unreadable import UnreadableFileError

COLUMNS_MAX = 2_000
NAME_SHOWN_MAX = 120
UNNAMED = "(unnamed)"
# Free text about people: written nowhere, not even where unknown columns are kept.
NEVER_WRITTEN = frozenset(
    ("note", "notes", "comment", "comments", "message", "message_body", "message_text", "body", "text", "remark", "remarks")
)
Rewriter = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Columns:
    """What the delivered columns are.

    Attributes:
        positions: Position of each contract column that was delivered and is written.
        dropped: Position and name of each other column.
        width: Number of columns delivered.
    """

    positions: dict[str, int]
    dropped: tuple[tuple[int, str], ...]
    width: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How files of one source and feed are read.

    Attributes:
        feed: The contract.
        names: Our column by the source's, which is trimmed and in lower case.
        constants: Value of each column that the source does not deliver and its mapping gives.
        rewriters: By our column, what turns a delivered value into one in our words.
        delimiter: The only one that is tried; None tells it from the header.
        encoding: Of text without a byte order mark; None is UTF-8.
        keep_unknown: Whether columns of no contract are kept, beside the personal data.
        digest: Fingerprint of the mapping; empty without one.
    """

    feed: Feed
    names: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    rewriters: Mapping[str, Rewriter] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    keep_unknown: bool = False
    digest: str = ""

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a file must deliver."""
        return tuple(column.name for column in self.feed.columns if column.required and column.name not in self.constants)

    @property
    def written(self) -> tuple[str, ...]:
        """Names of the contract's columns that are written, in order."""
        return tuple(column.name for column in self.feed.columns if column.written)

    def name_of(self, delivered: str) -> str:
        """Return our name of a delivered column, or its own, trimmed and in lower case, where it is none of ours."""
        folded = delivered.strip().lower()
        return self.names.get(folded, folded)

    def is_kept(self, name: str) -> bool:
        """Whether the values of a column of no contract are kept."""
        return self.keep_unknown and name not in NEVER_WRITTEN and name not in {column.name for column in self.feed.columns}

    def columns_of(self, delivered: Sequence[str], what: str = "header") -> Columns:
        """Return what delivered columns are.

        Args:
            delivered: Their names.
            what: What names them, for messages.

        Raises:
            UnreadableFileError: None is of the feed, a required one is missing, one stands twice, or there are too many.
        """
        names = [self.name_of(name) for name in delivered]
        known = {column.name for column in self.feed.columns}
        missing = [name for name in self.required if name not in names]
        if missing:
            self.refuse_missing(known & set(names), missing, what)
        twice = sorted({name for name in names if name in known and names.count(name) > 1})
        if twice:
            raise UnreadableFileError("duplicate_column", f"The {what} names {', '.join(twice)} more than once.")
        both = sorted(set(self.constants) & set(names))
        if both:
            raise UnreadableFileError(
                "duplicate_column", f"The {what} names {', '.join(both)}, for which the source's mapping gives a constant."
            )
        if len(names) > COLUMNS_MAX:
            raise UnreadableFileError(
                "too_many_columns", f"The {what} names {len(names):,} columns; at most {COLUMNS_MAX:,} are read."
            )
        written = set(self.written)
        return Columns(
            positions={name: position for position, name in enumerate(names) if name in written},
            dropped=tuple(
                (position, name[:NAME_SHOWN_MAX] or UNNAMED) for position, name in enumerate(names) if name not in written
            ),
            width=len(names),
        )

    def refuse_missing(self, found: set[str], missing: Sequence[str], what: str) -> None:
        """Refuse a file that lacks required columns.

        Raises:
            UnreadableFileError: Always; says what is missing, in the source's words where a mapping has them.
        """
        if not found:
            raise UnreadableFileError(
                "no_header",
                f"The first line names no column of {self.feed.name}; it must be the header, such as "
                f"{', '.join(self._theirs(name) for name in self.required)}."
                if what == "header"
                else f"No record names a column of {self.feed.name}, such as {', '.join(map(self._theirs, self.required))}.",
            )
        raise UnreadableFileError(
            "missing_required_column",
            f"The {what} lacks {', '.join(map(self._theirs, missing))}, required in {self.feed.name}; it has "
            f"{', '.join(sorted(found))}.",
        )

    def _theirs(self, name: str) -> str:
        theirs = [key for key, ours in self.names.items() if ours == name]
        return f"{' or '.join(theirs)} ({name})" if theirs else name
