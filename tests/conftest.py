"""What holds for every test: keys of workspaces made here never reach the folder of the person who runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def keys_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep key files of workspaces in a folder of the test run, also those of commands in processes of their own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield
