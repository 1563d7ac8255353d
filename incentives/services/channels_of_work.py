"""Through which channels the work behind credit and pay came in: for a report, and for nothing that decides.

A seller worked in the order's channel; an adviser in those of the touches that counted, by their weights; what looking
after a client earned has no channel. A person's pay is shown by channel as that person's credit of the period is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from incentives.periods import Period

NO_CHANNEL, NOBODY, NO_CREDIT = "(the client's relationship)", "(nobody)", "(no credit in the period)"

# Parts of an amount by weight, as differences of what has been given out so far: they always sum to the amount.
_CREDIT = f"""
with credits as (
    select root_line_key, order_line_key, coalesce(role, '') as role, recipient, currency, credit_minor
    from marts.fct_credits
    where earned_date >= $start and earned_date < $end
),
touches as (
    select touches.root_line_key, touches.recipient, coalesce(interactions.channel, '') as channel,
           sum(cast(touches.weight as hugeint)) as weight
    from marts.fct_credit_touches as touches
    inner join staging.stg_interactions as interactions
        on touches.interaction_source = interactions.source and touches.interaction_id = interactions.interaction_id
    where touches.counted and touches.role = 'advisor' and touches.weight > 0
    group by touches.root_line_key, touches.recipient, interactions.channel
),
advised as (
    select credits.order_line_key, credits.recipient, credits.currency, credits.credit_minor, touches.channel,
           sum(touches.weight) over (partition by credits.order_line_key, credits.recipient order by touches.channel) as until,
           touches.weight, sum(touches.weight) over (partition by credits.order_line_key, credits.recipient) as whole
    from credits inner join touches
        on credits.root_line_key = touches.root_line_key and credits.recipient = touches.recipient
    where credits.role = 'advisor'
),
parts as (
    select recipient, currency, channel,
           credit_minor * until // whole - credit_minor * (until - weight) // whole as minor
    from advised
    union all
    select credits.recipient, credits.currency,
           case when credits.recipient = 'house' then '{NOBODY}'
                when credits.role = 'seller' then lines.channel
                else '{NO_CHANNEL.replace("'", "''")}' end,
           credits.credit_minor
    from credits inner join marts.fct_order_lines as lines on credits.order_line_key = lines.order_line_key
    where credits.role <> 'advisor' or credits.recipient = 'house'
)
select recipient, currency, channel, cast(sum(minor) as bigint) from parts group by all order by all
"""


@dataclass(frozen=True, slots=True)
class ChannelOfWork:
    """Credit and pay of one channel and currency in a period, minor units."""

    channel: str
    currency: str
    credit_minor: int
    payout_minor: int


Credit = Mapping[tuple[str, str], Mapping[str, int]]


def credit_by_channel(connection: duckdb.DuckDBPyConnection, period: Period) -> Credit:
    """Return a period's credit: (recipient, currency) -> channel of work -> minor units.

    Args:
        connection: A finished warehouse: a snapshot does not know the channels of interactions.
        period: By earned date.
    """
    credit: dict[tuple[str, str], dict[str, int]] = {}
    for recipient, currency, channel, minor in connection.execute(_CREDIT, {"start": period.start, "end": period.end}).fetchall():
        credit.setdefault((str(recipient), str(currency)), {})[str(channel)] = int(minor)
    return credit


def by_channel(credit: Credit, payouts: Iterable[tuple[str, str, int]]) -> tuple[ChannelOfWork, ...]:
    """Return credit and pay of each channel of work.

    Args:
        credit: As `credit_by_channel` returns it.
        payouts: (person, currency, minor units) of each statement.
    """
    credited: dict[tuple[str, str], int] = {}
    for (_, currency), channels in credit.items():
        for channel, minor in channels.items():
            credited[currency, channel] = credited.get((currency, channel), 0) + minor
    paid: dict[tuple[str, str], int] = {}
    for person, currency, minor in payouts:
        for channel, part in _divided(minor, credit.get((person, currency), {})).items():
            paid[currency, channel] = paid.get((currency, channel), 0) + part
    return tuple(
        ChannelOfWork(channel, currency, credited.get((currency, channel), 0), paid.get((currency, channel), 0))
        for currency, channel in sorted(credited.keys() | paid.keys())
    )


def _divided(minor: int, credit: Mapping[str, int]) -> dict[str, int]:
    """Divide an amount like a person's credit; channels of negative credit bring no pay. The parts sum to the amount."""
    weights = {channel: part for channel, part in sorted(credit.items()) if part > 0}
    whole = sum(weights.values())
    if not whole:
        return {NO_CREDIT: minor} if minor else {}
    parts: dict[str, int] = {}
    until = 0
    for channel, weight in weights.items():
        parts[channel] = minor * (until + weight) // whole - minor * until // whole
        until += weight
    return parts
