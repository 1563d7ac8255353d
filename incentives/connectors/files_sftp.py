"""SFTP, to the one server whose public key the connector's file names: whoever else answers gets no password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from paramiko import MissingHostKeyPolicy, PKey, SSHClient, SSHException

_SECONDS_MAX = 30


class PinnedHostKey(MissingHostKeyPolicy):  # type: ignore[misc]
    """Takes one public key and no other."""

    def __init__(self, host_key: str) -> None:
        self._kind, _, self._key = host_key.partition(" ")

    def missing_host_key(self, client: SSHClient, hostname: str, key: PKey) -> None:
        """Refuse every key but the one.

        Raises:
            SSHException: Another server answers.
        """
        if (key.get_name(), key.get_base64()) != (self._kind, self._key):
            raise SSHException("the server's key is not host_key")


def connection_options(url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a connection is opened with: the address's host and port, and no key of whoever runs it."""
    parts = urlsplit(url)
    own = {
        "host": parts.hostname,
        "port": parts.port or 22,
        "timeout": _SECONDS_MAX,
        "look_for_keys": False,
        "allow_agent": False,
    }
    return {**own, **options}
