"""The model of a mapping file: what a source calls its files, columns and values, and how it writes them.

One frozen model per section. A section of `feeds` overrides what stands at the top for its feed alone.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from incentives.feeds.columns import ColumnType
from incentives.feeds.contracts import FEEDS
from incentives.settings import TimeZone

Encoding = Literal[
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp874",
    "cp932",
    "big5",
    "euc-kr",
    "gb18030",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "mac-roman",
    "shift-jis",
]
DateFormat = Literal["YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD", "DD.MM.YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "MM/DD/YYYY"]
Decimal = Literal["point", "comma"]
Grouping = Literal["none", "point", "comma", "space", "apostrophe"]
Delimiter = Literal["comma", "semicolon", "tab", "pipe"]
DELIMITER_MARKS: dict[str, str] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
NUMBERS = (ColumnType.AMOUNT, ColumnType.DECIMAL, ColumnType.INTEGER)


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    words = {"true": True, "false": False}
    if isinstance(value, str) and value in words:
        return words[value]
    raise ValueError("expected true or false")


def _known_feed(value: str) -> str:
    if value not in FEEDS:
        raise ValueError(f"'{value}' is not a feed; expected one of {', '.join(sorted(FEEDS))}")
    return value


Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
FeedName = Annotated[str, AfterValidator(_known_feed), WithJsonSchema({"type": "string", "enum": sorted(FEEDS)})]
Text = Annotated[str, Field(min_length=1, max_length=1_000)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Writing(_Section):
    """How a source writes its files and values."""

    delimiter: Delimiter | None = Field(default=None, description="Between the fields of CSV. Default: told from the header.")
    decimal: Decimal | None = Field(default=None, description="Decimal mark of numbers. Default point.")
    grouping: Grouping | None = Field(default=None, description="Mark between groups of three digits. Default none.")
    dates: DateFormat | None = Field(default=None, description="How days are written, alone and before a time. Default ISO 8601.")
    time_zone: TimeZone | None = Field(
        default=None, description="IANA name of the zone of times without an offset; those with one keep it."
    )


class FeedMapping(Writing):
    """`feeds.<feed>`: columns and values of one feed."""

    columns: dict[Text, Text] = Field(default_factory=dict, description="The source's column: ours. In any case, trimmed.")
    constants: dict[Text, Text] = Field(default_factory=dict, description="Our column: the one value that every row has.")
    values: dict[Text, dict[Text, Text]] = Field(
        default_factory=dict, description="Our column: the source's word: ours. A word not listed stays as it is."
    )


class FilePattern(_Section):
    """An entry of `files`: which files are of which feed."""

    match: Text = Field(description="Pattern of the file's name, such as `VK_*.csv`; * and ? stand for any characters.")
    feed: FeedName


class Mapping(Writing):
    """A whole mapping file."""

    encoding: Encoding | None = Field(
        default=None,
        description="Of text files without a byte order mark. Default UTF-8. What could as well be UTF-8 is refused.",
    )
    keep_unknown: Flag = Field(
        default=False, description="Keep columns of no contract beside the personal data; free text is never kept. Default false."
    )
    files: tuple[FilePattern, ...] = Field(
        default=(), description="Names of files that do not begin with their feed; the first that fits."
    )
    feeds: dict[FeedName, FeedMapping] = Field(default_factory=dict, description="By feed.")

    @model_validator(mode="after")
    def _names_of_the_contract(self) -> Mapping:
        for name, section in self.feeds.items():
            known = {column.name for column in FEEDS[name].columns}
            for where, ours in (
                ("columns", section.columns.values()),
                ("constants", section.constants),
                ("values", section.values),
            ):
                unknown = sorted(set(ours) - known)
                if unknown:
                    raise ValueError(f"feeds.{name}.{where}: {name} has no column {', '.join(unknown)}")
            folded = [theirs.strip().lower() for theirs in section.columns]
            twice = sorted({theirs for theirs in folded if folded.count(theirs) > 1})
            if twice:
                raise ValueError(f"feeds.{name}.columns: {', '.join(twice)} stands twice, in other cases of its letters")
            both = sorted(set(section.columns.values()) & set(section.constants))
            if both:
                raise ValueError(f"feeds.{name}: {', '.join(both)} is both a column and a constant")
        return self
