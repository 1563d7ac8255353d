"""Payout curves of a plan component: how a measure becomes an amount.

One class for each `curve`, so that a key that a curve does not know is refused. What needs more than one key
(a table that does not rise, a rate on a count) is in `checks`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from incentives.plans.numbers import AmountValue, BoundValue, Factor, OnTarget, Rate

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ShareBy = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="equal, fte, or a measure that adds up.")]


class Model(BaseModel):
    """Base of the plan's models: frozen, and no key beyond those that are declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Row(Model):
    """A row of a table: where it starts, and one of rate, amount or factor."""

    start: Annotated[BoundValue, Field(alias="from")]
    rate: Rate | None = None
    amount: AmountValue | None = None
    factor: Factor | None = None

    @property
    def kind(self) -> Literal["rate", "amount", "factor"]:
        """Which of the three the row pays by."""
        return "rate" if self.rate is not None else "amount" if self.amount is not None else "factor"


class Among(Model):
    """Who shares a pool."""

    roles: tuple[str, ...] | None = None
    measure: Name | None = None
    at_least: BoundValue | None = None


class _Shared(Model):
    """Keys that several curves share."""

    threshold: BoundValue | None = None
    excess_only: bool = False
    share_by: ShareBy | None = None
    among: Among | None = None


class _Table(_Shared):
    basis: Literal["attainment", "value", "rank"] | None = None
    boundary: Literal["higher", "lower"] = "higher"
    below: Literal["flat"] | None = None
    on_target: OnTarget | None = None
    rank_in: Literal["team", "location", "plan"] | None = None
    table: Annotated[tuple[Row, ...], Field(min_length=1)]


class Tiers(_Table):
    """Bands: each at its own rate (marginal), or all at the reached one (retroactive)."""

    curve: Literal["tiers"]
    mode: Literal["marginal", "retroactive"] = "marginal"


class Step(_Table):
    """The amount, rate or share of on_target of the row that is reached."""

    curve: Literal["step"]


class Linear(_Table):
    """Straight lines between points; flat above the last unless a slope is given."""

    curve: Literal["linear"]
    slope: Factor | None = None


class AmountRow(Model):
    """A row of `amount_by`."""

    start: Annotated[BoundValue, Field(alias="from")]
    amount: AmountValue


class AmountBy(Model):
    """The amount of a unit, by another measure of the same window."""

    measure: Name
    table: Annotated[tuple[AmountRow, ...], Field(min_length=1)]


class PerUnit(_Shared):
    """An amount for each unit of a count."""

    curve: Literal["per_unit"]
    amount: AmountValue | None = None
    amount_by: AmountBy | None = None


class Pool(_Shared):
    """An amount, or a rate of a team's measure, divided among the team."""

    curve: Literal["pool"]
    rate: Rate | None = None
    amount: AmountValue | None = None


class Goal(Model):
    """A weighted sum of goals, each min(measure / target, 100 %)."""

    curve: Literal["goal"]
    on_target: OnTarget
    weights: Annotated[dict[Name, Factor], Field(min_length=1)]


class Spiff(Model):
    """An amount for each unit or order, or once, inside two dates."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    curve: Literal["spiff"]
    amount: AmountValue
    each: Literal["unit", "order", "once"]
    start: Annotated[date | None, Field(alias="from")] = None
    end: Annotated[date | None, Field(alias="to", description="The last day that counts.")] = None


Payout = Annotated[Tiers | Step | Linear | PerUnit | Pool | Goal | Spiff, Field(discriminator="curve")]
