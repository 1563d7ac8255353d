"""A bonus plan: one version of the terms under which people are paid. docs/reference/plans.md explains every key."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from incentives.money import CURRENCIES
from incentives.periods import Calendar
from incentives.plans.numbers import Amount, AmountValue, BoundValue, Factor, parse_amount, parse_factor
from incentives.plans.payouts import Linear, Model, Name, Payout, Pool, Row, Step, Tiers

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
LOCAL = "local"


def _known_currency(value: str) -> str:
    if value != LOCAL and value not in CURRENCIES:
        raise ValueError(f"'{value}' is not an ISO 4217 currency; expected a code such as EUR, or local")
    return value


def _target(value: object) -> str | Amount:
    if value in ("individual", "team"):
        return str(value)
    try:
        return parse_amount(value)
    except ValueError as error:
        raise ValueError(f"expected individual, team or an amount: {error}") from error


def _missing(value: object) -> str | Fraction:
    if value in ("pass", "fail"):
        return str(value)
    try:
        return parse_factor(value)
    except ValueError as error:
        raise ValueError(f"'{value}' is neither pass or fail (of a gate) nor a factor such as 1.0") from error


def _applies_to(value: object) -> str | tuple[str, ...]:
    if value == "all":
        return "all"
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ValueError("expected all, or a list of component ids such as [personal_sales]")


_APPLIES_SCHEMA = {"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
Missing = Annotated[str | Fraction, PlainValidator(_missing), WithJsonSchema({"type": ["number", "string"]})]
AppliesTo = Annotated[str | tuple[str, ...], PlainValidator(_applies_to), WithJsonSchema(_APPLIES_SCHEMA)]
Currency = Annotated[str, AfterValidator(_known_currency)]
Target = Annotated[str | Amount, PlainValidator(_target), WithJsonSchema({"type": ["number", "string", "object"]})]
Texts = Annotated[tuple[str, ...], Field(min_length=1)]


class Eligibility(Model):
    """Whom the plan pays; without roles, everyone who is paid in the plan's currency."""

    roles: Texts | None = None
    min_active_days: Annotated[int, Field(ge=0)] = 0


class Proration(Model):
    """How absence from the plan, and from work, lowers targets and fixed amounts.

    `leave: exclude`: a day counts less by the part of its hours that was leave. `by: hours`: also by the part that was planned
    and neither worked nor leave.
    """

    by: Literal["calendar_days", "working_days", "hours", "months", "none"] = "calendar_days"
    leave: Literal["include", "exclude"] = "include"
    given: Literal["personal", "full_time"] = "personal"


class Filter(Model):
    """Which credits count: those that meet every key, by one of its values.

    `client`: new (the client's first order that counts) or returning; local (residence in the country of the order's location) or visiting. A client of
    whom that is not known is neither.
    """

    category: Texts | None = None
    sku: Texts | None = None
    role: Texts | None = None
    location: Texts | None = None
    client: Annotated[tuple[Literal["new", "returning", "local", "visiting"], ...], Field(min_length=1)] | None = None


class Holdback(Model):
    """The share of a component that is paid later: so many days after the period's end, when its year is over, or once a measure is reached.

    `gate`: what has not reached `at_least`, counted from the period's first day, until `days` after its end is forfeited.
    """

    share: Factor
    until: Literal["return_window", "year_end", "gate"]
    days: Annotated[int, Field(ge=1, le=730)] | None = None
    gate: Name | None = None
    at_least: BoundValue | None = None


class Component(Model):
    """One thing that the plan pays for."""

    id: Name
    measure: Name | None = None
    filter: Filter | None = None
    target: Target | None = None
    pays: Literal["to_date", "per_period", "per_line"] = "to_date"
    interval: Calendar | None = None
    on_change: Literal["carry", "reset"] | None = None
    target_over: Literal["to_date", "interval"] = "to_date"
    may_fall: bool | None = None
    payout: Payout
    threshold: BoundValue | None = None
    excess_only: bool = False
    cap: AmountValue | None = None
    interval_cap: AmountValue | None = None
    holdback: Holdback | None = None

    @property
    def is_pool(self) -> bool:
        """Whether the payout is a team's and is divided: a pool, or any curve with `share_by`."""
        return isinstance(self.payout, Pool) or getattr(self.payout, "share_by", None) is not None

    @property
    def basis(self) -> Literal["attainment", "value", "rank"]:
        """What the table's bounds measure; where the plan does not say, attainment if the first bound is a percentage."""
        if isinstance(self.payout, Tiers | Step | Linear):
            first = self.payout.table[0].start
            return self.payout.basis or ("attainment" if first.is_percent else "value")
        return "value"

    @property
    def rows(self) -> tuple[Row, ...]:
        """The table's rows; empty where the curve has none."""
        return self.payout.table if isinstance(self.payout, Tiers | Step | Linear) else ()

    @property
    def wanted_threshold(self) -> BoundValue | None:
        """The threshold, wherever the plan states it."""
        return self.threshold if self.threshold is not None else getattr(self.payout, "threshold", None)

    @property
    def pays_excess_only(self) -> bool:
        """Whether only what lies above the threshold is paid."""
        return self.excess_only or bool(getattr(self.payout, "excess_only", False))


class FactorRow(Model):
    """A row of a modifier's table."""

    start: Annotated[BoundValue, Field(alias="from")]
    factor: Factor


class Modifier(Model):
    """A factor by another measure, or a gate. Which of the two, `checks` sees to."""

    applies_to: AppliesTo
    measure: Name | None = None
    table: Annotated[tuple[FactorRow, ...], Field(min_length=1)] | None = None
    gate: Name | None = None
    gate_attainment: Name | None = None
    at_least: BoundValue | None = None
    below: BoundValue | None = None
    missing: Missing | None = None
    interval: Calendar | None = None

    @property
    def label(self) -> str:
        """What the modifier looks at."""
        return self.measure or self.gate or f"attainment of {self.gate_attainment}"


class Guarantee(Model):
    """The least that a person is worth in a period."""

    amount: AmountValue
    months_from_hire: Annotated[int, Field(ge=1)] | None = None


class Total(Model):
    """Limits of the sum of the components."""

    cap: AmountValue | None = None
    guarantee: Guarantee | None = None


class Recovery(Model):
    """How a draw is taken back: from which period, at most which share of a payout, leaving at least how much of it."""

    start: Annotated[str, Field(pattern=r"^[0-9]{4}(-([0-9]{2}|Q[1-4]|H[12]))?$")] | None = None
    ceiling: Factor = Fraction(1)
    minimum: AmountValue | None = None


class Draw(Model):
    """Pay in advance of earnings. Not recoverable: a guarantee by another name, and part of worth."""

    amount: AmountValue
    kind: Literal["non_recoverable", "recoverable"]
    form: Literal["top_up", "additive", "advance"] | None = None
    periods: Annotated[int, Field(ge=1)] | None = None
    recovery: Recovery | None = None


class Leavers(Model):
    """What becomes of people who have left: for how many days they are charged what they owe, and whether orders that complete later still pay."""

    charge_days: Annotated[int, Field(ge=0, le=730)] | None = None
    after_leaving: Literal["pay", "forfeit"] = "pay"


class Plan(Model):
    """One version of a plan."""

    plan: Slug
    version: Annotated[int, Field(ge=1)]
    valid_from: date
    calendar: Calendar
    currency: Currency
    agreement: str = ""
    notice_days: Annotated[int, Field(ge=0, le=365)] = 30
    eligibility: Eligibility = Eligibility()
    proration: Proration = Proration()
    components: Annotated[tuple[Component, ...], Field(min_length=1)]
    modifiers: tuple[Modifier, ...] = ()
    total: Total = Total()
    draw: Draw | None = None
    fx: Literal["sale_date", "plan_rate"] = "sale_date"
    returns: Literal["original_period", "return_period"] = "original_period"
    after_lock: Literal["reprice", "earned_rate"] = "reprice"
    leavers: Leavers = Leavers()
    hold_harmless: Slug | None = None
    stacks: bool = False

    @property
    def key(self) -> str:
        """Name and version as people write them."""
        return f"{self.plan} v{self.version}"

    @property
    def guarantee(self) -> Guarantee | None:
        """The least that a person is worth in a period: the total's guarantee, or a draw that is not recovered."""
        if self.total.guarantee is None and self.draw is not None and self.draw.kind == "non_recoverable":
            return Guarantee(amount=self.draw.amount)
        return self.total.guarantee

    def covers(self, currency: str) -> bool:
        """Whether people paid in a currency are under the plan."""
        return self.currency in (LOCAL, currency)
