"""Writes the corpus of bad files into a workspace's inbox, with an index of what must become of each.

The index is written by hand in the modules beside this one; nothing in it is computed by the code under test.
"""

from __future__ import annotations

import json
from pathlib import Path

from bad_files_case import BadFile
from bad_files_rows import deliveries_that_overlap, odd_files, row_files
from bad_files_whole import whole_files

INDEX = "index.json"
CONFIG = """
[sources.legacy]
feeds = ["order_lines"]
delivers_for = ["pos"]

[sources.paris]
feeds = ["order_lines"]
delivers_for = ["pos"]
time_zone = "Europe/Paris"

[sources.shop]
feeds = ["customers"]
"""


def corpus() -> list[BadFile]:
    """Return every file of the corpus."""
    return [*whole_files(), *row_files(), *odd_files(), *deliveries_that_overlap()]


def configure(root: Path) -> None:
    """List the corpus's sources in a workspace."""
    config = root / "incentives.toml"
    config.write_text(config.read_text() + CONFIG)
    (root / "mappings").mkdir(exist_ok=True)
    (root / "mappings" / "legacy.yaml").write_text("encoding: cp1252\n")


def write_corpus(folder: Path) -> Path:
    """Write the files below `folder/<landing>/<source>/` and the index beside them; return the index's path."""
    entries = []
    for file in corpus():
        path = folder / str(file.landing) / file.source / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        entries.append(
            {"landing": file.landing, "source": file.source, "file": file.name, "outcome": file.outcome, "reason": file.reason}
            | {"delivered": file.delivered, "accepted": file.accepted, "duplicate": file.duplicate}
            | {"superseded": file.superseded, "quarantined": sum(file.quarantined.values())}
            | {"reasons": dict(file.quarantined), "net_minor": file.net_minor}
        )
    index = folder / INDEX
    index.write_text(json.dumps(entries, ensure_ascii=False, indent=1))
    return index
