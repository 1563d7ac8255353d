"""A workspace: the folder that holds one retailer's files, and its configuration.

Everything that belongs to a retailer lives here and nothing that belongs to the product does. The
configuration is validated whole when the workspace is opened; a mistake names file, key and what was
expected.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from incentives.errors import BusyError, InputError
from incentives.locks import RunLock
from incentives.settings import CONFIG_NAME, Config, read_config

KEY_VARIABLE = "INCENTIVES_KEY"
KEY_BYTES_MIN = 16


@dataclass(frozen=True, slots=True)
class Workspace:
    """An opened workspace: where its files are, and its validated configuration."""

    root: Path
    config: Config

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Open a workspace folder and validate its configuration.

        Raises:
            InputError: The folder is no workspace.
            DocumentError: `incentives.toml` has mistakes.
        """
        root = root.expanduser().resolve()
        path = root / CONFIG_NAME
        if not path.is_file():
            raise InputError(
                f"there is no {CONFIG_NAME} in this folder.",
                where=str(root),
                remedy="Make a workspace with `incentives init DIR`, or name one with --workspace DIR.",
            )
        return cls(root, read_config(path))

    @property
    def inbox(self) -> Path:
        """Folder into which sources deliver, one folder per source."""
        return self.root / "inbox"

    @property
    def policies(self) -> Path:
        """Folder of crediting policies."""
        return self.root / "policies"

    @property
    def plans(self) -> Path:
        """Folder of bonus plans."""
        return self.root / "plans"

    @property
    def bronze(self) -> Path:
        """Folder of landed, immutable facts."""
        return self.root / "bronze"

    @property
    def bronze_index(self) -> Path:
        """SQLite index of loads and files."""
        return self.bronze / "index.db"

    @property
    def set_aside(self) -> Path:
        """Folder of files refused whole, byte for byte."""
        return self.root / "set_aside"

    @property
    def warehouse_dir(self) -> Path:
        """Folder of the warehouse file, dbt's target and its logs."""
        return self.root / "warehouse"

    @property
    def warehouse(self) -> Path:
        """DuckDB file of the last finished build; opened for writing by the pipeline alone."""
        return self.warehouse_dir / "warehouse.duckdb"

    @property
    def mart_changes(self) -> Path:
        """What the last increment changed of the marts: a snapshot is brought up by it."""
        return self.warehouse_dir / "changes.duckdb"

    @property
    def build_record(self) -> Path:
        """JSON record of the last finished build."""
        return self.warehouse_dir / "build.json"

    @property
    def snapshots(self) -> Path:
        """Folder of published read-only snapshots."""
        return self.root / "snapshots"

    @property
    def ledger(self) -> Path:
        """SQLite file of the operational store, where it is none of PostgreSQL."""
        return self.root / "ledger.db"

    @property
    def ledger_place(self) -> Path | str:
        """Where the operational store is: a file of the workspace, or a database's address."""
        return self.config.ledger.url or self.ledger

    @property
    def has_ledger(self) -> bool:
        """Whether there is an operational store already."""
        return bool(self.config.ledger.url) or self.ledger.is_file()

    @property
    def manifests(self) -> Path:
        """Folder of frozen inputs of calculated cycles, content-addressed."""
        return self.root / "manifests"

    @property
    def exports(self) -> Path:
        """Folder of payroll exports."""
        return self.root / "exports"

    @property
    def logs(self) -> Path:
        """Folder of logs; they hold counts, never names or single amounts."""
        return self.root / "logs"

    def key(self) -> bytes:
        """Return the secret with which identifiers are turned into tokens.

        Raises:
            InputError: Neither the variable nor the key file is there, or the key is too short.
        """
        from_environment = os.environ.get(KEY_VARIABLE)
        if from_environment is not None:
            key = from_environment.encode()
        else:
            path = key_file(self.config.workspace.id)
            if not path.is_file():
                raise InputError(
                    "the workspace key is missing; without it identifiers cannot be turned into tokens.",
                    where=str(path),
                    remedy=f"Set {KEY_VARIABLE}, or restore the key file from your secret store.",
                )
            key = path.read_bytes().strip()
        if len(key) < KEY_BYTES_MIN:
            raise InputError(f"the workspace key is shorter than {KEY_BYTES_MIN} bytes.", where=KEY_VARIABLE)
        return key

    @contextmanager
    def writer_lock(self, activity: str) -> Iterator[None]:
        """Hold the one writer's lock of the pipeline while the block runs.

        Raises:
            BusyError: Another run holds it; the message names the holder.
        """
        lock = RunLock(self.root / ".writer.lock")
        holder = lock.acquire(activity)
        if holder is not None:
            raise BusyError(
                f"another run is working on this workspace: {holder}.",
                where=str(self.root),
                remedy="Wait until it ends, then try again.",
            )
        try:
            yield
        finally:
            lock.release()

    def zone(self) -> ZoneInfo:
        """Return the workspace's time zone."""
        return ZoneInfo(self.config.workspace.time_zone)


def key_file(workspace_id: str) -> Path:
    """Return where the key of a workspace lives when the environment does not hold it: never inside it."""
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "incentives" / "keys" / f"{workspace_id}.key"


def create_key(workspace_id: str) -> Path:
    """Make a random key file for a new workspace, readable by its owner only, and return its path."""
    path = key_file(workspace_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_hex(32))
    return path
