"""The kinds of connectors that there are."""

from __future__ import annotations

from incentives.connectors.model import DatabaseConnector

Connector = DatabaseConnector
KINDS: dict[str, type[Connector]] = {"database": DatabaseConnector}
