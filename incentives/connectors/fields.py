"""How the scalars of a connector's file are read; a document's scalars are text."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

_WHOLE = re.compile(r"[0-9]{1,12}")
# Path of a value in a record: keys, or positions in a list, separated by dots.
_PATH = re.compile(r"[^.\s][^.]*(\.[^.]+)*")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Section(BaseModel):
    """A mapping of a connector's file: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise ValueError("expected a whole number such as 100")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("expected true or false")


def _path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise ValueError(f"'{value}' is not a path; expected keys separated by dots, such as customer.email")
    return value


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        raise ValueError("expected the NAME of an environment variable, never the secret itself")
    return value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f"'{value}' is not a name; expected lower-case letters, digits, - and _")
    return value


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _number_schema(minimum: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": minimum})


Count = Annotated[int, BeforeValidator(_whole), Field(ge=1), _number_schema(1)]
CountOrZero = Annotated[int, BeforeValidator(_whole), _number_schema(0)]
Flag = Annotated[bool, BeforeValidator(_flag)]
DottedPath = Annotated[str, AfterValidator(_path)]
Variable = Annotated[str, AfterValidator(_variable), Field(description="Name of an environment variable.")]
SourceName = Annotated[str, AfterValidator(_name)]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
