"""Shapes of the JSON interface. Amounts are integer minor units of the `currency` beside them; moments are UTC."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel


class Role(BaseModel):
    """A role in force, for one pay group or ("*") all."""

    role: str
    pay_group: str


class Me(BaseModel):
    """Who asks."""

    person_id: str
    roles: list[Role]


class Credit(BaseModel):
    """One credit of one order line; `figures_of` is when the snapshot was published."""

    order_line_key: int
    source: str
    order_id: str
    line_id: str
    kind: str
    role: str | None
    share_e12: int
    credit_minor: int
    net_minor: int
    currency: str
    policy: str
    ordered_at: datetime
    business_date: date
    earned_date: date


class Credits(BaseModel):
    """A page of credits of one month; `next_start` is None on the last one."""

    person_id: str
    month: str
    figures_of: datetime
    credits: list[Credit]
    next_start: int | None


class PartOfLine(BaseModel):
    """One part of a line: of the person, of others in a role, or nobody's."""

    owner: str
    label: str
    share_e12: int
    credit_minor: int


class Why(BaseModel):
    """Why a credit is what it is; the parts add up to `net_minor`."""

    credit_minor: int
    net_minor: int
    currency: str
    sentences: list[str]
    parts: list[PartOfLine]


class Component(BaseModel):
    """One component of a statement."""

    component: str
    measure: str
    measure_unit: str
    measure_value: int | None
    target_value: int | None
    attainment: str | None
    amount_minor: int


class Step(BaseModel):
    """One step of the arithmetic."""

    sequence: int
    component: str
    step: str
    label: str
    inputs: dict[str, str]
    output: str
    unit: str


class Statement(BaseModel):
    """One statement with its trace; `final` means that it never changes."""

    number: str
    associate_id: str
    pay_group: str
    period: str
    earned_period: str
    state: str
    final: bool
    plan: str
    plan_version: int
    currency: str
    worth_minor: int
    settled_minor: int
    due_minor: int
    components: list[Component]
    trace: list[Step]


class Member(BaseModel):
    """One person of the team in a month."""

    person_id: str
    name: str
    currency: str | None
    credit_minor: int
    target_minor: int | None
    elsewhere_minor: int


class Team(BaseModel):
    """The team led today, by name."""

    month: str
    figures_of: datetime
    members: list[Member]


class Total(BaseModel):
    """What a version comes to in one currency."""

    currency: str
    people: int
    worth_minor: int
    due_minor: int


class Cycle(BaseModel):
    """Where a cycle stands."""

    pay_group: str
    period: str
    state: str
    version: int | None
    digest: str | None
    people: int
    totals: list[Total]


class CycleDetail(Cycle):
    """A cycle with what is in the way and what is possible."""

    possible: list[str]
    blockers: list[str]
    deliveries_since: int
