"""Use cases of connectors: list them, check them, pull what is new, receive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from incentives.connectors import load
from incentives.connectors.credentials import Secrets
from incentives.connectors.load import Described
from incentives.connectors.run import RunReport
from incentives.connectors.run import run as run_connector
from incentives.connectors.webhook import WebhookApp
from incentives.connectors.webhook_hooks import open_hooks
from incentives.connectors.webhook_model import WebhookConnector
from incentives.errors import EXIT_DONE, IncentivesError, InputError
from incentives.workspace import Workspace

__all__ = ["Described", "Pulled", "RunReport", "check", "list_connectors", "pull", "run", "warnings", "webhooks"]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one connector among several.

    Attributes:
        name: The connector.
        files: Files for the inbox; 0 where it failed, although files may lie there.
        rows: Their rows; files that are copied as they are count none.
        problem: Why it did not come to its end, as one paragraph.
        exit_code: Of the command line for that problem; 0 without one.
    """

    name: str
    files: int = 0
    rows: int = 0
    problem: str | None = None
    exit_code: int = EXIT_DONE


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


def pull(ws: Workspace, names: Sequence[str] = (), *, now: datetime, secrets: Secrets | None = None) -> tuple[Pulled, ...]:
    """Pull what is new in several sources, one after the other; one that fails keeps none of the others from it.

    Args:
        ws: The workspace.
        names: The connectors; every one that pulls where none is named.
        now: The present moment.
        secrets: The process's environment where none are given.

    Raises:
        InputError: A demo workspace.
    """
    refuse_demo(ws)
    return tuple(_pulled(ws, name, now=now, secrets=secrets) for name in names or _pulling(ws))


def _pulling(ws: Workspace) -> Iterator[str]:
    """Yield the connectors that pull, and those whose file has mistakes: these are told with the others' outcomes."""
    for name in load.connector_names(ws):
        try:
            if isinstance(load.named_connector(ws, name).connector, WebhookConnector):
                continue
        except InputError:
            pass
        yield name


def _pulled(ws: Workspace, name: str, *, now: datetime, secrets: Secrets | None) -> Pulled:
    try:
        report = run(ws, name, now=now, secrets=secrets)
    except IncentivesError as error:
        return Pulled(name, problem=str(error), exit_code=error.exit_code)
    return Pulled(name, len(report.files), sum(report.rows.values()))


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
