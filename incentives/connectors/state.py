"""Where a connector stands: written whole, after what it stands for is durable.

A run killed before the state is written reads the last page again; its rows are equal to those in the inbox,
and landing counts them as duplicates.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from incentives.errors import InputError

VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """What a connector remembers between pages and runs.

    Attributes:
        sequence: Number of pages that were delivered; names the files.
        reads: Fingerprint of what is read; a position in something else means nothing.
        position: Where reading goes on, in the kind's own words.
        recent: Last rows delivered, key digest to row digest, so that what is read again is not delivered again.
    """

    sequence: int = 0
    reads: str = ""
    position: Mapping[str, str] = field(default_factory=dict)
    recent: Mapping[str, str] = field(default_factory=dict)


def read_state(path: Path) -> State:
    """Return the state of a file, or of a connector that never ran.

    Raises:
        InputError: The file is not one that a connector wrote.
    """
    try:
        tree = json.loads(path.read_bytes())
    except FileNotFoundError:
        return State()
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(tree, dict) or tree.get("version") != VERSION or not isinstance(tree.get("sequence"), int):
        raise _damaged(path)
    return State(
        tree["sequence"], str(tree.get("reads", "")), _texts(tree.get("position"), path), _texts(tree.get("recent"), path)
    )


def write_state(path: Path, state: State) -> None:
    """Replace the state at one instant, durably."""
    tree = {
        "version": VERSION,
        "sequence": state.sequence,
        "reads": state.reads,
        "position": dict(state.position),
        "recent": dict(state.recent),
    }
    write_durably(
        path, path.with_name(f".{path.name}.part"), json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
    )


def write_durably(path: Path, temporary: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, whatever happens, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make it durable which files lie in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _texts(node: object, path: Path) -> dict[str, str]:
    if not isinstance(node, dict) or not all(isinstance(value, str) for value in node.values()):
        raise _damaged(path)
    return {str(key): str(value) for key, value in node.items()}


def _damaged(path: Path) -> InputError:
    return InputError(
        "this is not the state of a connector.",
        where=str(path),
        remedy="Read everything again: `incentives connect run --again`.",
    )
