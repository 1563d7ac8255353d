"""Every key of the plan language is in its reference, and every exception that a calculation raises is explained."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from incentives.bonus.result import EXCEPTION_KINDS
from incentives.plans import model, payouts

ROOT = Path(__file__).resolve().parents[2]
MODELS = [
    one
    for module in (model, payouts)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == module.__name__
]


@pytest.mark.parametrize("one", MODELS, ids=lambda one: one.__name__)
def test_every_key_is_in_the_reference(one: type[BaseModel]) -> None:
    text = (ROOT / "docs" / "reference" / "plans.md").read_text(encoding="utf-8")

    keys = {field.alias or name for name, field in one.model_fields.items()}

    assert [key for key in sorted(keys) if f"`{key}" not in text and f"{key}:" not in text and f", {key}" not in text] == []


def test_every_kind_of_exception_is_explained() -> None:
    text = (ROOT / "docs" / "explanation" / "bonus.md").read_text(encoding="utf-8")

    assert [kind for kind in EXCEPTION_KINDS if kind not in text] == []
