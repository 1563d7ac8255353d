"""Digests stand for ever: the text under them is what Python's own JSON writes, whoever writes it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from incentives.ledger.audit import canonical

# Whole numbers beyond 64 bits among them; no lone surrogates, which no text that can be stored holds.
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_LEAVES = st.none() | st.booleans() | st.integers() | st.integers(2**62, 2**66) | _TEXTS
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner), max_leaves=20)


@given(_VALUES)
def test_canonical_text_is_that_of_the_standard_library(value: object) -> None:
    assert canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)  # type: ignore[arg-type]
