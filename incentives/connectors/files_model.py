"""What the file of a connector that copies delivered files may say."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from incentives.connectors.fields import Count, CountOrZero, Variable
from incentives.connectors.model import ConnectorSection
from incentives.feeds.contracts import FEEDS

SCHEMES = ("file", "s3", "sftp")


def _place(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in SCHEMES or "::" in value:
        raise ValueError(f"'{value}' is not a place of files; expected {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected a place alone; secrets come from the environment, by `options_env`")
    return value.rstrip("/")


def _feed(value: str) -> str:
    if value not in FEEDS:
        raise ValueError(f"'{value}' is not a feed; expected one of {', '.join(sorted(FEEDS))}")
    return value


class FilesConnector(ConnectorSection):
    """Files of one feed in an object store, on an SFTP server or in a folder: each version is copied once.

    Attributes:
        feed: What the files are; their own names need not say so.
        url: Where they are: `s3://bucket/folder`, `sftp://host/folder`, `file:///folder`.
        glob: Which of them, below it: `*.csv.gz`, `2026/**/sales-*.csv`.
        options: Settings of the place, as its fsspec implementation names them.
        options_env: The same, each with the environment variable that holds it.
        host_key: Of an SFTP server: its public key, as `ssh-keyscan` prints it behind the host's name.
        settled_seconds: A file that changed later than that is left for the next run: somebody may still write it.
        file_bytes_max: A larger file is refused.
    """

    kind: Literal["files"]
    feed: Annotated[str, AfterValidator(_feed)]
    url: Annotated[str, AfterValidator(_place)]
    glob: Annotated[str, Field(pattern=r"^[^/].*$")]
    options: dict[str, str] = Field(default_factory=dict)
    options_env: dict[str, Variable] = Field(default_factory=dict)
    host_key: Annotated[str, Field(pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/=]+$")] | None = None
    settled_seconds: CountOrZero = 60
    file_bytes_max: Count = 16 << 30

    @model_validator(mode="after")
    def _server_is_known(self) -> FilesConnector:
        if self.url.startswith("sftp:") != (self.host_key is not None):
            raise ValueError("host_key is required by sftp, and of no use to others; `ssh-keyscan HOST` prints it")
        if self.gzip:
            raise ValueError("files are copied as they are; leave gzip out")
        return self

    @property
    def feeds(self) -> tuple[str, ...]:
        """The one feed of the files."""
        return (self.feed,)

    @property
    def scheme(self) -> str:
        """How the place is spoken to."""
        return urlsplit(self.url).scheme
