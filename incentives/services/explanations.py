"""Why an order line is credited as it is, in words that an associate understands.

Every number is read from what was computed: the division from `fct_credits`, the touches from
`fct_credit_touches`, the version from `dim_policies`. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from incentives.errors import InputError
from incentives.money import format_minor

if TYPE_CHECKING:
    import duckdb

HOUSE = "house"
# The decay weight of a touch at age 0 is its kind's weight times this.
DECAY_WHOLE = 2**36
SHARE_WHOLE = 10**12

ROLE_WORDS = {"seller": "sold it", "advisor": "advised the client before", "relationship": "looks after the client"}
HOUSE_WORDS = {
    "unidentified": "no client was named on the sale",
    "house_account": "the client record is shared by too many orders to tell whose advice it was",
    "unclaimed": "nobody held this role",
    "no_role_held": "nobody held any role",
    "excluded_category": "this category does not count",
    "self_purchase": "a purchase on one's own client record does not count for oneself",
    "not_employed": "the recorded seller was not employed on the day",
    "unmatched_return": "the sale that it takes back is not known",
    "sale_not_completed": "the sale that it takes back is not completed yet",
    "return_exceeds_sale": "more came back than had been sold",
}
LEFT_OUT_WORDS = {
    "unknown_associate": "nobody knows this associate yet",
    "not_employed": "the associate was not employed on that day",
    "no_show": "the client did not come",
    "opted_out": "the client asked not to be contacted",
    "auto_reply": "only a machine answered",
    "not_kept": "the appointment was not kept",
    "booked_too_late": "the appointment was booked less than an hour before",
    "not_permitted": "the client had withdrawn permission for this way of contact",
    "kind_not_counted": "the policy does not count this kind",
    "recorded_after_order": "it was written down after the order",
    "late_logging": "it was written down too late",
    "no_response": "the client had not answered in time",
    "own_sale_hours": "it belongs to the own sale",
    "one_per_day": "of one day the heaviest counts",
    "max_per_order": "only the strongest of one person count",
    "not_the_first": "only the first touch counts",
    "not_the_last": "only the last touch counts",
}

_LINES = """
select order_line_key, root_line_key, source, order_id, line_id, line_kind, currency, net_minor, ordered_at, business_date
from marts.fct_order_lines where {condition} order by source, order_id, line_id
"""
_PARTS = """
select credits.role, credits.recipient, credits.share_e12, credits.credit_minor, credits.reason,
    policies.policy, policies.valid_from, policies.model
from marts.fct_credits as credits
inner join marts.dim_policies as policies on credits.policy_key = policies.policy_key
where credits.order_line_key = ?
order by credits.role_order, credits.recipient = 'house', credits.recipient
"""
_TOUCHES = """
select role, recipient, kind, started_at, age_s, kind_weight, weight, counted, left_out_reason
from marts.fct_credit_touches where root_line_key = ? order by started_at, interaction_source, interaction_id
"""


@dataclass(frozen=True, slots=True)
class Touch:
    """One interaction before the order; `weight` is what it counted with, 0 where it was left out."""

    role: str
    recipient: str
    kind: str
    started_at: datetime
    age_s: int
    kind_weight: int
    weight: int
    counted: bool
    left_out_reason: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One recipient's part of the line, with the sentence that says it."""

    role: str | None
    recipient: str
    share_e12: int
    credit_minor: int
    reason: str | None
    sentence: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineExplanation:
    """One order line: what it is, by which policy it is divided, its parts, and what did not count."""

    source: str
    order_id: str
    line_id: str
    currency: str
    net_minor: int
    heading: str
    policy: str
    parts: tuple[Part, ...]
    left_out: tuple[str, ...]


def explain_order_in(
    connection: duckdb.DuckDBPyConnection, order_id: str, *, source: str | None = None
) -> tuple[LineExplanation, ...]:
    """Return the explanation of every line of an order, from a database with the marts.

    Raises:
        InputError: No such order, or several sources have one with this id and `source` is not given.
    """
    condition, parameters = ("order_id = ?", [order_id])
    if source is not None:
        condition, parameters = (f"{condition} and source = ?", [order_id, source])
    lines = connection.execute(_LINES.format(condition=condition), parameters).fetchall()
    sources = sorted({line[2] for line in lines})
    if not lines:
        raise InputError(f"there is no order '{order_id}' in the published figures.", remedy="Check the id, or build first.")
    if len(sources) > 1:
        raise InputError(
            f"several sources have an order '{order_id}': {', '.join(sources)}.", remedy="Name one with --source SOURCE."
        )
    return tuple(_line(connection, *line) for line in lines)


def _line(
    connection: duckdb.DuckDBPyConnection,
    line_key: int,
    root_key: int,
    source: str,
    order_id: str,
    line_id: str,
    kind: str,
    currency: str,
    net_minor: int,
    ordered_at: datetime,
    business_date: date | None,
) -> LineExplanation:
    rows = connection.execute(_PARTS, [line_key]).fetchall()
    touches = [Touch(*row) for row in connection.execute(_TOUCHES, [root_key]).fetchall()]
    policy = f"policy {rows[0][5]}, in force from {rows[0][6].isoformat()}{_locked(connection, root_key)}" if rows else ""
    is_decayed = bool(rows) and rows[0][7] == "time_decay"
    heading = (
        f"Order {order_id} of {source}, line {line_id}: {format_minor(net_minor, currency)} {currency}, "
        f"{'sold' if kind == 'sale' else 'returned'} on {_moment(ordered_at)}"
    )
    if business_date is None:
        return LineExplanation(
            source,
            order_id,
            line_id,
            currency,
            net_minor,
            f"{heading}. Not completed yet: it counts on the day it is.",
            "",
            (),
            (),
        )
    heading += f", counted on {business_date.isoformat()}."
    sold = _sold(connection, root_key) if kind == "return" and root_key != line_key else ""
    parts = tuple(
        Part(
            role,
            recipient,
            share,
            credit,
            reason,
            _sentence(role, recipient, share, credit, reason, currency, net_minor),
            () if kind == "return" else _because(role, recipient, reason, touches, is_decayed),
        )
        for role, recipient, share, credit, reason, *_ in rows
    )
    left_out = () if kind == "return" else tuple(_left_out(touch) for touch in touches if not touch.counted)
    return LineExplanation(source, order_id, line_id, currency, net_minor, heading + sold, policy, parts, left_out)


def _locked(connection: duckdb.DuckDBPyConnection, root_key: int) -> str:
    """Return that a line is divided as a locked cycle froze it; nothing of a snapshot that an earlier version published."""
    known = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'locked_lines'"
    ).fetchone()
    found = (
        connection.execute("select locked_by from marts.locked_lines where order_line_key = ?", [root_key]).fetchone()
        if known
        else None
    )
    return f", as it was when {found[0]} was locked: what came later does not move it" if found else ""


def _sold(connection: duckdb.DuckDBPyConnection, root_key: int) -> str:
    _, _, source, order_id, line_id, _, currency, net_minor, _, _ = connection.execute(
        _LINES.format(condition="order_line_key = ?"), [root_key]
    ).fetchall()[0]
    return (
        f" It takes back from those who were credited for order {order_id} of {source}, line {line_id} "
        f"({format_minor(net_minor, currency)} {currency}); who handled it neither gains nor loses."
    )


def _sentence(
    role: str | None, recipient: str, share_e12: int, credit_minor: int, reason: str | None, currency: str, net_minor: int
) -> str:
    amount = f"{format_minor(credit_minor, currency)} {currency}"
    exact = round(Fraction(net_minor * share_e12, SHARE_WHOLE))
    rounded = "" if exact == credit_minor else ", so that all parts add up"
    share = f"{percent(share_e12)} % of {format_minor(net_minor, currency)} {currency} is {amount}{rounded}"
    if reason == "return_exceeds_sale" and share_e12 == 0:
        share = f"It is {amount} of this return"
    if recipient == HOUSE:
        whose = f"The {role}'s part counts for nobody" if role else "It counts for nobody"
        return f"{whose}: {HOUSE_WORDS.get(reason or '', 'nobody held this role')}. {share}."
    waiting = " (not known yet: the part waits for the associate's record)" if reason == "unknown_associate" else ""
    return f"{recipient}{waiting} {ROLE_WORDS.get(role or '', 'is credited')}: {share}."


def _because(role: str | None, recipient: str, reason: str | None, touches: Sequence[Touch], is_decayed: bool) -> tuple[str, ...]:
    behind = [touch for touch in touches if touch.role == role and touch.recipient == recipient and touch.counted]
    if role == "advisor":
        total = sum(touch.weight for touch in touches if touch.role == role and touch.counted)
        return tuple(_counted(touch, total, is_decayed) for touch in behind)
    if role == "relationship" and behind:
        return tuple(
            f"last in touch by {_kind(touch)} on {_moment(touch.started_at)}, {age_words(touch.age_s)} before" for touch in behind
        )
    if role == "seller" and recipient != HOUSE and reason is None:
        return ("recorded as seller of the line",)
    return ()


def _counted(touch: Touch, total: int, is_decayed: bool) -> str:
    said = f"{_kind(touch)} on {_moment(touch.started_at)}, {age_words(touch.age_s)} before: "
    if is_decayed:
        left = Fraction(touch.weight, touch.kind_weight * DECAY_WHOLE)
        said += f"weight {touch.kind_weight}, {_decimal(left * 100, 1)} % left at this age"
    else:
        said += f"weight {touch.weight}"
    return f"{said}; {_decimal(Fraction(touch.weight * 100, total), 1)} % of all advice"


def _left_out(touch: Touch) -> str:
    why = LEFT_OUT_WORDS.get(touch.left_out_reason or "", "the policy does not count it")
    return f"{touch.recipient}: {_kind(touch)} on {_moment(touch.started_at)}, {age_words(touch.age_s)} before: {why}."


def percent(share_e12: int) -> str:
    """Return a share in trillionths as a percentage, with as many digits as it needs, two at most.

    >>> percent(210_000_000_000), percent(333_333_333_333)
    ('21', '33.33')
    """
    return _decimal(Fraction(share_e12, 10**10), 2)


def age_words(age_s: int) -> str:
    """Return an age in the largest unit that is at least one, rounded down.

    >>> age_words(7 * 86400), age_words(3600), age_words(59)
    ('7 days', '1 hour', '59 seconds')
    """
    for seconds, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if age_s >= seconds:
            count = age_s // seconds
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{age_s} second{'' if age_s == 1 else 's'}"


def _decimal(value: Fraction, digits: int) -> str:
    whole = round(value * 10**digits)
    text = f"{whole // 10**digits}.{whole % 10**digits:0{digits}d}"
    return text.rstrip("0").rstrip(".")


def _kind(touch: Touch) -> str:
    return touch.kind.replace("_", " ")


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M")
