"""Files of an object store, an SFTP server or a folder, copied into the inbox once for each version.

A copy is named after the feed, the connector, what the version is known by and the file's own name: copying it
again, after a kill, makes the same file.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from incentives.connectors.credentials import Secrets
from incentives.connectors.files_model import FilesConnector
from incentives.connectors.state import sync_folder
from incentives.errors import InputError, OutsideError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

ATTEMPTS = 4
_WAIT_SECONDS = 0.5
_PIECE_BYTES = 1 << 20
_MODIFIED = ("mtime", "LastModified", "last_modified", "updated", "created")
ResultT = TypeVar("ResultT")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Version:
    """A file as it is now: where, how large, when it changed if that is known, and what it is known by."""

    path: str
    size: int
    modified: datetime | None
    known_by: str


def what_is_read(connector: FilesConnector) -> tuple[str, ...]:
    """Return what a position of this connector belongs to."""
    return (connector.url, connector.glob, connector.feed)


class Place:
    """Where the files are."""

    def __init__(
        self, connector: FilesConnector, secrets: Secrets, where: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._connector = connector
        self._secrets = secrets
        self._where = where
        self._sleep = sleep
        options: dict[str, Any] = dict(connector.options)
        for name, variable in connector.options_env.items():
            options[name] = secrets.setting(variable, where=where)
        self._options = options
        self._system: AbstractFileSystem | None = None

    def new_files(self, position: Mapping[str, str], now: datetime) -> tuple[list[Version], dict[str, str]]:
        """Return what to copy, by name, and what of the position is still there.

        Raises:
            InputError: The place cannot be opened as described.
            OutsideError: It does not answer.
        """
        listed = self._try(self._listed)
        kept = {version.path: position[version.path] for version in listed if version.path in position}
        new = [version for version in listed if position.get(version.path) != version.known_by and self._is_settled(version, now)]
        return new, kept

    def copy(self, version: Version, target: Path) -> bool:
        """Copy a file, durably; False where it changed or went meanwhile, and nothing is there.

        Raises:
            InputError: It is larger than the connector takes.
            OutsideError: The place does not answer, or the disk takes nothing.
        """
        temporary = target.with_name(f".{target.name}.part")
        try:
            self._try(lambda: self._download(version, temporary))
            if self._try(lambda: self._version(self._open().info(version.path))).known_by != version.known_by:
                return False
            temporary.replace(target)
            sync_folder(target.parent)
        except FileNotFoundError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def _listed(self) -> list[Version]:
        system = self._open()
        system.invalidate_cache()
        base = system._strip_protocol(self._connector.url).rstrip("/")
        if self._connector.scheme != "s3" and not system.isdir(base):
            # An object store has no folders; anywhere else an absent one is a wrong address or a server's disk that is gone.
            raise OSError("there is no such folder")
        found = system.glob(f"{base}/{self._connector.glob}", detail=True)
        versions = [self._version(info) for info in found.values() if info.get("type") == "file"]
        return sorted(versions, key=lambda version: version.path)

    def _download(self, version: Version, temporary: Path) -> None:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        copied = 0
        with os.fdopen(descriptor, "wb") as target, self._open().open(version.path, "rb") as source:
            while piece := source.read(_PIECE_BYTES):
                copied += len(piece)
                if copied > self._connector.file_bytes_max:
                    raise InputError(
                        f"a file is larger than {self._connector.file_bytes_max:,} bytes.",
                        where=PurePosixPath(version.path).name,
                        remedy="Raise file_bytes_max, or have it split.",
                    )
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        if copied != version.size:
            raise OSError(f"{copied} of {version.size} bytes arrived")

    def _is_settled(self, version: Version, now: datetime) -> bool:
        return version.modified is None or (now - version.modified).total_seconds() >= self._connector.settled_seconds

    def _version(self, info: Mapping[str, Any]) -> Version:
        tag = info.get("ETag") or info.get("etag")
        modified = next((_moment(info[name]) for name in _MODIFIED if info.get(name) is not None), None)
        size = int(info["size"])
        known_by = f"tag {tag} {size}" if tag else f"time {modified.isoformat() if modified else ''} {size}"
        return Version(str(info["name"]), size, modified, known_by)

    def _open(self) -> AbstractFileSystem:
        if self._system is None:
            import fsspec

            options = dict(self._options)
            if self._connector.scheme == "sftp":
                from incentives.connectors.files_sftp import PinnedHostKey, connection_options

                assert self._connector.host_key is not None
                options = {
                    **connection_options(self._connector.url, options),
                    "host_key_policy": PinnedHostKey(self._connector.host_key),
                }
            self._system = fsspec.filesystem(self._connector.scheme, skip_instance_cache=True, **options)
        return self._system

    def _try(self, act: Callable[[], ResultT]) -> ResultT:
        """Do something that needs the place, again where it fails; a lost connection is opened anew."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return act()
            except (FileNotFoundError, InputError):
                raise
            except ImportError as error:
                raise InputError(
                    f"what speaks {self._connector.scheme} is not installed.",
                    where=self._where,
                    remedy=f"Install incentive-warehouse[{self._connector.scheme}].",
                ) from error
            except Exception as error:
                # Each place has errors of its own (botocore's, paramiko's), and no class is above them all.
                self._system = None
                if attempt == ATTEMPTS:
                    said = self._secrets.redact(f"{type(error).__name__} {error}".splitlines()[0]).rstrip(". ")
                    raise OutsideError(
                        f"{self._connector.url} does not answer as it should: {said}.",
                        where=self._where,
                        remedy="Check address, secrets and rights; what was copied stays.",
                    ) from None
            self._sleep(_WAIT_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the loop returns or raises")


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(str(value))


def copy_name(connector: FilesConnector, name: str, version: Version) -> str:
    """Return the name under which a version is copied into the inbox."""
    digest = hashlib.blake2b(f"{version.path}\0{version.known_by}".encode(), digest_size=6).hexdigest()
    own = _UNSAFE.sub("_", PurePosixPath(version.path).name)[-120:]
    return f"{connector.feed}-{name}-{digest}-{own}"
