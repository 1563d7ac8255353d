"""What every kind that pulls yields: pages of records, each with the position behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from incentives.connectors.values import Record


@dataclass(frozen=True, slots=True)
class Page:
    """Records, and where reading goes on once they are durable."""

    records: Sequence[Record]
    position: Mapping[str, str]
