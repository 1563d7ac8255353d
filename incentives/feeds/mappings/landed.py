"""The mappings of a landing: used as they stand in the workspace, and landed as texts, so that loads fix everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from incentives.errors import DocumentError
from incentives.feeds.columns import Feed
from incentives.feeds.mappings.load import FOLDER, SUFFIX, SourceMapping, mappings_of
from incentives.feeds.reading import Reading

if TYPE_CHECKING:
    from incentives.feeds.deliveries import Delivery
    from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Mappings:
    """The mappings of some sources, and the mistakes of those that cannot be used."""

    sources: frozenset[str]
    found: dict[str, SourceMapping]
    broken: dict[str, DocumentError]

    @classmethod
    def of(cls, root: Path, sources: Iterable[str]) -> Mappings:
        """Read the mappings of sources from a workspace's folder."""
        named = frozenset(sources)
        return cls(named, *mappings_of(root, named))

    def named(self, delivery: Delivery) -> Delivery:
        """Return a delivery with the feed that a pattern of its source's mapping gives its file."""
        mapping = self.found.get(delivery.source)
        feed = mapping.feed_of(delivery.file_name) if mapping else None
        return delivery if feed is None else replace(delivery, feed=feed)

    def reading(self, source: str, feed: Feed) -> Reading:
        """Return how a source's files of a feed are read."""
        mapping = self.found.get(source)
        return Reading(feed) if mapping is None else mapping.reading(feed.name)

    def mistakes(self, source: str) -> str | None:
        """Return what is wrong with a source's mapping, or None."""
        error = self.broken.get(source)
        return None if error is None else " ".join(error.problems)


def land_mappings(ws: Workspace, mappings: Mappings, now: datetime) -> None:
    """Land the text of each mapping that is new, each as a load of its own; one taken away is landed empty.

    The caller holds the writer's lock.
    """
    from incentives.feeds.bronze_index import BronzeIndex
    from incentives.feeds.landing import land_text

    index = BronzeIndex(ws.bronze_index)
    for source in sorted(mappings.sources - mappings.broken.keys()):
        mapping = mappings.found.get(source)
        name = f"{source}{SUFFIX}"
        if mapping is not None or index.last_text(FOLDER, name) is not None:
            land_text(ws, FOLDER, name, "" if mapping is None else mapping.text, now)
