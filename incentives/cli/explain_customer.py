"""`incentives explain customer`: which records are one customer, what joins them, and what follows for credit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit

if TYPE_CHECKING:
    from incentives.services.customer_facts import Customer, Hub, Identifier, Record, Sighting
    from incentives.workspace import Workspace

COLUMNS = (
    "fact",
    "source",
    "record",
    "identifier_kind",
    "identifier",
    "since_load",
    "since",
    "order_id",
    "associate_id",
    "count",
    "limit",
    "words",
)
_SHOWN_MAX = 20
Row = dict[str, Cell]


@click.command("customer")
@click.argument("customer_id", metavar="ID")
@click.option("--source", metavar="SOURCE", help="The source whose customer it is, where several know the id; or SOURCE:ID.")
@workspace_option
@format_option
def customer(customer_id: str, source: str | None, workspace: Workspace, output_format: OutputFormat) -> None:
    """Say which records the customer ID of a source is joined with, by what and since when, and what follows for credit.

    Read from the last build. Identifiers and other records are shown as shortened tokens, never in clear.
    """
    from incentives.services.customers import explain_customer

    found = explain_customer(workspace, customer_id, source=source)
    if output_format == "table":
        click.echo("\n".join(_text(found)))
    else:
        emit([row for _, rows in _sections(found) for row in rows], COLUMNS, output_format)


def _text(found: Customer) -> list[str]:
    text = []
    for heading, rows in _sections(found):
        text.append(heading)
        text += [f"  {row['words']}" for row in rows[:_SHOWN_MAX]]
        if len(rows) > _SHOWN_MAX:
            text.append(f"  and {len(rows) - _SHOWN_MAX} more; --format json has all of them.")
    return text


def _sections(found: Customer) -> list[tuple[str, list[Row]]]:
    """Return heading and rows of each part; a part without rows says in its heading that there are none."""
    one, *others = found.records
    head = f"Customer {one.label} of {one.source}: {_count(len(found.records), 'record')}, {_count(found.orders, 'order')}"
    sections = [(f"{head}, {_count(found.touches, 'touch', 'touches')}.", [_record(record) for record in found.records])]
    joins = [_join(identifier, seen) for identifier in found.joins for seen in identifier.seen]
    sections.append(("Joined by:" if joins else "Nothing joins it to another record.", joins))
    hubs = [row for hub in found.hubs for row in _hub(hub)]
    if hubs:
        sections.append(("Shared too widely to join anybody:", hubs))
    owners = [_owner(owner.associate_id, owner.valid_from.isoformat(), owner.valid_to) for owner in found.owners]
    sections.append(("Looked after by:" if owners else "Nobody looks after this client.", owners))
    house: list[Row] = [
        {
            "fact": "house_account",
            "source": order.source,
            "order_id": order.order_id,
            "count": max(order.orders_in_window, order.touches_in_window),
            "limit": found.house_account_over,
            "words": f"order {order.order_id} of {order.source}: {_count(order.orders_in_window, 'order')} and "
            f"{_count(order.touches_in_window, 'touch', 'touches')} in the time that counts, the limit is {found.house_account_over}",
        }
        for order in found.house_orders
    ]
    if house:
        sections.append((f"A house account for {_count(len(house), 'order')}:", house))
    sections.append(("What follows:", [{"fact": "consequence", "words": sentence} for sentence in _consequences(found, others)]))
    return sections


def _record(record: Record) -> Row:
    words = f"{record.source} {record.label}" if record.source else record.label
    return {"fact": "record", "source": record.source, "record": record.label, "words": words}


def _join(identifier: Identifier, seen: Sighting) -> Row:
    return {
        "fact": "join",
        "source": seen.record.source,
        "record": seen.record.label,
        "identifier_kind": identifier.kind,
        "identifier": identifier.label,
        "since_load": seen.since_load,
        "since": seen.since.isoformat() if seen.since else None,
        "words": f"{identifier.kind} {identifier.label}: {_place(seen)}",
    }


def _place(seen: Sighting) -> str:
    record = f"{seen.record.source} {seen.record.label}" if seen.record.source else seen.record.label
    return record if seen.since_load is None else f"{record}, since load {seen.since_load} of {seen.since}"


def _hub(hub: Hub) -> list[Row]:
    carried = ", ".join(f"{seen.record.source} {seen.record.label}" for seen in hub.identifier.seen)
    return [
        {
            "fact": "hub",
            "source": count.source,
            "identifier_kind": hub.identifier.kind,
            "identifier": hub.identifier.label,
            "count": count.customer_records,
            "limit": count.customer_records_max,
            "words": f"{hub.identifier.kind} {hub.identifier.label} of {carried}: {count.customer_records} records of {count.source} "
            f"carry it, the limit is {count.customer_records_max}",
        }
        for count in hub.counts
    ]


def _owner(associate_id: str, valid_from: str, valid_to: object) -> Row:
    until = f" until {valid_to}, that day not included" if valid_to else ""
    words = f"{associate_id} from {valid_from}{until}"
    return {"fact": "owner", "associate_id": associate_id, "since": valid_from, "words": words}


def _consequences(found: Customer, others: Sequence[Record]) -> list[str]:
    said = (
        [f"A touch of any of the {len(found.records)} records counts for the orders of all of them."]
        if others
        else ["Only touches of this record count for its orders."]
    )
    if found.touches_left_out:
        said.append(f"{_count(found.touches_left_out, 'touch', 'touches')} of {found.touches} can count under no policy.")
    if found.hubs:
        said.append("Touches of other records that only share what too many share do not count for these orders.")
    if found.house_orders:
        orders = _count(len(found.house_orders), "order")
        said.append(
            f"{orders} of {found.orders}: no advisor and no relationship, the seller's part stays. The others are credited as usual."
        )
    said += [
        f"It is {who}'s own record: where the policy says self_purchase, {who} gets nothing of it." for who in found.own_record_of
    ]
    said += [
        f"Role {role.role}: credited to people on {_count(role.lines, 'sale line')}, to the house on {role.house_lines}."
        for role in found.roles
    ]
    return said


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
