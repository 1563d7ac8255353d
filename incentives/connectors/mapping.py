"""From a record of a source to rows of feeds. Pure; the language is in outputs.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact

from incentives.connectors.outputs import OTHERWISE, SOURCE_COLUMN, Conditions, Output, Term, Value
from incentives.connectors.values import MappingError, Record, Tree, decimal_text, number_of, text_of
from incentives.feeds.contracts import ColumnType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Enough for every product of two numbers of 60 digits; a sum that does not fit is refused, never rounded.
_EXACTLY = Context(prec=250, traps=[Inexact])
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A row of one output: the text of its columns, in the order of the output's header."""

    output: Output
    values: Row

    @property
    def key(self) -> Row:
        """Text of the feed's key columns."""
        given = dict(zip(self.output.header, self.values, strict=True))
        return tuple(given.get(name, "") for name in self.output.contract.key)


def rows_of(record: Record, outputs: Sequence[Output], source: str) -> Iterator[MappedRow]:
    """Yield the rows that a record makes, output by output.

    Args:
        record: As the source gave it.
        outputs: What is made of it.
        source: Fills the column `source` where nothing else does.

    Raises:
        MappingError: A value is not what the mapping says; names feed and column, never the value.
    """
    for output in outputs:
        types = {column.name: column.type for column in output.contract.columns}
        for scope in _elements(record, output):
            if _holds(scope, output.where) and not (output.unless and _holds(scope, output.unless)):
                yield MappedRow(output, tuple(_cell(scope, output, name, types[name], source) for name in output.header))


class _Scope:
    """A record with the element of `each` list whose row is being made."""

    def __init__(self, steps: Sequence[str], nodes: Sequence[Tree]) -> None:
        self._steps = steps
        self._nodes = nodes

    def find(self, path: str) -> Tree:
        """Return what is at a path; None where nothing is."""
        node, left = self._start(path)
        for step in left:
            node = _step(node, step)
        return node

    def find_all(self, path: str) -> Iterator[Tree]:
        """Yield everything at a path, element by element of the lists that it meets."""
        node, left = self._start(path)
        yield from _spread(node, left)

    def _start(self, path: str) -> tuple[Tree, Sequence[str]]:
        steps = path.split(".")
        shared = 0
        while shared < min(len(steps), len(self._steps)) and steps[shared] == self._steps[shared]:
            shared += 1
        return self._nodes[shared], steps[shared:]


def _elements(record: Record, output: Output) -> Iterator[_Scope]:
    steps = output.each.split(".") if output.each else []
    chains: list[list[Tree]] = [[record]]
    for step in steps:
        chains = [[*chain, element] for chain in chains for element in _listed(_step(chain[-1], step))]
    for chain in chains:
        yield _Scope(steps, chain)


def _listed(node: Tree) -> Sequence[Tree]:
    if node is None:
        return ()
    return node if isinstance(node, list) else (node,)


def _step(node: Tree, step: str) -> Tree:
    if isinstance(node, Mapping):
        return node.get(step)
    if isinstance(node, list) and step.isdecimal():
        return node[int(step)] if int(step) < len(node) else None
    return None


def _spread(node: Tree, steps: Sequence[str]) -> Iterator[Tree]:
    if isinstance(node, list) and not (steps and steps[0].isdecimal()):
        for element in node:
            yield from _spread(element, steps)
    elif steps:
        yield from _spread(_step(node, steps[0]), steps[1:])
    elif node is not None:
        yield node


def _holds(scope: _Scope, conditions: Conditions) -> bool:
    return all(text_of(scope.find(path)) in wanted for path, wanted in conditions.items())


def _cell(scope: _Scope, output: Output, name: str, kind: ColumnType, source: str) -> str:
    if name in output.constants:
        return output.constants[name]
    value = output.columns.get(name)
    if value is None:
        assert name == SOURCE_COLUMN
        return source
    try:
        return _text(scope, value, kind)
    except MappingError as error:
        raise MappingError(f"{output.feed}.{name}: {error}") from error


def _text(scope: _Scope, value: Value, kind: ColumnType) -> str:
    if value.sum:
        text = _sum(scope, value.sum)
    else:
        candidates = (value.path,) if value.path else value.first_of
        text = next((found for path in candidates if (found := text_of(scope.find(path), kind))), "")
    if value.read != "text" and text:
        text = _moment(text, value.read)
    if value.values and text:
        text = value.values.get(text, value.values.get(OTHERWISE, text))
    return value.prefix + text if text else ""


def _sum(scope: _Scope, terms: Sequence[Term]) -> str:
    """Return the exact sum; empty where no term found a number."""
    total: Decimal | None = None
    try:
        for term in terms:
            if not _holds(scope, term.where):
                continue
            for found in scope.find_all(term.path):
                number = number_of(found)
                if term.times is not None:
                    number = _EXACTLY.multiply(number, number_of(scope.find(term.times)))
                total = (_EXACTLY.add if term.add else _EXACTLY.subtract)(total or Decimal(0), number)
    except Inexact as error:
        raise MappingError("the sum has more digits than any amount") from error
    return "" if total is None else decimal_text(_EXACTLY.add(total, Decimal(0)))


def _moment(text: str, unit: str) -> str:
    number = number_of(text)
    try:
        microseconds = int(_EXACTLY.multiply(number, Decimal(1_000_000 if unit == "unix_seconds" else 1_000)))
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except ArithmeticError as error:
        raise MappingError("the number is no moment of the calendar") from error
    return moment.isoformat().replace("+00:00", "Z")
