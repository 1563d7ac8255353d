"""Signatures of providers; the expected ones were made with `openssl dgst -hmac`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from incentives.connectors.webhook_signatures import verified

BODY = b'{"id":1,"total":"19.90"}'
NOW = datetime(2026, 2, 3, 10, 0, tzinfo=UTC)
SECRETS = (b"a-signing-secret",)
SHOPIFY = {"x-shopify-hmac-sha256": "0d22CFZifn6h/3RiHN/5azApiClIAJlvmMxnwI8HCNk="}
ZENDESK = {
    "x-zendesk-webhook-signature": "DWAh5RsSp5W15xMl+QFmOqERtke4bBNwgUZf0oUpZv4=",
    "x-zendesk-webhook-signature-timestamp": "2026-02-03T10:00:00Z",
}
META = {"x-hub-signature-256": "sha256=d1ddb60856627e7ea1ff74621cdff96b302988294800996f98cc67c08f0708d9"}
META_NEXT = {"x-hub-signature-256": "sha256=75d8f27fb164eabee98a2c06a7df3397f3ed5b9a72158c97380fe372c54dd0ae"}
EACH = [("shopify", SHOPIFY), ("zendesk", ZENDESK), ("meta", META)]


@pytest.mark.parametrize("scheme, headers", EACH)
def test_what_the_provider_signed_is_taken(scheme: str, headers: dict[str, str]) -> None:
    assert verified(scheme, SECRETS, headers, BODY, NOW)


@pytest.mark.parametrize("scheme, headers", EACH)
def test_a_changed_byte_another_secret_and_no_signature_are_refused(scheme: str, headers: dict[str, str]) -> None:
    bare = {name: text for name, text in headers.items() if name.endswith("timestamp")}

    assert verified(scheme, SECRETS, headers, BODY + b" ", NOW) is None
    assert verified(scheme, (b"another-secret",), headers, BODY, NOW) is None
    assert verified(scheme, SECRETS, bare, BODY, NOW) is None
    assert verified(scheme, SECRETS, dict.fromkeys(headers, ""), BODY, NOW) is None
    assert verified(scheme, SECRETS, dict.fromkeys(headers, "\xe9\u20ac"), BODY, NOW) is None


def test_the_signature_of_one_provider_is_not_that_of_another() -> None:
    assert verified("meta", SECRETS, {"x-hub-signature-256": SHOPIFY["x-shopify-hmac-sha256"]}, BODY, NOW) is None
    assert verified("shopify", SECRETS, {"x-shopify-hmac-sha256": META["x-hub-signature-256"]}, BODY, NOW) is None


def test_two_secrets_are_valid_while_one_replaces_the_other() -> None:
    both = (*SECRETS, b"the-next-secret")

    assert verified("meta", both, META, BODY, NOW)
    assert verified("meta", both, META_NEXT, BODY, NOW)
    assert verified("meta", SECRETS, META_NEXT, BODY, NOW) is None


@pytest.mark.parametrize("minutes, is_taken", [(-5, True), (5, True), (-6, False), (6, False), (60 * 24, False)])
def test_a_signed_moment_is_good_for_five_minutes(minutes: int, is_taken: bool) -> None:
    now = NOW + timedelta(minutes=minutes)

    assert (verified("zendesk", SECRETS, ZENDESK, BODY, now) is not None) is is_taken


def test_a_moment_that_was_not_signed_is_refused() -> None:
    later = {**ZENDESK, "x-zendesk-webhook-signature-timestamp": "2026-02-03T11:00:00Z"}

    assert verified("zendesk", SECRETS, later, BODY, NOW + timedelta(hours=1)) is None


def test_a_message_is_known_by_what_was_signed_whatever_number_it_is_given() -> None:
    first = verified("shopify", SECRETS, {**SHOPIFY, "x-shopify-webhook-id": "1"}, BODY, NOW)
    renumbered = verified("shopify", SECRETS, {**SHOPIFY, "x-shopify-webhook-id": "2"}, BODY, NOW)

    assert first is not None
    assert renumbered is not None
    assert set(first) & set(renumbered)
