"""Tokens stand for identifiers: the same for the same person, useless without the key."""

from __future__ import annotations

import hmac

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives.feeds.tokens import KINDS, Tokenizer, normalise

KEY = b"a key of the workspace, for tests"


@given(
    kind=st.sampled_from(sorted(KINDS - {"email", "phone"})), value=st.text(min_size=1), key=st.binary(min_size=1, max_size=200)
)
def test_a_token_is_the_hmac_of_kind_and_identifier(kind: str, value: str, key: bytes) -> None:
    token = Tokenizer(key).token(kind, value)

    digest = hmac.new(key, f"{kind}\x1f{value.strip()}".encode(), "sha256").hexdigest()
    assert token == (f"t_{digest[:32]}" if value.strip() else None)


@pytest.mark.parametrize(
    "kind, delivered, compared",
    [
        ("email", " Ada@Example.COM ", "ada@example.com"),
        ("email", "STRASSE@EXAMPLE.DE", "strasse@example.de"),
        ("email", "Straße@example.de", "strasse@example.de"),
        ("phone", "+33 6 12 34 56 78", "+33612345678"),
        ("phone", "0033 (6) 12.34-56/78", "+33612345678"),
        ("phone", "06 12 34 56 78", None),
        ("phone", "+33 6 12", None),
        ("phone", "+1234567890123456", None),
        ("phone", "+33 6 12 34 56 7x", None),
        ("phone", "+٣٣٦١٢٣٤٥٦٧٨", None),
        ("loyalty_id", " 00042 ", "00042"),
        ("customer_id", "   ", None),
        ("social_handle", "instagram:Ada", "instagram:Ada"),
    ],
)
def test_identifiers_are_compared_in_one_form(kind: str, delivered: str, compared: str | None) -> None:
    assert normalise(kind, delivered) == compared


def test_the_same_text_of_another_kind_or_under_another_key_is_another_token() -> None:
    tokenizer = Tokenizer(KEY)

    tokens = {
        tokenizer.token("loyalty_id", "4711"),
        tokenizer.token("customer_id", "4711"),
        Tokenizer(b"another key of a workspace").token("loyalty_id", "4711"),
    }

    assert len(tokens) == 3


def test_an_identifier_whose_named_kind_is_none_gets_no_token() -> None:
    tokenizer = Tokenizer(KEY)
    types = pa.array([" EMAIL ", "passport", "phone", None, "email", "phone"])
    values = pa.array(["ada@example.com", "X123", "+33612345678", "ada@example.com", None, "06 12"])

    tokens = tokenizer.typed_column(types, values).to_pylist()

    email, phone = tokenizer.token("email", "ada@example.com"), tokenizer.token("phone", "+33612345678")
    assert tokens == [email, None, phone, None, None, None]


def test_the_key_is_not_shown() -> None:
    assert "workspace" not in repr(Tokenizer(KEY))
