"""What a figure is: an act that is measured, a reference beside it, and the bar that both are held against."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incentives.errors import InputError

if TYPE_CHECKING:
    from benchmarks.bench import Bench

# In the order of the table. A module with figures of its own adds its name here and lists them as FIGURES.
MODULES = (
    "benchmarks.landing",
    "benchmarks.webhooks",
    "benchmarks.build",
    "benchmarks.crediting",
    "benchmarks.peers",
    "benchmarks.bonus",
    "benchmarks.ledger",
    "benchmarks.one_workspace",
    "benchmarks.portal",
)
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Size:
    """How much data a run works on; twelve months, and one associate for each thousand lines."""

    name: str
    order_lines: int
    interactions: int


SIZES = {
    size.name: size
    for size in (
        Size("XS", 50_000, 150_000),
        Size("S", 2_000_000, 6_000_000),
        Size("L", 20_000_000, 60_000_000),
    )
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What an act took.

    Attributes:
        value: In the figure's unit; seconds where it has none of its own.
        cpu_s: Processor time in seconds, of the process and of those that it started.
        parts: Other values worth knowing, by name and unit (`counts_s`).
    """

    value: float
    cpu_s: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)


Act = Callable[["Bench"], Taken]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must hold.

    Attributes:
        ratio_max: Of the reference's value, at most.
        value_max: In the figure's unit, at most.
        value_min: In the figure's unit, at least.
        memory_max: Bytes resident at one time in all processes together, at most.
    """

    ratio_max: float | None = None
    value_max: float | None = None
    value_min: float | None = None
    memory_max: int | None = None

    def holds(self, value: float, ratio: float | None, memory: int) -> bool:
        """Whether a measured value stays within the bar."""
        return (
            (self.ratio_max is None or (ratio is not None and ratio <= self.ratio_max))
            and (self.value_max is None or value <= self.value_max)
            and (self.value_min is None or value >= self.value_min)
            and (self.memory_max is None or memory <= self.memory_max)
        )

    def words(self, unit: str) -> str:
        """Return the bar as the table shows it."""
        parts = [f"<= {self.ratio_max:g} x"] if self.ratio_max is not None else []
        parts += [f"<= {self.value_max:g} {unit}"] if self.value_max is not None else []
        parts += [f">= {self.value_min:,.0f} {unit}"] if self.value_min is not None else []
        parts += [f"<= {self.memory_max / GIB:g} GiB"] if self.memory_max is not None else []
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table.

    Attributes:
        name: As `--only` names it.
        title: What is measured, for people.
        act: Does it once and returns what it took. Runs in a process of its own, whose memory counts.
        reference_title: What it is measured against.
        reference: The same for the reference; None where the bar is a plain number.
        prepare: What must be there before, made once for a run, in a process whose time and memory do not count.
        unit: Of the value.
        bars: By size; a size without one is measured all the same.
        sizes: At which it is measured when no figure is named.
        is_repeatable: False where the act changes what is kept, so that it is done once however many runs are asked for.
    """

    name: str
    title: str
    act: Act
    reference_title: str = ""
    reference: Act | None = None
    prepare: Callable[[Bench], None] | None = None
    unit: str = "s"
    bars: Mapping[str, Bar] = field(default_factory=dict)
    sizes: Collection[str] = ("XS", "S", "L")
    is_repeatable: bool = True


def figures() -> Iterator[Figure]:
    """Yield every figure, in the order of the table."""
    for module in MODULES:
        yield from importlib.import_module(module).FIGURES


def figure_named(name: str) -> Figure:
    """Return a figure.

    Raises:
        InputError: There is none of that name.
    """
    known = {figure.name: figure for figure in figures()}
    if name not in known:
        raise InputError(f"no figure is called {name}; there are {', '.join(known)}.", where="--only")
    return known[name]
