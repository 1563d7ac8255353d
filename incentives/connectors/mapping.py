"""From a record of a source to rows of feeds. Pure; the language is in outputs.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact

from incentives.connectors.outputs import OTHERWISE, Conditions, Output, Term, Value
from incentives.connectors.values import MappingError, Record, Tree, decimal_text, number_of, text_of
from incentives.feeds.columns import ColumnType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Enough for every product of two numbers of 60 digits; a sum that does not fit is refused, never rounded.
_EXACTLY = Context(prec=250, traps=[Inexact])
Row = tuple[str, ...]
Nodes = tuple[Tree, ...]
Cell = Callable[[Nodes], str]
_Place = tuple[int, tuple[str, ...]]


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


class Mapper:
    """Makes rows of records; the paths of its outputs are taken apart once."""

    def __init__(self, outputs: Sequence[Output], source: str) -> None:
        """Prepare.

        Args:
            outputs: What is made of each record.
            source: Fills the column `source` where nothing else does.
        """
        self._parts = [_Part(output, source) for output in outputs]

    def rows(self, record: Record) -> Iterator[MappedRow]:
        """Yield the rows that a record makes, output by output.

        Raises:
            MappingError: A value is not what the mapping says; names feed and column, never the value.
        """
        for part in self._parts:
            yield from part.rows(record)


class _Part:
    """One output. `nodes` are a record and, step by step along `each`, the element whose row is being made."""

    def __init__(self, output: Output, source: str) -> None:
        self._output = output
        self._steps = tuple(output.each.split(".")) if output.each else ()
        types = {column.name: column.type for column in output.contract.columns}
        self._cells = [(name, self._cell(name, types[name], source)) for name in output.header]
        self._where = self._conditions(output.where)
        self._unless = self._conditions(output.unless)

    def rows(self, record: Record) -> Iterator[MappedRow]:
        for nodes in self._elements(record):
            if not _holds(self._where, nodes) or (self._unless and _holds(self._unless, nodes)):
                continue
            name = ""
            values: list[str] = []
            try:
                for name, cell in self._cells:  # noqa: B007 - says which column it was
                    values.append(cell(nodes))
            except MappingError as error:
                raise MappingError(f"{self._output.feed}.{name}: {error}") from error
            yield MappedRow(self._output, tuple(values))

    def _elements(self, record: Record) -> list[Nodes]:
        chains: list[Nodes] = [(record,)]
        for step in self._steps:
            chains = [(*chain, element) for chain in chains for element in _listed(_step(chain[-1], step))]
        return chains

    def _cell(self, name: str, kind: ColumnType, source: str) -> Cell:
        constant = self._output.constants.get(name)
        value = self._output.columns.get(name)
        if value is None:
            fixed = constant if constant is not None else source
            return lambda nodes: fixed
        text = self._sum(value.sum) if value.sum else self._found([value.path] if value.path else value.first_of, kind)
        if value.read == "text" and not value.values and not value.prefix:
            return text
        return lambda nodes: _finished(text(nodes), value)

    def _found(self, paths: Sequence[str], kind: ColumnType) -> Cell:
        places = [self._place(path) for path in paths]

        def found(nodes: Nodes) -> str:
            for place in places:
                value = _at(nodes, place)
                if value is not None and (text := value if type(value) is str else text_of(value, kind)):
                    return text
            return ""

        return found

    def _sum(self, terms: Sequence[Term]) -> Cell:
        prepared = [
            (
                self._place(term.path),
                self._place(term.times) if term.times else None,
                self._conditions(term.where),
                _EXACTLY.add if term.add else _EXACTLY.subtract,
            )
            for term in terms
        ]

        def total_of(nodes: Nodes) -> str:
            """Return the exact sum; empty where no term found a number."""
            total: Decimal | None = None
            try:
                for place, times, conditions, join in prepared:
                    if not _holds(conditions, nodes):
                        continue
                    for found in _spread(nodes[place[0]], place[1]):
                        number = number_of(found)
                        if times is not None:
                            number = _EXACTLY.multiply(number, number_of(_at(nodes, times)))
                        total = join(total or Decimal(0), number)
                return "" if total is None else decimal_text(_EXACTLY.add(total, Decimal(0)))
            except Inexact as error:
                raise MappingError("the sum has more digits than any amount") from error

        return total_of

    def _conditions(self, conditions: Conditions) -> list[tuple[_Place, tuple[str, ...]]]:
        return [(self._place(path), wanted) for path, wanted in conditions.items()]

    def _place(self, path: str) -> _Place:
        """Return how many steps a path shares with `each`, and the others."""
        steps = tuple(path.split("."))
        shared = 0
        while shared < min(len(steps), len(self._steps)) and steps[shared] == self._steps[shared]:
            shared += 1
        return shared, steps[shared:]


def _at(nodes: Nodes, place: _Place) -> Tree:
    """Return what is at a place; None where nothing is."""
    node = nodes[place[0]]
    for step in place[1]:
        node = node.get(step) if type(node) is dict else _step(node, step)
    return node


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
    """Yield everything behind steps, element by element of the lists on the way."""
    if isinstance(node, list) and not (steps and steps[0].isdecimal()):
        for element in node:
            yield from _spread(element, steps)
    elif steps:
        yield from _spread(_step(node, steps[0]), steps[1:])
    elif node is not None:
        yield node


def _holds(conditions: Sequence[tuple[_Place, tuple[str, ...]]], nodes: Nodes) -> bool:
    return all(text_of(_at(nodes, place)) in wanted for place, wanted in conditions)


def _finished(text: str, value: Value) -> str:
    if not text:
        return ""
    if value.read != "text":
        text = _moment(text, value.read)
    if value.values:
        text = value.values.get(text, value.values.get(OTHERWISE, text))
    return value.prefix + text if text else ""


def _moment(text: str, unit: str) -> str:
    number = number_of(text)
    try:
        microseconds = int(_EXACTLY.multiply(number, Decimal(1_000_000 if unit == "unix_seconds" else 1_000)))
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except ArithmeticError as error:
        raise MappingError("the number is no moment of the calendar") from error
    return moment.isoformat().replace("+00:00", "Z")
