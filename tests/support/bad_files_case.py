"""One file of the corpus of bad files: its bytes, and by hand what must become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from support_landing import sale


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file and what becomes of it.

    Attributes:
        name: Its name in the inbox of its source; where it is bad only by name, that is the name.
        content: Its bytes.
        outcome: `loaded`, `set_aside` or `known`.
        reason: Why it is set aside.
        accepted: Rows accepted when it lands.
        duplicate: Rows that were delivered before.
        superseded: Rows older than the version in force.
        quarantined: Rows refused, by reason.
        net_minor: Net of those of its rows that are in force in the end, in cents.
        source: Who delivers it.
        landing: In which of the landings it arrives.
    """

    name: str
    content: bytes
    outcome: str = "loaded"
    reason: str | None = None
    accepted: int = 0
    duplicate: int = 0
    superseded: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    net_minor: int = 0
    source: str = "manual"
    landing: int = 1

    @property
    def delivered(self) -> int:
        """Rows delivered: each ended in one place."""
        return self.accepted + self.duplicate + self.superseded + sum(self.quarantined.values())


def refused(name: str, content: bytes, reason: str, source: str = "manual") -> BadFile:
    """A file that is set aside whole."""
    return BadFile(name, content, "set_aside", reason, source=source)


def lines(prefix: str, *changes: Mapping[str, str]) -> list[dict[str, str]]:
    """Order lines of 1.01, 2.02, 3.03 … EUR with ids of their own, each with its changes."""
    return [
        sale(f"{prefix}-{number}", net_amount=f"{number}.{number:02}") | dict(change) for number, change in enumerate(changes, 1)
    ]


GOOD: Mapping[str, str] = {}
