"""YAML documents written by people, read as text with the place of every key.

Scalars stay text (10.00 never becomes a binary float); the models that are validated from them do the
conversion. Every mistake of a file is reported at once, each with file, line and key.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from incentives.errors import DocumentError

Node = str | None | list["Node"] | dict[str, "Node"]
KeyPath = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)
DOCUMENT_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its text, its tree of text scalars, and the line (1-based) of every key path."""

    path: Path
    text: str
    root: dict[str, Node]
    lines: dict[KeyPath, int]

    def where(self, key_path: KeyPath) -> str:
        """Return `file:line` of the nearest key that exists in the file."""
        place = key_path
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.path}:{self.lines.get(place, 1)}"


def load(path: Path) -> Document:
    """Read a YAML mapping from a file.

    Raises:
        DocumentError: Unreadable, not UTF-8, not YAML, not a mapping, a duplicate key, an alias, too large.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DocumentError([f"{path}:1: the file cannot be read: {error.strerror}."]) from error
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise DocumentError([f"{path}:1: the file is larger than {DOCUMENT_BYTES_MAX} bytes."])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError([f"{path}:1: byte {error.start} is not UTF-8; save the file as UTF-8."]) from error
    return parse(text, path)


def parse(text: str, path: Path) -> Document:
    """Read a YAML mapping from text; `path` names it in messages. Raises as `load` does."""
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent) and event.start_mark is not None:
                raise DocumentError([f"{path}:{event.start_mark.line + 1}: aliases are not allowed; write the value out."])
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise DocumentError([f"{path}:{line}: not valid YAML: {problem}."]) from error
    if not isinstance(node, yaml.MappingNode):
        raise DocumentError([f"{path}:1: expected a mapping of keys to values."])
    lines: dict[KeyPath, int] = {(): node.start_mark.line + 1}
    problems: list[str] = []
    root = _mapping(node, (), lines, problems, path)
    if problems:
        raise DocumentError(problems)
    return Document(path, text, root, lines)


def validate(document: Document, model: type[ModelT]) -> ModelT:
    """Return the document as a model.

    Raises:
        DocumentError: One line per mistake: `file:line: key: what is wrong`.
    """
    try:
        return model.model_validate(document.root)
    except ValidationError as error:
        raise DocumentError(
            [_problem(document, detail["loc"], detail["type"], detail["msg"]) for detail in error.errors()]
        ) from error


def _problem(document: Document, loc: KeyPath, kind: str, message: str) -> str:
    key = ".".join(str(part) for part in loc if not (isinstance(part, str) and part.startswith("function-"))) or "(whole file)"
    if kind == "extra_forbidden":
        message = "unknown key; it is not part of this language"
    elif kind == "missing":
        message = "required, but missing"
    elif message.startswith("Value error, "):
        message = message.removeprefix("Value error, ")
    return f"{document.where(loc)}: {key}: {message}."


def _mapping(
    node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int], problems: list[str], file: Path
) -> dict[str, Node]:
    result: dict[str, Node] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(f"{file}:{line}: a key must be plain text.")
            continue
        key = str(key_node.value)
        if key in result:
            problems.append(f"{file}:{line}: {key}: the key stands twice.")
            continue
        lines[(*path, key)] = line
        result[key] = _value(value_node, (*path, key), lines, problems, file)
    return result


def _value(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], problems: list[str], file: Path) -> Node:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, problems, file)
    if isinstance(node, yaml.SequenceNode):
        items: list[Node] = []
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
            items.append(_value(item, (*path, index), lines, problems, file))
        return items
    if node.tag == "tag:yaml.org,2002:null":
        return None
    return str(node.value)
