"""Where the workspace is, and how an error of ours becomes a failed step; the one place that reads the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from incentives.errors import IncentivesError, OutsideError
from incentives.workspace import Workspace

# Limit 1 in dagster.yaml: DuckDB lets one process write and nobody read meanwhile.
WAREHOUSE_WRITER = "warehouse_writer"

# What failed outside may hold the next time; anything else would fail the same way and is not tried again.
RETRIES = 2
RETRY_AFTER_SECONDS = 60


class WorkspaceResource(dg.ConfigurableResource[Workspace]):
    """The retailer's workspace, opened anew by each step."""

    folder: str

    @contextmanager
    def opened(self) -> Iterator[Workspace]:
        """Open the workspace; an error of ours inside the block fails the step in our words.

        Raises:
            dg.RetryRequested: Something outside failed.
            dg.Failure: Says what is wrong, where, and what to do.
        """
        try:
            yield Workspace.open(Path(self.folder))
        except OutsideError as error:
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_AFTER_SECONDS) from error
        except IncentivesError as error:
            raise dg.Failure(str(error)) from error


def resources() -> dict[str, WorkspaceResource]:
    """Return the resources by name; the variable is read when a run starts, not when definitions load."""
    return {"workspace": WorkspaceResource(folder=dg.EnvVar("INCENTIVES_WORKSPACE"))}
