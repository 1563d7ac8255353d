"""Words for the rows of a plan's tables, thresholds and filters."""

from __future__ import annotations

from fractions import Fraction

from incentives.bonus.exact_text import money_text, ratio_text, value_text
from incentives.plans.model import Component, Filter
from incentives.plans.numbers import Amount, Bound, number_text, percent_text
from incentives.plans.payouts import Goal, Linear, PerUnit, Pool, Spiff, Step, Tiers


def bound_text(bound: Bound, currency: str) -> str:
    """Return a bound as the plan states it."""
    return percent_text(bound.share) if bound.is_percent else number_text(bound.amount.major(currency))


def filter_text(wanted: Filter | None) -> dict[str, str]:
    """Return a filter as trace inputs; the credits behind a measure are found with them."""
    if wanted is None:
        return {}
    given = wanted.model_dump(exclude_none=True)
    return {f"filter {key}": ", ".join(str(value) for value in values) for key, values in given.items()}


def row_text(component: Component, number: int, part: Fraction, is_money: bool, currency: str) -> tuple[str, dict[str, str]]:
    """Return what one contribution of a curve pays on, in words and as inputs."""
    payout = component.payout
    match payout:
        case Tiers() | Step() if component.basis == "rank":
            return "place in the ranking, ties shared", {"place pays": number_text(part)}
        case Tiers() | Step():
            return _table_row(component, payout, number, part, is_money, currency)
        case Linear():
            return f"straight line from {bound_text(payout.table[number].start, currency)}", {"height": number_text(part)}
        case PerUnit():
            by = f" by {payout.amount_by.measure}" if payout.amount_by else ""
            rate = _amount(payout.amount, currency)
            return f"{number_text(part)} units x {rate or 'the amount'}{by}", {"units": number_text(part), "amount": rate}
        case Pool():
            if payout.rate is not None:
                return f"{percent_text(payout.rate)} of the team's measure", {
                    "measure": money_text(part, currency),
                    "rate": percent_text(payout.rate),
                }
            return "the pool's amount", {"periods": number_text(part), "amount": _amount(payout.amount, currency)}
        case Goal():
            name = list(payout.weights)[number]
            return f"{name}: min(measure / target, 100 %) x weight x on_target", {"reached": ratio_text(part)}
        case Spiff():
            return f"{number_text(part)} x {_amount(payout.amount, currency)}, each {payout.each}", {"counted": number_text(part)}


def _table_row(
    component: Component, payout: Tiers | Step, number: int, part: Fraction, is_money: bool, currency: str
) -> tuple[str, dict[str, str]]:
    row = payout.table[number]
    start = bound_text(row.start, currency)
    if row.amount is not None:
        amount = _amount(row.amount, currency)
        return f"row from {start}: {amount}", {"amount": amount, "periods": number_text(part)}
    if row.rate is not None:
        shown = value_text(part, currency, is_money)
        which = "in the band" if isinstance(payout, Tiers) and payout.mode == "marginal" else "in all"
        return f"row from {start}: {percent_text(row.rate)} of {shown} {which}", {
            "rate": percent_text(row.rate),
            "measure": shown,
        }
    factor = number_text(row.factor or Fraction(0))
    if isinstance(payout, Step):
        return f"row from {start}: {factor} of on_target", {"factor": factor, "on_target": money_text(part, currency)}
    shown = value_text(part, currency, is_money)
    return f"row from {start}: factor {factor} x {shown} / target x on_target", {"factor": factor, "measure": shown}


def _amount(amount: Amount | None, currency: str) -> str:
    return money_text(amount.minor(currency), currency) if amount is not None else ""
