"""What is known of who one customer is: records, what joins them, what does not, and what follows for credit.

Values only. A label is a shortened token, or the id that the caller gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the customer; without a source it stands for rows that name an identifier and no customer id."""

    key: int
    source: str | None
    label: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """A record that an identifier was seen with; `since_load` is the oldest load with a row in force that says so."""

    record: Record
    since_load: int | None
    since: date | None


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of the customer, shortened, with the records that carry it, the earliest first."""

    kind: str
    label: str
    seen: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class HubCount:
    """How many customer records of one source share an identifier that joins nobody."""

    source: str
    customer_records: int
    customer_records_max: int


@dataclass(frozen=True, slots=True)
class Hub:
    """An identifier that joins nobody because too many records share it, and which of the customer's carry it."""

    identifier: Identifier
    counts: tuple[HubCount, ...]


@dataclass(frozen=True, slots=True)
class HouseOrder:
    """An order for which the customer is a house account: how many orders and touches its window holds."""

    source: str
    order_id: str
    orders_in_window: int
    touches_in_window: int


@dataclass(frozen=True, slots=True)
class Owner:
    """Who looks after the client, half-open; `valid_to` is None while it is open."""

    associate_id: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class RoleCount:
    """In how many completed sale lines a role has people, and in how many it went to the house."""

    role: str
    lines: int
    house_lines: int


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer as the last build has it.

    Attributes:
        records: The record that was asked for first.
        joins: Identifiers that two or more of the records share.
        hubs: Identifiers that too many share to join anybody.
        orders: Orders with a sale line in force.
        touches: Interactions, those too that no policy may count.
        touches_left_out: Those of them that no policy may count.
        house_account_over: The limit above which a customer is a house account.
        house_orders: Orders for which the customer is a house account.
        owners: Who looks after the client.
        own_record_of: Associates whose own customer record it is.
        roles: Who was credited, by role.
    """

    records: tuple[Record, ...]
    joins: tuple[Identifier, ...]
    hubs: tuple[Hub, ...]
    orders: int
    touches: int
    touches_left_out: int
    house_account_over: int
    house_orders: tuple[HouseOrder, ...]
    owners: tuple[Owner, ...]
    own_record_of: tuple[str, ...]
    roles: tuple[RoleCount, ...]
