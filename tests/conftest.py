"""What holds for every test: keys of workspaces and caches made here never reach the folders of the person who runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from support_compiled import build_compiled, by_dbt

from incentives.warehouse import dbt_run


@pytest.fixture(autouse=True, scope="session")
def home_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep key files and caches in folders of the test run, also those of commands in processes of their own.

    Workers of one run share the caches.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        environment.setenv("XDG_CACHE_HOME", str(shared / "cache"))
        yield


@pytest.fixture(autouse=True, scope="session")
def builds_compiled(home_apart: None) -> Iterator[None]:
    """Build by dbt's compiled selects instead of dbt: for a few facts, dbt itself is nine tenths of a build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_run, "build", build_compiled)
        yield


@pytest.fixture
def dbt_itself(builds_compiled: None) -> Iterator[None]:
    """Build by dbt in one test, as the product does."""
    with by_dbt():
        yield
