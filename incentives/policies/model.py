"""The crediting policy: who is credited for an order line, and how it is divided.

One frozen model per section of the file. Spans are held in whole seconds. The defaults here are the
documented ones; nothing else decides them. What the keys mean is docs/explanation/crediting.md.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from incentives.feeds.contracts import INTERACTION_KINDS
from incentives.policies.fields import SECONDS_PER_DAY, Count, Day, Days, Flag, Hours, Weight, WholeDays

Role = Literal["seller", "advisor", "relationship"]
Model = Literal["linear", "first", "last", "position", "time_decay"]
InteractionKind = Literal[
    "consultation",
    "conversation",
    "outreach",
    "appointment",
    "event",
    "service_case",
    "return_handling",
    "fulfilment",
    "follow_up",
]
POSITION_SUM = 100


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scope(_Section):
    """`scope`: where the policy holds; without it, everywhere."""

    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = Field(
        description="ISO 3166 alpha-2 codes; the country of the line's location decides."
    )

    @field_validator("countries")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("expected at least one country; leave scope out for everywhere")
        if len(set(value)) != len(value):
            raise ValueError("a country stands twice")
        return tuple(sorted(value))


class Advisor(_Section):
    """`advisor`: which touches before an order count, and how much."""

    lookback_days: Days = Field(
        30 * SECONDS_PER_DAY,
        description="Touches in this span before the order count. Default 30.",
        json_schema_extra={"default": 30},
    )
    model: Model = Field("linear", description="How counted touches share the role. Default linear.")
    half_life_days: Days | None = Field(
        None, description="time_decay: a touch is worth half after this span. Required with time_decay."
    )
    position: tuple[Weight, Weight, Weight] | None = Field(
        None, description="position: first, middle (shared) and last, summing to 100. Required with position."
    )
    weights: dict[InteractionKind, Weight] = Field(
        default_factory=dict, description="Kinds of interaction that count, 0 to 100. A kind not listed, or 0, does not count."
    )
    outreach_needs_response_days: Days | None = Field(
        None, description="An outreach counts if it was answered within this span. Default off, as 0: no answer needed."
    )
    own_sale_hours: Hours | None = Field(
        None, description="Touches by a seller of the order in this span before it do not count. Default off, as 0."
    )
    one_per_day: Flag = Field(
        False, description="Of one person's touches on a customer and business day the heaviest counts. Default false."
    )
    max_per_order: Count = Field(0, description="The strongest touches per person and order that count. Default 0: no limit.")
    late_logging_hours: Hours | None = Field(
        None, description="A touch written down later than this after it began does not count. Default off."
    )

    @field_validator("half_life_days")
    @classmethod
    def _half_life_is_positive(cls, value: int | None) -> int | None:
        if value is not None and value <= 0:
            raise ValueError("expected more than 0 days")
        return value

    @field_validator("position")
    @classmethod
    def _position_is_whole(cls, value: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
        if value is not None and sum(value) != POSITION_SUM:
            raise ValueError(f"first, middle and last must sum to {POSITION_SUM}, these sum to {sum(value)}")
        return value

    @field_validator("weights")
    @classmethod
    def _in_the_order_of_the_contract(cls, value: dict[InteractionKind, int]) -> dict[InteractionKind, int]:
        return dict(sorted(value.items(), key=lambda item: INTERACTION_KINDS.index(item[0])))

    @model_validator(mode="after")
    def _model_has_what_it_needs(self) -> Advisor:
        if self.model == "time_decay" and self.half_life_days is None:
            raise ValueError("model time_decay needs half_life_days")
        if self.model == "position" and self.position is None:
            raise ValueError("model position needs position: [first, middle, last]")
        return self


class Relationship(_Section):
    """`relationship`: when the owner of a client holds the role."""

    settle_days: WholeDays = Field(0, description="Owner for at least this many days. Default 0.")
    active_days: Days | None = Field(
        None,
        description="The client bought in another order, or had a counted two-way touch with the owner, in this span. Default off.",
    )


class Exclude(_Section):
    """`exclude`: lines, and parts of lines, that credit nobody."""

    categories: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (), description="Product categories whose lines go to house. Default none."
    )
    self_purchase: Flag = Field(
        False, description="What associates would get of purchases by their own customer record goes to house. Default false."
    )

    @field_validator("categories")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(value)))


class Returns(_Section):
    """`returns`: what becomes of a return whose sale is not known."""

    unmatched: Literal["house"] = Field("house", description="Recipient of a return without its sale. Default house.")


class Policy(_Section):
    """A crediting policy as its file states it, with every default filled in."""

    policy: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")] = Field(
        description="Name; files with one name and scope are versions of one policy."
    )
    valid_from: Day = Field(
        description="First business day of the version. The one in force at a line's ordered_at decides; a return carries its sale's."
    )
    scope: Scope | None = Field(None, description="Where the policy holds; the most specific wins. Default everywhere.")
    roles: dict[Role, Weight] = Field(description="Weight of each role, 0 to 100; their order breaks rounding ties.")
    unclaimed: Literal["redistribute", "house"] = Field(
        "redistribute", description="A role that nobody holds: to the held roles pro rata, or to house. Default redistribute."
    )
    unidentified: Literal["house"] = Field(
        "house",
        description="No customer, or a house account: the advisor and relationship weights go to house. Default house, and nothing "
        "else is possible: it would pay more for leaving the customer off.",
    )
    advisor: Advisor = Field(default_factory=lambda: Advisor.model_validate({}))
    relationship: Relationship = Field(default_factory=lambda: Relationship.model_validate({}))
    exclude: Exclude = Field(default_factory=lambda: Exclude.model_validate({}))
    returns: Returns = Field(default_factory=lambda: Returns.model_validate({}))

    @field_validator("roles")
    @classmethod
    def _some_role_has_weight(cls, value: dict[Role, int]) -> dict[Role, int]:
        if not any(value.values()):
            raise ValueError("at least one role needs a weight above 0")
        return value

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries of the scope, sorted; empty where the policy holds everywhere."""
        return self.scope.countries if self.scope else ()

    @property
    def specificity(self) -> int:
        """1 where the policy names countries, 0 where it holds everywhere; the greater wins."""
        return 1 if self.scope else 0

    @property
    def normalised(self) -> str:
        """The policy as one line of JSON with every default filled in; equal texts credit equally.

        Roles are a list of pairs: their order carries meaning.
        """
        tree = self.model_dump(mode="json")
        tree["roles"] = [[role, weight] for role, weight in self.roles.items()]
        return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def key(self) -> str:
        """The version's key: md5 of its normalised text, in hexadecimal digits."""
        return hashlib.md5(self.normalised.encode(), usedforsecurity=False).hexdigest()
