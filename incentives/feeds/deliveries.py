"""Which files are delivered: where they lie tells who delivered them and which feed they are of.

A source delivers what `incentives.toml` lists for it and nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from incentives.errors import InputError
from incentives.feeds.columns import Feed
from incentives.feeds.contracts import FEEDS, ORDER_LINES
from incentives.feeds.readers.formats import BINARY, DELIMITED, JSON, PACKED, format_of
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.settings import CONFIG_NAME
from incentives.workspace import Workspace

DEFAULT_SOURCE = "manual"
# What a transfer calls a file until it has all of it.
_UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".tmp")
_FEED_NAME = re.compile(r"[a-z_]*")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file to land: where it is, who delivered it, which feed it names, and its name for people."""

    path: Path
    source: str
    feed: str
    file_name: str


def authorised(ws: Workspace, delivery: Delivery) -> Feed:
    """Return the feed of a file that its source may deliver.

    Raises:
        UnreadableFileError: The source or the feed is not listed, or the file is of no feed or format that is read.
    """
    section = ws.config.sources.get(delivery.source)
    if section is None:
        raise UnreadableFileError(
            "source_not_listed",
            f"Source '{delivery.source}' is not listed in {CONFIG_NAME}; add a table [sources.{delivery.source}] with its feeds.",
        )
    feed = FEEDS.get(delivery.feed)
    if feed is None:
        raise UnreadableFileError(
            "unknown_feed",
            f"Neither the file's name nor its folder's begins with the name of a feed, such as {ORDER_LINES.name}, "
            f"and no pattern of mappings/{delivery.source}.yaml fits.",
        )
    if not section.may_deliver(feed.name):
        raise UnreadableFileError(
            "feed_not_listed",
            f"Source '{delivery.source}' may not deliver {feed.name}; {CONFIG_NAME} lists {', '.join(section.feeds)}.",
        )
    if format_of(Path(delivery.file_name).name) is None:
        text = ", ".join((*DELIMITED, *JSON))
        raise UnreadableFileError(
            "unsupported_format",
            f"The name ends in none of {text} (each also with {' or '.join(PACKED)}), {', '.join(BINARY)}.",
        )
    return feed


def deliveries_of(ws: Workspace, paths: Sequence[Path] | None, source: str | None) -> Iterator[Delivery]:
    """Yield every file to land, once.

    Args:
        ws: The workspace.
        paths: Files and folders; all of the inbox where none is given.
        source: Who delivered them; where none is given, the folder's name in the inbox, outside it `manual`.

    Raises:
        InputError: A path does not exist.
    """
    if not paths:
        paths = [ws.inbox] if ws.inbox.is_dir() else []
    done: set[Path] = set()
    for given in paths:
        path = given.expanduser().absolute()
        if not path.exists():
            raise InputError(
                "there is no such file or folder.", where=str(given), remedy="Name a delivered file, or a folder of them."
            )
        for file in _files(path):
            if file not in done:
                done.add(file)
                yield _delivery(ws, file, path, source)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and not name.lower().endswith(_UNFINISHED):
                yield Path(folder, name)


def _delivery(ws: Workspace, file: Path, given: Path, source: str | None) -> Delivery:
    """Tell source, feed and name of a file from where it lies."""
    if ws.inbox in file.parents:
        below = file.relative_to(ws.inbox)
        folder = below.parts[0] if len(below.parts) > 1 else DEFAULT_SOURCE
        root = ws.inbox / folder if len(below.parts) > 1 else ws.inbox
        name = file.relative_to(root)
        folders = name.parts[:-1]
    else:
        folder = DEFAULT_SOURCE
        name = file.relative_to(given) if given.is_dir() else Path(file.name)
        folders = (*given.parts[-1:], *name.parts[:-1]) if given.is_dir() else file.parts[-2:-1]
    named = [_named_feed(part) for part in (file.name, *reversed(folders))]
    feed = next((name for name in named if name in FEEDS), named[0])
    return Delivery(path=file, source=source or folder, feed=feed, file_name=name.as_posix())


def _named_feed(name: str) -> str:
    found = _FEED_NAME.match(name)
    return found.group().rstrip("_") if found else ""
