"""A workspace: the folder that holds one retailer's files, and its configuration.

Everything that belongs to a retailer lives here and nothing that belongs to the product does. The
configuration is validated whole when the workspace is opened; a mistake names file, key and what was
expected.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from incentives.errors import BusyError, DocumentError, InputError
from incentives.feeds.contracts import FEEDS
from incentives.locks import RunLock
from incentives.money import CURRENCIES
from incentives.periods import Calendar

CONFIG_NAME = "incentives.toml"
KEY_VARIABLE = "INCENTIVES_KEY"
KEY_BYTES_MIN = 16
ALL = "*"


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"'{value}' is not a time zone; expected an IANA name such as Europe/Paris")
    return value


def _known_currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError(f"'{value}' is not an ISO 4217 currency; expected a code such as EUR")
    return value


def _known_feed(value: str) -> str:
    if value != ALL and value not in FEEDS:
        raise ValueError(f"'{value}' is not a feed; expected one of {', '.join(sorted(FEEDS))} or '*'")
    return value


TimeZone = Annotated[str, AfterValidator(_known_zone)]
CurrencyCode = Annotated[str, AfterValidator(_known_currency)]
FeedName = Annotated[str, AfterValidator(_known_feed)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkspaceSection(_Section):
    """`[workspace]`: what holds for the whole retailer."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    name: Annotated[str, Field(min_length=1)]
    demo: bool = False
    time_zone: TimeZone = "UTC"
    house_account_over: Annotated[int, Field(ge=1)] = 500
    pay_currencies: tuple[CurrencyCode, ...] = ()
    key_salt: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{0,32}$")] = ""


class IdentitySection(_Section):
    """`[identity]`: bounds of customer matching."""

    max_customers_per_identifier: Annotated[int, Field(ge=2)] = 5


class SourceSection(_Section):
    """`[sources.NAME]`: what one delivering system may send, and how its times are read.

    `delivers_for` lists the values of a row's own `source` column that it may carry ("*" = any); empty
    means its own name only.
    """

    feeds: tuple[FeedName, ...]
    time_zone: TimeZone | None = None
    delivers_for: tuple[str, ...] = ()

    def may_deliver(self, feed: str) -> bool:
        """Whether the source is listed for a feed."""
        return ALL in self.feeds or feed in self.feeds


class PayGroupSection(_Section):
    """`[pay_groups.NAME]`: a legal entity, country, calendar and currency that is paid together.

    People belong to the group that their associate record names; `default = true` takes those without one.
    """

    legal_entity: str
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    calendar: Calendar = "month"
    currency: CurrencyCode
    default: bool = False


class QualitySection(_Section):
    """`[quality]`: tolerances of the blocking checks."""

    quarantine_share_max_percent: Annotated[int, Field(ge=0, le=100)] = 5
    control_total_tolerance_minor: Annotated[int, Field(ge=0)] = 0


class RetentionSection(_Section):
    """`[retention]`: how long what is no longer needed is kept; nothing goes before `incentives retention apply`.

    `delivered_days`: delivered files after they landed, files set aside, and the raw text of refused rows after they
    were mended. `personal_months`: a client's clear values after their last activity; then the client is forgotten.
    """

    delivered_days: Annotated[int, Field(ge=1)] = 90
    personal_months: Annotated[int, Field(ge=1)] = 36


SignalName = Literal[
    "own_touch_at_till",
    "greeting_before_order",
    "second_seller_pair",
    "unidentified_sale",
    "discount_at_month_end",
    "new_owner_before_order",
]


class SignalsSection(_Section):
    """`[signals]`: what managers are shown of how people work, which credits, pays, scores and ranks nothing.

    None is on unless it is listed in `agreed`, with the `agreement` under which it is.
    """

    agreed: tuple[SignalName, ...] = ()
    agreement: str = ""

    @model_validator(mode="after")
    def _under_an_agreement(self) -> SignalsSection:
        if self.agreed and not self.agreement.strip():
            raise ValueError("agreement is missing; signals are on only under an agreement: name it and its date")
        return self


class Config(_Section):
    """The whole of `incentives.toml`."""

    workspace: WorkspaceSection
    identity: IdentitySection = IdentitySection()
    quality: QualitySection = QualitySection()
    retention: RetentionSection = RetentionSection()
    signals: SignalsSection = SignalsSection()
    sources: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], SourceSection]
    pay_groups: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], PayGroupSection]


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
        """SQLite file of the operational store."""
        return self.root / "ledger.db"

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


def read_config(path: Path) -> Config:
    """Read and validate a configuration file.

    Raises:
        DocumentError: One line per mistake: `file:line: key: what was expected`.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise DocumentError([f"{path}:1: byte {error.start} is not UTF-8; save the file as UTF-8."]) from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise DocumentError([f"{path}:{found.group(1) if found else 1}: not valid TOML: {error}."]) from error
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        problems = []
        for detail in error.errors():
            loc = [str(part) for part in detail["loc"]]
            message = {
                "extra_forbidden": "unknown key; it is not a setting",
                "missing": "required, but missing",
            }.get(detail["type"], detail["msg"].removeprefix("Value error, "))
            problems.append(f"{path}:{_line_of(text, loc)}: {'.'.join(loc)}: {message}.")
        raise DocumentError(problems) from error
    defaults = [name for name, group in config.pay_groups.items() if group.default]
    if len(defaults) > 1:
        raise DocumentError(
            [f"{path}:{_line_of(text, ['pay_groups', defaults[1]])}: pay_groups: only one group can be the default."]
        )
    return config


def _line_of(text: str, loc: list[str]) -> int:
    """Return the line on which a TOML key stands, or its nearest table; 1 where neither is found."""
    lines = text.splitlines()
    table_line, best = 0, 1
    for depth in range(len(loc), 0, -1):
        header = ".".join(loc[:depth])
        pattern = re.compile(rf"\s*\[\s*{re.escape(header)}\s*\]")
        found = next((number for number, line in enumerate(lines, 1) if pattern.match(line)), 0)
        if found:
            table_line, best = found, found
            remaining = loc[depth:]
            if remaining:
                key = re.compile(rf"\s*{re.escape(remaining[0])}\s*=")
                for number in range(table_line + 1, len(lines) + 1):
                    if lines[number - 1].lstrip().startswith("["):
                        break
                    if key.match(lines[number - 1]):
                        return number
            return best
    return best
