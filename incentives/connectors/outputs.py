"""The language in which a record of a source becomes rows of feeds.

It has no expressions: a value is found by a path, renamed by a list, or added up exactly, and nothing else.
A path starts at the record. Along `each` it stays with the element whose row is being made, so that
`line_items.sku` beside `each: line_items` is the article of that line and `id` the order's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from incentives.connectors.fields import DottedPath, Section, Texts
from incentives.feeds.columns import Feed
from incentives.feeds.contracts import FEEDS

SOURCE_COLUMN = "source"
OTHERWISE = "*"
Conditions = dict[DottedPath, Texts]


class Term(Section):
    """One summand: `add` or `subtract` a number, perhaps `times` another, perhaps only `where` something holds.

    A list that the path meets, other than those of `each`, is added up.
    """

    add: DottedPath | None = None
    subtract: DottedPath | None = None
    times: DottedPath | None = None
    where: Conditions = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one_number(self) -> Term:
        if (self.add is None) == (self.subtract is None):
            raise ValueError("expected either add or subtract")
        return self

    @property
    def path(self) -> str:
        """Where the number is."""
        return self.add or self.subtract or ""


class Value(Section):
    """How one column is filled: a bare path, or exactly one of `path`, `first_of` and `sum`.

    `read` turns Unix times into timestamps; `values` renames (`"*"` is for everything else); `prefix` is put
    before what is not empty.
    """

    path: DottedPath | None = None
    first_of: tuple[DottedPath, ...] = ()
    sum: tuple[Term, ...] = ()
    read: Literal["text", "unix_seconds", "unix_milliseconds"] = "text"
    values: dict[str, str] = Field(default_factory=dict)
    prefix: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_bare_path(cls, value: object) -> object:
        return {"path": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_one_origin(self) -> Value:
        if sum(map(bool, (self.path, self.first_of, self.sum))) != 1:
            raise ValueError("expected exactly one of path, first_of and sum")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is looked at."""
        terms = [path for term in self.sum for path in (term.path, term.times, *term.where) if path]
        return (*((self.path,) if self.path else ()), *self.first_of, *terms)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        rule = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "A path."}, rule]}


class Output(Section):
    """Rows of one feed: a row a record, or a row for `each` element of a list in it.

    `where` and `unless` say which: a path and the texts of which its value is one; "" is no value.
    """

    feed: str
    each: DottedPath | None = None
    where: Conditions = Field(default_factory=dict)
    unless: Conditions = Field(default_factory=dict)
    columns: Annotated[dict[str, Value], Field(min_length=1)]
    constants: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_the_contract(self) -> Output:
        feed = FEEDS.get(self.feed)
        if feed is None:
            raise ValueError(f"'{self.feed}' is not a feed; expected one of {', '.join(sorted(FEEDS))}")
        written = {column.name for column in feed.columns if column.written}
        never = {column.name for column in feed.columns if not column.written}
        for name in (*self.columns, *self.constants):
            if name in never:
                raise ValueError(f"'{name}' is free text; it is never written")
            if name not in written:
                raise ValueError(f"'{name}' is not a column of {self.feed}")
        both = self.columns.keys() & self.constants.keys()
        if both:
            raise ValueError(f"'{min(both)}' has a column and a constant; expected one of them")
        missing = [column.name for column in feed.columns if column.required and column.name not in self.header]
        if missing:
            raise ValueError(f"{self.feed} requires {', '.join(missing)}")
        return self

    @property
    def contract(self) -> Feed:
        """The feed's contract."""
        return FEEDS[self.feed]

    @property
    def header(self) -> tuple[str, ...]:
        """Columns that are delivered, in the contract's order; `source` fills itself where nothing else does."""
        given = {*self.columns, *self.constants, SOURCE_COLUMN}
        return tuple(column.name for column in FEEDS[self.feed].columns if column.name in given)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is looked at."""
        values = [path for value in self.columns.values() for path in value.paths]
        return (*((self.each,) if self.each else ()), *self.where, *self.unless, *values)
