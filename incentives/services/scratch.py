"""A scratch workspace: sees what has landed, and nobody else sees what lands in it.

What a landing would do is told by landing for real, with the same code, where it does not count.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from incentives.feeds.bronze_index import BronzeIndex
from incentives.feeds.erasure_log import LOG_NAME
from incentives.feeds.mappings.load import FOLDER
from incentives.workspace import Workspace


@contextmanager
def scratch_workspace(ws: Workspace, feeds: Collection[str]) -> Iterator[Workspace]:
    """Give a workspace in the system's temporary folder that sees what has landed of some feeds; it is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="incentives-scratch-") as folder:
        scratch = Workspace(Path(folder).resolve(), ws.config)
        scratch.bronze.mkdir()
        if ws.bronze_index.is_file():
            with (
                closing(sqlite3.connect(f"{ws.bronze_index.as_uri()}?mode=ro", uri=True)) as original,
                closing(sqlite3.connect(scratch.bronze_index)) as copy,
            ):
                original.backup(copy)
        for file in BronzeIndex(ws.bronze_index).files():
            for path in (file.facts_path, file.rejects_path):
                if file.feed in feeds and path is not None and not (scratch.root / path).is_symlink():
                    (scratch.root / path).parent.mkdir(parents=True, exist_ok=True)
                    (scratch.root / path).symlink_to(ws.root / path)
        # What was forgotten is not written here either; the log itself is not touched.
        if (ws.root / LOG_NAME).is_file():
            shutil.copyfile(ws.root / LOG_NAME, scratch.root / LOG_NAME)
        if (ws.root / FOLDER).is_dir():
            (scratch.root / FOLDER).symlink_to(ws.root / FOLDER)
        yield scratch
