"""Yearly rates: money of orders in a plan's own currency, for plans with `fx: plan_rate`."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd

from incentives.bonus.columns import integers, texts
from incentives.bonus.exact import multiply, narrow
from incentives.bonus.measures import RATIO, MeasureRows
from incentives.errors import InputError
from incentives.money import currency_digits

_RATE_ONE = 10**9
_EPOCH_YEAR = 1970


class PlanRates:
    """Rates by year and pair of currencies; a currency in itself is one."""

    def __init__(self, frame: pd.DataFrame) -> None:
        keys = zip(integers(frame["rate_year"]).tolist(), texts(frame["from_currency"]), texts(frame["to_currency"]), strict=True)
        self._rates = dict(zip(keys, integers(frame["rate_e9"]).tolist(), strict=True))

    def convert(self, rows: MeasureRows, currencies: pd.Series, to: str, code: int) -> MeasureRows:
        """Return rows of money with their amounts in one currency, exactly: nothing is rounded here.

        Args:
            rows: In minor units of the orders' currencies.
            currencies: Each row's currency.
            to: The currency wanted. The year of the sale's day decides the rate, of a return too.
            code: How the plan's rows code that currency.

        Raises:
            InputError: There is no rate of the year for a currency that occurs.
        """
        years = rows.earned.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + _EPOCH_YEAR
        named, names = pd.factorize(currencies.astype(object))
        pairs, pair = np.unique(years * (len(names) + 1) + named, return_inverse=True)
        factors = [self._factor(*self._pair(int(one), list(names)), to) for one in pairs]
        scale = math.lcm(*[factor.denominator for factor in factors])
        whole = narrow(np.array([factor.numerator * (scale // factor.denominator) for factor in factors], dtype=np.object_))
        counted = rows.denominator if rows.additivity == RATIO else np.maximum(rows.denominator, 1)
        return replace(
            rows,
            currency=np.full(len(rows.subject), code, dtype=np.int64),
            numerator=multiply(rows.numerator, whole[np.asarray(pair).reshape(-1)]) if factors else rows.numerator,
            denominator=multiply(counted, scale),
            minimum_count=rows.minimum_count * scale,
        )

    @staticmethod
    def _pair(code: int, names: list[object]) -> tuple[int, str]:
        return code // (len(names) + 1), str(names[code % (len(names) + 1)])

    def _factor(self, year: int, currency: str, to: str) -> Fraction:
        """Return what turns minor units of one currency into minor units of the other."""
        if currency == to:
            return Fraction(1)
        rate = self._rates.get((year, currency, to))
        if rate is None:
            raise InputError(
                f"there is no rate of {year} from {currency} to {to}, which a plan with `fx: plan_rate` needs.",
                where="fx_rates",
                remedy=f"Deliver one with rate_date {year}-01-01, or take the key out of the plan.",
            )
        return Fraction(rate, _RATE_ONE) * Fraction(10) ** (currency_digits(to) - currency_digits(currency))
