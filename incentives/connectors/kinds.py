"""The kinds of connectors that there are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from incentives.connectors.files_model import FilesConnector
from incentives.connectors.model import DatabaseConnector
from incentives.connectors.rest_model import RestConnector
from incentives.connectors.webhook_model import WebhookConnector

Pulling = DatabaseConnector | RestConnector
Connector = Pulling | WebhookConnector | FilesConnector
AnyConnector = Annotated[Connector, Field(discriminator="kind")]
KINDS: dict[str, type[Connector]] = {
    "database": DatabaseConnector,
    "rest": RestConnector,
    "webhook": WebhookConnector,
    "files": FilesConnector,
}
