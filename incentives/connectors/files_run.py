"""One run of a connector that copies files: new versions into the inbox, then the state."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from incentives.connectors import files
from incentives.connectors.credentials import Secrets
from incentives.connectors.files_model import FilesConnector
from incentives.connectors.inbox import Inbox
from incentives.errors import InputError

# How many copies a kill may make the next run do again; each state is written whole.
_FILES_A_STATE = 50


def copy_new(
    inbox: Inbox, connector: FilesConnector, *, name: str, secrets: Secrets, where: str, again: bool, now: datetime
) -> None:
    """Copy every version that was not copied before. Raises as `files.Place` does, for a file too large at the end."""
    position = inbox.begin(files.what_is_read(connector), again=again)
    place = files.Place(connector, secrets, where)
    new, copied = place.new_files(position, now)
    folder = inbox.open_folder()
    refused: InputError | None = None
    try:
        for number, version in enumerate(new, 1):
            target: Path = folder / files.copy_name(connector, name, version)
            try:
                is_copied = place.copy(version, target)
            except InputError as error:
                # The others are not to wait for somebody to deal with this one.
                refused = refused or error
                continue
            if is_copied:
                inbox.delivered.files.append(target)
                copied[version.path] = version.known_by
            if number % _FILES_A_STATE == 0:
                inbox.advance(copied)
    finally:
        inbox.advance(copied)
    if refused is not None:
        raise refused
