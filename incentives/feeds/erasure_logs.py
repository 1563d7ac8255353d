"""The two copies of a workspace's erasure log: one in it, one outside it, so that a restore does not forget whom to forget.

A backup of the workspace holds the log of its day. The copy outside is never restored with it; what either of them
names is forgotten, and each erasure is on the disk in both before anything is erased.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from incentives.errors import OutsideError
from incentives.feeds.erasure_log import LOG_NAME, Erased, append_log, read_log
from incentives.workspace import Workspace, key_file

LOG_VARIABLE = "INCENTIVES_ERASURES"


def log_outside(ws: Workspace) -> Path:
    """Return where the copy outside the workspace lies: beside the keys, or where the environment says."""
    named = os.environ.get(LOG_VARIABLE)
    if named:
        return Path(named).expanduser()
    identity = ws.config.workspace.id
    return key_file(identity).parent.parent / "erasures" / f"{identity}.jsonl"


def erased_of(ws: Workspace) -> Erased:
    """Return everybody whom the workspace has forgotten, by either copy of the log."""
    return read_log(ws.root / LOG_NAME) | read_log(log_outside(ws))


def remember_erased(ws: Workspace, erased: Erased, at: datetime) -> Erased:
    """Add to both copies what they do not name yet, bring them in line with each other, and return everything.

    Raises:
        OutsideError: The copy outside cannot be written; nothing was erased.
    """
    everybody = erased_of(ws) | erased
    outside = log_outside(ws)
    try:
        outside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        append_log(outside, everybody, at)
    except OSError as error:
        raise OutsideError(
            f"the copy of the erasure log outside the workspace cannot be written: {error.strerror}.",
            where=str(outside),
            remedy=f"Set {LOG_VARIABLE} to a file that is in no backup of the workspace and that this account may write.",
        ) from error
    append_log(ws.root / LOG_NAME, everybody, at)
    return everybody
