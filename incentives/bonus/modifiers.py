"""Modifiers and gates: factors on a statement's components, by another measure or by another component's attainment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from incentives.bonus.components import Evaluated
from incentives.bonus.curves import Terms, plain_bound
from incentives.bonus.exact import Bools, Exact
from incentives.bonus.holders import Holders
from incentives.bonus.measures import to_date
from incentives.bonus.reader import Reader
from incentives.bonus.sources import Sources
from incentives.bonus.windows import Window
from incentives.periods import Period
from incentives.plans.model import Modifier, Plan


@dataclass(frozen=True, slots=True)
class Applied:
    """A modifier's columns, one row per statement; outside `holds_for` the factor is one and means nothing."""

    modifier: Modifier
    holds_for: Bools
    value: Exact
    known: Bools
    factor: Exact
    window: Window

    def applies_to(self, component_id: str) -> bool:
        """Whether the modifier acts on a component."""
        return self.modifier.applies_to == "all" or component_id in self.modifier.applies_to


def apply_modifiers(
    plan: Plan,
    holds_for: Bools,
    terms: Terms,
    currency: int,
    holders: Holders,
    evaluated: Sequence[Evaluated],
    sources: Sources,
    period: Period,
) -> list[Applied]:
    """Return the factors of a version's modifiers for the statements under it in one currency."""
    result = []
    for modifier in plan.modifiers:
        window = Window.to_date(period, modifier.interval)
        if modifier.gate_attainment is not None:
            value, known = attainment(holders, [one for one in evaluated if one.component.id == modifier.gate_attainment])
        else:
            value, known = _measured(
                modifier.measure or modifier.gate or "", window, Reader.of(sources, plan, terms.currency), currency, holders
            )
        factor = (
            _table_factor(modifier, value, known, terms, sources)
            if modifier.measure
            else _gate_factor(modifier, value, known, terms, sources)
        )
        one = Exact.constant(1, len(holders))
        result.append(Applied(modifier, holds_for, value, known, factor.where(holds_for, one), window))
    return result


def attainment(holders: Holders, evaluated: Sequence[Evaluated]) -> tuple[Exact, Bools]:
    """Return each statement's attainment of a component over all its parts, and where it has a target at all."""
    size = len(holders)
    measure, target = Exact(np.zeros(size, dtype=np.int64)), Exact(np.zeros(size, dtype=np.int64))
    for one in evaluated:
        if one.now.target is not None and one.elements is None:
            measure = measure + one.now.measure.summed(one.statement, size)
            target = target + one.now.target.summed(one.statement, size)
    known = target.positive()
    return measure.zero_unless(known).over(target.where(known, Exact.constant(1, size))), known


def _measured(name: str, window: Window, reader: Reader, currency: int, holders: Holders) -> tuple[Exact, Bools]:
    rows = reader.rows(name)
    period = window.position(rows.day)
    inside = np.flatnonzero((period >= 0) & ((rows.currency == currency) | (rows.currency < 0)))
    people = len(reader.sources.assignments.people)
    chosen = rows.take(inside)
    measured = to_date(chosen, chosen.subject, period[inside], window.count, people)
    person: npt.NDArray[np.int64] = holders.parts.person
    return measured.values[-1].take(person), measured.known[-1][person]


def _terms(name: str | None, terms: Terms, sources: Sources) -> Terms:
    found = sources.registry.get(name) if name else None
    return Terms(terms.currency, terms.minor if found is not None and found.is_money else 1, terms.minor)


def _table_factor(modifier: Modifier, value: Exact, known: Bools, terms: Terms, sources: Sources) -> Exact:
    assert modifier.table is not None
    assert isinstance(modifier.missing, Fraction)
    own, size = _terms(modifier.measure, terms, sources), len(value)
    factor = Exact.constant(modifier.table[0].factor, size)
    for row in modifier.table[1:]:
        reached = value.at_least(Exact.constant(plain_bound(row.start, own), size))
        factor = Exact.constant(row.factor, size).where(reached, factor)
    return factor.where(known, Exact.constant(modifier.missing, size))


def _gate_factor(modifier: Modifier, value: Exact, known: Bools, terms: Terms, sources: Sources) -> Exact:
    bound = modifier.at_least if modifier.at_least is not None else modifier.below
    assert bound is not None
    limit = bound.share if bound.is_percent else plain_bound(bound, _terms(modifier.gate, terms, sources))
    reached = value.at_least(Exact.constant(limit, len(value)))
    passes = reached if modifier.at_least is not None else ~reached
    open_gate = np.where(known, passes, modifier.missing == "pass")
    return Exact(open_gate.astype(np.int64))
