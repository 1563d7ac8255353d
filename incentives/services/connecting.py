"""Use cases of connectors: list them, check them, pull what is new, receive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from incentives.connectors import load
from incentives.connectors.credentials import Secrets
from incentives.connectors.load import Described
from incentives.connectors.run import RunReport
from incentives.connectors.run import run as run_connector
from incentives.connectors.webhook import WebhookApp
from incentives.connectors.webhook_hooks import open_hooks
from incentives.errors import InputError
from incentives.workspace import Workspace

__all__ = ["Described", "RunReport", "check", "list_connectors", "run", "warnings", "webhooks"]


def list_connectors(ws: Workspace) -> tuple[Described, ...]:
    """Return the connectors of a workspace, by name.

    Raises:
        DocumentError: Every mistake of every file.
    """
    return load.read_connectors(ws)


def check(ws: Workspace, path: Path) -> Described:
    """Return a connector from its file, which need not lie in the workspace.

    Raises:
        DocumentError: Every mistake of the file.
    """
    return load.read_connector(ws, path)


def warnings(described: Described) -> tuple[str, ...]:
    """Return what is no mistake of a connector and yet loses or holds up rows one day."""
    return load.warnings_of(described)


def run(ws: Workspace, name: str, *, now: datetime, again: bool = False, secrets: Secrets | None = None) -> RunReport:
    """Pull what is new in a connector's source into the inbox; landing takes it from there.

    Args:
        ws: The workspace.
        name: The connector.
        now: The present moment.
        again: Forget the position and read everything once more.
        secrets: The process's environment where none are given.

    Raises:
        InputError: A demo workspace, no such connector, or something about it is wrong.
        BusyError: It runs already.
        OutsideError: The source does not answer; what was delivered stays.
    """
    refuse_demo(ws)
    return run_connector(ws, load.named_connector(ws, name), secrets=secrets or Secrets(), now=now, again=again)


@contextmanager
def webhooks(ws: Workspace, *, now: Callable[[], datetime], secrets: Secrets | None = None) -> Iterator[WebhookApp]:
    """Give the ASGI application that receives for every webhook of a workspace, while the block runs.

    Args:
        ws: The workspace.
        now: Asked for the present moment with each message.
        secrets: The process's environment where none are given.

    Raises:
        InputError: A demo workspace, no webhook, or one without a secret.
        BusyError: Another process serves one.
    """
    refuse_demo(ws)
    with open_hooks(ws, load.read_connectors(ws), secrets=secrets or Secrets(), now=now) as hooks:
        yield WebhookApp(hooks, now)


def refuse_demo(ws: Workspace) -> None:
    """Refuse a demo workspace: it holds generated feeds only.

    Raises:
        InputError: It is one.
    """
    if ws.config.workspace.demo:
        raise InputError(
            "a demo workspace takes generated feeds only, no connectors.",
            where=str(ws.root),
            remedy="Make a workspace of your own with `incentives init DIR`.",
        )
