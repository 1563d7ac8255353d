"""Why a credit is what it is: sentences, the bar, and the parts, every number of which re-adds on the page.

Read from the division that was computed. A colleague appears by role and share, never by name, and nobody's pay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from incentives.money import round_half_even
from incentives.portal import words
from incentives.portal.amounts import SHARE_WHOLE, Writer, age_words
from incentives.serving.credits import HOUSE, CreditLine, Touch

# The weight of an undecayed touch is its kind's weight times this; the decay halves it from there.
DECAY_WHOLE = 2**36
_COUNT_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a line: mine, of others in a role, or nobody's; `width` is its share of the bar in thousandths."""

    owner: str
    label: str
    note: str
    share_e12: int
    credit_minor: int
    width: int


@dataclass(frozen=True, slots=True)
class TouchLine:
    """One thing the person did before the sale, and what it weighed."""

    what: str
    when: str
    weight: str
    counted: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One credit explained: `credit_minor` is the sum of the person's parts, and all parts add up to `net_minor`."""

    headline: str
    event: str
    arithmetic: tuple[str, ...]
    others: str
    remedy: str
    parts: tuple[Part, ...]
    touches: tuple[TouchLine, ...]
    credit_minor: int
    net_minor: int
    currency: str
    line: CreditLine
    mine: tuple[CreditLine, ...]


def explain(
    person_id: str, division: Sequence[CreditLine], family: Sequence[CreditLine], touches: Sequence[Touch], writer: Writer
) -> Explanation | None:
    """Return why a person got what they got of a line, or None if they have no part in it.

    Args:
        person_id: Whose credit.
        division: Every part of the line.
        family: The person's parts of the sale and its returns, in the order in which they happened.
        touches: What the person did before the sale.
        writer: How values are written for the reader.
    """
    mine = tuple(part for part in division if part.recipient == person_id)
    if not mine:
        return None
    line = mine[0]
    credit_minor = sum(part.credit_minor for part in mine)
    if line.line_kind == "return":
        headline, event, arithmetic, others = _return(mine, family, writer)
    else:
        headline, event, arithmetic, others = _sale(mine, writer)
    return Explanation(
        headline=headline,
        event=event,
        arithmetic=arithmetic,
        others=others,
        remedy=f"If something is wrong with it, tell your manager the order: {line.order_id}.",
        parts=_parts(person_id, division, writer),
        touches=tuple(_touch(touch, writer) for touch in touches),
        credit_minor=credit_minor,
        net_minor=line.net_minor,
        currency=line.currency,
        line=line,
        mine=mine,
    )


def _sale(mine: Sequence[CreditLine], writer: Writer) -> tuple[str, str, tuple[str, ...], str]:
    line = mine[0]
    total = writer.amount(sum(part.credit_minor for part in mine), line.currency, signed=True)
    when, net = writer.day(writer.local(line.ordered_at).date()), writer.amount(line.net_minor, line.currency)
    place = f", {line.place}" if line.place else ""
    client = "a client" if line.has_customer else "a walk-in client"
    roles = {part.role for part in mine}
    if "seller" in roles:
        event = f"On {when} you sold to {client} for {net}{place}."
    elif "advisor" in roles:
        event = f"On {when} a client you had advised bought for {net}{place}."
    else:
        event = f"On {when} your client bought for {net}{place}."
    arithmetic = tuple(_product(part, writer) for part in mine)
    others = "All parts of a sale add up to its amount. Where the client bought makes no difference to your part."
    return f"{total} from a sale.", event, arithmetic, others


def _return(mine: Sequence[CreditLine], family: Sequence[CreditLine], writer: Writer) -> tuple[str, str, tuple[str, ...], str]:
    line = mine[0]
    total = writer.amount(sum(part.credit_minor for part in mine), line.currency)
    sales = [part for part in family if part.line_kind == "sale"]
    day = writer.day(writer.local(line.ordered_at).date())
    pieces = writer.quantity(line.quantity_milli)
    goods = f"{'one piece' if pieces == '1' else f'{pieces} pieces'} for " if line.quantity_milli else ""
    place = f", {line.place}" if line.place else ""
    returned = f"On {day} {goods}{writer.amount(-line.net_minor, line.currency)} came back{place}."
    if not sales:
        return f"{total} from a return.", returned, tuple(_product(part, writer) for part in mine), _NO_LOSS
    sale_day = writer.day(writer.local(sales[0].ordered_at).date())
    bought = writer.amount(sales[0].net_minor, line.currency)
    credited = writer.amount(sum(part.credit_minor for part in sales), line.currency)
    event = f"On {sale_day} a sale of {bought} was counted, and you were credited {credited} of it. {returned}"
    kept = sum(part.credit_minor for part in _until(family, line))
    keep = f"You keep {writer.amount(kept, line.currency)} of this sale."
    return f"{total} from a return.", event, (*(_product(part, writer) for part in mine), keep), _NO_LOSS


_NO_LOSS = "The colleague who took the return neither gains nor loses by it. You lose nothing else."


def _until(family: Sequence[CreditLine], line: CreditLine) -> list[CreditLine]:
    """Return the person's parts of the sale up to and with a return; a family is in the order of events."""
    positions = [index for index, part in enumerate(family) if part.order_line_key == line.order_line_key]
    return list(family[: positions[-1] + 1]) if positions else list(family)


def _product(part: CreditLine, writer: Writer) -> str:
    """Return the multiplication in words, and say so where the parts' rounding moved the last digit."""
    share, net = writer.share(part.share_e12), writer.amount(abs(part.net_minor), part.currency)
    credit = writer.amount(abs(part.credit_minor), part.currency)
    exact = round_half_even(Fraction(abs(part.net_minor)) * Fraction(part.share_e12, SHARE_WHOLE))
    rounded = "" if exact == abs(part.credit_minor) else ", rounded so that all parts add up"
    lead = words.VERB.get(part.role or "", "Your part")
    if part.line_kind == "return":
        return f"{share} of {net} is {credit}{rounded}."
    return f"{lead} counts for {share}: {share} of {net} is {credit}{rounded}."


def _parts(person_id: str, division: Sequence[CreditLine], writer: Writer) -> tuple[Part, ...]:
    """Return my parts, then others' by role, then what counts for nobody."""
    own = [_part("you", words.MY_PART.get(p.role or "", "You"), "", [p], division) for p in division if p.recipient == person_id]
    others = []
    for role in dict.fromkeys(p.role for p in division if p.recipient not in (person_id, HOUSE)):
        of_role = [p for p in division if p.role == role and p.recipient not in (person_id, HOUSE)]
        also = any(p.recipient == person_id and p.role == role for p in division)
        others.append(_part("others", _colleagues(role or "", len({p.recipient for p in of_role}), also), "", of_role, division))
    nobody = [
        _part("nobody", "Counts for nobody", words.nobody(p.reason), [p], division) for p in division if p.recipient == HOUSE
    ]
    return (*own, *others, *nobody)


def _part(owner: str, label: str, note: str, rows: Sequence[CreditLine], division: Sequence[CreditLine]) -> Part:
    share, whole = sum(row.share_e12 for row in rows), sum(row.share_e12 for row in division)
    width = share * 1000 // whole if whole else 0
    return Part(owner, label, note, share, sum(row.credit_minor for row in rows), width)


def _colleagues(role: str, count: int, also_me: bool) -> str:
    number = _COUNT_WORDS[count] if count < len(_COUNT_WORDS) else str(count)
    names = words.THEIRS if count == 1 else words.THEIRS_MANY
    if role == "relationship":
        return f"{number.capitalize()} {'colleague' if count == 1 else 'colleagues'} who {names[role]}"
    other = "other " if also_me else ""
    return f"{number.capitalize()} {other}{names.get(role, 'colleague' if count == 1 else 'colleagues')}"


def _touch(touch: Touch, writer: Writer) -> TouchLine:
    when = f"{writer.moment(touch.started_at)}, {age_words(touch.age_s)} before"
    if not touch.counted:
        return TouchLine(words.touch_kind(touch.kind), when, "", False, words.left_out(touch.left_out_reason))
    return TouchLine(words.touch_kind(touch.kind), when, _weight(touch, writer), True, "")


def _weight(touch: Touch, writer: Writer) -> str:
    """Return a touch's weight; where age lowers it, the kind's weight and how much of it is left."""
    if touch.role == "relationship":
        return "it shows that you are in touch with your client"
    whole = touch.kind_weight * DECAY_WHOLE
    if touch.weight <= touch.kind_weight or not whole:
        return f"weight {writer.number(touch.weight)}"
    left = Fraction(touch.weight, whole)
    return f"weight {touch.kind_weight}, of which {writer.percent(left)} is left at this age"
