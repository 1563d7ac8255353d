"""The kinds of connectors that there are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from incentives.connectors.model import DatabaseConnector
from incentives.connectors.rest_model import RestConnector

Pulling = DatabaseConnector | RestConnector
Connector = Annotated[Pulling, Field(discriminator="kind")]
KINDS: dict[str, type[Pulling]] = {"database": DatabaseConnector, "rest": RestConnector}
