"""Addresses that a connector may speak to: encrypted, unless they are on this machine; never with a secret in them."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def checked_base_url(value: str) -> str:
    """Return a base URL, or say why it cannot be one.

    Raises:
        ValueError: Not http(s), in the clear to another machine, or with a secret, a query or a fragment in it.
    """
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{value}' is not an address; expected https://HOST")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected an address alone; secrets come from the environment, parameters from `parameters`")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("a secret would travel in the clear; expected https://")
    return value.rstrip("/")
