"""From components to worth: modifiers, caps, the one rounding, the total's cap and the guarantee, statement by statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from incentives.bonus.components import Evaluated
from incentives.bonus.curves import Terms
from incentives.bonus.exact import Bools, Exact, Ints, add
from incentives.bonus.holders import Holders
from incentives.bonus.modifiers import Applied
from incentives.plans.model import Component


@dataclass(frozen=True, slots=True)
class SettledComponent:
    """A component's columns, one row per statement.

    Attributes:
        summed: What its parts pay together.
        modified: After modifiers.
        cap: The period's cap, prorated, where `has_cap`.
        capped: After the cap.
        rounded: Whole minor units.
        final: After what the total's cap takes.
    """

    component_id: str
    evaluated: tuple[Evaluated, ...]
    applied: tuple[Applied, ...]
    summed: Exact
    modified: Exact
    cap: Exact
    has_cap: Bools
    capped: Exact
    rounded: Ints
    final: Ints


@dataclass(frozen=True, slots=True)
class SettledPlan:
    """A plan's statements as columns.

    Attributes:
        shown: Which holders get a statement: who is there in the period, or is owed or owes something.
        total: Sum of the rounded components.
        capped: After the total's cap; `cap` where `has_cap`.
        guarantee: Prorated guarantee where `has_guarantee`.
        alone: What the statement is worth by this plan alone.
        floor: What another plan would have paid in all, less what it pays besides, where `has_floor`.
        worth: What the statement says is owed: the higher of the two.
        draw: Prorated amount of a recoverable draw where `has_draw`; the ledger pays it and takes it back.
    """

    holders: Holders
    terms: dict[int, Terms]
    components: tuple[SettledComponent, ...]
    shown: Bools
    total: Ints
    cap: Ints
    has_cap: Bools
    capped: Ints
    guarantee: Ints
    has_guarantee: Bools
    alone: Ints
    floor: Ints
    has_floor: Bools
    worth: Ints
    draw: Ints
    has_draw: Bools


def settle(holders: Holders, evaluated: Sequence[Evaluated], applied: Sequence[Applied], terms: dict[int, Terms]) -> SettledPlan:
    """Return a plan's statements.

    Args:
        holders: Who holds a statement.
        evaluated: Every component, version and currency.
        applied: The modifiers.
        terms: By currency code.
    """
    size = len(holders)
    components = [_component(holders, name, evaluated, applied, terms) for name in _order(holders)]
    total: Ints = np.zeros(size, dtype=np.int64)
    for one in components:
        total = add(total, one.rounded)
    cap, has_cap = _total_cap(holders, terms)
    excess = np.where(has_cap & np.asarray(total > cap, dtype=np.bool_), total - cap, 0)
    finals: list[Ints] = []
    for one in reversed(components):
        taken = np.minimum(excess, np.maximum(one.rounded, 0))
        excess = excess - taken
        finals.insert(0, add(one.rounded, taken, -1))
    settled = [
        SettledComponent(
            one.component_id,
            one.evaluated,
            one.applied,
            one.summed,
            one.modified,
            one.cap,
            one.has_cap,
            one.capped,
            one.rounded,
            final,
        )
        for one, final in zip(components, finals, strict=True)
    ]
    capped = np.where(has_cap & np.asarray(total > cap, dtype=np.bool_), cap, total)
    guarantee, has_guarantee = _guarantee(holders, terms)
    floor = np.array([0 if version.returns == "original_period" else -1 for version in holders.versions])[holders.parts.version]
    worth = np.where((floor == 0) & np.asarray(capped < 0, dtype=np.bool_), 0, capped)
    worth = np.where(has_guarantee & np.asarray(worth < guarantee, dtype=np.bool_), guarantee, worth)
    shown = holders.active_days > 0
    for one in settled:
        shown = shown | np.asarray(one.rounded != 0, dtype=np.bool_)
    draw, has_draw = _draw(holders, terms)
    return SettledPlan(
        holders=holders,
        terms=terms,
        components=tuple(settled),
        shown=shown,
        total=total,
        cap=cap,
        has_cap=has_cap,
        capped=capped,
        guarantee=guarantee,
        has_guarantee=has_guarantee,
        alone=worth,
        floor=np.zeros(size, dtype=np.int64),
        has_floor=np.zeros(size, dtype=np.bool_),
        worth=worth,
        draw=draw,
        has_draw=has_draw,
    )


def _order(holders: Holders) -> list[str]:
    """Return component ids in the plan order of the latest version, then those that only earlier ones have."""
    names: dict[str, None] = {}
    for version in reversed(holders.versions):
        for component in version.components:
            names.setdefault(component.id)
    return list(names)


def _component(
    holders: Holders, name: str, evaluated: Sequence[Evaluated], applied: Sequence[Applied], terms: dict[int, Terms]
) -> SettledComponent:
    size = len(holders)
    own = tuple(one for one in evaluated if one.component.id == name)
    acting = tuple(one for one in applied if one.applies_to(name))
    summed = Exact(np.zeros(size, dtype=np.int64))
    for part in own:
        summed = summed + part.paid.summed(part.statement, size)
    summed = summed.zero_unless(holders.eligible)
    modified = summed
    for factor in acting:
        modified = (modified * factor.factor).where(modified.positive(), modified)
    cap, has_cap = _component_cap(holders, name, own, terms)
    capped = modified.where(~has_cap, modified.lower_of(cap))
    rounded = capped.rounded()
    return SettledComponent(name, own, acting, summed, modified, cap, has_cap, capped, rounded, rounded)


def _component_cap(holders: Holders, name: str, own: Sequence[Evaluated], terms: dict[int, Terms]) -> tuple[Exact, Bools]:
    """Return the cap of each statement's version, or of the part's own version where a later one has no such component."""
    size = len(holders)
    cap, has_cap = Exact(np.zeros(size, dtype=np.int64)), np.zeros(size, dtype=np.bool_)
    for version, currency in holders.groups():
        component: Component | None = next((one for one in holders.versions[version].components if one.id == name), None)
        if component is None:
            component = next((one.component for one in reversed(own)), None)
        if component is not None and component.cap is not None:
            here = holders.under(version, currency)
            amount = holders.share(version).scale(component.cap.minor(terms[currency].currency))
            cap = amount.where(here, cap)
            has_cap = has_cap | here
    return cap, has_cap


def _total_cap(holders: Holders, terms: dict[int, Terms]) -> tuple[Ints, Bools]:
    cap: Ints = np.zeros(len(holders), dtype=np.int64)
    has_cap = np.zeros(len(holders), dtype=np.bool_)
    for version, currency in holders.groups():
        limit = holders.versions[version].total.cap
        if limit is not None:
            here = holders.under(version, currency)
            cap = np.where(here, holders.share(version).scale(limit.minor(terms[currency].currency)).rounded(), cap)
            has_cap = has_cap | here
    return cap, has_cap


def _guarantee(holders: Holders, terms: dict[int, Terms]) -> tuple[Ints, Bools]:
    amount: Ints = np.zeros(len(holders), dtype=np.int64)
    has_guarantee = np.zeros(len(holders), dtype=np.bool_)
    for version, currency in holders.groups():
        guarantee = holders.versions[version].guarantee
        if guarantee is not None:
            here = holders.under(version, currency) & holders.eligible & (holders.active_days > 0)
            share = holders.guaranteed_share(version, guarantee)
            amount = np.where(here, share.scale(guarantee.amount.minor(terms[currency].currency)).rounded(), amount)
            has_guarantee = has_guarantee | here
    return amount, has_guarantee


def _draw(holders: Holders, terms: dict[int, Terms]) -> tuple[Ints, Bools]:
    amount: Ints = np.zeros(len(holders), dtype=np.int64)
    has_draw = np.zeros(len(holders), dtype=np.bool_)
    for version, currency in holders.groups():
        draw = holders.versions[version].draw
        if draw is not None and draw.kind == "recoverable":
            here = holders.under(version, currency) & holders.eligible & (holders.active_days > 0)
            share = holders.share(version)
            amount = np.where(here, share.scale(draw.amount.minor(terms[currency].currency)).rounded(), amount)
            has_draw = has_draw | here
    return amount, has_draw
