"""Reading mapping files, and what they make of a feed's reading."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo

from incentives import documents
from incentives.documents import Document
from incentives.errors import DocumentError
from incentives.feeds.columns import Column, ColumnType
from incentives.feeds.contracts import FEEDS
from incentives.feeds.mappings.model import DELIMITER_MARKS, NUMBERS, FeedMapping, Mapping
from incentives.feeds.reading import Reading, Rewriter
from incentives.feeds.rewriting import chained, date_rewriter, moment_rewriter, number_rewriter, word_rewriter

FOLDER = "mappings"
SUFFIX = ".yaml"


class SourceMapping:
    """The mapping of one source.

    Attributes:
        path: Where it stands.
        text: All of it.
        mapping: Its validated content.
        digest: Fingerprint of the text.
    """

    def __init__(self, document: Document, mapping: Mapping) -> None:
        self.path = document.path
        self.text = document.text
        self.mapping = mapping
        self.digest = hashlib.sha256(document.text.encode()).hexdigest()
        self._readings: dict[str, Reading] = {}

    def feed_of(self, file_name: str) -> str | None:
        """Return the feed of a file by its name, or None where no pattern fits."""
        name = Path(file_name).name.casefold()
        return next((entry.feed for entry in self.mapping.files if fnmatchcase(name, entry.match.casefold())), None)

    def reading(self, feed: str) -> Reading:
        """Return how files of a feed are read."""
        if feed not in self._readings:
            self._readings[feed] = _reading(self.mapping, feed, self.digest)
        return self._readings[feed]


def read_mapping(path: Path) -> SourceMapping:
    """Read one mapping file.

    Raises:
        DocumentError: One line per mistake: `file:line: key: what was expected`.
    """
    document = documents.load(path)
    return SourceMapping(document, _validated(document))


def mapping_path(root: Path, source: str) -> Path:
    """Return where a source's mapping stands in a workspace, whether it is there or not."""
    return root / FOLDER / f"{source}{SUFFIX}"


def mappings_of(root: Path, sources: Iterable[str]) -> tuple[dict[str, SourceMapping], dict[str, DocumentError]]:
    """Return by source the mappings that stand in a workspace, and the mistakes of those that cannot be used."""
    found: dict[str, SourceMapping] = {}
    broken: dict[str, DocumentError] = {}
    for source in sorted(set(sources)):
        path = mapping_path(root, source)
        if path.is_file():
            try:
                found[source] = read_mapping(path)
            except DocumentError as error:
                broken[source] = error
    return found, broken


def _validated(document: Document) -> Mapping:
    """Validate; a mistake that concerns several keys names the line of the feed that it is in."""
    try:
        return documents.validate(document, Mapping)
    except DocumentError as error:
        problems = []
        for problem in error.problems:
            head, sep, said = problem.partition(": (whole file): ")
            key, _, rest = said.partition(": ")
            place = tuple(key.split("."))
            problems.append(f"{document.where(place)}: {key}: {rest}" if sep and rest else f"{head}{sep}{said}")
        raise DocumentError(problems) from error


def _reading(mapping: Mapping, feed_name: str, digest: str) -> Reading:
    feed = FEEDS[feed_name]
    section = mapping.feeds.get(feed_name, FeedMapping())
    delimiter = section.delimiter or mapping.delimiter
    rewriters = {column.name: _rewriter(mapping, section, column) for column in feed.columns}
    return Reading(
        feed=feed,
        names={theirs.strip().lower(): ours for theirs, ours in section.columns.items()},
        constants=dict(section.constants),
        rewriters={name: rewriter for name, rewriter in rewriters.items() if rewriter is not None},
        delimiter=DELIMITER_MARKS[delimiter] if delimiter else None,
        encoding=mapping.encoding,
        keep_unknown=mapping.keep_unknown,
        digest=digest,
    )


def _rewriter(mapping: Mapping, section: FeedMapping, column: Column) -> Rewriter | None:
    steps: list[Rewriter] = []
    if column.name in section.values:
        steps.append(word_rewriter(section.values[column.name]))
    dates = section.dates or mapping.dates
    zone = section.time_zone or mapping.time_zone
    if column.type in NUMBERS:
        decimal, grouping = section.decimal or mapping.decimal, section.grouping or mapping.grouping
        if decimal or grouping:
            steps.append(number_rewriter(decimal or "point", grouping or "none"))
    elif column.type is ColumnType.DATE and dates:
        steps.append(date_rewriter(dates))
    elif column.type is ColumnType.TIMESTAMP and (dates or zone):
        steps.append(moment_rewriter(dates, ZoneInfo(zone) if zone else None))
    return chained(steps) if steps else None
