"""The configuration of a workspace, `incentives.toml`: every key, what it may say, and a mistake named with its line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from incentives.errors import DocumentError
from incentives.feeds.contracts import FEEDS
from incentives.money import CURRENCIES
from incentives.periods import Calendar

CONFIG_NAME = "incentives.toml"
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
    means its own name only. `owner` says who answers for what it delivers; checklists name them.
    """

    feeds: tuple[FeedName, ...]
    owner: str = ""
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
    quarantine_tolerance_minor: Annotated[int, Field(ge=0)] = 0


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
    "recorded_before_order",
    "repeated_touch",
    "mutual_advice",
    "opted_out",
    "booked_at_short_notice",
    "appointment_without_sale",
    "sale_at_month_edge",
    "split_order",
    "no_second_visit",
    "unmatched_return",
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


class LedgerSection(_Section):
    """`[ledger]`: where the operational store is; empty: a SQLite file of the workspace.

    `url` is SQLAlchemy's address of a PostgreSQL database, `postgresql+psycopg://ROLE@HOST/DATABASE`. Its password stands in no file of
    the workspace: PGPASSWORD, or libpq's own password file.
    """

    url: str = ""

    @model_validator(mode="after")
    def _of_postgresql(self) -> LedgerSection:
        if not self.url:
            return self
        scheme, _, rest = self.url.partition("://")
        if scheme != "postgresql+psycopg" or not rest:
            raise ValueError("expected an address such as postgresql+psycopg://incentives@db.example/ledger")
        if ":" in rest.rpartition("@")[0]:
            raise ValueError("a password does not belong in a file; set PGPASSWORD, or use libpq's password file ~/.pgpass")
        return self


class Config(_Section):
    """The whole of `incentives.toml`."""

    workspace: WorkspaceSection
    identity: IdentitySection = IdentitySection()
    quality: QualitySection = QualitySection()
    retention: RetentionSection = RetentionSection()
    signals: SignalsSection = SignalsSection()
    ledger: LedgerSection = LedgerSection()
    sources: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], SourceSection]
    pay_groups: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], PayGroupSection]


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
