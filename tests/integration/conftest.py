"""A portal's workspace, built once and copied for each test that acts in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support_portal import House, build_house, copied

KEY = "a key of these tests only"


@pytest.fixture(scope="session")
def built_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The house that nobody acts in."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("INCENTIVES_KEY", KEY)
        return build_house(tmp_path_factory.mktemp("portal") / "ws")


@pytest.fixture
def house(built_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A copy of it for one test."""
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    with copied(built_house, tmp_path) as own:
        yield own
