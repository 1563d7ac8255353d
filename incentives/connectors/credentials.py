"""Secrets: read from the environment, by name, and kept out of everything that is written or shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from incentives.errors import InputError

_HIDDEN = "***"
# A shorter secret would hide parts of ordinary words, and protects nothing.
SECRET_CHARACTERS_MIN = 8


@dataclass(frozen=True, slots=True)
class Secrets:
    """The environment's secrets that one run has asked for."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _read: set[str] = field(default_factory=set)

    def setting(self, variable: str, *, where: str) -> str:
        """Return what goes with a secret and may be as short as a user's name.

        Raises:
            InputError: The variable is not set; names it.
        """
        value = self.environment.get(variable, "").strip()
        if not value:
            raise _not_set(variable, where)
        if len(value) >= SECRET_CHARACTERS_MIN:
            self.hide(value)
        return value

    def get(self, variable: str) -> str | None:
        """Return a secret, or None where the variable is not set or empty.

        Raises:
            InputError: It is too short to be one, or holds what no header or address can carry.
        """
        value = self.environment.get(variable, "").strip()
        if not value:
            return None
        if len(value) < SECRET_CHARACTERS_MIN or not (value.isascii() and value.isprintable()):
            raise InputError(
                f"the environment variable {variable} holds no secret; "
                f"expected at least {SECRET_CHARACTERS_MIN} printable ASCII characters."
            )
        self.hide(value)
        return value

    def require(self, variable: str, *, where: str) -> str:
        """Return a secret.

        Raises:
            InputError: The variable is not set; names it.
        """
        value = self.get(variable)
        if value is None:
            raise _not_set(variable, where)
        return value

    def hide(self, secret: str) -> None:
        """Keep a text, also as addresses write it, out of what `redact` returns."""
        self._read.update(text for text in (secret, quote(secret, safe=""), unquote(secret)) if text)

    def redact(self, text: str) -> str:
        """Return a text without the secrets."""
        for secret in sorted(self._read, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text


def _not_set(variable: str, where: str) -> InputError:
    return InputError(f"the environment variable {variable} is not set.", where=where, remedy="Set it and start again.")
