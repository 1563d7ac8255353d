"""Whether a message is its provider's: each signs in a way of its own.

Nothing here tells a sender why a message is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

# How far a signed moment may lie from ours, either way.
MOMENT_TOLERANCE = timedelta(minutes=5)
Headers = Mapping[str, str]
Identities = tuple[bytes, ...]


def verified(scheme: str, secrets: Sequence[bytes], headers: Headers, body: bytes, now: datetime) -> Identities | None:
    """Return what a message is known by against replay, or None where it is not the provider's.

    A message is known by what was signed, and where the provider numbers its messages by that number too: a
    number alone is not signed, and a message sent again after a lost answer may be signed anew.

    Args:
        scheme: The provider's.
        secrets: Those that are valid now.
        headers: By lower-case name.
        body: As it arrived, every byte.
        now: The present moment.
    """
    return _SCHEMES[scheme](secrets, headers, body, now)


def _shopify(secrets: Sequence[bytes], headers: Headers, body: bytes, now: datetime) -> Identities | None:
    """Base64 of the HMAC of the body; no signed moment."""
    given = headers.get("x-shopify-hmac-sha256", "")
    if not _matches(given, [base64.b64encode(_hmac(secret, body)) for secret in secrets]):
        return None
    return _identities("shopify", body, headers.get("x-shopify-webhook-id"))


def _zendesk(secrets: Sequence[bytes], headers: Headers, body: bytes, now: datetime) -> Identities | None:
    """Base64 of the HMAC of moment and body; a moment that is not now is no message of now."""
    moment = headers.get("x-zendesk-webhook-signature-timestamp", "")
    signed = moment.encode("latin-1", "replace") + body
    given = headers.get("x-zendesk-webhook-signature", "")
    if not _matches(given, [base64.b64encode(_hmac(secret, signed)) for secret in secrets]):
        return None
    try:
        sent = datetime.fromisoformat(moment)
    except ValueError:
        return None
    sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    if abs(now - sent) > MOMENT_TOLERANCE:
        return None
    return _identities("zendesk", signed, headers.get("x-zendesk-webhook-invocation-id"))


def _meta(secrets: Sequence[bytes], headers: Headers, body: bytes, now: datetime) -> Identities | None:
    """`sha256=` and the HMAC of the body in hexadecimal digits; no signed moment, no number."""
    given = headers.get("x-hub-signature-256", "")
    if not _matches(given, [b"sha256=" + _hmac(secret, body).hex().encode() for secret in secrets]):
        return None
    return _identities("meta", body, None)


def _hmac(secret: bytes, message: bytes) -> bytes:
    return hmac.digest(secret, message, "sha256")


def _matches(given: str, expected: Sequence[bytes]) -> bool:
    """Compare with every secret's signature, each in constant time, whichever matches."""
    text = given.encode("latin-1", "replace")
    return sum(hmac.compare_digest(text, each) for each in expected) > 0


def _identities(scheme: str, signed: bytes, number: str | None) -> Identities:
    known = [_identity(scheme, b"signed", signed)]
    if number:
        known.append(_identity(scheme, b"number", number.encode("latin-1", "replace")))
    return tuple(known)


def _identity(scheme: str, kind: bytes, content: bytes) -> bytes:
    return hashlib.blake2b(scheme.encode() + b"\0" + kind + b"\0" + content, digest_size=16).digest()


_SCHEMES: Mapping[str, Callable[[Sequence[bytes], Headers, bytes, datetime], Identities | None]] = {
    "shopify": _shopify,
    "zendesk": _zendesk,
    "meta": _meta,
}
