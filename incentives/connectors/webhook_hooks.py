"""Opening the webhooks of a workspace: secrets, locks, spools. Refuses before anything listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime

from incentives.connectors.credentials import Secrets
from incentives.connectors.inbox import Inbox
from incentives.connectors.load import Described, connector_folder
from incentives.connectors.mapping import Mapper
from incentives.connectors.run import only_run
from incentives.connectors.webhook import Hook
from incentives.connectors.webhook_model import WebhookConnector
from incentives.connectors.webhook_spool import Spool
from incentives.connectors.webhook_writer import SpoolWriter
from incentives.errors import InputError
from incentives.workspace import Workspace


@contextmanager
def open_hooks(
    ws: Workspace, connectors: Sequence[Described], *, secrets: Secrets, now: Callable[[], datetime]
) -> Iterator[dict[str, Hook]]:
    """Give the webhooks among connectors, by name, for as long as the block runs.

    Raises:
        InputError: There is none, or one has no secret.
        BusyError: Another process serves one.
    """
    described = [(each, each.connector) for each in connectors if isinstance(each.connector, WebhookConnector)]
    if not described:
        raise InputError(
            "there is no webhook to serve.",
            where=str(connector_folder(ws)),
            remedy="Copy the example whatsapp-messages.yaml.example.",
        )
    keys = {each.name: _secrets(each, connector, secrets) for each, connector in described}
    with ExitStack() as stack:
        hooks = {}
        for each, connector in described:
            stack.enter_context(only_run(ws, each, "connect serve"))
            valid, challenge = keys[each.name]
            spool = Spool(
                connector_folder(ws) / f"{each.name}.spool", Inbox(ws, each.name, connector.source, packed=connector.gzip)
            )
            writer = SpoolWriter(
                spool,
                name=each.name,
                rows_max=connector.spool_rows_max,
                empty_rows=connector.rotate_rows,
                empty_seconds=float(connector.rotate_seconds),
                now=now,
            )
            hooks[each.name] = Hook(each.name, connector, valid, challenge, Mapper(connector.deliver, connector.source), writer)
        yield hooks


def _secrets(described: Described, connector: WebhookConnector, secrets: Secrets) -> tuple[tuple[bytes, ...], bytes | None]:
    valid = tuple(secret.encode() for variable in connector.secret_env if (secret := secrets.get(variable)))
    if not valid:
        raise InputError(
            f"{described.name} has no secret: without one anybody could send what pays.",
            where=str(described.path),
            remedy=f"Set {' or '.join(connector.secret_env)}.",
        )
    challenge = secrets.require(connector.challenge_env, where=str(described.path)).encode() if connector.challenge_env else None
    return valid, challenge
